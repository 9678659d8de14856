"""The commentary of the reading page: counts by provision and merged highlights.

The counts of an edition are stored (`models.Change`), and what is shown is cached in the process.
After a change only the provisions concerned are read again, so that the cache equals a full count.
Counts under a filter are not cached.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import accumulate, chain
from typing import Any, NamedTuple

from sqlalchemy import (
    CompoundSelect,
    Connection,
    Select,
    SQLColumnExpression,
    bindparam,
    exists,
    func,
    literal,
    select,
    union_all,
)
from sqlalchemy.orm import Session, aliased

from annotator.models import VERDICT_BITS, WHOLE_DOCUMENT, Change, Coverage, Placement
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
    longer than `longest`.
    """

    annotations: Mapping[int, int]
    lost: Mapping[int, int]
    longest: int = field(compare=False)

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


def _edges_where(*where: _Where) -> CompoundSelect[Any]:
    """Return where highlights begin and end: offsets, how many more from there on, the longest."""
    longest = func.max(Placement.end - Placement.start)
    begin = select(Placement.start, func.count(), longest).where(*_highlighting, *where)
    end = select(Placement.end, -func.count(), literal(0)).where(*_highlighting, *where)
    return union_all(begin.group_by(Placement.start), end.group_by(Placement.end))


_sibling = aliased(Placement)
_edges = _edges_where()
_edges_by_verdict = _edges_where(
    exists().where(
        _sibling.annotation_id == Placement.annotation_id,
        _sibling.edition_id == Placement.edition_id,
        _sibling.verdict == bindparam("verdict"),
    )
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
    shown = bytearray(cached.depths if cached else bytes(len(text)))
    # A new highlight begins in a stretch: all that it lies on has changed.
    sought = {"edition": edition, "longest": cached.longest if cached else len(text)}
    longest = _read_depths(connection, _edges, sought, stretches, shown)
    return EditionCommentary(
        loaded.state,
        bytes(shown),
        {at: number for at, number in counts.items() if number},
        {at: number for at, number in lost.items() if number},
        max(longest, cached.longest if cached else 0),
    )


def _read_depths(
    connection: Connection,
    edges: CompoundSelect[Any],
    sought: Mapping[str, object],
    stretches: Iterable[tuple[int, int]],
    shown: bytearray,
) -> int:
    """Read the depths of stretches of the text into `shown`; return the longest highlight."""
    longest = 0
    for start, end in stretches:
        rows = connection.execute(edges, {**sought, "start": start, "end": end}).all()
        shown[start:end] = depths(((at, more) for at, more, _ in rows), start, end)
        longest = max(longest, *(length for _, _, length in rows), 0)
    return longest


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
    if narrow == Filter(loaded.slug, loaded.label, verdict=narrow.verdict):
        total = commentary(session, loaded).total
        matching = select(func.count()).where(Coverage.provision == WHOLE_DOCUMENT, *where)
        if session.execute(matching).scalar_one() * 2 > total:
            return _with_frequent_verdict(session, loaded, narrow.verdict or "", where)
    if narrow.section is not None:
        where.append(filters.inside(loaded, filters.section_of(loaded, narrow.section)))
    edition: SQLColumnExpression[int] = Placement.edition_id
    if narrow.tag is not None or narrow.among is not None:
        # SQLite would scan the edition; as a sum, its id leaves only the index by annotation.
        edition = Placement.edition_id + 0
        where[0] = Coverage.edition_id + 0 == loaded.edition_id
    threads = select(Coverage.thread_id).where(Coverage.provision == WHOLE_DOCUMENT, *where)
    query = spans(edition == loaded.edition_id, Placement.annotation_id.in_(threads))
    ranges = session.connection().execute(query).all()
    starts, ends = (
        (Counter(offsets) for offsets in zip(*ranges, strict=True)) if ranges else ({}, {})
    )
    edges = chain(starts.items(), ((at, -number) for at, number in ends.items()))
    return FilteredCommentary(
        loaded.state,
        depths(edges, 0, len(loaded.parsed.text)),
        {at: Tally(*numbers) for at, *numbers in session.execute(tallies(*where))},
    )


def _with_frequent_verdict(
    session: Session, loaded: Loaded, verdict: str, where: Sequence[_Where]
) -> FilteredCommentary:
    """Return the commentary with a verdict: all, but recounted where any has only others."""
    kept, connection = everything(session, loaded), session.connection()
    others = select(Coverage.annotation_id).where(
        Coverage.edition_id == loaded.edition_id,
        Coverage.provision == WHOLE_DOCUMENT,
        Coverage.verdicts.bitwise_and(VERDICT_BITS[verdict]) == 0,
    )
    query = select(Coverage.provision).where(
        Coverage.edition_id == loaded.edition_id, Coverage.annotation_id.in_(others)
    )
    affected = set(connection.execute(query.distinct()).scalars())
    recounted = connection.execute(tallies(*where, Coverage.provision.in_(affected))).all()
    shown = bytearray(kept.depths)
    longest = commentary(session, loaded).longest
    sought = {"edition": loaded.edition_id, "longest": longest, "verdict": verdict}
    _read_depths(connection, _edges_by_verdict, sought, _stretches(loaded, affected), shown)
    return FilteredCommentary(
        loaded.state,
        bytes(shown),
        {at: tally for at, tally in kept.tallies.items() if at not in affected}
        | {at: Tally(*numbers) for at, *numbers in recounted},
    )


def everything(session: Session, loaded: Loaded) -> FilteredCommentary:
    """Return all commentary; only the authors on provisions that have changed are counted anew."""
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


def depths(edges: Iterable[tuple[int, int]], start: int, end: int) -> bytes:
    """Count the highlights over each code point from `start` to `end`, at most DEEPEST.

    An edge is an offset and how many more highlights there are from there on.
    """
    steps = [0] * (end - start + 1)
    for at, more in edges:
        steps[min(max(at, start), end) - start] += more
    steps.pop()
    return bytes([DEEPEST if depth > DEEPEST else depth for depth in accumulate(steps)])


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
