"""The quotations found in an essay, in its order, looked up by what stands beside them."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from annotator.quotations.candidate_placement import PlacedCandidate
from annotator.quotations.edition.index import Index
from annotator.quotations.essay.candidates import QuotationCandidate
from annotator.quotations.essay.prose import Blocks

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
