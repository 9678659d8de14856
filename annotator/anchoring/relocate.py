"""Moving spans from one edition into another, with a verdict and a score. Never a guess.

Which provisions correspond is given; their words are followed through a token diff. Words that are
gone from where they stood are looked for elsewhere only exactly, and only where they are long and
stand once in either edition. Offsets are code points, end exclusive. Placing a quotation in a text
without knowing where it stood is `selectors`' work.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise, product
from typing import Literal

from rapidfuzz.distance import Levenshtein

from annotator.anchoring.diff import rising
from annotator.anchoring.elsewhere import elsewhere
from annotator.anchoring.passages import Landing, Passage
from annotator.anchoring.succession import Succession
from annotator.anchoring.tokens import tokens
from annotator.documents.parsed import Parsed

Verdict = Literal["exact", "moved", "edited", "lost"]

# Below this similarity the words found are not taken for the words that were remarked on.
ALIKE = 0.5
# Longer texts are compared by their tokens, not their characters.
MOST_CHARACTERS = 20_000


@dataclass(frozen=True, slots=True)
class Relocated:
    """Where a span stands in the other edition; `start` and `end` are None where it is lost.

    `score` is the normalised Levenshtein similarity of the old words and the new: 1.0 the same,
    0.0 where lost. `near` is the ordinal of the innermost provision of the new edition that holds
    the whole span (or its beginning, where none does); of a lost span, of what is left of the
    provision it stood in, or of the nearest surviving section.
    """

    start: int | None
    end: int | None
    verdict: Verdict
    score: float
    near: int


@dataclass(frozen=True, slots=True)
class _Piece:
    """The part of a span that lies in one block."""

    start: int
    end: int
    block: int


_Range = tuple[int, int]


class Relocator:
    """Moves spans from one edition into another, in either direction of time."""

    def __init__(self, old: Parsed, new: Parsed, pairs: Iterable[tuple[int, int]]) -> None:
        """Take two editions and the ordinals (old, new) of provisions that correspond.

        Raises IndexError where an ordinal is not one of the edition's.
        """
        self._old, self._new = old, new
        self._succession = Succession(old, new, pairs)
        self._block_starts = [block.start for block in old.blocks]
        self._passages = _passages(old, new, self._succession)

    def span(self, start: int, end: int) -> Relocated:
        """Move the range `[start, end)` of the old text, which may run over several provisions.

        Raises ValueError where it is empty or not inside the text.
        """
        if not 0 <= start < end <= len(self._old.text):
            raise ValueError(f"[{start}, {end}) is not a range of the text")
        pieces = self._pieces(start, end)
        words = self._old.text[start:end]
        found = self._shifted(pieces, words) or self._followed(pieces, words)
        if found and self._stands(found, words):
            return self._found(found, "exact" if self._in_place(pieces) else "moved", 1.0)
        if (moved := self._moved(pieces)) is not None:
            return self._found(moved, "moved", 1.0)
        if found:
            return self._found(found, "edited", self._score(words, found))
        return self._lost(pieces)

    def provision(self, ordinal: int) -> Relocated:
        """Move a whole provision of any kind, with all that stands in it.

        One that was split goes to all its parts where nothing stands between them, else to the
        part most like it. One without an heir is lost. Raises IndexError for an unknown ordinal.
        """
        old = self._old.provisions[ordinal]
        words = self._old.text[old.start : old.end]
        heirs = [self._new.provisions[heir] for heir in self._succession.heirs(ordinal)]
        if not heirs:
            return Relocated(None, None, "lost", 0.0, self._succession.remains(ordinal))
        whole = (heirs[0].start, max(heir.end for heir in heirs))
        if any(part.start > before.end + 1 for before, part in pairwise(heirs)):
            whole = max(
                ((heir.start, heir.end) for heir in heirs),
                key=lambda part: self._score(words, part),
            )
        if not self._stands(whole, words):
            return self._found(whole, "edited", self._score(words, whole))
        return self._found(whole, "exact" if self._succession.in_place(ordinal) else "moved", 1.0)

    def _pieces(self, start: int, end: int) -> list[_Piece]:
        at = max(bisect_right(self._block_starts, start) - 1, 0)
        pieces: list[_Piece] = []
        for index in range(at, bisect_left(self._block_starts, end)):
            block = self._old.blocks[index]
            low, high = max(start, block.start), min(end, block.end)
            if low < high:
                pieces.append(_Piece(low, high, index))
        return pieces

    def _shifted(self, pieces: list[_Piece], words: str) -> _Range | None:
        """Find a span whose blocks all went the same way unaltered, without a diff."""
        shifts = {self._shift(piece) for piece in (pieces[0], pieces[-1])} if pieces else {None}
        shift = shifts.pop()
        if shifts or shift is None:
            return None
        moved = (pieces[0].start + shift, pieces[-1].end + shift)
        return moved if self._stands(moved, words) else None

    def _shift(self, piece: _Piece) -> int | None:
        block = self._old.blocks[piece.block]
        passage = self._passages.get(block.provision)
        return passage.shifts.get(block.start) if passage and passage.shifts else None

    def _followed(self, pieces: list[_Piece], words: str) -> _Range | None:
        """Find where the words of each piece went, if that is one place and enough is left."""
        chain = _rising(self._landings(pieces))
        while chain:
            found = self._chosen(chain, words)
            if found:
                return found
            chain = _without_the_far_side(chain)
        return None

    def _landings(self, pieces: list[_Piece]) -> list[Landing]:
        landings: list[Landing] = []
        for piece in pieces:
            passage = self._passages.get(self._old.blocks[piece.block].provision)
            landing = passage.land(piece.start, piece.end) if passage else None
            if landing:
                landings.append(landing)
        return landings

    def _chosen(self, chain: list[Landing], words: str) -> _Range | None:
        ranges = [(start, end) for start, end in product(chain[0].starts, chain[-1].ends)]
        sure = [landing.sure for landing in chain if landing.sure]
        for choice in (ranges, [(sure[0][0], sure[-1][1])] if sure else []):
            fits = [fit for option in choice if (fit := self._tightened(option, words))]
            if fits:
                return max(fits, key=lambda fit: self._score(words, fit))
        return None

    def _tightened(self, option: _Range, words: str) -> _Range | None:
        """Give the words themselves where they stand at one end of a range, else all if alike."""
        start, end = option
        words = words.strip()
        text = self._new.text
        at_start, at_end = text.startswith(words, start), text.endswith(words, 0, end)
        if at_start != at_end:
            return (start, start + len(words)) if at_start else (end - len(words), end)
        return option if at_start or self._score(words, option) >= ALIKE else None

    def _moved(self, pieces: list[_Piece]) -> _Range | None:
        """Find words that are no longer where they stood, if they stand elsewhere for sure."""
        if not pieces:
            return None
        span = pieces[0].start, pieces[-1].end
        first, last = self._old.blocks[pieces[0].block], self._old.blocks[pieces[-1].block]
        return elsewhere(self._old.text, self._new.text, span, (first.start, last.end))

    def _stands(self, found: _Range, words: str) -> bool:
        return self._new.text[found[0] : found[1]] == words.strip()

    def _score(self, words: str, found: _Range) -> float:
        now = self._new.text[found[0] : found[1]]
        if max(len(words), len(now)) <= MOST_CHARACTERS:
            return Levenshtein.normalized_similarity(words, now)
        before = tokens(words, [(0, len(words))]).words
        return Levenshtein.normalized_similarity(before, tokens(now, [(0, len(now))]).words)

    def _in_place(self, pieces: list[_Piece]) -> bool:
        return all(
            self._succession.in_place(self._old.blocks[piece.block].provision) for piece in pieces
        )

    def _found(self, found: _Range, verdict: Verdict, score: float) -> Relocated:
        return Relocated(*found, verdict, score, self._innermost(*found))

    @cached_property
    def _new_starts(self) -> list[int]:
        return [block.start for block in self._new.blocks]

    def _innermost(self, start: int, end: int) -> int:
        at = bisect_right(self._new_starts, start) - 1
        first = self._new.blocks[at].provision
        holder: int | None = first
        while holder is not None and self._new.provisions[holder].end < end:
            holder = self._new.provisions[holder].parent
        return first if holder is None else holder

    def _lost(self, pieces: list[_Piece]) -> Relocated:
        ordinals = [self._old.blocks[piece.block].provision for piece in pieces]
        left = [ordinal for ordinal in ordinals if self._succession.heirs(ordinal)]
        near = self._succession.remains((left or ordinals)[0]) if ordinals else 0
        return Relocated(None, None, "lost", 0.0, near)


def _passages(old: Parsed, new: Parsed, succession: Succession) -> dict[int, Passage]:
    """Give the passage that each old provision with an heir belongs to."""
    before, after = _own_words(old), _own_words(new)
    passages: dict[int, Passage] = {}
    for olds, news in succession.groups():
        passage = Passage(
            old.text, new.text,
            [stretch for ordinal in olds for stretch in before.get(ordinal, ())],
            [stretch for ordinal in news for stretch in after.get(ordinal, ())],
        )  # fmt: skip
        passages.update(dict.fromkeys(olds, passage))
    return passages


def _own_words(parsed: Parsed) -> dict[int, list[_Range]]:
    """Give the blocks of each provision, its descendants' left out."""
    own: dict[int, list[_Range]] = {}
    for block in parsed.blocks:
        own.setdefault(block.provision, []).append((block.start, block.end))
    return own


def _rising(landings: list[Landing]) -> list[Landing]:
    return [landings[index] for index in rising([landing.starts[0] for landing in landings])]


def _without_the_far_side(chain: list[Landing]) -> list[Landing]:
    """Cut a chain at its widest hole and keep the side with more words."""
    if len(chain) < 2:
        return []
    holes = [after.starts[0] - before.ends[0] for before, after in pairwise(chain)]
    cut = holes.index(max(holes)) + 1
    return max(chain[:cut], chain[cut:], key=_length)


def _length(chain: list[Landing]) -> int:
    return sum(landing.ends[0] - landing.starts[0] for landing in chain)
