"""Index an edition's words, and look up the occurrences of an essay's words in it.

A position is the ordinal of a word in the edition; offsets are code points of its canonical text.
All pairs of words are sorted in one array, each with its position in the low bits, so the places
of a word or a pair are a slice of it, and an edition takes some twenty bytes a word.

Where alterations are marked, each run of words between two marks must match word for word; the
runs are in the essay's order, an ellipsis skips any number of words and a phrase in brackets a few.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise, product
from typing import NamedTuple

from annotator.documents.folding import WordStream, spaced_words, word_stream
from annotator.documents.parsed import Parsed
from annotator.quotations.editorial_marks import MarkedWords

Alternatives = tuple[str, ...]

# Bits of a position, enough for a million words.
_BITS = 20
_POSITION = (1 << _BITS) - 1
# Words of the document that a phrase in brackets may replace.
MAX_REPLACED = 15
# The distance from the others, in words, within which runs of one or two words are looked up.
NEAR = 60
MAX_PIVOTS = 400
# Marked alterations of one quotation; with more, it is not a quotation.
MAX_SEGMENTS = 60
# Letters that may follow an incomplete word.
MAX_ENDING = 5


class IndexedSection(NamedTuple):
    """A section as an essay may name it, and the span of its whole content.

    `words` are those of its `title`, folded, with a space before and behind each.
    """

    title: str
    words: str
    slug: str
    start: int
    end: int


class MatchedPiece(NamedTuple):
    """Words `[first, last)` of a quotation that match positions `[start, end)` of an edition."""

    first: int
    last: int
    start: int
    end: int


Placement = tuple[MatchedPiece, ...]


@dataclass(frozen=True)
class Index:
    """An edition's words with their offsets, and the positions of each word and each pair of words.

    `numbers` has the number of each word, in alphabetical order, as in `vocabulary`; `counts` has
    the occurrences by number. `pairs` holds, sorted, the numbers of each word and of the next one,
    and the position of the first. `numbered` has the span of each provision by its section's slug
    and its number, `pids` by its pid if that is known.
    """

    label: str
    text: str
    stream: WordStream
    numbers: dict[str, int]
    vocabulary: list[str]
    counts: array[int]
    pairs: array[int]
    sections: tuple[IndexedSection, ...]
    numbered: dict[tuple[str, str], tuple[int, int]]
    pids: dict[str, tuple[int, int]]

    def count(self, word: Alternatives) -> int:
        """Count the occurrences of a word in any of its forms."""
        return sum(self.counts[self.numbers[form]] for form in word if form in self.numbers)

    def places(self, first: Alternatives, second: Alternatives = ()) -> list[int]:
        """Return the positions of a word, or of a word directly before another."""
        slices = (self._slice(*words) for words in product(first, second or (None,)))
        return [self.pairs[at] & _POSITION for low, high in slices for at in range(low, high)]

    def pair_count(self, first: Alternatives, second: Alternatives) -> int:
        """Count the occurrences of a word directly before another."""
        total = 0
        for form in first:
            for next_form in second:
                low, high = self._slice(form, next_form)
                total += high - low
        return total

    def _slice(self, first: str, second: str | None = None) -> tuple[int, int]:
        """Return the range in `pairs` of one word, or of a pair."""
        number, width = self.numbers.get(first), len(self.numbers) + 1
        if number is None:
            return 0, 0
        key, steps = number * width, width
        if second is not None:
            behind = self.numbers.get(second)
            if behind is None:
                return 0, 0
            key, steps = key + behind, 1
        low = bisect_left(self.pairs, key << _BITS)
        return low, bisect_left(self.pairs, (key + steps) << _BITS, low)

    def occurrences(self, words: Sequence[Alternatives]) -> list[int]:
        """Return the positions where the words are consecutive."""
        if len(words) < 2:
            return sorted(self.places(*words)) if words else []
        at, rarest = 0, len(self.stream.words) + 1
        for number, (first, second) in enumerate(pairwise(words)):
            many = self.pair_count(first, second)
            if not many:
                return []
            if many < rarest:
                at, rarest = number, many
        starts = (place - at for place in self.places(words[at], words[at + 1]))
        stream, last = self.stream.words, len(self.stream.words) - len(words)
        return sorted(
            start
            for start in starts
            if 0 <= start <= last
            and all(stream[start + at] in forms for at, forms in enumerate(words))
        )

    def forms(self, written: MarkedWords) -> list[Alternatives]:
        """Return the forms that each word may have in the edition."""
        return [self._endings(word.forms) if word.open else word.forms for word in written.words]

    def _endings(self, forms: Alternatives) -> Alternatives:
        """Return an open word's own forms, and the words that begin with the first of them."""
        stem = forms[0]
        if len(stem) < 2:
            return forms
        first = bisect_left(self.vocabulary, stem)
        last = bisect_left(self.vocabulary, stem + "\U0010ffff", first)
        longest = len(stem) + MAX_ENDING
        begun = (word for word in self.vocabulary[first:last] if len(word) <= longest)
        return tuple({*forms, *begun})

    def span(self, first: int, last: int) -> tuple[int, int]:
        """Return the offsets of the words at the positions `[first, last)`, at least one."""
        return self.stream.starts[first], self.stream.ends[last - 1]


