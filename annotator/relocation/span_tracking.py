"""Following the words of a span to where they went, through the passages they stand in.

A span is cut into pieces, one a block, and each piece is followed on its own. Its parts must come
after each other in the new text as they did in the old; where they stand too far apart, the side
with more words counts. What is found must be like the old words, or be those words with others put
between them.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from annotator.documents.align.similarity import score
from annotator.documents.parsed import Parsed
from annotator.relocation.chains import (
    in_order,
    options,
    weight,
    without_rewritten,
    without_the_far_side,
)
from annotator.relocation.exact_search import Range, elsewhere
from annotator.relocation.passages import NewSpan, Passage
from annotator.relocation.tokens import same_wording

# Of a span's words so much must have a counterpart, or what is left is not the same passage.
LEFT = 0.5
# What is less alike than this is not the same words any more. Unrelated stretches of real prose
# reach 0.5 once in 200 at 12 characters and 0.4 once in 400 at 50; what little was left of deleted
# words, 0.45 and 0.25 at most. Short words are therefore asked for more.
ALIKE_SHORT, ALIKE = 0.5, 0.4
SHORT = 40
# Words that all stayed may have up to so many times their length in others put between them.
MOST_STRETCHED = 4
STAYED = 0.8
# Rewritten words at an end may make the whole so much longer than the old words were.
MOST_REWRITTEN = 2


@dataclass(frozen=True, slots=True)
class SpanPiece:
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

    def follow(self, span: Range, pieces: list[SpanPiece]) -> Range | None:
        """Return where the words of a span went, which has these pieces; None if too few are left.

        Blank ends are kept only where the words stand in blocks that are the same.
        """
        if (found := self._shifted(span, pieces)) is not None:
            return found
        parts = [part for piece in pieces for part in self._land(piece)]
        found = self.gather(parts, self._old[slice(*span)])
        return None if found is None or self._foreign(found, span, pieces) else found

    def score(self, words: str, found: Range) -> float:
        """Return the similarity of old words and what stands at `found`."""
        return score(words, self._new[found[0] : found[1]])

    def stand(self, words: str, found: Range) -> bool:
        """Return whether the words are what stands at `found`, whatever its typography."""
        return same_wording(words, self._new[found[0] : found[1]])

    def _shifted(self, span: Range, pieces: list[SpanPiece]) -> Range | None:
        """Find a span whose first and last block went the same way unaltered, without a diff."""
        shift = self._shift(pieces[0])
        if shift is None or shift != self._shift(pieces[-1]) or span[0] + shift < 0:
            return None
        found = (span[0] + shift, span[1] + shift)
        return found if self._new[slice(*found)] == self._old[slice(*span)] else None

    def _shift(self, piece: SpanPiece) -> int | None:
        passage = self._passages.get(piece.provision)
        return passage.shifts.get(piece.block[0]) if passage and passage.shifts else None

    def _land(self, piece: SpanPiece) -> list[NewSpan]:
        passage = self._passages.get(piece.provision)
        return passage.land(piece.start, piece.end) if passage else []

    def gather(self, parts: list[NewSpan], words: str) -> Range | None:
        """Return where some words went, or as many of their parts as stand together, in order."""
        chain, words = in_order(parts), words.strip()
        length = sum(map(len, words.split()))
        while chain and weight(chain) >= LEFT * length:
            if (found := self._chosen(chain, words)) is not None:
                return found
            if self._stretched(chain, length):
                return chain[0].start, chain[-1].end
            chain = without_the_far_side(chain)
        return None

    def _foreign(self, found: Range, span: Range, pieces: list[SpanPiece]) -> bool:
        """Return whether what was found stood in the old text already, in another place.

        Words of a passage that is almost gone may meet words of its neighbours that took its place.
        """
        words, now = self._old[slice(*span)], self._new[slice(*found)]
        if same_wording(words, now) and not any(self._is_sparse(piece) for piece in pieces):
            return False
        stood = elsewhere(self._new, self._old, found, self._around(found))
        return stood is not None and (stood[1] <= span[0] or span[1] <= stood[0])

    def _is_sparse(self, piece: SpanPiece) -> bool:
        passage = self._passages.get(piece.provision)
        return passage is not None and passage.sparse

    def _around(self, found: Range) -> Range:
        """Return the blocks of the new text that a range stands in."""
        first = self._blocks[self._block_number(found[0]) - 1]
        last = self._blocks[self._block_number(found[1] - 1) - 1]
        return first.start, last.end

    def _chosen(self, chain: list[NewSpan], words: str) -> Range | None:
        """Choose the likest of the places where a chain may begin and end, if it is like enough.

        Rewritten words at an end are part of it where they are no more than the old words were,
        even if they make it less alike; a longer rewriting is left out.
        """
        likest = self._likest(chain, options(chain), words)
        if self.score(words, likest) >= _enough(words):
            return likest
        kept = without_rewritten(chain)
        if not kept:
            return None
        core = self._likest(chain, [(kept[0].start, kept[-1].end)], words)
        if self.score(words, core) < _enough(words):
            return None
        return likest if likest[1] - likest[0] <= MOST_REWRITTEN * len(words) else core

    def _likest(self, chain: list[NewSpan], choice: list[Range], words: str) -> Range:
        if any(part.kind == "same" for part in chain):
            choice = [self._tightened(option, words) for option in choice]
        return max(choice, key=lambda option: self.score(words, option))

    def _tightened(self, option: Range, words: str) -> Range:
        """Give the words themselves where they stand at one end of a range, not at both; else all.

        A diff may count a word that stands twice to the wrong side of an insertion or a deletion;
        the end that is sure then shows where the words are, if that is in the same blocks.
        """
        start, end = option
        tight = [
            there
            for there in ((start, start + len(words)), (end - len(words), end))
            if self._new[max(0, there[0]) : there[1]] == words
            and self._block_number(there[0]) == self._block_number(start)
            and self._block_number(there[1] - 1) == self._block_number(end - 1)
        ]
        return tight[0] if len(tight) == 1 else option

    def _stretched(self, chain: list[NewSpan], length: int) -> bool:
        """Return whether the words all stayed and others were put between them, no whole block."""
        start, end = chain[0].start, chain[-1].end
        return (
            sum(part.weight for part in chain if part.firm) >= STAYED * length
            and end - start <= MOST_STRETCHED * length
            and all(self._neighbours(one.end, other.start) for one, other in pairwise(chain))
        )

    def _neighbours(self, end: int, start: int) -> bool:
        """Return whether two places are in one block, or in blocks that follow each other."""
        return self._block_number(start) - self._block_number(end - 1) <= 1

    def _block_number(self, offset: int) -> int:
        return bisect_right(self._block_starts, offset)

    @cached_property
    def _block_starts(self) -> list[int]:
        return [block.start for block in self._blocks]


def _enough(words: str) -> float:
    return ALIKE_SHORT if len(words) < SHORT else ALIKE
