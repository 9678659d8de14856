"""The commentary of the reading page: counts by provision and merged highlights.

The counts of an edition are stored (`models.Change`), and rendered pages are cached in the process.
After a change only the provisions concerned are read again, so that the cache equals a full count.
Counts under a filter are not cached.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import accumulate, repeat
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
    true,
    union_all,
)
from sqlalchemy.orm import Session

from annotator.models import WHOLE_DOCUMENT, Change, Coverage, Placement
from annotator.search.engine import Engine
from annotator.services.annotations import filters
from annotator.services.annotations.filters import Filter
from annotator.services.editions.editions import Loaded
from annotator.services.reading import full_text

DEEPEST = 4
FEW = 8  # a filter that selects less than an eighth uses the index by annotation
_RUNS = re.compile(b"|".join(b"%c+" % depth for depth in range(1, DEEPEST + 1)))
Segment = tuple[int, int, int]
_Where = SQLColumnExpression[bool]
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
    `lost` counts the annotations whose words are lost, at their former provision. No highlight is
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
    section, everywhere = filters.section_of(loaded, narrow.section), commentary(session, loaded)
    in_edition, *where = filters.covering(session, loaded, narrow)
    # SQLite would go along the edition; as a sum, its id leaves only the indexes by annotation.
    of_annotations = Coverage.edition_id + 0 == loaded.edition_id
    number, by_annotation = 0, narrow.tag is not None or narrow.among is not None
    on = Coverage.provision == section, of_annotations if by_annotation else in_edition
    if not by_annotation:
        number = session.execute(select(func.count()).where(*on, *where)).scalar_one()
        if number == everywhere.total:
            return everything(session, loaded)
    found = select(Coverage.annotation_id).where(*on, *where)
    threads = select(Coverage.thread_id).where(*on, *where)
    if by_annotation or number * FEW < everywhere.total:
        if not (by_annotation and section == WHOLE_DOCUMENT):
            where = [Coverage.annotation_id.in_(found)]
        counted = _counted(session, of_annotations, *where)
        return FilteredCommentary(
            loaded.state, capped(_depths_of(session, loaded, threads)), counted
        )
    if section == WHOLE_DOCUMENT:
        counted = _counted(session, in_edition, *where)
    else:
        provisions = loaded.parsed.provisions
        around = provisions[section]
        inside = [at for at, each in enumerate(provisions)
                  if around.start <= each.start and each.end <= around.end]  # fmt: skip
        above = [at for at, each in enumerate(provisions)
                 if each.start <= around.start and around.end <= each.end]  # fmt: skip
        crossing = Coverage.thread_id.in_(_crossing(loaded, section, everywhere.longest))
        also = Coverage.annotation_id.in_(found.where(crossing))
        counted = _counted(session, of_annotations, also)
        counted |= _counted(session, in_edition, Coverage.provision.in_(inside), *where)
        counted |= dict.fromkeys((WHOLE_DOCUMENT, *above), counted[section])
    if number * 2 <= everywhere.annotations[section]:
        shown = _depths_of(session, loaded, threads)
    else:  # the highlights of the others are subtracted from all
        is_head = Coverage.annotation_id == Coverage.thread_id
        others = select(Coverage.thread_id).where(*on, is_head, not_(and_(true(), *where)))
        unanswered = others.except_(threads.where(~is_head))
        hidden = _depths_of(session, loaded, unanswered)
        shown = array("I", map(sub, everywhere.uncapped, hidden))
        if section != WHOLE_DOCUMENT:  # only threads that reach out of it are shown elsewhere
            within = shown[around.start : around.end]
            shown = _depths_of(session, loaded, threads.where(crossing))
            shown[around.start : around.end] = within
    return FilteredCommentary(loaded.state, capped(shown), counted)


def _crossing(loaded: Loaded, section: int, longest: int) -> CompoundSelect[str]:
    """Return a query of the threads that may be in a section and elsewhere.

    They have several targets, or words across an end of it. No words are longer than `longest`.
    """
    around, thread = loaded.parsed.provisions[section], select(Placement.annotation_id)
    return union_all(
        thread.where(Placement.edition_id + 0 == loaded.edition_id, Placement.ordinal > 0),
        *(
            thread.where(
                Placement.edition_id == loaded.edition_id,
                Placement.start.between(end - longest, end - 1),
                Placement.end > end,
            )
            for end in (around.start, around.end)
        ),
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
        found = found | _counted(session, *where)
        cache[key] = loaded.state, found
    return FilteredCommentary(loaded.state, commentary(session, loaded).depths, found)


def tallies(*where: _Where) -> Select[int, int, int]:
    """Return a query of annotations and authors by provision, over rows of `coverage`."""
    authors = func.count(Coverage.author_id.distinct())
    counted = select(Coverage.provision, func.count(), authors).where(*where)
    return counted.group_by(Coverage.provision)


def _counted(session: Session, *where: _Where) -> dict[int, Tally]:
    return {at: Tally(*numbers) for at, *numbers in session.connection().execute(tallies(*where))}


def spans(*where: _Where) -> Select[int | None, int | None]:
    """Return a query of the ranges to highlight."""
    query = select(Placement.start, Placement.end)
    return query.where(Placement.start.is_not(None), ~Placement.whole, *where)


def _depths_of(
    session: Session, loaded: Loaded, threads: Select[str] | CompoundSelect[str]
) -> array[int]:
    """Count the highlights of threads over each code point of an edition."""
    placed = Placement.edition_id + 0 == loaded.edition_id, Placement.annotation_id.in_(threads)
    steps = [0] * (len(loaded.parsed.text) + 1)
    ranges: Iterable[Any] = session.connection().execute(spans(*placed)).all()
    for start, end in ranges:
        steps[start] += 1
        steps[end] -= 1
    steps.pop()
    return array("I", accumulate(steps))


def depths(edges: Iterable[tuple[int, int]], start: int, end: int) -> array[int]:
    """Count the highlights over each code point from `start` to `end`.

    An edge is an offset and how many more highlights there are from there on.
    """
    steps = [0] * (end - start + 1)
    for at, more in edges:
        steps[min(max(at, start), end) - start] += more
    steps.pop()
    return array("I", accumulate(steps))


def capped(depths: Sequence[int]) -> bytes:
    """Return depths as bytes, at most DEEPEST."""
    shown = [*range(DEEPEST), *repeat(DEEPEST, max(depths, default=0))]
    return bytes(map(shown.__getitem__, depths))


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
