"""The quotations found in an essay, and which of the places of a repeated phrase is meant.

The essay tells, in this order: an address cited beside it, the other quotations of its paragraph, a
section named in its paragraph or in the heading above. What leaves several places, or none, decides
nothing.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from annotator.documents.folding import spaced_words
from annotator.quotations.candidate_placement import Option, PlacedCandidate
from annotator.quotations.essay.candidates import QuotationCandidate
from annotator.quotations.essay.prose import Blocks, Prose
from annotator.quotations.index import Index

Span = tuple[int, int]

# An address so many characters before or behind a quotation is cited for it.
BESIDE = 240
MOST_CITED = 20
# A section is named for the quotations so many characters around.
ROUND = 2000
# One so near behind it is cited for nothing else.
AT_ONCE = 16
# Quotations of one paragraph come from one passage where they stand so close, in code points.
SAME_PASSAGE = 1500
# How many times as far the next place must be, for the nearer one to be meant.
CLEARLY = 2
_ADDRESS = re.compile(
    r"(?:(?<![\w/-])|(?<=/d/))(?:[a-z0-9][a-z0-9-]*(?:@[\w.+-]+)?/|#)(?:p/(?P<pid>[a-z0-9]{5})\b|(?P<section>[\w-]+))"
    r"(?:/(?P<number>[0-9]{1,6}(?:\.[0-9]{1,6})?(?:p[0-9]{1,6})?))?"
)
_NUMBER = re.compile(
    r"[\s,;:>›”\"’)]{0,4}(?:¶{1,2}|par(?:a|agraph)?\.?|p\.?)\s*(?P<number>[0-9]{1,3}(?:\.[0-9]{1,3})?)\b",
    re.IGNORECASE,
)
# So many quotations on either side are looked at; what is farther away tells nothing.
MOST_BESIDE = 12


@dataclass(frozen=True, slots=True)
class Interruption:
    """The essay's own words within a quotation; `instead` is what the document has there."""

    start: int
    end: int
    instead: str


@dataclass(frozen=True, slots=True)
class FoundQuotation:
    """A candidate that is a quotation, its places, and where the essay interrupts it."""

    candidate: QuotationCandidate
    placed: PlacedCandidate
    interruptions: tuple[Interruption, ...] = ()

    def words(self, text: str) -> str:
        """Return what is quoted in the prose `text`, without interruptions."""
        place, pieces = self.candidate.start, []
        for it in self.interruptions:
            pieces += [text[place : it.start], it.instead]
            place = it.end
        return "".join([*pieces, text[place : self.candidate.end]])

    @property
    def clear(self) -> bool:
        """Return whether it has one place only."""
        return len(self.placed.options) == 1

    @property
    def hull(self) -> tuple[int, int]:
        """The stretch of the edition from the first to the last of its fragments."""
        starts, ends = zip(*self.placed.options[0].spans, strict=True)
        return min(starts), max(ends)


class QuotationRow:
    """Quotations that do not overlap, in the order of the essay."""

    def __init__(self, blocks: Blocks, found: Sequence[FoundQuotation]) -> None:
        self._blocks, self._found = blocks, found
        self._starts = [it.candidate.start for it in found]
        self._ends = [it.candidate.end for it in found]

    def beside(
        self, candidate: QuotationCandidate, reach: int, index: Index | None = None
    ) -> list[FoundQuotation]:
        """Return the quotations beside a candidate that have one place, the nearest first.

        They stand in its paragraph, or at most `reach` paragraphs away; and in the edition `index`,
        if one is named. The candidate itself is none of them.
        """
        at, block = bisect_left(self._starts, candidate.start), self._number(candidate)
        some = self._found[max(at - MOST_BESIDE, 0) : at + MOST_BESIDE]
        beside = [
            it
            for it in some
            if it.clear
            and it.candidate.start != candidate.start
            and index in (None, it.placed.index)
            and abs(self._number(it.candidate) - block) <= reach
        ]
        return sorted(beside, key=lambda it: abs(it.candidate.start - candidate.start))

    def overlaps(self, candidate: QuotationCandidate) -> bool:
        """Return whether a candidate has any words in common with a quotation."""
        at = bisect_left(self._ends, candidate.start + 1)
        return at < len(self._starts) and self._starts[at] < candidate.end

    def _number(self, candidate: QuotationCandidate) -> int:
        return self._blocks.number(candidate.start)


class NamedPassage(NamedTuple):
    """An address or a section's name in the essay, and the span of the edition that it names."""

    at: int
    span: Span


