"""Following the words of a span to where they went, through the passages they stand in.

A span is cut into pieces, one a block. Each piece lands on its own; the landings must follow each
other in the new text as they did in the old. What is found must be like the old words, or be those
words with others put between them.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise, product

from annotator.anchoring.passages import Landing, Passage
from annotator.documents.parsed import Parsed
from annotator.documents.similarity import heaviest_rising, score

# What is less alike than this is not the same words any more. Unrelated stretches of real prose
# reach 0.5 once in 200 at 12 characters and 0.4 once in 400 at 50, the landings of deleted words
# 0.45 and 0.25 at most; short words are therefore asked for more.
ALIKE_SHORT, ALIKE = 0.5, 0.4
SHORT = 40
# Words that all stayed may have up to so many times their length in others put between them.
MOST_STRETCHED = 4
STAYED = 0.8

Range = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Piece:
    """The part of a span that lies in one block; `provision` is the block's."""

    start: int
    end: int
    block: Range
    provision: int


class Follower:
    """Follows pieces of one text into another."""

    def __init__(self, old: Parsed, new: Parsed, passages: Mapping[int, Passage]) -> None:
        self._old, self._new = old.text, new.text
        self._blocks = new.blocks
        self._passages = passages

    def follow(self, pieces: list[Piece], words: str) -> Range | None:
        """Give where the `words` went that the pieces make up; None where too little is left."""
        if (found := self._shifted(pieces, words)) is not None:
            return found
        landings = [landing for piece in pieces if (landing := self._land(piece))]
        chain = _in_order(landings)
        whole = len(chain) == len(pieces)
        while chain:
            found = self._chosen(chain, words, whole)
            if found is not None:
                return found
            chain, whole = _without_the_far_side(chain), False
        return None

    def score(self, words: str, found: Range) -> float:
        """Give the similarity of old words and what stands at `found`."""
        return score(words, self._new[found[0] : found[1]])

    def stand(self, words: str, found: Range) -> bool:
        """Tell whether the words, blank ends aside, are what stands at `found`."""
        return self._new[found[0] : found[1]] == words.strip()

    def _shifted(self, pieces: list[Piece], words: str) -> Range | None:
        """Find a span whose first and last block went the same way unaltered, without a diff."""
        shifts = {self._shift(piece) for piece in (pieces[0], pieces[-1])}
        shift = shifts.pop()
        if shifts or shift is None:
            return None
        found = (pieces[0].start + shift, pieces[-1].end + shift)
        return found if self.stand(words, found) else None

    def _shift(self, piece: Piece) -> int | None:
        passage = self._passages.get(piece.provision)
        return passage.shifts.get(piece.block[0]) if passage and passage.shifts else None

    def _land(self, piece: Piece) -> Landing | None:
        passage = self._passages.get(piece.provision)
        return passage.land(piece.start, piece.end) if passage else None

    def _chosen(self, chain: list[Landing], words: str, whole: bool) -> Range | None:
        """Choose the likest of the places where a chain may begin and end; the sure one if none."""
        choices = [list(product(chain[0].starts, chain[-1].ends))]
        if sure := [landing.sure for landing in chain if landing.sure]:
            choices.append([(sure[0][0], sure[-1][1])])
        for choice in choices:
            fits = [fit for option in choice if (fit := self._fit(option, chain, words, whole))]
            if fits:
                return max(fits, key=lambda fit: self.score(words, fit))
        return None

    def _fit(self, option: Range, chain: list[Landing], words: str, whole: bool) -> Range | None:
        """Give the words themselves where they stand at one end of a range, else all if alike."""
        start, end = option
        if start >= end:
            return None
        if (tight := self._tightened(option, words.strip())) is not None:
            return tight
        enough = ALIKE_SHORT if len(words) < SHORT else ALIKE
        if self.score(words, option) >= enough:
            return option
        return option if whole and self._stretched(option, chain, len(words)) else None

    def _tightened(self, option: Range, words: str) -> Range | None:
        """Give the words themselves where they stand at one end of a range, not at both.

        A diff may count a word that stands twice to the wrong side of an insertion or a deletion;
        the end that is sure then shows where the words are.
        """
        start, end = option
        at_start, at_end = self._new.startswith(words, start), self._new.endswith(words, 0, end)
        if at_start == at_end:
            return option if at_start and end - start == len(words) else None
        return (start, start + len(words)) if at_start else (end - len(words), end)

    def _stretched(self, option: Range, chain: list[Landing], length: int) -> bool:
        """Tell whether the words all stayed and others were put between them, no whole block."""
        firm, of = sum(part.firm for part in chain), sum(part.of for part in chain)
        between = self._block_number(option[1]) - self._block_number(option[0] + 1) + 1
        return (
            firm >= STAYED * of
            and option[1] - option[0] <= MOST_STRETCHED * length
            and between == len(chain)
        )

    def _block_number(self, offset: int) -> int:
        return bisect_left(self._block_starts, offset)

    @cached_property
    def _block_starts(self) -> list[int]:
        return [block.start for block in self._blocks]


def _in_order(landings: list[Landing]) -> list[Landing]:
    """Give the landings that follow each other in the new text, those with the most words."""
    starts = [landing.starts[0] for landing in landings]
    chain = heaviest_rising(starts, [max(1, landing.of) for landing in landings])
    return [landings[index] for index in chain]


def _without_the_far_side(chain: list[Landing]) -> list[Landing]:
    """Cut a chain at its widest hole and keep the side with more words."""
    if len(chain) < 2:
        return []
    holes = [after.starts[0] - before.ends[0] for before, after in pairwise(chain)]
    cut = holes.index(max(holes)) + 1
    return max(chain[:cut], chain[cut:], key=lambda side: sum(landing.of for landing in side))
