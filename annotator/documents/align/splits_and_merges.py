"""Which provisions were split in several, and which were merged into one, by the words they share.

A part is recognised by its phrases: many of its words stand in the whole, in a stretch that no
other part accounts for. So a copy is no part, and neither is a text that shares common words only:
words weigh the less the more often the document has them. Parts stay among neighbours, or have
nearly all of their words from the whole.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import compress, product

from annotator.documents.align.features import Side
from annotator.documents.align.similarity import (
    PHRASE,
    Phrase,
    Rarity,
    Words,
    covered,
    likeness,
    phrases,
)

# The share of a part's words that must stand in the whole, by number and by what they tell; of a
# short or distant part nearly all.
PART, TELLING = 0.5, 0.25
PART_SHORT = PART_DISTANT = 0.8
# Or, where a part has grown, the share of the whole's words that stand in it.
CARRIED, CARRIED_DISTANT = 0.25, 0.5
# Parts stand in one section, or no further apart than this.
NEAR = 3
# Fewer words than this are no evidence; from the other number on they are good evidence.
FEWEST_WORDS = 5
MANY_WORDS = 10
# Fewer still will do where nothing but the place of the cut is in question.
FEWEST_AT_THE_CUT = 2
# A phrase that stands in more provisions than this leads nowhere.
MOST_PLACES = 20


@dataclass(frozen=True, slots=True)
class Division:
    """A whole on one side and its parts on the other, by ordinal, two parts at least.

    `carried` counts the words of the whole that stand in the parts which had no other pair.
    """

    whole: int
    parts: tuple[int, ...]
    carried: int


def divisions(
    wholes: Side, parts: Side, pairs: Mapping[int, int], sections: Mapping[int, int]
) -> list[Division]:
    """Find the provisions of `wholes` whose words stand in several provisions of `parts`.

    `pairs` and `sections` lead from wholes to parts; a pair of equal texts stays as it is, and so
    does each part that is paired with another whole.
    """
    found = []
    taken = set(pairs.values())
    for whole, candidates in _candidates(wholes, parts, pairs).items():
        home = sections.get(wholes.home(whole) or 0)
        division = _DividedText(wholes.words(whole), parts, wholes.rarity, home, sections)
        if whole in pairs:
            division.take(pairs[whole])
        division.add(candidates)
        division.add_beside(taken)
        if len(division.chosen) > 1:
            found.append(Division(whole, tuple(sorted(division.chosen)), division.carried))
    return found


@dataclass
class _DividedText:
    """A text that is being divided: the parts chosen so far, and which words are left over."""

    words: Words
    parts: Side
    rarity: Rarity
    home: int | None
    sections: Mapping[int, int]
    chosen: list[int] = field(default_factory=list)
    carried: int = 0
    left: list[bool] = field(init=False)

    def __post_init__(self) -> None:
        self.left = [True] * len(self.words)

    def take(self, part: int) -> None:
        """Choose a part and count its words as accounted for."""
        self.chosen.append(part)
        gone = covered(self.words, self.parts.phrases(part))
        self.left = [still and not now for still, now in zip(self.left, gone, strict=True)]

    def add(self, candidates: Iterable[int]) -> None:
        """Choose those that account for words which no other does, the likest first.

        Those in the same section come before others; of several with the same words, the nearest to
        the parts that are sure.
        """
        alike = {part: likeness(self.words, self.parts.words(part)) for part in candidates}
        times = Counter(map(self.parts.words, alike))
        left = sorted(alike, key=lambda part: (-alike[part], part))
        for near, several in product((True, False), (False, True)):
            some = [part for part in left if (times[self.parts.words(part)] > 1) == several]
            for part in sorted(some, key=self._distance) if several else some:
                if part in self.chosen or (near and not self._is_near(part)):
                    continue
                words = self.parts.words(part)
                inside = list(compress(words, covered(words, self._phrases_left())))
                if self._is_part(part, inside):
                    self.take(part)
                    self.carried += len(inside)

    def _distance(self, part: int) -> int:
        return min((abs(part - other) for other in self.chosen), default=0)

    def add_beside(self, taken: set[int]) -> None:
        """Choose short texts beside the parts that are cut off from the whole as they are."""
        provisions = self.parts.parsed.provisions
        for part in list(self.chosen):
            for beside in (part - 1, part + 1):
                if beside in taken or beside in self.chosen or not 0 <= beside < len(provisions):
                    continue
                unit = provisions[beside].kind != "section"
                if unit and self._is_cut_off(self.parts.words(beside), at_start=beside < part):
                    self.take(beside)
                    self.carried += len(self.parts.words(beside))

    def _phrases_left(self) -> set[Phrase]:
        return {
            self.words[at : at + PHRASE]
            for at in range(len(self.words) - PHRASE + 1)
            if all(self.left[at : at + PHRASE])
        }

    def _is_part(self, part: int, inside: list[str]) -> bool:
        weight, whole = self.rarity.total(inside), self.rarity.total(self.words)
        share = weight / self.rarity.total(self.parts.words(part))
        if not self._is_near(part):
            many = len(inside) >= MANY_WORDS
            return many and (share >= PART_DISTANT or weight >= CARRIED_DISTANT * whole)
        if len(inside) >= MANY_WORDS:
            least = min(PART * len(self.parts.words(part)), CARRIED * len(self.words))
            return (len(inside) >= least and share >= TELLING) or weight >= CARRIED * whole
        return len(inside) >= FEWEST_WORDS and share >= PART_SHORT

    def _is_near(self, part: int) -> bool:
        """Return whether a part stands where the whole stood, or in a new section beside it."""
        home = self.parts.home(part)
        if home in (self.home, *map(self.parts.home, self.chosen)):
            return True
        beside = any(abs(at - part) <= NEAR for at in self.chosen)
        return beside and home not in self.sections.values()

    def _is_cut_off(self, words: Words, *, at_start: bool) -> bool:
        """Return whether the whole begins or ends with these words, and has room for them.

        More than a phrase of them may stand inside of it, once. It has room where the other parts
        leave its beginning or end to them, or are so much shorter than the whole.
        """
        if len(words) < FEWEST_AT_THE_CUT:
            return False
        end = slice(len(words)) if at_start else slice(-len(words), None)
        others = sum(len(self.parts.words(part)) for part in self.chosen)
        room = others + len(words) <= len(self.words) or all(self.left[end])
        if self.words[end] == words or len(words) <= PHRASE:
            return room and self.words[end] == words
        return room and phrases(self.words, len(words)).count(words) == 1


def _candidates(wholes: Side, parts: Side, pairs: Mapping[int, int]) -> dict[int, list[int]]:
    """Return each whole that is not unchanged, with the unpaired parts that share a phrase."""
    taken = set(pairs.values())
    places: dict[Phrase, list[int]] = defaultdict(list)
    for part in parts.units:
        if part not in taken and len(parts.words(part)) >= FEWEST_WORDS:
            for phrase in parts.phrases(part):
                places[phrase].append(part)
    found: dict[int, list[int]] = {}
    for whole in wholes.units:
        if whole in pairs and wholes.texts[whole] == parts.texts[pairs[whole]]:
            continue
        sharing = {
            part
            for phrase in wholes.phrases(whole)
            if len(places.get(phrase, ())) <= MOST_PLACES
            for part in places.get(phrase, ())
            if parts.is_code(part) == wholes.is_code(whole)
            and parts.texts[part] != wholes.texts[whole]  # a copy is no part
        }
        found[whole] = sorted(sharing)
    return found
