"""Which provision of the new edition continues which of the old, one for one, sections given.

Equal words first, then alike ones where they stood, then alike ones elsewhere. What is ambiguous,
or not alike enough, stays unpaired: nothing is guessed.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from annotator.documents.sides import Side
from annotator.documents.similarity import Phrase, heaviest_rising, likeness

# Alike enough to be the same provision, edited: where it stood, or in another place.
ALIKE_IN_PLACE = 0.4
ALIKE_ELSEWHERE = 0.6
# How much more alike than any other a provision must be to be recognised elsewhere.
MARGIN = 0.1
# Fewer words stand in many places by chance; elsewhere they are no evidence.
FEWEST_WORDS = 5
# What a neighbour that is the same adds; it only decides between equals.
NEIGHBOUR = 0.05
# Larger gaps are compared only where two provisions share a phrase.
MOST_COMPARED = 40_000
# A phrase that stands in more provisions than this leads nowhere.
MOST_PLACES = 20

Pair = tuple[int, int]


def pair_units(old: Side, new: Side, sections: Mapping[int, int]) -> dict[int, int]:
    """Give the new ordinal that continues each old one, for all that is not a section."""
    matching = _Matching(old, new)
    homes = _homes(old, new, sections)
    for home, other in homes:
        matching.equal(old.contents.get(home, ()), new.contents.get(other, ()))
    matching.equal(matching.long(old, old.units), matching.long(new, new.units))
    matching.beside()
    for home, other in homes:
        matching.in_order(old.contents.get(home, ()), new.contents.get(other, ()))
    matching.elsewhere()
    matching.beside()
    return matching.pairs


def _homes(
    old: Side, new: Side, sections: Mapping[int, int]
) -> list[tuple[int | None, int | None]]:
    """Give the sections whose contents are compared first; None is the text above all sections."""
    return [(None, None), *sorted(sections.items())]


class _Matching:
    """The pairs found so far; every step adds to them and takes none away."""

    def __init__(self, old: Side, new: Side) -> None:
        self._old, self._new = old, new
        self.pairs: dict[int, int] = {}
        self._back: dict[int, int] = {}

    def equal(self, olds: Iterable[int], news: Iterable[int]) -> None:
        """Pair equal texts that stand once on either side."""
        before, after = self._once(self._old, olds), self._once(self._new, news)
        for text, unit in before.items():
            if text in after:
                self._add(unit, after[text])

    def long(self, side: Side, units: Iterable[int]) -> Iterator[int]:
        """Pass the units that have enough words to be recognised anywhere."""
        return (unit for unit in units if len(side.words[unit]) >= FEWEST_WORDS)

    def beside(self) -> None:
        """Pair equal texts that follow, or are followed by, a pair."""
        for step, pairs in ((1, sorted(self.pairs)), (-1, sorted(self.pairs, reverse=True))):
            for unit in pairs:
                other = self.pairs[unit]
                while self._is_equal(unit := unit + step, other := other + step):
                    self._add(unit, other)

    def in_order(self, olds: Sequence[int], news: Sequence[int]) -> None:
        """Pair what is alike in two sections that correspond, between pairs that kept their order.

        Then what is left over there, whatever its order.
        """
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
        found = [
            (alike, unit, other)
            for unit, other in self._sharing_phrases()
            if (alike := self._alike(unit, other, ALIKE_ELSEWHERE))
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

    def _once(self, side: Side, units: Iterable[int]) -> dict[str, int]:
        taken = self.pairs if side is self._old else self._back
        free = [unit for unit in units if unit not in taken]
        times = Counter(side.texts[unit] for unit in free)
        return {side.texts[unit]: unit for unit in free if times[side.texts[unit]] == 1}

    def _is_equal(self, unit: int, other: int) -> bool:
        return (
            0 <= unit < len(self._old.texts)
            and 0 <= other < len(self._new.texts)
            and unit not in self.pairs
            and other not in self._back
            and self._old.parsed.provisions[unit].kind != "section"
            and self._new.parsed.provisions[other].kind != "section"
            and self._old.texts[unit] == self._new.texts[other]
        )

    def _gap(self, olds: Sequence[int], news: Sequence[int]) -> None:
        """Pair the units of a gap in order, so that the sum of what they share is greatest."""
        if not olds or not news:
            return
        alike = self._alike_in(olds, news)
        best = [[0.0] * (len(news) + 1) for _ in range(len(olds) + 1)]
        for i in range(len(olds) - 1, -1, -1):
            for j in range(len(news) - 1, -1, -1):
                pair = alike.get((olds[i], news[j]), 0.0)
                best[i][j] = max(pair and best[i + 1][j + 1] + pair, best[i + 1][j], best[i][j + 1])
        i = j = 0
        while i < len(olds) and j < len(news):
            pair = alike.get((olds[i], news[j]), 0.0)
            if pair and best[i][j] == best[i + 1][j + 1] + pair:
                self._add(olds[i], news[j])
                i, j = i + 1, j + 1
            elif best[i][j] == best[i + 1][j]:
                i += 1
            else:
                j += 1

    def _alike_in(self, olds: Sequence[int], news: Sequence[int]) -> dict[Pair, float]:
        if len(olds) * len(news) <= MOST_COMPARED:
            pairs: Iterable[Pair] = ((unit, other) for unit in olds for other in news)
        else:
            inside = set(olds), set(news)
            pairs = (
                pair
                for pair in self._sharing_phrases()
                if pair[0] in inside[0] and pair[1] in inside[1]
            )
        return {
            pair: alike + self._neighbours(*pair)
            for pair in pairs
            if (alike := self._alike(*pair, ALIKE_IN_PLACE))
        }

    def _alike(self, unit: int, other: int, least: float) -> float:
        if self._old.is_code(unit) != self._new.is_code(other):
            return 0.0
        return likeness(self._old.words[unit], self._new.words[other], least)

    def _neighbours(self, unit: int, other: int) -> float:
        return NEIGHBOUR * sum(
            0 <= unit + step < len(self._old.texts)
            and 0 <= other + step < len(self._new.texts)
            and self._old.texts[unit + step] == self._new.texts[other + step]
            for step in (-1, 1)
        )

    def _sharing_phrases(self) -> list[Pair]:
        """Give the unpaired units of enough words that share a phrase, in order."""
        places: dict[Phrase, list[int]] = defaultdict(list)
        for other in self.long(self._new, self._new.units):
            if other not in self._back:
                for phrase in self._new.phrases[other]:
                    places[phrase].append(other)
        return sorted(
            {
                (unit, other)
                for unit in self.long(self._old, self._old.units)
                if unit not in self.pairs
                for phrase in self._old.phrases[unit]
                if len(places.get(phrase, ())) <= MOST_PLACES
                for other in places.get(phrase, ())
            }
        )
