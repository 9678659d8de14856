"""What the reading page shows of the commentary: counts by provision and merged highlights.

All commentary on an edition is counted once in a process. After a change only the provisions that
it concerns are counted anew, from the database as it is now (see `models.Change`): so what is kept
equals a count of everything, whoever made the changes, in whatever order they are heard of. What a
filter leaves is counted each time.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import accumulate
from typing import NamedTuple, TypeVar

from sqlalchemy import Select, SQLColumnExpression, func, or_, select
from sqlalchemy.orm import Session

from annotator.documents import Parsed
from annotator.models import WHOLE_DOCUMENT, Change, Coverage, Placement
from annotator.search.engine import Engine
from annotator.services.annotations import filters
from annotator.services.annotations.filters import Filter
from annotator.services.editions.editions import Loaded
from annotator.services.reading import full_text

DEEPEST = 4  # the page tells its scripts; each depth has its colours in `css/reading.css`
_RUNS = re.compile(b"|".join(b"%c+" % depth for depth in range(1, DEEPEST + 1)))
Segment = tuple[int, int, int]
T = TypeVar("T")
_Where = SQLColumnExpression[bool]


class Tally(NamedTuple):
    """How much commentary there is, and of how many people."""

    annotations: int
    authors: int


NONE = Tally(0, 0)


@dataclass(frozen=True)
class EditionCommentary:
    """The commentary on an edition, or what a filter leaves of it, at a `state` of its document.

    `tallies` and `lost` go by ordinal, for the provisions that have some; WHOLE_DOCUMENT has the
    sum. `lost` counts the annotations whose words are gone, where their provision stood. `depths`
    has a byte for each code point of the text: how many annotations highlight it, at most DEEPEST.
    """

    state: int
    tallies: Mapping[int, Tally]
    lost: Mapping[int, int]
    depths: bytes

    @property
    def total(self) -> Tally:
        """The tally of the whole document."""
        return self.tallies.get(WHOLE_DOCUMENT, NONE)

    @property
    def counts(self) -> dict[int, int]:
        """Count the annotations on each provision that has some, by ordinal."""
        return {at: tally.annotations for at, tally in self.tallies.items() if at != WHOLE_DOCUMENT}

    @cached_property
    def segments(self) -> list[Segment]:
        """The highlighted ranges (start, end, depth), disjoint and in order; depth is 1 to DEEPEST.

        An annotation on a whole provision highlights nothing: it counts beside it.
        """
        return [(*run.span(), run[0][0]) for run in _RUNS.finditer(self.depths)]


def commentary(session: Session, loaded: Loaded) -> EditionCommentary:
    """Return all commentary on an edition."""
    cache = session.info["cache"]
    key = ("commentary", loaded.edition_id)
    kept: EditionCommentary | None = cache.get(key)
    if kept is None or kept.state < loaded.state:
        kept = _all(session, loaded) if kept is None else _brought_up(session, loaded, kept)
        cache[key] = kept
    return kept


def narrowed(session: Session, loaded: Loaded, narrow: Filter) -> EditionCommentary:
    """Return what a filter leaves of the commentary on an edition.

    The words of a thread are highlighted where any annotation in it is left. `document` and
    `edition` of the filter are taken for the edition's. Raises as `listings.page` does.
    """
    where = filters.covering(session, loaded, narrow)
    if narrow.section is not None:
        where.append(filters.inside(loaded, filters.section_of(loaded, narrow.section)))
    threads = select(Coverage.thread_id).where(Coverage.provision == WHOLE_DOCUMENT, *where)
    placed = Placement.annotation_id.in_(threads)
    return _counted(session, loaded, where, placed)


def found(session: Session, engine: Engine, loaded: Loaded, asked: Filter) -> EditionCommentary:
    """Return the commentary on an edition that a filter leaves.

    All of it is kept in memory; what is left of it is not. Raises as `listings.page` does.
    """
    asked = replace(asked, document=loaded.slug, edition=loaded.label)
    if not asked.narrows:
        return commentary(session, loaded)
    return narrowed(session, loaded, full_text.with_hits(session, engine, asked))


def _all(session: Session, loaded: Loaded) -> EditionCommentary:
    return _counted(session, loaded, [Coverage.edition_id == loaded.edition_id])


def _counted(
    session: Session, loaded: Loaded, where: Collection[_Where], *placed: _Where
) -> EditionCommentary:
    length = len(loaded.parsed.text)
    return EditionCommentary(
        loaded.state,
        _tallies(session, *where),
        _lost(session, loaded, *placed),
        depths(_spans(session, loaded, *placed), 0, length),
    )


def _brought_up(session: Session, loaded: Loaded, kept: EditionCommentary) -> EditionCommentary:
    """Count anew what has changed since `kept` was counted."""
    here = Change.edition_id == loaded.edition_id
    changed = set(session.scalars(select(Change.provision).where(here, Change.state > kept.state)))
    if len(changed) > len(loaded.parsed.provisions) // 2:
        return _all(session, loaded)
    rows = Coverage.edition_id == loaded.edition_id, Coverage.provision.in_(changed)
    gone = _lost(session, loaded, Placement.provision.in_(changed))
    shown, stretches = bytearray(kept.depths), list(_stretches(loaded.parsed, changed))
    overlapping = [(Placement.start < end) & (Placement.end > start) for start, end in stretches]
    spans = _spans(session, loaded, or_(*overlapping)) if overlapping else []
    for start, end in stretches:
        shown[start:end] = depths(spans, start, end)
    return EditionCommentary(
        loaded.state,
        _without(kept.tallies, changed) | _tallies(session, *rows),
        _without(kept.lost, changed) | gone,
        bytes(shown),
    )


def _without(kept: Mapping[int, T], changed: Collection[int]) -> dict[int, T]:
    return {at: value for at, value in kept.items() if at not in changed}


def _tallies(session: Session, *where: _Where) -> dict[int, Tally]:
    found = session.execute(tallies(*where))
    return {at: Tally(annotations, authors) for at, annotations, authors in found}


def tallies(*where: _Where) -> Select[int, int, int]:
    """Count annotations and authors by provision, over the rows of `coverage` that meet `where`."""
    authors = func.count(Coverage.author_id.distinct())
    counted = select(Coverage.provision, func.count(), authors).where(*where)
    return counted.group_by(Coverage.provision)


def _lost(session: Session, loaded: Loaded, *where: _Where) -> dict[int, int]:
    query = (
        select(Placement.provision, func.count(Placement.annotation_id.distinct()))
        .where(Placement.edition_id == loaded.edition_id, Placement.start.is_(None), *where)
        .group_by(Placement.provision)
    )
    return dict(session.execute(query).all())


def _spans(session: Session, loaded: Loaded, *where: _Where) -> list[tuple[int, int]]:
    rows = session.execute(spans(loaded.edition_id, *where))
    return [(start, end) for start, end in rows if start is not None and end is not None]


def spans(edition_id: int, *where: _Where) -> Select[int | None, int | None]:
    """Select the ranges to be highlighted in an edition, of placements that meet `where`."""
    here = Placement.edition_id == edition_id, Placement.start.is_not(None), ~Placement.whole
    return select(Placement.start, Placement.end).where(*here, *where)


def depths(spans: Iterable[tuple[int, int]], start: int, end: int) -> bytes:
    """Count how many spans lie over each code point from `start` to `end`, at most DEEPEST."""
    steps = [0] * (end - start + 1)
    for first, last in spans:
        if first < end and last > start:
            steps[max(first, start) - start] += 1
            steps[min(last, end) - start] -= 1
    steps.pop()
    return bytes([DEEPEST if depth > DEEPEST else depth for depth in accumulate(steps)])


def _stretches(parsed: Parsed, changed: Collection[int]) -> Iterator[tuple[int, int]]:
    """Return where the own words of some provisions stand, with the line feeds around them."""
    ends = [0, *(block.end for block in parsed.blocks)]
    starts = [*(block.start for block in parsed.blocks), len(parsed.text)]
    for number, block in enumerate(parsed.blocks):
        if block.provision in changed:
            yield ends[number], starts[number + 1]


def coded(segments: Iterable[Segment], start: int = 0, end: int | None = None) -> list[int]:
    """Write ranges as pairs: the gap after the last one, then `length * DEEPEST + depth - 1`.

    Only what lies between `start` and `end` is written.
    """
    pairs: list[int] = []
    at = 0
    for first, last, depth in segments:
        first, last = max(first, start), last if end is None else min(last, end)
        if first < last:
            pairs += (first - at, (last - first) * DEEPEST + depth - 1)
            at = last
    return pairs
