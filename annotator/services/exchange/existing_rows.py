"""What of a batch that is imported is on this site already."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from annotator.errors import Conflict
from annotator.models import Annotation, Origin
from annotator.schemas.annotations import Incoming, Unreadable
from annotator.services.annotations.store import new_id
from annotator.services.exchange.foreign_authors import Authors

IDENT = re.compile(r"[0-9A-Za-z_-]{1,32}\Z")


def ident(item: Incoming) -> str:
    """Return the id that an annotation has here: its own where it can be one, else always the same.

    Raises nothing; an annotation without any name gets a new id each time.
    """
    if item.id is not None and IDENT.match(item.id):
        return item.id
    return new_id(item.via or item.id)


@dataclass(frozen=True, slots=True)
class ExistingRow:
    """An annotation that is here, as far as an import needs it."""

    id: str
    thread_id: str
    edition_id: int
    author_id: int
    created: datetime
    visibility: str


class ExistingRows:
    """The annotations of a batch, and those they answer, that are here; and their authors."""

    def __init__(
        self, session: Session, batch: Sequence[Incoming | Unreadable], *, trust: bool
    ) -> None:
        items = [item for item in batch if isinstance(item, Incoming)]
        called = {name for item in items for name in (item.via, item.answers) if name}
        origins = select(Origin.via, Origin.annotation_id).where(Origin.via.in_(called))
        self._by_name: dict[str, str] = dict(session.execute(origins).all())
        ids = {item.draft.in_reply_to for item in items} | {ident(item) for item in items}
        wanted = (ids | set(self._by_name.values())) - {None}
        query = select(Annotation.id, Annotation.thread_id, Annotation.edition_id,
                       Annotation.author_id, Annotation.created, Annotation.visibility)  # fmt: skip
        rows = session.execute(query.where(Annotation.id.in_(wanted)))
        self._rows = {row.id: ExistingRow(*row) for row in rows}
        self.authors = Authors(session, items, trust=trust)

    def add(self, row: Annotation, via: str | None) -> None:
        """Add an annotation that has just been made."""
        self._rows[row.id] = ExistingRow(row.id, row.thread_id, row.edition_id, row.author_id,
                                   row.created, row.visibility)  # fmt: skip
        if via:
            self._by_name[via] = row.id

    def holds(self, item: Incoming) -> bool:
        """Return whether an annotation is here already. Raises Conflict if its id is another's."""
        if item.via and item.via in self._by_name:
            return True
        row = self._rows.get(ident(item))
        if row is None:
            return False
        another = item.created is not None and row.created != item.created
        if another or (item.author and row.author_id not in self.authors.may_be(item)):
            raise Conflict(f"The id {row.id} is another annotation's here.", field="id")
        return True

    def parent(self, item: Incoming) -> ExistingRow | None:
        """Return what an annotation answers, if it answers anything that is here."""
        name = item.draft.in_reply_to or self._by_name.get(item.answers or "")
        return self._rows.get(name) if name else None
