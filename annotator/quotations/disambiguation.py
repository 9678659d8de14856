"""Quotations found in an essay, and the choice between the places of a repeated phrase.

The essay decides, in this order: an address cited next to the quotation, the other quotations of
its paragraph, a section named in its paragraph or in the heading above.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

from annotator.documents.folding import spaced_words
from annotator.quotations.candidate_placement import (
    Option,
    PlacedCandidate,
    quoted_spans,
    same_signs,
)
from annotator.quotations.editorial_marks import literal
from annotator.quotations.essay.candidates import QuotationCandidate
from annotator.quotations.essay.essay_reader import Prose
from annotator.quotations.index import Index, placements
from annotator.quotations.quotation import Budget, Verdict

Span = tuple[int, int]

# The distance of an address that cites a quotation, in code points.
BESIDE = 240
MAX_CITED = 20
# The distance within which a named section is the context of a quotation, in code points.
SECTION_DISTANCE = 2000
# An address this close after a quotation cites only that.
ADJACENT = 16
# Quotations of one paragraph this close in the edition are from one passage, in code points.
SAME_PASSAGE = 1500
# The nearest place is chosen if the next one is this many times farther away.
MIN_RATIO = 2
_ADDRESS = re.compile(
    r"(?:(?<![\w/-])|(?<=/d/))(?:[a-z0-9][a-z0-9-]*(?:@[\w.+-]+)?/|#)(?:p/(?P<pid>[a-z0-9]{5})\b|(?P<section>[\w-]+))"
    r"(?:/(?P<number>[0-9]{1,6}(?:\.[0-9]{1,6})?(?:p[0-9]{1,6})?))?"
)
_NUMBER = re.compile(
    r"[\s,;:>›”\"’)]{0,4}(?:¶{1,2}|par(?:a|agraph)?\.?|p\.?)\s*(?P<number>[0-9]{1,3}(?:\.[0-9]{1,3})?)\b",
    re.IGNORECASE,
)
# Neighbouring quotations on each side to compare.
MAX_NEIGHBOURS = 12
# The maximum length of an interruption with its marks, in code points.
MAX_INTERRUPTION = 120
# With more interruptions, it is not one quotation.
MAX_INTERRUPTIONS = 20
_MARKS = "“”„‟«»‹›‘’‚\"'` \t\n\xa0\u202f"
_SET_OFF = ",;–—―-"
_NEW_SENTENCE = re.compile(r"[.!?…“”„«»\"]|\n\n")
_WORSE: Sequence[Verdict] = (
    "verbatim", "altered_marked", "altered_unmarked", "joined_unmarked", "other_edition",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Interruption:
    """The essay's own words within a quotation; `instead` is the text of the document there."""

    start: int
    end: int
    instead: str


@dataclass(frozen=True, slots=True)
class FoundQuotation:
    """A candidate that is a quotation, its places, and the interruptions by the essay."""

    candidate: QuotationCandidate
    placed: PlacedCandidate
    interruptions: tuple[Interruption, ...] = ()

    def words(self, text: str) -> str:
        """Return the quoted words of the prose `text`, without interruptions."""
        place, pieces = self.candidate.start, []
        for interruption in self.interruptions:
            pieces += [text[place : interruption.start], interruption.instead]
            place = interruption.end
        return "".join([*pieces, text[place : self.candidate.end]])

    @property
    def clear(self) -> bool:
        """Return whether it has one place only."""
        return len(self.placed.options) == 1

    @property
    def hull(self) -> tuple[int, int]:
        """The stretch of the edition from the first to the last of its fragments."""
        starts, ends = zip(*self.placed.options[0], strict=True)
        return min(starts), max(ends)


class QuotationRow:
    """Quotations that do not overlap, in the order of the essay."""

    def __init__(self, prose: Prose, quotations: Sequence[FoundQuotation]) -> None:
        self._prose, self._quotations = prose, quotations
        self._starts = [quotation.candidate.start for quotation in quotations]
        self._ends = [quotation.candidate.end for quotation in quotations]

    def neighbours(
        self, candidate: QuotationCandidate, reach: int, index: Index | None = None
    ) -> list[FoundQuotation]:
        """Return the unambiguous quotations around a candidate, the nearest first.

        They are in its paragraph, or at most `reach` paragraphs away; and in the edition `index` if
        it is passed. The candidate itself is left out.
        """
        at, block = bisect_left(self._starts, candidate.start), self._number(candidate)
        some = self._quotations[max(at - MAX_NEIGHBOURS, 0) : at + MAX_NEIGHBOURS]
        nearby = [
            quotation
            for quotation in some
            if quotation.clear
            and quotation.candidate.start != candidate.start
            and index in (None, quotation.placed.index)
            and abs(self._number(quotation.candidate) - block) <= reach
        ]
        return sorted(nearby, key=lambda each: abs(each.candidate.start - candidate.start))

    def hulls(self, candidate: QuotationCandidate, reach: int) -> list[Span]:
        """Return the stretches of the edition that the neighbours of a candidate quote."""
        return [neighbour.hull for neighbour in self.neighbours(candidate, reach)]

    def overlaps(self, candidate: QuotationCandidate) -> bool:
        """Return whether a candidate shares any words with a quotation."""
        at = bisect_left(self._ends, candidate.start + 1)
        return at < len(self._starts) and self._starts[at] < candidate.end

    def _number(self, candidate: QuotationCandidate) -> int:
        return self._prose.block_number(candidate.start)


