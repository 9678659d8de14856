"""Which provision of the new edition continues which of the old, one for one, sections given.

Equal words first, then alike ones where they stood, then alike ones elsewhere. What is ambiguous
stays unpaired: nothing is guessed. When two texts are alike is `judging`'s to say.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType

from rapidfuzz.distance import LCSseq

from annotator.documents.align.features import Side
from annotator.documents.align.pair_scoring import FEWEST_WORDS, Judge
from annotator.documents.align.similarity import Phrase, heaviest_rising

# What left its place must be by so much more alike than anything else.
MARGIN = 0.1
# What staying in the same section, or in the same part of the document, adds.
STAYED = 0.15
NO_SECTIONS: Mapping[int, int] = MappingProxyType({})
# What a neighbour that is the same adds; it only decides between equals.
NEIGHBOUR = 0.05
# In a larger gap only provisions that share a phrase are compared.
MOST_COMPARED = 4_000
# A phrase that stands in more provisions than this leads nowhere.
MOST_PLACES = 20

Pair = tuple[int, int]
Key = Callable[[Side, int], str]


def pair_units(old: Side, new: Side, sections: Mapping[int, int]) -> dict[int, int]:
    """Return the new ordinal that continues each old one, for all that is not a section."""
    matching = _Matching(old, new)
    # None is the text above all sections.
    homes = [(old.contents.get(None, []), new.contents.get(None, []))]
    homes += [(old.contents.get(one, []), new.contents.get(sections[one], [])) for one in sections]
    for olds, news in homes:
        matching.equal(olds, news)
    matching.equal(*matching.long())
    for olds, news in homes:
        matching.equal(olds, news, Side.typed)
    matching.equal(*matching.long(), Side.typed)
    matching.beside()
    # A second time, since what was found the first time leaves smaller gaps.
    for olds, news in homes * 2:
        matching.in_order(olds, news)
    for olds, news in homes:
        matching.surest(olds, news, matching.judge.out_of_order)
    matching.equally_often()
    matching.surest(*matching.long(), matching.judge.elsewhere, sections)
    matching.beside()
    return matching.pairs


def _text(side: Side, unit: int) -> str:
    return side.texts[unit]


def _by_text(side: Side, units: Iterable[int], key: Key) -> dict[str, list[int]]:
    found: dict[str, list[int]] = defaultdict(list)
    for unit in units:
        found[key(side, unit)].append(unit)
    return found


class _Matching:
    """The pairs found so far; every step adds to them and takes none away."""

    def __init__(self, old: Side, new: Side) -> None:
        self._old, self._new = old, new
        self.pairs: dict[int, int] = {}
        self._back: dict[int, int] = {}
        self.judge = Judge(old, new, self.pairs)

    def long(self) -> tuple[list[int], list[int]]:
        """Return the free units that have enough words to be recognised anywhere."""
        olds, news = self._free(self._old.units, self._new.units)
        return (
            [unit for unit in olds if len(self._old.evidence(unit)) >= FEWEST_WORDS],
            [unit for unit in news if len(self._new.evidence(unit)) >= FEWEST_WORDS],
        )

    def equal(self, olds: Iterable[int], news: Iterable[int], key: Key = _text) -> None:
        """Pair equal texts that stand once on either side, or texts whose `key` is equal."""
        olds, news = self._free(olds, news)
        after = _by_text(self._new, news, key)
        for text, units in _by_text(self._old, olds, key).items():
            if len(units) == len(after.get(text, ())) == 1:
                self._add(units[0], after[text][0])

    def equally_often(self) -> None:
        """Pair equal texts that are left over equally often, in their order."""
        olds, news = self.long()
        after = _by_text(self._new, news, _text)
        for text, units in _by_text(self._old, olds, _text).items():
            if len(units) == len(after.get(text, ())):
                for pair in zip(units, after[text], strict=True):
                    self._add(*pair)

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
        free = self._free(olds, news)
        if not all(free):
            return
        inside = set(news)
        fixed = [unit for unit in olds if self.pairs.get(unit) in inside]
        weights = [len(self._old.texts[unit]) + 1 for unit in fixed]
        chain = heaviest_rising([self.pairs[unit] for unit in fixed], weights)
        bounds = [(fixed[at], self.pairs[fixed[at]]) for at in chain]
        olds, news = free
        low, low_other = -1, -1
        for high, high_other in [*bounds, (len(self._old.texts), len(self._new.texts))]:
            self._gap(
                [unit for unit in olds if low < unit < high],
                [unit for unit in news if low_other < unit < high_other],
            )
            low, low_other = high, high_other

    def surest(
        self,
        olds: Iterable[int],
        news: Iterable[int],
        judge: Callable[[int, int], float],
        sections: Mapping[int, int] = NO_SECTIONS,
    ) -> None:
        """Pair what is clearly more alike than anything else, in whatever order.

        What stayed in one of the `sections` that correspond, or in a part of it, comes first.
        """
        found = [
            (weight + STAYED * self._stayed(*pair, sections), *pair)
            for pair in self._sharing_phrases(*self._free(olds, news))
            if (weight := judge(*pair))
        ]
        rivals: dict[tuple[str, int], list[float]] = defaultdict(list)
        for weight, unit, other in found:
            rivals["old", unit].append(weight)
            rivals["new", other].append(weight)
        for weight, unit, other in sorted(found, key=lambda one: (-one[0], *one[1:])):
            # The pair itself is among the rivals of both its sides.
            near = (*rivals["old", unit], *rivals["new", other])
            if sum(one > weight - MARGIN for one in near) == 2:
                self._add(unit, other)

    def _stayed(self, unit: int, other: int, sections: Mapping[int, int]) -> bool:
        """Return whether the innermost sections, or those around them, correspond."""
        home, other_home = self._old.home(unit), self._new.home(other)
        for _ in range(2):
            if home is None or other_home is None:
                return False
            if sections.get(home) == other_home:
                return True
            home, other_home = self._old.home(home), self._new.home(other_home)
        return False

    def _add(self, unit: int, other: int) -> None:
        if unit not in self.pairs and other not in self._back:
            self.pairs[unit] = other
            self._back[other] = unit

    def _free(self, olds: Iterable[int], news: Iterable[int]) -> tuple[list[int], list[int]]:
        return (
            [unit for unit in olds if unit not in self.pairs],
            [unit for unit in news if unit not in self._back],
        )

    def _equal_and_free(self, unit: int, other: int) -> bool:
        """Return whether two places hold unpaired units with equal words, nested ones included."""
        if not (0 <= unit < len(self._old.texts) and 0 <= other < len(self._new.texts)):
            return False
        before, after = self._old.parsed.provisions[unit], self._new.parsed.provisions[other]
        return (
            before.digest == after.digest
            and "section" not in (before.kind, after.kind)
            and unit not in self.pairs
            and other not in self._back
        )

    def _gap(self, olds: list[int], news: list[int]) -> None:
        """Pair the units of a gap in order, so that the sum of what they share is greatest."""
        if not olds or not news:
            return
        if len(olds) * len(news) > MOST_COMPARED:
            self._longest_equal(olds, news)
            olds, news = self._free(olds, news)
        pairs, weights = self._alike(olds, news)
        for at in heaviest_rising([other for _, other in pairs], weights):
            self._add(*pairs[at])

    def _longest_equal(self, olds: Sequence[int], news: Sequence[int]) -> None:
        before = [self._old.texts[unit] for unit in olds]
        after = [self._new.texts[unit] for unit in news]
        for run in LCSseq.opcodes(before, after):
            if run.tag == "equal":
                for step in range(run.src_end - run.src_start):
                    self._add(olds[run.src_start + step], news[run.dest_start + step])

    def _alike(self, olds: Sequence[int], news: Sequence[int]) -> tuple[list[Pair], list[float]]:
        """Return the pairs that may be the same, by old ordinal, and what speaks for each.

        Those of one old unit fall in the new ordinal, so that a rising chain takes only one.
        """
        alone = len(olds) == len(news) == 1
        if len(olds) * len(news) <= MOST_COMPARED:
            pairs = [(unit, other) for unit in olds for other in news]
        else:
            pairs = self._sharing_phrases(olds, news)
        found = {
            pair: weight + self._neighbours(*pair)
            for pair in pairs
            if (weight := self.judge.in_place(*pair, alone=alone))
        }
        chosen = sorted(found, key=lambda pair: (pair[0], -pair[1]))
        return chosen, [found[pair] for pair in chosen]

    def _neighbours(self, unit: int, other: int) -> float:
        return NEIGHBOUR * sum(
            0 <= unit + step < len(self._old.texts)
            and 0 <= other + step < len(self._new.texts)
            and self._old.texts[unit + step] == self._new.texts[other + step]
            for step in (-1, 1)
        )

    def _sharing_phrases(self, olds: Iterable[int], news: Iterable[int]) -> list[Pair]:
        """Return the pairs of units that have a phrase in common which is not everywhere."""
        places: dict[Phrase, list[int]] = defaultdict(list)
        for other in news:
            for phrase in self._new.phrases(other):
                places[phrase].append(other)
        return sorted(
            {
                (unit, other)
                for unit in olds
                for phrase in self._old.phrases(unit)
                if len(places.get(phrase, ())) <= MOST_PLACES
                for other in places.get(phrase, ())
            }
        )