def index_of(label: str, parsed: Parsed, pids: Sequence[str] = ()) -> Index:
    """Return the index of the edition labelled `label`; `pids` are those of its provisions."""
    stream = word_stream(parsed.text)
    counts = Counter(stream.words)
    numbers = {word: number for number, word in enumerate(sorted(counts))}
    sections = tuple(
        IndexedSection(title, spaced_words(title), each.slug or "", each.start, each.end)
        for each in parsed.provisions
        if each.level
        for title in (each.attributes.get("title", ""),)
    )
    spans = [(provision.start, provision.end) for provision in parsed.provisions]
    width = len(numbers) + 1
    codes = [*map(numbers.__getitem__, stream.words), len(numbers)]
    pairs = (
        (first * width + second) << _BITS | place
        for place, (first, second) in enumerate(pairwise(codes))
    )
    return Index(
        label, parsed.text, stream, numbers, list(numbers),
        array("I", [counts[word] for word in numbers]), array("Q", sorted(pairs)), sections,
        {key: spans[at] for key, at in parsed.numbered.items()},
        dict(zip(pids, spans, strict=False)),
    )  # fmt: skip


def placements(written: MarkedWords, index: Index) -> list[Placement]:
    """Return every way in which an edition contains the words, the closest together first."""
    forms, segments = index.forms(written), written.segments()
    if len(segments) > MAX_SEGMENTS:
        return []
    runs: list[list[MatchedPiece]] = []
    for first, last in segments:
        positions = index.occurrences(forms[first:last])
        if not positions:
            return []
        runs.append([MatchedPiece(first, last, at, at + last - first) for at in positions])
    if len(runs) == 1:
        return [(piece,) for piece in runs[0]]
    # Chain the runs in order, around each occurrence of the rarest one.
    pivot = min(range(len(runs)), key=lambda at: (len(runs[at]), -_words(runs[at][0])))
    chains: dict[Placement, int] = {}
    for middle in runs[pivot][:MAX_PIVOTS]:
        before = [*_chained(written, middle, runs[:pivot][::-1], back=True)][::-1]
        chain = (*before, middle, *_chained(written, middle, runs[pivot + 1 :], back=False))
        if len(chain) == len(runs):
            chains[chain] = chain[-1].end - chain[0].start
    return sorted(chains, key=chains.__getitem__)


def _chained(
    written: MarkedWords, piece: MatchedPiece, runs: Sequence[list[MatchedPiece]], *, back: bool
) -> Iterator[MatchedPiece]:
    """Yield the nearest piece of each run, as long as it is in reach of the one before."""
    for pieces in runs:
        if back:
            place = bisect_right(pieces, piece.start, key=lambda each: each.end) - 1
        else:
            place = bisect_left(pieces, piece.end, key=lambda each: each.start)
        if not 0 <= place < len(pieces):
            return
        first, second = (pieces[place], piece) if back else (piece, pieces[place])
        skipped, piece = second.start - first.end, pieces[place]
        if written.gaps[second.first] == "inserted":
            if skipped > MAX_REPLACED:
                return
        elif skipped > NEAR and min(_words(first), _words(second)) <= 2:
            return
        yield piece


def _words(piece: MatchedPiece) -> int:
    return piece.last - piece.first


def fragments(written: MarkedWords, placement: Placement) -> list[MatchedPiece]:
    """Merge the pieces that no ellipsis and no omission divides.

    A phrase in brackets replaces words of the document, so it divides nothing.
    """
    pieces = [placement[0]]
    for before, piece in pairwise(placement):
        if written.gaps.get(piece.first) == "inserted" or piece.start == before.end:
            pieces[-1] = pieces[-1]._replace(last=piece.last, end=piece.end)
        else:
            pieces.append(piece)
    return pieces