class EssayContext:
    """What an essay says around its quotations, for one edition."""

    def __init__(self, essay: str, prose: Prose, blocks: Blocks, index: Index) -> None:
        self._essay, self._prose, self._blocks, self._index = essay, prose, blocks, index

    @cached_property
    def _addresses(self) -> list[NamedPassage]:
        """The addresses in the essay's source, those in links too, in their order.

        They are as this site writes them, pinned and living, or `#anchors`; or they name a
        paragraph by its section and a number: Dusk, ¶ 2.
        """
        essay, index = self._essay, self._index
        slugs = {section.slug: (section.start, section.end) for section in index.sections}
        found: list[NamedPassage] = []
        for match in _ADDRESS.finditer(essay):
            if match["pid"]:
                span = index.pids.get(match["pid"])
            else:
                numbered = index.numbered.get((match["section"], match["number"] or ""))
                span = numbered or slugs.get(match["section"])
            if span is not None:
                found.append(NamedPassage(match.start(), span))
        for section in index.sections:
            at = essay.find(section.title) if section.title else -1
            while at >= 0:
                after = at + len(section.title)
                number = _NUMBER.match(essay, after)
                span = index.numbered.get((section.slug, number["number"])) if number else None
                if span is not None:
                    found.append(NamedPassage(at, span))
                at = essay.find(section.title, after)
        return sorted(found, key=lambda it: it.at)

    def cited(self, candidate: QuotationCandidate) -> list[Span]:
        """Return what addresses cite beside a candidate, in its paragraph, the nearest first."""
        block = self._prose.blocks[self._blocks.number(candidate.start)]
        first, last = self._prose.source(block.start, block.end)
        start, end = self._prose.source(candidate.start, candidate.end)
        low = bisect_left(self._addresses, max(first, start - BESIDE), key=lambda it: it.at)
        high = bisect_left(self._addresses, min(last, end) + BESIDE, low, key=lambda it: it.at)
        beside = self._addresses[low : min(high, low + MOST_CITED)]
        beside.sort(key=lambda it: it.at - end if it.at >= end else BESIDE + start - it.at)
        return [it.span for it in beside]

    def at_once(self, candidate: QuotationCandidate) -> Span | None:
        """Return what an address names that stands at once behind a candidate."""
        _, end = self._prose.source(candidate.start, candidate.end)
        at = bisect_left(self._addresses, end, key=lambda it: it.at)
        cited = self._addresses[at] if at < len(self._addresses) else None
        return cited.span if cited is not None and cited.at - end <= AT_ONCE else None

    def is_cited(self, one: FoundQuotation) -> bool:
        """Return whether one of the places of a quotation is cited beside it."""
        return bool(_within(self.cited(one.candidate), one.placed.options))

    def named(self, candidate: QuotationCandidate) -> list[list[Span]]:
        """Return the sections named in a candidate's paragraph, and those in the heading above."""
        number = self._blocks.number(candidate.start)
        block, text = self._prose.blocks[number], self._prose.text
        low, high = max(block.start, candidate.start - ROUND), candidate.end + ROUND
        outside = text[low : candidate.start] + "\n" + text[candidate.end : min(high, block.end)]
        typed = outside.replace("’", "'")
        # In running prose a section's name is told from the same words by its capital.
        here = [it for it in self._index.sections if it.title.replace("’", "'") in typed]
        heading = next((it for it in self._prose.blocks[number::-1] if it.kind == "heading"), block)
        words = spaced_words(text[heading.start : heading.end]) if heading.kind == "heading" else ""
        above = [it for it in self._index.sections if it.words in words]
        return [[(it.start, it.end) for it in some] for some in (here, above)]


def disambiguate(
    one: FoundQuotation, neighbours: Sequence[FoundQuotation], context: EssayContext
) -> list[Option]:
    """Return the options that the essay leaves; one where it tells clearly which is meant.

    `neighbours` are the other quotations of the paragraph, the nearest first.
    """
    left = list(one.placed.options)
    for span in context.cited(one.candidate):
        kept = _within([span], left)
        if kept:
            left = kept
            break
    if len(left) > 1:
        left = _near(left, neighbours)
    for sections in context.named(one.candidate) if len(left) > 1 else ():
        left = _within(sections, left) or left
    return left


def _within(spans: Sequence[Span], options: Sequence[Option]) -> list[Option]:
    """Return the options that stand in one of the spans."""
    return [
        it
        for it in options
        if any(start <= it.spans[0][0] and it.spans[-1][1] <= end for start, end in spans)
    ]


def _near(options: list[Option], neighbours: Sequence[FoundQuotation]) -> list[Option]:
    """Return the option that stands in one passage with the nearest quotation that tells."""
    for neighbour in neighbours:
        at = neighbour.hull[0]
        away = sorted((abs(it.spans[0][0] - at), number) for number, it in enumerate(options))
        (first, nearest), (second, _) = away[:2]
        if first <= SAME_PASSAGE and second >= CLEARLY * first:
            return [options[nearest]]
    return options
