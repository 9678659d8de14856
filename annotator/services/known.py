"""What of a batch that is imported is on this site already: annotations, and who wrote them."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from annotator.auth import names
from annotator.errors import Conflict, Unacceptable
from annotator.formats.remark import Incoming, Unreadable
from annotator.models import Annotation, Origin
from annotator.services import accounts, leaving
from annotator.services.annotations import ALPHABET, new_id

IDENT = re.compile(r"[0-9A-Za-z_-]{1,32}\Z")
UNKNOWN = "somebody elsewhere"


def ident(item: Incoming) -> str:
    """Give the id that an annotation has here: its own where it can be one, else always the same.

    Raises nothing; an annotation without any name gets a new id each time.
    """
    if item.id is not None and IDENT.match(item.id):
        return item.id
    name = item.via or item.id
    if name is None:
        return new_id()
    number = int.from_bytes(hashlib.sha256(name.encode()).digest()[:10])
    return "".join(ALPHABET[number >> shift & 31] for shift in range(75, -1, -5))


@dataclass(frozen=True, slots=True)
class Known:
    """An annotation that is here, as far as an import needs it."""

    id: str
    thread_id: str
    edition_id: int
    author_id: int
    created: datetime
    visibility: str


class Here:
    """The annotations of a batch, and those they answer, that are here; and their authors."""

    def __init__(self, session: Session, batch: Sequence[Incoming | Unreadable]) -> None:
        self._session = session
        items = [item for item in batch if isinstance(item, Incoming)]
        called = {name for item in items for name in (item.via, item.answers) if name}
        origins = select(Origin.via, Origin.annotation_id).where(Origin.via.in_(called))
        self._by_name: dict[str, str] = dict(session.execute(origins).all())
        ids = {item.draft.in_reply_to for item in items} | {ident(item) for item in items}
        wanted = (ids | set(self._by_name.values())) - {None}
        query = select(Annotation.id, Annotation.thread_id, Annotation.edition_id,
                       Annotation.author_id, Annotation.created, Annotation.visibility)  # fmt: skip
        rows = session.execute(query.where(Annotation.id.in_(wanted)))
        self._rows = {row.id: Known(*row) for row in rows}
        self._people = accounts.found(session, {_name(item) for item in items} | {names.FORMER})

    def add(self, row: Annotation, via: str | None) -> None:
        """Take note of an annotation that has just been made."""
        self._rows[row.id] = Known(row.id, row.thread_id, row.edition_id, row.author_id,
                                   row.created, row.visibility)  # fmt: skip
        if via:
            self._by_name[via] = row.id

    def holds(self, item: Incoming) -> bool:
        """Tell whether an annotation is here already. Raises Conflict if its id is another's."""
        if item.via and item.via in self._by_name:
            return True
        row = self._rows.get(ident(item))
        if row is None:
            return False
        another = item.created is not None and row.created != item.created
        if another or (item.author and row.author_id not in self._may_be(item)):
            raise Conflict(f"The id {row.id} is another annotation's here.", field="id")
        return True

    def parent(self, item: Incoming) -> Known | None:
        """Give what an annotation answers, if it answers anything that is here."""
        name = item.draft.in_reply_to or self._by_name.get(item.answers or "")
        return self._rows.get(name) if name else None

    def author(self, item: Incoming) -> int:
        """Find or make the account of an author: names change, and people leave.

        One of another site is fitted into a name of ours. Raises Unacceptable or Conflict for a
        name that cannot be had here.
        """
        name = _name(item)
        found = self._people.get(name)
        if found.left if found else names.is_former(name):
            found = leaving.former_member(self._session)
        if found is None:
            found = self._people[name] = accounts.sign_up(self._session, name, None)
        return found.id

    def _may_be(self, item: Incoming) -> set[int]:
        """Name the accounts whose it may be by now: who left has left it to the former member."""
        found = (self._people.get(_name(item)), self._people.get(names.FORMER))
        return {account.id for account in found if account is not None}


def _name(item: Incoming) -> str:
    """Give the name of an author as it would be here, if it can be had.

    What does not say whose it was is nobody's: it goes to the former member.
    """
    if not item.author:
        return names.FORMER
    if not item.foreign:
        return " ".join(unicodedata.normalize("NFC", item.author).split())
    kept = "".join(char if char.isalnum() or char in " .-_'’" else " " for char in item.author)
    try:
        return names.checked_name(" ".join(kept.split())[: names.LONGEST].strip())
    except Unacceptable:
        return UNKNOWN
