"""The commentary of the reading page: counts by provision and merged highlights.

The counts of an edition are cached in the process. After a change only the provisions concerned are
counted again from the database (see `models.Change`), so that the cache equals a full count. Counts
under a filter are not cached.
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

DEEPEST = 4  # each depth has its colours in `css/reading.css`
_RUNS = re.compile(b"|".join(b"%c+" % depth for depth in range(1, DEEPEST + 1)))
Segment = tuple[int, int, int]
_Where = SQLColumnExpression[bool]


class Tally(NamedTuple):
    """The number of annotations and of their authors."""

    annotations: int
    authors: int


NONE = Tally(0, 0)


@dataclass(frozen=True)
class EditionCommentary:
    """The commentary on an edition, or the part that a filter selects, at a document's `state`.

    `tallies` and `lost` are by ordinal, without provisions that have none; WHOLE_DOCUMENT has the
    sum. `lost` counts the annotations whose words are gone, at their former provision. `depths` has
    a byte for each code point: the number of annotations that highlight it, at most DEEPEST.
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
        """The number of annotations on each provision that has some, by ordinal."""
        return {at: tally.annotations for at, tally in self.tallies.items() if at != WHOLE_DOCUMENT}

    @cached_property
    def segments(self) -> list[Segment]:
        """The highlighted ranges (start, end, depth), disjoint and in order; depth is 1 to DEEPEST.

        An annotation on a whole provision highlights nothing.
        """
        return [(*run.span(), run[0][0]) for run in _RUNS.finditer(self.depths)]


def commentary(session: Session, loaded: Loaded) -> EditionCommentary:
    """Return the commentary on an edition, from the cache if it is up to date."""
    cache, key = session.info["cache"], ("commentary", loaded.edition_id)
    cached: EditionCommentary | None = cache.get(key)
    if cached is None or cached.state < loaded.state:
        cache[key] = cached = _updated(session, loaded, cached)
    return cached


def filtered_commentary(
    session: Session, engine: Engine, loaded: Loaded, narrow: Filter
) -> EditionCommentary:
    """Return the commentary on an edition that a filter selects; its document is ignored.

    The words of a thread are highlighted if any annotation in it is selected. Raises what
    `listings.page` does.
    """
    narrow = replace(narrow, document=loaded.slug, edition=loaded.label)
    if not narrow.narrows:
        return commentary(session, loaded)
    narrow = full_text.with_hits(session, engine, narrow)
    where = filters.covering(session, loaded, narrow)
    if narrow.section is not None:
        where.append(filters.inside(loaded, filters.section_of(loaded, narrow.section)))
    threads = select(Coverage.thread_id).where(Coverage.provision == WHOLE_DOCUMENT, *where)
    return _counted(session, loaded, where, Placement.annotation_id.in_(threads))


def _counted(
    session: Session, loaded: Loaded, where: Iterable[_Where], *placed: _Where
) -> EditionCommentary:
    counts, lost, ranges = _read(session, loaded, where, placed, placed)
    shown = depths(ranges, 0, len(loaded.parsed.text))
    return EditionCommentary(loaded.state, counts, lost, shown)


def _updated(
    session: Session, loaded: Loaded, cached: EditionCommentary | None
) -> EditionCommentary:
    """Count the provisions that have changed since `cached`, or all."""
    in_edition, parsed = Coverage.edition_id == loaded.edition_id, loaded.parsed
    if cached is None:
        return _counted(session, loaded, [in_edition])
    since = Change.edition_id == loaded.edition_id, Change.state > cached.state
    changed = set(session.scalars(select(Change.provision).where(*since)))
    if len(changed) > len(parsed.provisions) // 2:
        return _counted(session, loaded, [in_edition])
    # The blocks of changed provisions, with the line feeds around them.
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
        [in_edition, Coverage.provision.in_(changed)],
        [Placement.provision.in_(changed)],
        [or_(false(), *overlapping)],
    )
    shown = bytearray(cached.depths)
    for start, end in stretches:
        shown[start:end] = depths(ranges, start, end)
    same = {at: tally for at, tally in cached.tallies.items() if at not in changed}
    still_lost = {at: number for at, number in cached.lost.items() if at not in changed}
    return EditionCommentary(loaded.state, same | counts, still_lost | lost, bytes(shown))


def _read(
    session: Session, loaded: Loaded, where: Iterable[_Where], lost: Iterable[_Where],
    placed: Iterable[_Where],
) -> tuple[dict[int, Tally], dict[int, int], Sequence[Any]]:  # fmt: skip
    """Return the tallies, the lost annotations and the ranges to highlight, each filtered."""
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
    """Return a query of annotations and authors by provision, over rows of `coverage`."""
    authors = func.count(Coverage.author_id.distinct())
    counted = select(Coverage.provision, func.count(), authors).where(*where)
    return counted.group_by(Coverage.provision)


def spans(edition_id: int, *where: _Where) -> Select[int | None, int | None]:
    """Return a query of the ranges to highlight in an edition."""
    query = select(Placement.start, Placement.end).where(Placement.edition_id == edition_id)
    return query.where(Placement.start.is_not(None), ~Placement.whole, *where)


def depths(spans: Iterable[tuple[int, int]], start: int, end: int) -> bytes:
    """Count the spans over each code point from `start` to `end`, at most DEEPEST."""
    steps = [0] * (end - start + 1)
    for first, last in spans:
        if first < end and last > start:
            steps[max(first, start) - start] += 1
            steps[min(last, end) - start] -= 1
    steps.pop()
    return bytes([DEEPEST if depth > DEEPEST else depth for depth in accumulate(steps)])


def coded(segments: Iterable[Segment], start: int = 0, end: int | None = None) -> list[int]:
    """Encode the ranges between `start` and `end` as pairs of integers.

    Each is the gap after the range before, then `length * DEEPEST + depth - 1`.
    """
    pairs: list[int] = []
    at = 0
    for first, last, depth in segments:
        first, last = max(first, start), last if end is None else min(last, end)
        if first < last:
            pairs += (first - at, (last - first) * DEEPEST + depth - 1)
            at = last
    return pairs