class NamedPassage(NamedTuple):
    """An address or a section's name in the essay, and the span of the edition that it names."""

    at: int
    span: Span


class EssayContext:
    """The addresses and section names of an essay, for one edition."""

    def __init__(self, essay: str, prose: Prose, index: Index) -> None:
        self._essay, self._prose, self._index = essay, prose, index

    @cached_property
    def _addresses(self) -> list[NamedPassage]:
        """The addresses in the essay's source, in its order.

        These are this site's addresses, pinned and living, `#anchors`, and a section's title with a
        paragraph number: Dusk, ¶ 2.
        """
        essay, index = self._essay, self._index
        slugs = {section.slug: (section.start, section.end) for section in index.sections}
        passages: list[NamedPassage] = []
        for match in _ADDRESS.finditer(essay):
            if match["pid"]:
                span = index.pids.get(match["pid"])
            else:
                numbered = index.numbered.get((match["section"], match["number"] or ""))
                span = numbered or slugs.get(match["section"])
            if span is not None:
                passages.append(NamedPassage(match.start(), span))
        for section in index.sections:
            at = essay.find(section.title) if section.title else -1
            while at >= 0:
                after = at + len(section.title)
                number = _NUMBER.match(essay, after)
                span = index.numbered.get((section.slug, number["number"])) if number else None
                if span is not None:
                    passages.append(NamedPassage(at, span))
                at = essay.find(section.title, after)
        return sorted(passages, key=lambda passage: passage.at)

    def cited(self, candidate: QuotationCandidate) -> list[Span]:
        """Return the spans that addresses in the candidate's paragraph cite, the nearest first."""
        block = self._prose.blocks[self._prose.block_number(candidate.start)]
        first, last = self._prose.source(block.start, block.end)
        start, end = self._prose.source(candidate.start, candidate.end)
        low = bisect_left(self._addresses, (max(first, start - BESIDE),))
        high = bisect_left(self._addresses, (min(last, end) + BESIDE,), low)
        nearby = self._addresses[low : min(high, low + MAX_CITED)]
        nearby.sort(key=lambda each: each.at - end if each.at >= end else BESIDE + start - each.at)
        return [passage.span for passage in nearby]

    def at_once(self, candidate: QuotationCandidate) -> Span | None:
        """Return the span that an address directly behind a candidate cites."""
        _, end = self._prose.source(candidate.start, candidate.end)
        cited = next(iter(self._addresses[bisect_left(self._addresses, (end,)) :][:1]), None)
        return cited.span if cited is not None and cited.at - end <= ADJACENT else None

    def is_cited(self, quotation: FoundQuotation) -> bool:
        """Return whether an address near a quotation cites one of its places."""
        return bool(_within(self.cited(quotation.candidate), quotation.placed.options))

    def named(self, candidate: QuotationCandidate) -> list[list[Span]]:
        """Return the sections named in a candidate's paragraph, and those in the heading above."""
        number = self._prose.block_number(candidate.start)
        block, text = self._prose.blocks[number], self._prose.text
        low, high = (
            max(block.start, candidate.start - SECTION_DISTANCE),
            candidate.end + SECTION_DISTANCE,
        )
        outside = text[low : candidate.start] + "\n" + text[candidate.end : min(high, block.end)]
        typed = outside.replace("’", "'")
        # In running prose, only a capital distinguishes a section's name from the same words.
        sections = self._index.sections
        in_paragraph = [each for each in sections if each.title.replace("’", "'") in typed]
        headings = (each for each in self._prose.blocks[number::-1] if each.kind == "heading")
        heading = next(headings, None)
        words = spaced_words(text[heading.start : heading.end]) if heading else ""
        above = [section for section in sections if section.words in words]
        return [[(each.start, each.end) for each in some] for some in (in_paragraph, above)]


def disambiguate(
    quotation: FoundQuotation, neighbours: Sequence[FoundQuotation], context: EssayContext
) -> list[Option]:
    """Return the options that the essay leaves; a single one if it is clear which is meant.

    `neighbours` are the other quotations of the paragraph, the nearest first.
    """
    remaining = list(quotation.placed.options)
    for span in context.cited(quotation.candidate):
        cited = _within([span], remaining)
        if cited:
            remaining = cited
            break
    if len(remaining) > 1:
        remaining = _near(remaining, neighbours)
    for sections in context.named(quotation.candidate) if len(remaining) > 1 else ():
        remaining = _within(sections, remaining) or remaining
    return remaining


