"""Find provisions that were split into several, or merged into one, by the words they share.

A part is recognised by its phrases: many of its words are in the whole, in a stretch that no other
part accounts for. So neither a copy nor a text that shares only common words is a part; words that
are frequent in the document weigh less. Parts are near each other, or have nearly all of their
words from the whole.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import compress, product

from annotator.documents.align.similarity import (
    PHRASE,
    Phrase,
    Side,
    Words,
    WordWeights,
    covered,
    phrases,
    sharing_phrases,
    word_similarity,
)

# The least share of a part's words that are in the whole, by number and by weight; for a short or
# distant part nearly all.
PART, PART_WEIGHTED = 0.5, 0.25
PART_SHORT = PART_DISTANT = 0.8
# Or, if a part has grown, the least share of the whole's words that are in it.
CARRIED, CARRIED_DISTANT = 0.25, 0.5
# Parts are in one section, or at most this many provisions apart.
NEAR = 3
# Words: fewer than the first number are not evidence; the second number or more are good evidence.
FEWEST_WORDS = 5
MANY_WORDS = 10
# Words that suffice for a text cut off from the start or end of the whole.
MIN_AT_CUT = 2


@dataclass(frozen=True, slots=True)
class Division:
    """A whole on one side and its two or more parts on the other, by ordinal.

    `carried` is the number of the whole's words that are in parts without another pair.
    """

    whole: int
    parts: tuple[int, ...]
    carried: int


def divisions(
    wholes: Side, parts: Side, pairs: Mapping[int, int], sections: Mapping[int, int]
) -> list[Division]:
    """Return the provisions of `wholes` that were divided into several provisions of `parts`.

    `pairs` and `sections` map wholes to parts. Pairs of equal texts and parts that are paired with
    another whole remain unchanged.
    """
    result = []
    paired = set(pairs.values())
    for whole, candidates in _candidates(wholes, parts, pairs).items():
        section = sections.get(wholes.section_of(whole) or 0)
        division = _DividedText(wholes.words(whole), parts, wholes.word_weights, section, sections)
        if whole in pairs:
            division.choose(pairs[whole])
        division.choose_candidates(candidates)
        division.choose_neighbours(paired)
        if len(division.chosen) > 1:
            result.append(Division(whole, tuple(sorted(division.chosen)), division.carried))
    return result


@dataclass
class _DividedText:
    """A text being divided: the parts chosen so far, and whether each word is still unaccounted."""

    words: Words
    parts: Side
    word_weights: WordWeights
    section: int | None
    sections: Mapping[int, int]
    chosen: list[int] = field(default_factory=list)
    carried: int = 0
    is_left: list[bool] = field(init=False)

    def __post_init__(self) -> None:
        self.is_left = [True] * len(self.words)

    def choose(self, part: int) -> None:
        """Choose a part and count its words as accounted for."""
        self.chosen.append(part)
        in_part = covered(self.words, self.parts.phrases(part))
        states = zip(self.is_left, in_part, strict=True)
        self.is_left = [is_left and not is_covered for is_left, is_covered in states]

    def choose_candidates(self, candidates: Iterable[int]) -> None:
        """Choose candidates that account for words that no other part has, most similar first.

        Candidates in the same section come first; among several with the same words, the nearest to
        the parts already chosen.
        """
        similarity = {
            part: word_similarity(self.words, self.parts.words(part)) for part in candidates
        }
        counts = Counter(map(self.parts.words, similarity))
        ranked = sorted(similarity, key=lambda part: (-similarity[part], part))
        for near, repeated in product((True, False), (False, True)):
            group = [part for part in ranked if (counts[self.parts.words(part)] > 1) == repeated]
            for part in sorted(group, key=self._distance) if repeated else group:
                if part in self.chosen or (near and not self._is_near(part)):
                    continue
                words = self.parts.words(part)
                shared = list(compress(words, covered(words, self._phrases_left())))
                if self._is_part(part, shared):
                    self.choose(part)
                    self.carried += len(shared)

    def _distance(self, part: int) -> int:
        return min((abs(part - other) for other in self.chosen), default=0)

    def choose_neighbours(self, paired: set[int]) -> None:
        """Choose short neighbours of the parts that were cut off from the whole unchanged."""
        provisions = self.parts.parsed.provisions
        for part in list(self.chosen):
            for neighbour in (part - 1, part + 1):
                if neighbour in paired or neighbour in self.chosen:
                    continue
                if not 0 <= neighbour < len(provisions) or provisions[neighbour].kind == "section":
                    continue
                words = self.parts.words(neighbour)
                if self._is_cut_off(words, at_start=neighbour < part):
                    self.choose(neighbour)
                    self.carried += len(words)

    def _phrases_left(self) -> set[Phrase]:
        return {
            self.words[at : at + PHRASE]
            for at in range(len(self.words) - PHRASE + 1)
            if all(self.is_left[at : at + PHRASE])
        }

    def _is_part(self, part: int, shared: list[str]) -> bool:
        weight, whole = self.word_weights.total(shared), self.word_weights.total(self.words)
        share = weight / self.word_weights.total(self.parts.words(part))
        if not self._is_near(part):
            many = len(shared) >= MANY_WORDS
            return many and (share >= PART_DISTANT or weight >= CARRIED_DISTANT * whole)
        if len(shared) >= MANY_WORDS:
            least = min(PART * len(self.parts.words(part)), CARRIED * len(self.words))
            return (len(shared) >= least and share >= PART_WEIGHTED) or weight >= CARRIED * whole
        return len(shared) >= FEWEST_WORDS and share >= PART_SHORT

    def _is_near(self, part: int) -> bool:
        """Return whether a part is in the section of the whole or in an adjacent new section."""
        section = self.parts.section_of(part)
        if section in (self.section, *map(self.parts.section_of, self.chosen)):
            return True
        is_close = any(abs(other - part) <= NEAR for other in self.chosen)
        return is_close and section not in self.sections.values()

    def _is_cut_off(self, words: Words, *, at_start: bool) -> bool:
        """Return whether the whole begins or ends with `words` and no other part accounts for them.

        More words than a phrase may also occur once inside the whole. No other part accounts for
        them if that end of the whole is left, or if the parts together are no longer than it.
        """
        if len(words) < MIN_AT_CUT:
            return False
        end = slice(len(words)) if at_start else slice(-len(words), None)
        length = sum(len(self.parts.words(part)) for part in self.chosen) + len(words)
        if length > len(self.words) and not all(self.is_left[end]):
            return False
        if self.words[end] == words or len(words) <= PHRASE:
            return self.words[end] == words
        return phrases(self.words, len(words)).count(words) == 1


def _candidates(wholes: Side, parts: Side, pairs: Mapping[int, int]) -> dict[int, list[int]]:
    """Return each whole without an equal pair, with the unpaired parts that share a phrase."""
    paired = set(pairs.values())
    unpaired = [
        part
        for part in parts.units
        if part not in paired and len(parts.words(part)) >= FEWEST_WORDS
    ]
    changed = [
        whole
        for whole in wholes.units
        if whole not in pairs or wholes.texts[whole] != parts.texts[pairs[whole]]
    ]
    return {
        whole: [
            part
            for part in sorted(sharing)
            if parts.is_code(part) == wholes.is_code(whole)
            and parts.texts[part] != wholes.texts[whole]  # a copy is not a part
        ]
        for whole, sharing in sharing_phrases(wholes, changed, parts, unpaired).items()
    }
