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
from datetime import timedelta

from sqlalchemy.orm import Session

from annotator.config import Limits
from annotator.db import now
from annotator.errors import AnnotatorError, Unacceptable
from annotator.formats import readership
from annotator.models import Annotation
from annotator.schemas.annotations import Incoming, Unreadable
from annotator.services.annotations import comment_html, drafts, store
from annotator.services.annotations.store import Belonging
from annotator.services.exchange import existing_rows, row_builder
from annotator.services.exchange.edition_resolver import EditionResolver
from annotator.services.exchange.existing_rows import ExistingRows

BATCH = 500
AHEAD = timedelta(days=1)  # a clock may be wrong, by no more than the time zones
SHOWN_OF_RIGHTS = 80
LONGEST_LICENCE = 200
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
        taking = _Taking(
            session,
            ExistingRows(session, batch, trust=self._trust),
            EditionResolver(session, self._document),
            self._limits,
            self._licence,
        )
        outcomes: list[Outcome] = []
        for item in batch:
            if isinstance(item, Unreadable):
                outcomes.append(Outcome(item.place, "refused", item.why))
                continue
            why = self._restriction(item, taking.here)
            if why and not self._include_private:
                outcomes.append(Outcome(item.place, "private", why))
            elif _parent(item) is not None and taking.here.parent(item) is None:
                outcomes += self._wait(item)
            else:
                outcomes.append(taking.take(item, why))
        store.store(session, taking.rows, taking.belongings)
        return outcomes

    def _restriction(self, item: Incoming, here: ExistingRows) -> str:
        """Return why not everybody may read an annotation where it comes from, or ""."""
        why = self._said_private(item)
        if not why and _names(item) & self._private:
            why = "elsewhere in the file it is not public"
        parent = here.parent(item)
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


@dataclass(slots=True)
class _Taking:
    """One batch on its way in: the rows that are to be stored, and what belongs to them."""

    session: Session
    here: ExistingRows
    homes: EditionResolver
    limits: Limits
    licence: str
    rows: list[Annotation] = field(default_factory=list)
    belongings: list[Belonging] = field(default_factory=list)

    def take(self, item: Incoming, private: str) -> Outcome:
        """Make the rows of an annotation whose parent, if it has one, is here.

        Where it is `private`, which says why, it is held.
        """
        try:
            if self.here.holds(item):
                return Outcome(item.place, "unchanged", id=existing_rows.ident(item))
            row, lost = self._make(item, "held" if private else "visible")
        except AnnotatorError as error:
            return Outcome(item.place, "refused", error.message)
        self.here.add(row, item.via)
        if private:
            return Outcome(item.place, "held", private, row.id)
        return Outcome(item.place, "lost" if lost else "added", lost, row.id)

    def _make(self, item: Incoming, visibility: str) -> tuple[Annotation, str]:
        """Make its rows, and tell why words of it are lost, if any are."""
        draft, created = item.draft, item.created or now()
        modified = item.modified or created
        if max(created, modified) > now() + AHEAD:
            raise Unacceptable("Its date lies in the future.", field="created")
        if modified < created or any(each.replaced < created for each in item.earlier):
            raise Unacceptable("It was changed before it was written.", field="modified")
        parent, motivation = self.here.parent(item), drafts.motivation(draft)
        made_in = self.homes.numbered(parent.edition_id) if parent else self.homes.of(item)
        wanted = () if parent or item.deleted else draft.targets
        targets, lost = row_builder.targets(made_in, wanted, self.limits)
        lost = lost or item.unread
        body = None if item.deleted else drafts.body(draft.body, motivation, self.limits)
        ident = existing_rows.ident(item)
        row = Annotation(
            id=ident, thread_id=parent.thread_id if parent else ident,
            in_reply_to=parent.id if parent else None,
            document_id=made_in.document_id, edition_id=made_in.edition_id,
            author_id=self.here.authors.of(item), motivation=motivation, body=body,
            created=created, modified=modified, deleted=modified if item.deleted else None,
            listed=True, visibility=visibility, hidden_by=None, act_id=None,
            licence=self._own_licence(item),
        )  # fmt: skip
        comment_html.fill(row)
        belongings = row_builder.belongings(ident, item, self.homes, targets, self.limits)
        belongings += row_builder.part(self.session, row, item, targets)
        self.rows.append(row)
        self.belongings += belongings
        return row, lost

    def _own_licence(self, item: Incoming) -> str | None:
        """Return the licence of an annotation where it is another than the site's."""
        said = item.licence
        if not said or not self.licence or readership.is_same(said, self.licence):
            return None
        if len(said) > LONGEST_LICENCE:
            raise Unacceptable("Its licence is too long to be kept.", field="licence")
        return said


def _names(item: Incoming) -> set[str]:
    """Return every name by which other annotations of a file may mean this one."""
    given = {name for name in (item.id, item.via) if name}
    return {existing_rows.ident(item), *given} if given else given


def _parent(item: Incoming) -> str | None:
    return item.draft.in_reply_to or item.answers
