"""The filter of commentary, and what it asks of rows of `annotations` and of `coverage`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, SQLColumnExpression, and_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from annotator.db import one_of
from annotator.errors import NotFound, Unacceptable
from annotator.models import VERDICT_BITS, WHOLE_DOCUMENT, Annotation, Coverage, Placement, Tag
from annotator.services.accounts import accounts
from annotator.services.editions.editions import Loaded

Where = SQLColumnExpression[bool]


@dataclass(frozen=True, slots=True)
class Filter:
    """Which commentary is asked for; what is None does not narrow.

    `document` is a slug, `edition` a label (the newest if None), `provision` a pid. `start` and
    `end` ask for what overlaps a range of that edition, in code points. `after` is the first moment
    that counts, `before` the first that does not. `section` is the name of a section or a pid, and
    keeps to what stands in it or overlaps it. `verdict` is what became, in that edition, of the
    words of the thread. `q` is a full-text query, which `full_text.with_hits` turns into `among`,
    the ids that are left.
    """

    document: str | None = None
    edition: str | None = None
    provision: str | None = None
    author: str | None = None
    tag: str | None = None
    thread: str | None = None
    start: int | None = None
    end: int | None = None
    after: datetime | None = None
    before: datetime | None = None
    section: str | None = None
    verdict: str | None = None
    q: str | None = None
    among: frozenset[str] | None = None

    @property
    def narrows(self) -> bool:
        """Return whether anything less than a whole edition is asked for."""
        return self != Filter(document=self.document, edition=self.edition)


def covering(session: Session, loaded: Loaded, narrow: Filter) -> list[Where]:
    """Conditions on rows of `coverage` in an edition, whatever provision they are of.

    `provision` and `section` of the filter are the caller's. Raises NotFound for an unknown author,
    Unacceptable for an unknown verdict or half a range.
    """
    where: list[Where] = [Coverage.edition_id == loaded.edition_id]
    where += narrowed(session, narrow, Coverage, Coverage.annotation_id)
    if narrow.start is not None or narrow.end is not None:
        where.append(overlapping(loaded, narrow.start, narrow.end))
    if narrow.verdict is not None:
        if narrow.verdict not in VERDICT_BITS:
            raise Unacceptable(
                f"Verdicts are {', '.join(VERDICT_BITS)}; {narrow.verdict!r} is none.",
                field="verdict",
            )
        bit = VERDICT_BITS[narrow.verdict]
        where.append(Coverage.verdicts.bitwise_and(bit) != 0)
    return where


def narrowed(
    session: Session,
    narrow: Filter,
    rows: type[Annotation] | type[Coverage],
    ident: InstrumentedAttribute[str],
) -> Iterator[Where]:
    """Conditions on the annotation itself; `ident` is the column that holds its id."""
    if narrow.author is not None:
        account = accounts.find(session, narrow.author)
        if account is None:
            raise NotFound(f"Nobody here is named {narrow.author!r}.", field="author")
        yield rows.author_id == account.id
        yield (Annotation.deleted.is_(None) if rows is Annotation
               else ident.not_in(_deleted_of(account.id)))  # fmt: skip
    if narrow.thread is not None:
        yield rows.thread_id == narrow.thread
    if narrow.after is not None:
        yield rows.created >= narrow.after
    if narrow.before is not None:
        yield rows.created < narrow.before
    found: list[Where] = []
    if narrow.tag is not None:
        found.append(Annotation.id.in_(select(Tag.annotation_id).where(Tag.tag == narrow.tag)))
    if narrow.among is not None:
        found.append(one_of(session, Annotation.id, narrow.among))
    if found:  # and not the empty places of words that nobody may read
        found.append(Annotation.shown)
        yield and_(*found) if rows is Annotation else ident.in_(select(Annotation.id).where(*found))


def _deleted_of(account: int) -> Select[str]:
    """Select somebody's deleted annotations, whose empty places do not say whose they were.

    Not for the listed ones alone: SQLite would look through everything that is listed, and what
    this is asked for has no others.
    """
    mine = Annotation.author_id == account, Annotation.deleted.is_not(None)
    return select(Annotation.id).where(*mine)


def there(loaded: Loaded, pid: str | None, section: str | None) -> list[Where]:
    """Choose rows of `coverage`: one for each annotation on a provision that is on a section, too.

    None stands for the whole document. Raises NotFound.
    """
    at, section_at = _ordinal_of(loaded, pid), section_of(loaded, section)
    if _lies_in(loaded, at, section_at):
        return [Coverage.provision == at]
    if _lies_in(loaded, section_at, at):
        return [Coverage.provision == section_at]
    return [Coverage.provision == at, inside(loaded, section_at)]


def _lies_in(loaded: Loaded, inner: int, outer: int) -> bool:
    if WHOLE_DOCUMENT in (inner, outer):
        return outer == WHOLE_DOCUMENT
    within, around = loaded.parsed.provisions[inner], loaded.parsed.provisions[outer]
    return around.start <= within.start and within.end <= around.end


def inside(loaded: Loaded, ordinal: int) -> Where:
    """Select commentary on a provision, in rows of `coverage` that may be of any other."""
    on_it = Coverage.edition_id == loaded.edition_id, Coverage.provision == ordinal
    return Coverage.annotation_id.in_(select(Coverage.annotation_id).where(*on_it))


def section_of(loaded: Loaded, name: str | None) -> int:
    """Return the ordinal of the section named so, or of a pid; WHOLE_DOCUMENT for None.

    Raises NotFound.
    """
    if name is None:
        return WHOLE_DOCUMENT
    at = loaded.parsed.numbered.get((name, ""), loaded.ordinals.get(name))
    if at is None:
        raise NotFound(f"{loaded.slug}@{loaded.label} has no section {name!r}.", field="section")
    return at


def _ordinal_of(loaded: Loaded, pid: str | None) -> int:
    if pid is None:
        return WHOLE_DOCUMENT
    ordinal = loaded.ordinals.get(pid)
    if ordinal is None:
        raise NotFound(f"{loaded.slug}@{loaded.label} has no provision {pid!r}.", field="provision")
    return ordinal


def overlapping(loaded: Loaded, start: int | None, end: int | None) -> Where:
    """Select threads with a target whose words overlap the range, by their place here.

    Raises Unacceptable for half a range.
    """
    if start is None or end is None or not 0 <= start < end:
        raise Unacceptable("A range has a start and a later end.", field="start")
    there = select(Placement.annotation_id).where(
        Placement.edition_id == loaded.edition_id, Placement.start < end, Placement.end > start
    )  # looked up once; a condition on each row would look through all placements for each
    return Coverage.thread_id.in_(there)
