"""What the reading page shows of the commentary: counts by provision and merged highlights.

All commentary on an edition is counted once in a process. After a change only the provisions that
it concerns are counted anew, from the database as it is now (see `models.Change`): so what is kept
equals a count of everything, whoever made the changes, in whatever order they are heard of. What a
filter leaves is counted each time.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import accumulate
from typing import Any, NamedTuple

from sqlalchemy import Select, SQLColumnExpression, false, func, or_, select
from sqlalchemy.orm import Session

from annotator.models import WHOLE_DOCUMENT, Change, Coverage, Placement
from annotator.search.engine import Engine
from annotator.services.annotations import filters
from annotator.services.annotations.filters import Filter
from annotator.services.editions.editions import Loaded
from annotator.services.reading import full_text

DEEPEST = 4  # the page tells its scripts; each depth has its colours in `css/reading.css`
_RUNS = re.compile(b"|".join(b"%c+" % depth for depth in range(1, DEEPEST + 1)))
Segment = tuple[int, int, int]
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
    cache, key = session.info["cache"], ("commentary", loaded.edition_id)
    kept: EditionCommentary | None = cache.get(key)
    if kept is None or kept.state < loaded.state:
        cache[key] = kept = _brought_up(session, loaded, kept)
    return kept


def found(session: Session, engine: Engine, loaded: Loaded, asked: Filter) -> EditionCommentary:
    """Return the commentary on an edition that a filter leaves; `document` and `edition` are its.

    All of it is kept in memory; what is left of it is not. The words of a thread are highlighted
    where any annotation in it is left. Raises as `listings.page` does.
    """
    asked = replace(asked, document=loaded.slug, edition=loaded.label)
    if not asked.narrows:
        return commentary(session, loaded)
    asked = full_text.with_hits(session, engine, asked)
    where = filters.covering(session, loaded, asked)
    if asked.section is not None:
        where.append(filters.inside(loaded, filters.section_of(loaded, asked.section)))
    threads = select(Coverage.thread_id).where(Coverage.provision == WHOLE_DOCUMENT, *where)
    return _counted(session, loaded, where, Placement.annotation_id.in_(threads))


def _counted(
    session: Session, loaded: Loaded, where: Iterable[_Where], *placed: _Where
) -> EditionCommentary:
    counts, lost, ranges = _read(session, loaded, where, placed, placed)
    shown = depths(ranges, 0, len(loaded.parsed.text))
    return EditionCommentary(loaded.state, counts, lost, shown)


def _brought_up(
    session: Session, loaded: Loaded, kept: EditionCommentary | None
) -> EditionCommentary:
    """Count all commentary: of what `kept` has, only what has changed since."""
    here, parsed = Coverage.edition_id == loaded.edition_id, loaded.parsed
    if kept is None:
        return _counted(session, loaded, [here])
    since = Change.edition_id == loaded.edition_id, Change.state > kept.state
    changed = set(session.scalars(select(Change.provision).where(*since)))
    if len(changed) > len(parsed.provisions) // 2:
        return _counted(session, loaded, [here])
    # The own words of what has changed, with the line feeds around them.
    ends = [0, *(block.end for block in parsed.blocks)]
    starts = [*(block.start for block in parsed.blocks), len(parsed.text)]
    stretches = [
        (ends[number], starts[number + 1])
        for number, block in enumerate(parsed.blocks)
        if block.provision in changed
    ]
    overlapping = [(Placement.start < end) & (Placement.end > start) for start, end in stretches]
    counts, lost, ranges = _read(
        session,
        loaded,
        [here, Coverage.provision.in_(changed)],
        [Placement.provision.in_(changed)],
        [or_(false(), *overlapping)],
    )
    shown = bytearray(kept.depths)
    for start, end in stretches:
        shown[start:end] = depths(ranges, start, end)
    same = {at: tally for at, tally in kept.tallies.items() if at not in changed}
    still_lost = {at: number for at, number in kept.lost.items() if at not in changed}
    return EditionCommentary(loaded.state, same | counts, still_lost | lost, bytes(shown))


def _read(
    session: Session, loaded: Loaded, where: Iterable[_Where], lost: Iterable[_Where],
    placed: Iterable[_Where],
) -> tuple[dict[int, Tally], dict[int, int], Sequence[Any]]:  # fmt: skip
    """Read the tallies, what is lost, and the ranges to be highlighted, each where it is asked."""
    gone = (
        select(Placement.provision, func.count(Placement.annotation_id.distinct()))
        .where(Placement.edition_id == loaded.edition_id, Placement.start.is_(None), *lost)
        .group_by(Placement.provision)
    )
    return (
        {at: Tally(*numbers) for at, *numbers in session.execute(tallies(*where))},
        dict(session.execute(gone).all()),
        session.execute(spans(loaded.edition_id, *placed)).all(),
    )


def tallies(*where: _Where) -> Select[int, int, int]:
    """Count annotations and authors by provision, over the rows of `coverage` that meet `where`."""
    authors = func.count(Coverage.author_id.distinct())
    counted = select(Coverage.provision, func.count(), authors).where(*where)
    return counted.group_by(Coverage.provision)


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
