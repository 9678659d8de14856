"""Import commentary from a file; ids, authors, dates and threads are kept.

Annotations already stored are not changed, so a second import is a no-op. Quotations without a
place are stored as lost. A large file is imported in batches, each of which may be a transaction;
replies whose parents come later wait in memory. Annotations that are not public at their source,
and replies to them, are skipped, or on request stored and held for review.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from annotator.config import Limits
from annotator.errors import AnnotatorError
from annotator.formats import readership
from annotator.schemas.annotations import Incoming, Unreadable
from annotator.services.annotations import store
from annotator.services.exchange import row_builder
from annotator.services.exchange.row_builder import EditionResolver, ExistingRows, RowBuilder

BATCH = 500
SHOWN_OF_RIGHTS = 80
ROOM, ROOM_OF_EACH = 50_000_000, 2_000  # characters of replies that wait for their parents


@dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome for one annotation: `added`, `lost`, `held`, `unchanged`, `private`, `refused`.

    A `lost` one was stored without a place for its words. A `private` one was skipped, because it
    is not public at its source; a `held` one was stored and waits for review. `id` is its id here.
    """

    place: str
    what: str
    why: str = ""
    id: str = ""

    @property
    def line(self) -> str:
        """The outcome as a line of a report."""
        return f"{self.what}: {self.place}: {self.why or self.id}"


class Intake:
    """One import. `document` is the slug for annotations whose page is not of this site.

    `licence` is the site's. With `include_private`, annotations that are not public at their source
    are stored and held for review. With `trust_authors`, native files write as the accounts of this
    site that they name.
    """

    def __init__(
        self, limits: Limits, document: str | None = None, *, licence: str = "",
        include_private: bool = False, trust_authors: bool = False,
    ) -> None:  # fmt: skip
        self._limits = limits
        self._document = document
        self._licence = licence
        self._include_private = include_private
        self._trust = trust_authors
        self._private: set[str] = set()
        self._waiting: list[Incoming] = []
        self._room = ROOM

    def note_private(self, incoming: Iterable[Incoming | Unreadable]) -> None:
        """Record which annotations of a file are not public, before any is stored."""
        for item in incoming:
            if isinstance(item, Incoming) and self._said_private(item):
                self._private |= _names(item)

    def take(self, session: Session, batch: Sequence[Incoming | Unreadable]) -> list[Outcome]:
        """Store a batch; replies whose parents have not come yet wait for `finish`."""
        existing = ExistingRows(session, batch, trust=self._trust)
        resolver = EditionResolver(session, self._document)
        builder = RowBuilder(session, existing, resolver, self._limits, self._licence)
        outcomes: list[Outcome] = []
        for item in batch:
            if isinstance(item, Unreadable):
                outcomes.append(Outcome(item.place, "refused", item.why))
                continue
            why = self._restriction(item, existing)
            if why and not self._include_private:
                outcomes.append(Outcome(item.place, "private", why))
            elif _parent(item) is None or existing.parent(item) is not None:
                outcomes.append(_import(builder, item, why))
            elif self._room < (size := ROOM_OF_EACH + len(item.draft.body or "")):
                why = "it is too far before the annotation it replies to; import the file again"
                outcomes.append(Outcome(item.place, "refused", why))
            else:
                self._room -= size
                self._waiting.append(item)
        store.store(session, builder.rows, builder.belongings)
        return outcomes

    def _restriction(self, item: Incoming, existing: ExistingRows) -> str:
        """Return why an annotation is not public at its source, or ""."""
        why = self._said_private(item)
        if not why and _names(item) & self._private:
            why = "the file says elsewhere that it is not public"
        parent = existing.parent(item)
        if not why and ({item.draft.in_reply_to, item.answers} & self._private
                        or (parent and parent.visibility == "held")):  # fmt: skip
            why = f"it replies to {_parent(item)!r}, which is not public"
        if why:
            self._private |= _names(item)
        return why

    def _said_private(self, item: Incoming) -> str:
        """Return why an annotation itself says that it is not public, or ""."""
        closed = "" if item.private else readership.closed(item.rights, self._licence)
        if closed:
            return f"its rights are {closed[:SHOWN_OF_RIGHTS]!a}, which is not an open licence"
        return item.private

    def finish(self, session: Session) -> list[Outcome]:
        """Store the replies that waited; those still without a parent are refused."""
        outcomes: list[Outcome] = []
        while self._waiting:
            waiting, self._waiting, self._room = self._waiting, [], ROOM
            for start in range(0, len(waiting), BATCH):
                outcomes += self.take(session, waiting[start : start + BATCH])
            if len(self._waiting) == len(waiting):
                break
        outcomes += [
            Outcome(
                item.place,
                "refused",
                f"it replies to {_parent(item)!r}, which is not on this site",
            )
            for item in self._waiting
        ]
        self._waiting = []
        return outcomes


def _import(builder: RowBuilder, item: Incoming, private: str) -> Outcome:
    """Build the rows of an annotation; with `private`, the reason, it is held."""
    try:
        if builder.existing.holds(item):
            return Outcome(item.place, "unchanged", id=row_builder.ident(item))
        name, lost = builder.add(item, "held" if private else "visible")
    except AnnotatorError as error:
        return Outcome(item.place, "refused", error.message)
    if private:
        return Outcome(item.place, "held", private, name)
    return Outcome(item.place, "lost" if lost else "added", lost, name)


def _names(item: Incoming) -> set[str]:
    """Return every name by which other annotations of a file may refer to this one."""
    names = {name for name in (item.id, item.via) if name}
    return {row_builder.ident(item), *names} if names else names


def _parent(item: Incoming) -> str | None:
    return item.draft.in_reply_to or item.answers
