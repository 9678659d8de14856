"""Taking commentary in from a file: ids, authors, dates and threads are kept.

What is here already is left as it is, so a second import changes nothing. Words that cannot be
placed are kept as lost. A large file is taken in by batches, each of which may be a transaction of
its own; answers whose parents come later wait in memory. What not everybody may read where it comes
from is not stored, nor are the replies to it; or it is stored on request and held for review. What
else comes in waits for no moderator: who may run an import answers for it.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from annotator.config import Limits
from annotator.errors import AnnotatorError
from annotator.formats import readership
from annotator.schemas.annotations import Incoming, Unreadable
from annotator.services.annotations import store
from annotator.services.exchange import row_builder
from annotator.services.exchange.edition_resolver import EditionResolver
from annotator.services.exchange.row_builder import ExistingRows, RowBuilder

BATCH = 500
SHOWN_OF_RIGHTS = 80
ROOM, ROOM_OF_EACH = 50_000_000, 2_000  # characters of answers that wait for what they answer


@dataclass(frozen=True, slots=True)
class Outcome:
    """What happened to one annotation: `added`, `lost`, `held`, `unchanged`, `private`, `refused`.

    A `lost` one was added too; no place was found for its words. A `private` one was not stored,
    because not everybody may read it where it comes from; a `held` one was stored all the same and
    waits for a moderator. `id` is the one that it has here.
    """

    place: str
    what: str
    why: str = ""
    id: str = ""

    @property
    def line(self) -> str:
        """Return it as a line of a report."""
        return f"{self.what}: {self.place}: {self.why or self.id}"


@dataclass
class ImportReport:
    """What happened in all: how many of each outcome, and a line for each to look at."""

    outcomes: Counter[str] = field(default_factory=Counter)
    lines: list[str] = field(default_factory=list)

    def note(self, outcomes: Iterable[Outcome]) -> None:
        """Add some outcomes."""
        for each in outcomes:
            self.outcomes[each.what] += 1
            if each.why:
                self.lines.append(each.line)


def take_in(
    session: Session, incoming: Iterable[Incoming | Unreadable], limits: Limits, licence: str = "",
    *, trust_authors: bool = False,
) -> ImportReport:  # fmt: skip
    """Import a file as a whole. See `Intake` for large ones."""
    report, intake = ImportReport(), Intake(limits, licence=licence, trust_authors=trust_authors)
    batch = list(incoming)
    intake.note_private(batch)
    report.note(intake.take(session, batch))
    report.note(intake.finish(session))
    return report


class Intake:
    """One import. `document` names where annotations go whose page is none of this site's.

    `licence` is the site's own. With `include_private`, what is not public where it comes from is
    stored and held for review. With `trust_authors`, native files write as the accounts of this
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
        """Note what a file says is not public, so that it holds for what stands before that too."""
        for item in incoming:
            if isinstance(item, Incoming) and self._said_private(item):
                self._private |= _names(item)

    def take(self, session: Session, batch: Sequence[Incoming | Unreadable]) -> list[Outcome]:
        """Store a batch; what answers something that has not come yet waits for `finish`."""
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
            elif _parent(item) is not None and existing.parent(item) is None:
                outcomes += self._wait(item)
            else:
                outcomes.append(_taken(builder, item, why))
        store.store(session, builder.rows, builder.belongings)
        return outcomes

    def _restriction(self, item: Incoming, existing: ExistingRows) -> str:
        """Return why not everybody may read an annotation where it comes from, or ""."""
        why = self._said_private(item)
        if not why and _names(item) & self._private:
            why = "elsewhere in the file it is not public"
        parent = existing.parent(item)
        if not why and ({item.draft.in_reply_to, item.answers} & self._private
                        or (parent and parent.visibility == "held")):  # fmt: skip
            why = f"it answers {_parent(item)!r}, which is not public"
        if why:
            self._private |= _names(item)
        return why

    def _said_private(self, item: Incoming) -> str:
        """Return why an annotation is not public as far as it says so itself, or ""."""
        closed = "" if item.private else readership.closed(item.rights, self._licence)
        if closed:
            return f"its rights are {closed[:SHOWN_OF_RIGHTS]!a}, which is no open licence"
        return item.private

    def _wait(self, item: Incoming) -> list[Outcome]:
        """Let an answer wait for what it answers, as long as there is room."""
        self._room -= ROOM_OF_EACH + len(item.draft.body or "")
        if self._room < 0:
            why = "it comes too long before what it answers; import the file once more"
            return [Outcome(item.place, "refused", why)]
        self._waiting.append(item)
        return []

    def finish(self, session: Session) -> list[Outcome]:
        """Store the answers that waited; what is still without a parent is refused."""
        outcomes: list[Outcome] = []
        while self._waiting:
            waiting, self._waiting, self._room = self._waiting, [], ROOM
            for start in range(0, len(waiting), BATCH):
                outcomes += self.take(session, waiting[start : start + BATCH])
            if len(self._waiting) == len(waiting):
                break
        outcomes += [
            Outcome(item.place, "refused", f"it answers {_parent(item)!r}, which is not here")
            for item in self._waiting
        ]
        self._waiting = []
        return outcomes


def _taken(builder: RowBuilder, item: Incoming, private: str) -> Outcome:
    """Make the rows of an annotation; where it is `private`, which says why, it is held."""
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
    """Return every name by which other annotations of a file may mean this one."""
    given = {name for name in (item.id, item.via) if name}
    return {row_builder.ident(item), *given} if given else given


def _parent(item: Incoming) -> str | None:
    return item.draft.in_reply_to or item.answers
