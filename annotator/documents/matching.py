"""Which provision of the new edition continues which of the old, one for one, sections given.

Equal words first, then alike ones where they stood, then alike ones elsewhere. What is ambiguous,
or not alike enough, stays unpaired: nothing is guessed.

The thresholds were read off real documents: of pairs of different paragraphs of one section, with
10 words or more, 4 in 1,000 are more alike than `ALIKE`; with fewer words, 9 in 1,000 are more
alike than `ALIKE_SHORT`, nearly all of them captions of examples, which `Side.evidence` tells apart.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from rapidfuzz.distance import LCSseq

from annotator.documents.sides import SHORT, Side
from annotator.documents.similarity import Phrase, containment, heaviest_rising, likeness

# Alike enough to be the same provision, edited, where it stood: the share of words in common.
ALIKE = 0.4
ALIKE_SHORT = 0.6
# Under the same caption, or in the same list item, less will do.
ALIKE_UNDER = 0.3
# Much was added to it, or taken away: the share of the shorter one's words found in the longer.
CONTAINED = 0.6
CONTAINED_SHORT = 0.8
# The same, in another place; it must be by so much more alike than anything else.
ALIKE_ELSEWHERE = 0.6
CONTAINED_ELSEWHERE = 0.8
MARGIN = 0.1
# Fewer words stand in many places by chance; elsewhere they are no evidence.
FEWEST_WORDS = 5
# What counts less than likeness when the best pairs are chosen.
CONTAINED_WEIGHT = 0.5
EQUAL_WEIGHT = 0.3
# What a neighbour that is the same adds; it only decides between equals.
NEIGHBOUR = 0.05
# In a larger gap only provisions that share a phrase are compared.
MOST_COMPARED = 4_000
# A phrase that stands in more provisions than this leads nowhere.
MOST_PLACES = 20

Pair = tuple[int, int]


def pair_units(old: Side, new: Side, sections: Mapping[int, int]) -> dict[int, int]:
    """Give the new ordinal that continues each old one, for all that is not a section."""
    matching = _Matching(old, new)
    # None is the text above all sections.
    homes: list[tuple[int | None, int | None]] = [(None, None), *sorted(sections.items())]
    for home, other in homes:
        matching.equal(old.contents.get(home, ()), new.contents.get(other, ()))
    matching.equal(_long(old), _long(new))
    matching.beside()
    for home, other in homes:
        matching.in_order(old.contents.get(home, ()), new.contents.get(other, ()))
    matching.equally_often()
    matching.elsewhere()
    matching.beside()
    return matching.pairs


def _long(side: Side) -> Iterator[int]:
    """Give the units that have enough words to be recognised anywhere."""
    return (unit for unit in side.units if len(side.evidence[unit]) >= FEWEST_WORDS)


class _Matching:
    """The pairs found so far; every step adds to them and takes none away."""

    def __init__(self, old: Side, new: Side) -> None:
        self._old, self._new = old, new
        self.pairs: dict[int, int] = {}
        self._back: dict[int, int] = {}

    def equal(self, olds: Iterable[int], news: Iterable[int]) -> None:
        """Pair equal texts that stand once on either side."""
        after = self._by_text(self._new, news, self._back)
        for text, units in self._by_text(self._old, olds, self.pairs).items():
            if len(units) == len(after.get(text, ())) == 1:
                self._add(units[0], after[text][0])

    def equally_often(self) -> None:
        """Pair equal texts that are left over equally often, in their order."""
        after = self._by_text(self._new, _long(self._new), self._back)
        for text, units in self._by_text(self._old, _long(self._old), self.pairs).items():
            if len(units) == len(after.get(text, ())):
                for unit, other in zip(units, after[text], strict=True):
                    self._add(unit, other)

    def beside(self) -> None:
        """Pair equal texts that follow, or are followed by, a pair."""
        for step, pairs in ((1, sorted(self.pairs)), (-1, sorted(self.pairs, reverse=True))):
            for unit in pairs:
                at, other = unit + step, self.pairs[unit] + step
                while self._equal_and_free(at, other):
                    self._add(at, other)
                    at, other = at + step, other + step

    def in_order(self, olds: Sequence[int], news: Sequence[int]) -> None:
        """Pair what is alike in two sections that correspond, between pairs that kept order."""
        inside = set(news)
        fixed = [unit for unit in olds if self.pairs.get(unit) in inside]
        weights = [len(self._old.words[unit]) + 1 for unit in fixed]
        chain = heaviest_rising([self.pairs[unit] for unit in fixed], weights)
        bounds = [(fixed[at], self.pairs[fixed[at]]) for at in chain]
        low, low_other = -1, -1
        for high, high_other in [*bounds, (len(self._old.texts), len(self._new.texts))]:
            self._gap(
                [unit for unit in olds if low < unit < high and unit not in self.pairs],
                [unit for unit in news if low_other < unit < high_other and unit not in self._back],
            )
            low, low_other = high, high_other

    def elsewhere(self) -> None:
        """Pair what is clearly more alike than anything else, wherever it stands."""
        olds = [unit for unit in _long(self._old) if unit not in self.pairs]
        news = [unit for unit in _long(self._new) if unit not in self._back]
        found = [
            (alike, unit, other)
            for unit, other in self._sharing_phrases(olds, news)
            if (alike := self._alike_elsewhere(unit, other))
        ]
        best: dict[tuple[str, int], list[float]] = defaultdict(list)
        for alike, unit, other in found:
            best["old", unit].append(alike)
            best["new", other].append(alike)
        for alike, unit, other in sorted(found, key=lambda one: (-one[0], *one[1:])):
            rivals = sorted([*best["old", unit], *best["new", other]])[:-2]
            if all(alike - rival >= MARGIN for rival in rivals):
                self._add(unit, other)

    def _add(self, unit: int, other: int) -> None:
        if unit not in self.pairs and other not in self._back:
            self.pairs[unit] = other
            self._back[other] = unit

    def _by_text(
        self, side: Side, units: Iterable[int], taken: Mapping[int, int]
    ) -> dict[str, list[int]]:
        found: dict[str, list[int]] = defaultdict(list)
        for unit in units:
            if unit not in taken:
                found[side.texts[unit]].append(unit)
        return found

    def _equal_and_free(self, unit: int, other: int) -> bool:
        """Tell whether two places hold unpaired units with equal words, nested ones included."""
        if not (0 <= unit < len(self._old.texts) and 0 <= other < len(self._new.texts)):
            return False
        before, after = self._old.parsed.provisions[unit], self._new.parsed.provisions[other]
        return (
            before.digest == after.digest
            and "section" not in (before.kind, after.kind)
            and unit not in self.pairs
            and other not in self._back
        )

    def _gap(self, olds: Sequence[int], news: Sequence[int]) -> None:
        """Pair the units of a gap in order, so that the sum of what they share is greatest."""
        if not olds or not news:
            return
        if len(olds) * len(news) > MOST_COMPARED:
            self._longest_equal(olds, news)
        olds = [unit for unit in olds if unit not in self.pairs]
        news = [unit for unit in news if unit not in self._back]
        pairs, weights = self._alike_in(olds, news)
        for at in heaviest_rising([other for _, other in pairs], weights):
            self._add(*pairs[at])

    def _longest_equal(self, olds: Sequence[int], news: Sequence[int]) -> None:
        before = [self._old.texts[unit] for unit in olds]
        after = [self._new.texts[unit] for unit in news]
        for block in LCSseq.opcodes(before, after):
            if block.tag == "equal":
                for step in range(block.src_end - block.src_start):
                    self._add(olds[block.src_start + step], news[block.dest_start + step])

    def _alike_in(
        self, olds: Sequence[int], news: Sequence[int]
    ) -> tuple[list[Pair], list[float]]:
        """Give the pairs that may be the same, by old ordinal, and what speaks for each.

        Pairs of one old unit fall in the new ordinal, so that a rising chain takes one of them.
        """
        if len(olds) * len(news) <= MOST_COMPARED:
            pairs = [(unit, other) for unit in olds for other in news]
        else:
            pairs = self._sharing_phrases(olds, news)
        found = {
            pair: alike + self._neighbours(*pair)
            for pair in pairs
            if (alike := self._alike(*pair))
        }
        chosen = sorted(found, key=lambda pair: (pair[0], -pair[1]))
        return chosen, [found[pair] for pair in chosen]

    def _alike(self, unit: int, other: int) -> float:
        """Tell what speaks for a pair that stands where it stood; 0.0 where that is not enough."""
        if self._old.is_code(unit) != self._new.is_code(other):
            return 0.0
        words, others = self._old.evidence[unit], self._new.evidence[other]
        short = min(len(words), len(others)) < SHORT
        least = ALIKE_SHORT if short else ALIKE
        if self._under_the_same(unit, other):
            least = ALIKE_UNDER
        alike = likeness(words, others, least)
        if not alike and len(words) >= FEWEST_WORDS <= len(others):
            share = containment(words, others)
            if share >= (CONTAINED_SHORT if short else CONTAINED):
                alike = CONTAINED_WEIGHT * share
        if self._old.texts[unit] == self._new.texts[other]:
            alike = max(alike, EQUAL_WEIGHT)
        return alike

    def _alike_elsewhere(self, unit: int, other: int) -> float:
        if self._old.is_code(unit) != self._new.is_code(other):
            return 0.0
        words, others = self._old.evidence[unit], self._new.evidence[other]
        short = min(len(words), len(others)) < SHORT
        alike = likeness(words, others, CONTAINED_ELSEWHERE if short else ALIKE_ELSEWHERE)
        if not alike and not short:
            share = containment(words, others)
            alike = share * ALIKE_ELSEWHERE if share >= CONTAINED_ELSEWHERE else 0.0
        return alike

    def _under_the_same(self, unit: int, other: int) -> bool:
        above = self._old.parsed.provisions[unit].parent
        above_other = self._new.parsed.provisions[other].parent
        return above is not None and self.pairs.get(above, -1) == above_other

    def _neighbours(self, unit: int, other: int) -> float:
        return NEIGHBOUR * sum(
            0 <= unit + step < len(self._old.texts)
            and 0 <= other + step < len(self._new.texts)
            and self._old.texts[unit + step] == self._new.texts[other + step]
            for step in (-1, 1)
        )

    def _sharing_phrases(self, olds: Iterable[int], news: Iterable[int]) -> list[Pair]:
        """Give the pairs of units that have a phrase in common which is not everywhere."""
        places: dict[Phrase, list[int]] = defaultdict(list)
        for other in news:
            for phrase in self._new.phrases[other]:
                places[phrase].append(other)
        return sorted(
            {
                (unit, other)
                for unit in olds
                for phrase in self._old.phrases[unit]
                if len(places.get(phrase, ())) <= MOST_PLACES
                for other in places.get(phrase, ())
            }
        )
