"""An edition, made ready for looking words up in it; made once, kept by its sha256.

A position is the ordinal of a word in the edition; offsets are code points of its canonical text.
All pairs of words stand sorted in one array, each with its position in the low bits, so that the
places of a word or of a pair are a slice of it, and an edition takes some twenty bytes a word.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise, product

from annotator.documents.folding import WordStream, spaced_words, word_stream
from annotator.documents.parsed import Parsed, ParsedProvision

Alternatives = tuple[str, ...]

# Positions have so many bits; a longer text than a million words is no document.
_BITS = 20
_POSITION = (1 << _BITS) - 1


@dataclass(frozen=True, slots=True)
class IndexedSection:
    """A section as an essay may name it, and the span of all it holds.

    `words` are those of its `title`, folded, with a space before and behind each.
    """

    title: str
    words: str
    slug: str
    start: int
    end: int


@dataclass(frozen=True)
class Index:
    """An edition's words with their offsets, and where each word and each pair of words stands.

    `numbers` gives each word a number, in the order of the alphabet, and `counts` has by number how
    often it stands there; `pairs` holds, sorted, the numbers of each word and of the one behind it,
    and the position of the first. `numbered` has the span of each provision by its section's slug
    and its number, `pids` by its name for ever, where those are known.
    """

    label: str
    text: str
    stream: WordStream
    numbers: dict[str, int]
    counts: array[int]
    pairs: array[int]
    sections: tuple[IndexedSection, ...]
    numbered: dict[tuple[str, str], tuple[int, int]]
    pids: dict[str, tuple[int, int]]

    @cached_property
    def vocabulary(self) -> list[str]:
        """Every word of the edition once, in the order of the alphabet."""
        return list(self.numbers)

    def count(self, word: Alternatives) -> int:
        """Count how often a word stands in the edition, in any of its forms."""
        numbers = (self.numbers.get(form) for form in word)
        return sum(self.counts[number] for number in numbers if number is not None)

    def places(self, first: Alternatives, second: Alternatives | None = None) -> list[int]:
        """Return the positions of a word, or of a word that another one stands behind."""
        if second is None:
            slices: Iterable[tuple[int, int]] = map(self._slice, first)
        else:
            slices = (self._slice(*words) for words in product(first, second))
        return [self.pairs[at] & _POSITION for low, high in slices for at in range(low, high)]

    def pair_count(self, first: Alternatives, second: Alternatives) -> int:
        """Count how often a word stands before another one."""
        total = 0
        for one in first:
            for other in second:
                low, high = self._slice(one, other)
                total += high - low
        return total

    def _slice(self, first: str, second: str | None = None) -> tuple[int, int]:
        """Return where in `pairs` those of one word are, or those of two."""
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
        """Return the positions where the words stand, one behind the other."""
        if not words:
            return []
        if len(words) == 1:
            return sorted(self.places(words[0]))
        at, rarest = 0, len(self.stream.words) + 1
        for number, (first, second) in enumerate(pairwise(words)):
            many = self.pair_count(first, second)
            if not many:
                return []
            if many < rarest:
                at, rarest = number, many
        starts = (place - at for place in self.places(words[at], words[at + 1]))
        return sorted(start for start in starts if self.stands(words, start))

    def stands(self, words: Sequence[Alternatives], start: int) -> bool:
        """Return whether the words stand at the position `start`."""
        here = self.stream.words
        if start < 0 or start + len(words) > len(here):
            return False
        return all(here[start + at] in forms for at, forms in enumerate(words))

    def beginning_with(self, stem: str) -> list[str]:
        """Return the words of the edition that begin with `stem`."""
        first = bisect_left(self.vocabulary, stem)
        last = bisect_left(self.vocabulary, stem + "\U0010ffff", first)
        return self.vocabulary[first:last]

    def span(self, first: int, last: int) -> tuple[int, int]:
        """Return the offsets of the words at the positions `[first, last)`, at least one."""
        return self.stream.starts[first], self.stream.ends[last - 1]


def index_of(label: str, parsed: Parsed, pids: Sequence[str] = ()) -> Index:
    """Return the index of an edition that is called `label`; `pids` are those of its provisions."""
    found = word_stream(parsed.text)
    numbers = {word: number for number, word in enumerate(sorted(set(found.words)))}
    sections = tuple(
        _section(it.attributes.get("title", ""), it) for it in parsed.provisions if it.level
    )
    spans = [(it.start, it.end) for it in parsed.provisions]
    numbered = {key: spans[at] for key, at in parsed.numbered.items()}
    named = dict(zip(pids, spans, strict=False))
    counts = Counter(found.words)
    many = array("I", [counts[word] for word in numbers])
    pairs = array("Q", sorted(_pairs(found.words, numbers)))
    return Index(label, parsed.text, found, numbers, many, pairs, sections, numbered, named)


def _section(title: str, it: ParsedProvision) -> IndexedSection:
    return IndexedSection(title, spaced_words(title), it.slug or "", it.start, it.end)


def _pairs(words: Sequence[str], numbers: dict[str, int]) -> Iterable[int]:
    width = len(numbers) + 1
    codes = [numbers[word] for word in words]
    for place, (first, second) in enumerate(pairwise([*codes, width - 1])):
        yield (first * width + second) << _BITS | place
