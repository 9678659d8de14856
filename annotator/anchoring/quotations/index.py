"""An edition, made ready for looking words up in it; made once, kept by its sha256.

A position is the ordinal of a word in the edition; offsets are code points of its canonical text.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile

from annotator.anchoring.quotations.words import Stream, stream
from annotator.documents.parsed import Parsed

Alternatives = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """A section as an essay may name it: its heading and slug, and the span of all it holds."""

    title: str
    slug: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Index:
    """An edition's words with their offsets, and the positions of each of them."""

    label: str
    text: str
    stream: Stream
    places: dict[str, array[int]]
    vocabulary: list[str]
    sections: tuple[Section, ...]
    numbered: dict[tuple[str, str], tuple[int, int]]

    def count(self, word: Alternatives) -> int:
        """Count how often a word stands in the edition, in any of its forms."""
        return sum(len(self.places.get(form, ())) for form in word)

    def occurrences(self, words: Sequence[Alternatives]) -> list[int]:
        """Give the positions where the words stand, one behind the other."""
        if not words:
            return []
        rarest = min(range(len(words)), key=lambda at: self.count(words[at]))
        starts = (at - rarest for form in set(words[rarest]) for at in self.places.get(form, ()))
        return sorted(start for start in starts if self.stands(words, start))

    def stands(self, words: Sequence[Alternatives], start: int) -> bool:
        """Tell whether the words stand at the position `start`."""
        here = self.stream.words
        if start < 0 or start + len(words) > len(here):
            return False
        return all(here[start + at] in forms for at, forms in enumerate(words))

    def beginning_with(self, stem: str) -> list[str]:
        """Give the words of the edition that begin with `stem`."""
        first = bisect_left(self.vocabulary, stem)
        begun = takewhile(
            lambda at: self.vocabulary[at].startswith(stem), range(first, len(self.vocabulary))
        )
        return [self.vocabulary[at] for at in begun]

    def span(self, first: int, last: int) -> tuple[int, int]:
        """Give the offsets of the words at the positions `[first, last)`, at least one."""
        return self.stream.starts[first], self.stream.ends[last - 1]


def index_of(label: str, parsed: Parsed) -> Index:
    """Make the index of an edition that is called `label`."""
    found = stream(parsed.text)
    places: dict[str, array[int]] = {}
    for at, word in enumerate(found.words):
        if word not in places:
            places[word] = array("I")
        places[word].append(at)
    sections = tuple(
        Section(it.attributes.get("title", ""), it.slug or "", it.start, it.end)
        for it in parsed.provisions
        if it.level
    )
    numbered = {
        key: (parsed.provisions[at].start, parsed.provisions[at].end)
        for key, at in parsed.numbered.items()
    }
    return Index(label, parsed.text, found, places, sorted(places), sections, numbered)