def _within(spans: Sequence[Span], options: Sequence[Option]) -> list[Option]:
    return [
        option
        for option in options
        if any(start <= option[0][0] and option[-1][1] <= end for start, end in spans)
    ]


def _near(options: list[Option], neighbours: Sequence[FoundQuotation]) -> list[Option]:
    """Return the one option near the nearest decisive neighbour, or all options."""
    for neighbour in neighbours:
        at = neighbour.hull[0]
        nearest, second = sorted(options, key=lambda option: abs(option[0][0] - at))[:2]
        distance = abs(nearest[0][0] - at)
        if distance <= SAME_PASSAGE and abs(second[0][0] - at) >= MIN_RATIO * distance:
            return [nearest]
    return options


def join(
    text: str,
    quotations: Sequence[FoundQuotation],
    some: Sequence[QuotationCandidate],
    budget: Budget | None = None,
) -> list[FoundQuotation]:
    """Join the parts of each interrupted quotation.

    `quotations` are those of the prose `text`, and `some` all its candidates, both in its order. A
    part that alone would not be a quotation, such as a single word, is included. Raises
    Unacceptable when the `budget` is used up.
    """
    budget = budget or Budget()
    inline = [candidate for candidate in some if candidate.form == "inline"]
    starts = [candidate.start for candidate in inline]
    by_candidate = {quotation.candidate: quotation for quotation in quotations}
    behind = 0
    for before in inline:
        budget.check()
        if before.end <= behind:
            continue  # it is inside another one
        at = bisect_left(starts, before.end)
        after = inline[at] if at < len(inline) else before
        quotation = by_candidate.get(before) or by_candidate.get(after)
        behind = before.end if before in by_candidate else behind
        if quotation is None or len(quotation.interruptions) >= MAX_INTERRUPTIONS:
            continue
        if not _interrupts(text, before.end, after.start):
            continue
        index = quotation.placed.index
        pair = (by_candidate.get(each) or _part(text, each, index) for each in (before, after))
        joined = _joined(*pair)
        if joined is not None:
            by_candidate.pop(before, None)
            by_candidate[after] = joined
    return sorted(by_candidate.values(), key=lambda quotation: quotation.candidate.start)


def _interrupts(text: str, start: int, end: int) -> bool:
    """Return whether `text[start:end]`, between quotation marks, is set off at both ends."""
    words = text[start:end].strip(_MARKS) if start < end <= start + MAX_INTERRUPTION else ""
    before = text[max(start - 3, 0) : start].rstrip(_MARKS)[-1:]
    return (
        any(letter.isalpha() for letter in words)
        and (words[0] in _SET_OFF + "(" or before in tuple(_SET_OFF))
        and words[-1] in _SET_OFF + ")"
        and not _NEW_SENTENCE.search(words)
    )


def _part(text: str, candidate: QuotationCandidate, index: Index) -> FoundQuotation | None:
    """Return a candidate that the edition has word for word as a quotation, with all its places."""
    written = literal(text, candidate.start, candidate.end)
    places = placements(written, index) if written.words else []
    options = tuple(
        quoted_spans(written, pieces, index)
        for pieces in places
        if same_signs(written, pieces, index)
    )
    placed = PlacedCandidate(index, written, options, "verbatim", 1.0, len(written.words))
    return FoundQuotation(candidate, placed) if options else None


def _joined(first: FoundQuotation | None, second: FoundQuotation | None) -> FoundQuotation | None:
    """Return one quotation for two if the document continues from the first with the second."""
    if first is None or second is None or first.placed.index is not second.placed.index:
        return None
    index, starts = first.placed.index, first.placed.index.stream.starts
    begins = {bisect_left(starts, spans[0][0]): spans for spans in second.placed.options}
    ends = ((bisect_left(starts, spans[-1][1]), spans) for spans in first.placed.options)
    options = tuple(spans + begins[at] for at, spans in ends if at in begins)
    if not options:
        return None
    stretch = first.placed.written.words[-1].end, second.placed.written.words[0].start
    at = bisect_left(starts, options[0][len(first.placed.options[0])][0])
    between = index.text[index.stream.ends[at - 1] : starts[at]]
    before, after = first.placed.written, second.placed.written
    gaps = before.gaps | {at + len(before.words): kind for at, kind in after.gaps.items()}
    placed = replace(
        first.placed,
        written=replace(
            before, end=after.end, words=before.words + after.words, gaps=gaps,
            marked=before.marked or after.marked,
        ),
        options=options,
        verdict=max(first.placed.verdict, second.placed.verdict, key=_WORSE.index),
        score=min(first.placed.score, second.placed.score),
        matched=first.placed.matched + second.placed.matched,
    )  # fmt: skip
    return FoundQuotation(
        replace(first.candidate, end=second.candidate.end),
        placed,
        (*first.interruptions, Interruption(*stretch, between), *second.interruptions),
    )
