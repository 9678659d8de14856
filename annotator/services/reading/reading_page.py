"""The commentary of the reading page: counts by provision and merged highlights.

The counts of an edition are stored (`models.Change`), and what is shown is cached in the process.
After a change only the provisions concerned are read again, so that the cache equals a full count.
Counts under a filter are not cached.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import accumulate, chain
from operator import sub
from typing import Any, NamedTuple

from sqlalchemy import (
    CompoundSelect,
    Select,
    SQLColumnExpression,
    and_,
    bindparam,
    func,
    literal,
    not_,
    select,
    union_all,
)
from sqlalchemy.orm import Session

from annotator.models import WHOLE_DOCUMENT, Change, Coverage, Placement
from annotator.search.engine import Engine
from annotator.services.annotations import filters
from annotator.services.annotations.filters import Filter
from annotator.services.editions.editions import Loaded
from annotator.services.reading import full_text

DEEPEST = 4  # each depth has its colours in `css/reading.css`
FEW = 8  # a filter that selects less than an eighth goes along the index by annotation
_RUNS = re.compile(b"|".join(b"%c+" % depth for depth in range(1, DEEPEST + 1)))
Segment = tuple[int, int, int]
_Where = SQLColumnExpression[bool]


class Tally(NamedTuple):
    """The number of annotations and of their authors."""

    annotations: int
    authors: int


NONE = Tally(0, 0)


@dataclass(frozen=True)
class Highlighted:
    """Commentary whose `depths` has a byte for each code point of an edition's text.

    It is the number of annotations that highlight it, at most DEEPEST.
    """

    state: int
    depths: bytes

    @cached_property
    def segments(self) -> list[Segment]:
        """The highlighted ranges (start, end, depth), disjoint and in order; depth is 1 to DEEPEST.

        An annotation on a whole provision highlights nothing.
        """
        return [(*run.span(), run[0][0]) for run in _RUNS.finditer(self.depths)]


@dataclass(frozen=True)
class EditionCommentary(Highlighted):
    """All commentary on an edition, at a document's `state`.

    `annotations` are by ordinal, without provisions that have none; WHOLE_DOCUMENT has the sum.
    `lost` counts the annotations whose words are gone, at their former provision. No highlight is
    longer than `longest`. `uncapped` are the depths without a limit.
    """

    annotations: Mapping[int, int]
    lost: Mapping[int, int]
    longest: int = field(compare=False)
    uncapped: array[int] = field(repr=False, compare=False)

    @property
    def total(self) -> int:
        """The number of annotations on the edition."""
        return self.annotations.get(WHOLE_DOCUMENT, 0)

    @cached_property
    def counts(self) -> dict[int, int]:
        """The number of annotations on each provision that has some, by ordinal."""
        return {at: number for at, number in self.annotations.items() if at != WHOLE_DOCUMENT}


@dataclass(frozen=True)
class FilteredCommentary(Highlighted):
    """The part of the commentary on an edition that a filter selects.

    `tallies` are by ordinal, without provisions that have none; WHOLE_DOCUMENT has the sum.
    """

    tallies: Mapping[int, Tally]

    @property
    def total(self) -> Tally:
        """The tally of the whole document."""
        return self.tallies.get(WHOLE_DOCUMENT, NONE)


_changed = select(Change.provision, Change.annotations, Change.lost).where(
    Change.edition_id == bindparam("edition"), Change.state > bindparam("state")
)
_highlighting = (
    Placement.edition_id == bindparam("edition"), ~Placement.whole,
    Placement.start >= bindparam("start") - bindparam("longest"),
    Placement.start < bindparam("end"),
    Placement.end > bindparam("start"),
)  # fmt: skip


# Where highlights begin and end: offsets, how many more from there on, the longest.
_edges: CompoundSelect[Any] = union_all(
    select(Placement.start, func.count(), func.max(Placement.end - Placement.start))
    .where(*_highlighting)
    .group_by(Placement.start),
    select(Placement.end, -func.count(), literal(0)).where(*_highlighting).group_by(Placement.end),
)


def commentary(session: Session, loaded: Loaded) -> EditionCommentary:
    """Return the commentary on an edition, from the cache if it is up to date."""
    cache, key = session.info["cache"], ("commentary", loaded.edition_id)
    cached: EditionCommentary | None = cache.get(key)
    if cached is None or cached.state < loaded.state:
        cache[key] = cached = _updated(session, loaded, cached)
    return cached


def _updated(
    session: Session, loaded: Loaded, cached: EditionCommentary | None
) -> EditionCommentary:
    """Read what has changed since `cached`, or all."""
    connection, edition, text = session.connection(), loaded.edition_id, loaded.parsed.text
    since = {"edition": edition, "state": cached.state if cached else -1}
    changed = connection.execute(_changed, since).all()
    stretches = [(0, len(text))]
    if cached is not None:
        stretches = _stretches(loaded, {row.provision for row in changed})
    counts = {**cached.annotations} if cached else {}
    lost = {**cached.lost} if cached else {}
    for at, number, gone in changed:
        counts[at], lost[at] = number, gone
    uncapped = array("I", cached.uncapped if cached else bytes(4 * len(text)))
    shown = bytearray(cached.depths if cached else bytes(len(text)))
    # A new highlight begins in a stretch: all that it lies on has changed.
    longest = cached.longest if cached else 0
    sought = {"edition": edition, "longest": longest if cached else len(text)}
    for start, end in stretches:
        rows = connection.execute(_edges, {**sought, "start": start, "end": end}).all()
        uncapped[start:end] = part = depths(((at, more) for at, more, _ in rows), start, end)
        shown[start:end] = capped(part)
        longest = max(longest, *(length for _, _, length in rows), 0)
    return EditionCommentary(
        loaded.state,
        bytes(shown),
        {at: number for at, number in counts.items() if number},
        {at: number for at, number in lost.items() if number},
        longest,
        uncapped,
    )


def _stretches(loaded: Loaded, changed: Collection[int]) -> list[tuple[int, int]]:
    """Return the ranges of the blocks of provisions, with the line feeds around them."""
    found: list[tuple[int, int]] = []
    before = 0
    blocks = loaded.parsed.blocks
    ends = [*(block.start for block in blocks[1:]), len(loaded.parsed.text)]
    for block, end in zip(blocks, ends, strict=True):
        if block.provision in changed:
            first = found.pop()[0] if found and found[-1][1] >= before else before
            found.append((first, end))
        before = block.end
    return found


def filtered_commentary(
    session: Session, engine: Engine, loaded: Loaded, narrow: Filter
) -> FilteredCommentary:
    """Return the commentary on an edition that a filter selects; its document is ignored.

    The words of a thread are highlighted if any annotation in it is selected. Raises what
    `listings.page` does.
    """
    narrow = replace(narrow, document=loaded.slug, edition=loaded.label)
    if not narrow.narrows:
        return everything(session, loaded)
    narrow = full_text.with_hits(session, engine, narrow)
    where = filters.covering(session, loaded, narrow)
    in_edition, placed_in = where[0], Placement.edition_id == loaded.edition_id
    # SQLite would go along the edition; as a sum, its id leaves only the indexes by annotation.
    of_annotations = Coverage.edition_id + 0 == loaded.edition_id
    only_annotations = Placement.edition_id + 0 == loaded.edition_id
    everywhere, whole = commentary(session, loaded), Coverage.provision == WHOLE_DOCUMENT
    are_most = False
    if narrow.section is not None:
        where.append(Coverage.provision == filters.section_of(loaded, narrow.section))
        inside = select(Coverage.annotation_id).where(*where)
        where = [in_edition, Coverage.annotation_id.in_(inside)]
    if narrow.section is not None or narrow.tag is not None or narrow.among is not None:
        where[0], placed_in = of_annotations, only_annotations
    else:
        number = session.execute(select(func.count()).where(whole, *where)).scalar_one()
        if number == everywhere.total:
            return everything(session, loaded)
        are_most = number * 2 > everywhere.total
        if number * FEW < everywhere.total:
            found = select(Coverage.annotation_id).where(whole, *where)
            where = [of_annotations, Coverage.annotation_id.in_(found)]
            placed_in = only_annotations
    threads = select(Coverage.thread_id).where(whole, *where)
    if are_most:  # then the highlights of the others are taken from all
        is_head, placed_in = Coverage.annotation_id == Coverage.thread_id, only_annotations
        threads = select(Coverage.thread_id).where(
            in_edition, whole, is_head, not_(and_(*where[1:])),
            Coverage.thread_id.not_in(threads.where(~is_head)),
        )  # fmt: skip
    query = spans(placed_in, Placement.annotation_id.in_(threads))
    ranges = session.connection().execute(query).all()
    starts, ends = (
        (Counter(offsets) for offsets in zip(*ranges, strict=True)) if ranges else ({}, {})
    )
    edges = chain(starts.items(), ((at, -number) for at, number in ends.items()))
    shown: Iterable[int] = depths(edges, 0, len(loaded.parsed.text))
    return FilteredCommentary(
        loaded.state,
        capped(map(sub, everywhere.uncapped, shown) if are_most else shown),
        {at: Tally(*numbers) for at, *numbers in session.execute(tallies(*where))},
    )


def everything(session: Session, loaded: Loaded) -> FilteredCommentary:
    """Return all commentary; only the authors on provisions that have changed are counted again."""
    cache, key = session.info["cache"], ("tallies", loaded.edition_id)
    state, found = cache.get(key, (-1, {}))
    if state < loaded.state:
        where: list[_Where] = [Coverage.edition_id == loaded.edition_id]
        if state >= 0:
            since = {"edition": loaded.edition_id, "state": state}
            changed = set(session.scalars(_changed, since))
            where.append(Coverage.provision.in_(changed))
            found = {at: tally for at, tally in found.items() if at not in changed}
        counted = {at: Tally(*numbers) for at, *numbers in session.execute(tallies(*where))}
        found = found | counted
        cache[key] = loaded.state, found
    return FilteredCommentary(loaded.state, commentary(session, loaded).depths, found)


def tallies(*where: _Where) -> Select[int, int, int]:
    """Return a query of annotations and authors by provision, over rows of `coverage`."""
    authors = func.count(Coverage.author_id.distinct())
    counted = select(Coverage.provision, func.count(), authors).where(*where)
    return counted.group_by(Coverage.provision)


def spans(*where: _Where) -> Select[int | None, int | None]:
    """Return a query of the ranges to highlight."""
    query = select(Placement.start, Placement.end)
    return query.where(Placement.start.is_not(None), ~Placement.whole, *where)


def depths(edges: Iterable[tuple[int, int]], start: int, end: int) -> array[int]:
    """Count the highlights over each code point from `start` to `end`.

    An edge is an offset and how many more highlights there are from there on.
    """
    steps = [0] * (end - start + 1)
    for at, more in edges:
        steps[min(max(at, start), end) - start] += more
    steps.pop()
    return array("I", accumulate(steps))


def capped(depths: Iterable[int]) -> bytes:
    """Return depths as bytes, at most DEEPEST."""
    return bytes([DEEPEST if depth > DEEPEST else depth for depth in depths])


def coded(segments: Sequence[Segment], start: int = 0, end: int | None = None) -> list[int]:
    """Encode the ranges between `start` and `end` as pairs of integers.

    Each is the gap after the range before, then `length * DEEPEST + depth - 1`.
    """
    pairs: list[int] = []
    at = 0
    begin = max(bisect_left(segments, (start, 0, 0)) - 1, 0)
    stop = len(segments) if end is None else bisect_left(segments, (end, 0, 0))
    for first, last, depth in segments[begin:stop]:
        first, last = max(first, start), last if end is None else min(last, end)
        if first < last:
            pairs += (first - at, (last - first) * DEEPEST + depth - 1)
            at = last
    return pairs
