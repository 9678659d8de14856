"""Pair the units of two editions one to one, given the pairs of their sections.

Equal texts are paired first, then similar ones in the same place, then similar ones elsewhere.
Ambiguous units are not paired: nothing is guessed. `PairScorer` decides what is similar.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import takewhile
from types import MappingProxyType

from rapidfuzz.distance import LCSseq

from annotator.documents.align.similarity import (
    SHORT,
    Side,
    covered,
    heaviest_increasing,
    sharing_phrases,
    word_similarity,
    words_of,
)
from annotator.documents.parsed import split

# In paired sections: the least share of common words, in order.
SIMILAR = 0.4
SIMILAR_SHORT = 0.6
# Below a paired caption or list item.
SIMILAR_BELOW_PAIR = 0.3
# Much was added or removed: the least share of the shorter text's words that are in the longer.
CONTAINED = 0.6
CONTAINED_SHORT = 0.8
# In another place, without context.
SIMILAR_ELSEWHERE = 0.6
CONTAINED_ELSEWHERE = 0.8
# The least weighted similarity: formulas that a document repeats weigh little. Edited paragraphs
# have 0.26 at least; different ones that share a formula have less.
WEIGHTED = 0.25
WEIGHTED_ELSEWHERE = 0.45
# A rewritten paragraph that keeps its first sentence: the least weight of the first words, equal
# and unique as a beginning, and the least weighted similarity of the sentences. Sentences that an
# editor kept have 0.38 and 0.39 at least, others 0.05 and 0.20 at most.
SAME_BEGINNING, WEIGHTED_OPENING = 0.2, 0.3
# Lines that differ only in a date or a number, such as "Effective date: May 25, 2018".
SAME_FORM = 0.6
MAX_FORM = 12
NUMBER = "0"
# For longer texts the unweighted similarity suffices.
MAX_WEIGHED = 3_000
# Fewer words are in many provisions by chance, and prove nothing.
FEWEST_WORDS = 5
# A contained text scores less than a similar one, and an equal caption of a different example
# even less.
CONTAINED_WEIGHT = 0.5
EQUAL_WEIGHT = 0.3
# The least lead over rival pairs for a pair that is not in order.
MARGIN = 0.1
# Added for a pair in the same section, or in the same part of the document.
SAME_SECTION = 0.15
NO_SECTIONS: Mapping[int, int] = MappingProxyType({})
# Added for each equal neighbour; it only decides between equal scores.
EQUAL_NEIGHBOUR = 0.05
# If a gap has more pairs, only provisions that share a phrase are compared.
MAX_COMPARED = 4_000
Pair = tuple[int, int]
Key = Callable[[Side, int], str]


class PairScorer:
    """Scores pairs of an old and a new provision; 0.0 means that they are not paired.

    `pairs` are the pairs so far; provisions with paired parents need less similarity.
    """

    def __init__(self, old: Side, new: Side, pairs: Mapping[int, int]) -> None:
        self._old, self._new, self._pairs = old, new, pairs

    def in_place(
        self, unit: int, other: int, *, alone: bool = False, least_weighted: float = WEIGHTED
    ) -> float:
        """Score a pair in paired sections.

        `alone` means that there is no other candidate: they are the only units between two pairs.
        """
        if self._old.is_code(unit) != self._new.is_code(other):
            return 0.0
        short = self._is_short(unit, other) and not alone
        least = SIMILAR_SHORT if short else SIMILAR
        parent = self._old.parsed.provisions[unit].parent
        other_parent = self._new.parsed.provisions[other].parent
        if parent is not None and self._pairs.get(parent, -1) == other_parent:
            least = SIMILAR_BELOW_PAIR
        weight = self._similarity(unit, other, least, least_weighted)
        weight = weight or self._lead_in_similarity(unit, other)
        if not weight and self._same_form(unit, other, alone):
            weight = EQUAL_WEIGHT
        least_contained = CONTAINED_SHORT if short else CONTAINED
        if not weight and self._containment(unit, other) >= least_contained:
            weight = CONTAINED_WEIGHT * self._containment(unit, other)
        same = self._old.texts[unit] == self._new.texts[other]
        if same or (not weight and self._same_opening(unit, other)):
            weight = max(weight, EQUAL_WEIGHT)
        return weight

    def out_of_order(self, unit: int, other: int) -> float:
        """Score a pair in paired sections that is out of order."""
        return self.in_place(unit, other, least_weighted=WEIGHTED_ELSEWHERE)

    def elsewhere(self, unit: int, other: int) -> float:
        """Score a pair by its words, without context."""
        if self._old.is_code(unit) != self._new.is_code(other):
            return 0.0
        if self._is_short(unit, other):
            return self._similarity(unit, other, CONTAINED_ELSEWHERE, WEIGHTED_ELSEWHERE)
        weight = self._similarity(unit, other, SIMILAR_ELSEWHERE, WEIGHTED_ELSEWHERE)
        if not weight and self._containment(unit, other) >= CONTAINED_ELSEWHERE:
            weight = CONTAINED_WEIGHT * self._containment(unit, other)
        return weight

    def _is_short(self, unit: int, other: int) -> bool:
        lengths = len(self._old.matched_words(unit)), len(self._new.matched_words(other))
        return min(lengths) < SHORT

    def _similarity(self, unit: int, other: int, least: float, least_weighted: float) -> float:
        """Return the similarity, or 0.0 if it or the weighted similarity is too low."""
        words, other_words = self._old.matched_words(unit), self._new.matched_words(other)
        similarity = word_similarity(words, other_words, least)
        if similarity in (0.0, 1.0) or max(len(words), len(other_words)) > MAX_WEIGHED:
            return similarity
        enough = self._old.word_weights.similarity(words, other_words) >= least_weighted
        return similarity if enough else 0.0

    def _same_form(self, unit: int, other: int, alone: bool) -> bool:
        """Return whether two lines differ only in numbers or dates.

        Both begin with the same word, or are the only candidates.
        """
        words, other_words = (
            tuple(NUMBER if any(map(str.isdigit, word)) else word for word in side.words(at))
            for side, at in ((self._old, unit), (self._new, other))
        )
        return (
            NUMBER in words
            and NUMBER in other_words
            and max(len(words), len(other_words)) <= MAX_FORM
            and (alone or words[0] == other_words[0] != NUMBER)
            and word_similarity(words, other_words) >= SAME_FORM
        )

    def _same_opening(self, unit: int, other: int) -> bool:
        """Return whether a paragraph follows the same provision and begins with the same sentence.

        The sentence may be edited, except for its first words, which begin no other provision.
        """
        sides = (self._old, unit), (self._new, other)
        kinds = {side.parsed.provisions[at - 1].kind for side, at in sides}
        if self._pairs.get(unit - 1, -1) != other - 1 and kinds != {"section"}:
            return False
        texts = (side.texts[at] for side, at in sides)
        opening, other_opening = (
            words_of(text[: split(text)[0][1]]) if text else () for text in texts
        )
        if min(len(opening), len(other_opening)) < SHORT:
            return False
        pairs = zip(opening, other_opening, strict=False)
        run = tuple(word for word, _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
        word_weights = self._old.word_weights
        return (
            len(run) > 1
            and word_weights.total(run) >= SAME_BEGINNING
            and word_similarity(opening, other_opening) >= SIMILAR
            and word_weights.similarity(opening, other_opening) >= WEIGHTED_OPENING
            and all(
                sum(side.words(at)[: len(run)] == run for at in side.units) == 1
                for side in (self._old, self._new)
            )
        )

    def _lead_in_similarity(self, unit: int, other: int) -> float:
        """Return the similarity of two lead-ins if their nested provisions are similar, or 0.0."""
        if not (self._old.is_lead_in(unit) and self._new.is_lead_in(other)):
            return 0.0
        return self._similarity(unit, other, SIMILAR_BELOW_PAIR, 0.0) and word_similarity(
            self._old.words(unit), self._new.words(other), SIMILAR_SHORT
        )

    def _containment(self, unit: int, other: int) -> float:
        """Return the share of the shorter text's own words that are in phrases of the longer."""
        shorter, longer = (self._old, unit), (self._new, other)
        if len(self._old.words(unit)) > len(self._new.words(other)):
            shorter, longer = longer, shorter
        words = shorter[0].words(shorter[1])
        phrases, longer_phrases = (side.phrases(at) for side, at in (shorter, longer))
        if len(words) < FEWEST_WORDS or phrases.isdisjoint(longer_phrases):
            return 0.0
        return sum(covered(words, longer_phrases)) / len(words)


def pair_units(old: Side, new: Side, sections: Mapping[int, int]) -> dict[int, int]:
    """Return the new ordinal of each old unit that is paired."""
    matching = _Matching(old, new)
    # None is the text above all sections.
    sibling_units = [
        (old.contents.get(section, []), new.contents.get(other, []))
        for section, other in ((None, None), *sections.items())
    ]
    for olds, news in sibling_units:
        matching.pair_equal(olds, news)
    matching.pair_equal(*matching.long_unpaired())
    for olds, news in sibling_units:
        matching.pair_equal(olds, news, Side.folded_text)
    matching.pair_equal(*matching.long_unpaired(), Side.folded_text)
    matching.pair_neighbours()
    # The second pass benefits from the smaller gaps that the first leaves.
    for olds, news in sibling_units * 2:
        matching.pair_in_order(olds, news)
    for olds, news in sibling_units:
        matching.pair_best(olds, news, matching.scorer.out_of_order)
    matching.pair_equal(*matching.long_unpaired(), repeated=True)
    matching.pair_best(*matching.long_unpaired(), matching.scorer.elsewhere, sections)
    matching.pair_neighbours()
    return matching.pairs


def _text(side: Side, unit: int) -> str:
    return side.texts[unit]


def _by_text(side: Side, units: Iterable[int], key: Key) -> dict[str, list[int]]:
    by_text: dict[str, list[int]] = defaultdict(list)
    for unit in units:
        by_text[key(side, unit)].append(unit)
    return by_text


class _Matching:
    """The pairs so far; each step adds pairs and removes none."""

    def __init__(self, old: Side, new: Side) -> None:
        self._old, self._new = old, new
        self.pairs: dict[int, int] = {}
        self._back: dict[int, int] = {}
        self.scorer = PairScorer(old, new, self.pairs)

    def long_unpaired(self) -> tuple[list[int], list[int]]:
        """Return the unpaired units with enough words to be recognised anywhere."""
        olds, news = self._unpaired(self._old.units, self._new.units)
        return (
            [unit for unit in olds if len(self._old.matched_words(unit)) >= FEWEST_WORDS],
            [unit for unit in news if len(self._new.matched_words(unit)) >= FEWEST_WORDS],
        )

    def pair_equal(
        self, olds: Iterable[int], news: Iterable[int], key: Key = _text, *, repeated: bool = False
    ) -> None:
        """Pair units whose `key` is equal and occurs once on each side.

        Those that are `repeated` are paired in order if both sides have the same number of them.
        """
        olds, news = self._unpaired(olds, news)
        after = _by_text(self._new, news, key)
        for text, units in _by_text(self._old, olds, key).items():
            others = after.get(text, [])
            if len(units) == len(others) and (repeated or len(units) == 1):
                for pair in zip(units, others, strict=True):
                    self._add(*pair)

    def pair_neighbours(self) -> None:
        """Pair equal texts directly after or before a pair."""
        for step, pairs in ((1, sorted(self.pairs)), (-1, sorted(self.pairs, reverse=True))):
            for unit in pairs:
                at, other = unit + step, self.pairs[unit] + step
                while self._equal_and_unpaired(at, other):
                    self._add(at, other)
                    at, other = at + step, other + step

    def pair_in_order(self, olds: Sequence[int], news: Sequence[int]) -> None:
        """Pair similar units of two paired sections, between the pairs that are in order."""
        unpaired = self._unpaired(olds, news)
        if not all(unpaired):
            return
        inside = set(news)
        fixed = [unit for unit in olds if self.pairs.get(unit) in inside]
        weights = [len(self._old.texts[unit]) + 1 for unit in fixed]
        chain = heaviest_increasing([self.pairs[unit] for unit in fixed], weights)
        bounds = [(fixed[at], self.pairs[fixed[at]]) for at in chain]
        olds, news = unpaired
        low, low_other = -1, -1
        for high, high_other in [*bounds, (len(self._old.texts), len(self._new.texts))]:
            self._pair_gap(
                [unit for unit in olds if low < unit < high],
                [unit for unit in news if low_other < unit < high_other],
            )
            low, low_other = high, high_other

    def pair_best(
        self,
        olds: Iterable[int],
        news: Iterable[int],
        score: Callable[[int, int], float],
        sections: Mapping[int, int] = NO_SECTIONS,
    ) -> None:
        """Pair units whose score is at least `MARGIN` above their rivals', in any order.

        Pairs within paired `sections`, or a subsection of them, score higher.
        """
        candidates = [
            (weight + SAME_SECTION * self._is_in_same_section(*pair, sections), *pair)
            for pair in self._sharing_phrases(*self._unpaired(olds, news))
            if (weight := score(*pair))
        ]
        rivals: dict[tuple[str, int], list[float]] = defaultdict(list)
        for weight, unit, other in candidates:
            rivals["old", unit].append(weight)
            rivals["new", other].append(weight)
        for weight, unit, other in sorted(candidates, key=lambda entry: (-entry[0], *entry[1:])):
            # The pair itself is among the rivals of both its units.
            weights = (*rivals["old", unit], *rivals["new", other])
            if sum(rival > weight - MARGIN for rival in weights) == 2:
                self._add(unit, other)

    def _is_in_same_section(self, unit: int, other: int, sections: Mapping[int, int]) -> bool:
        """Return whether the innermost sections, or their parents, are paired."""
        section, other_section = self._old.section_of(unit), self._new.section_of(other)
        for _ in range(2):
            if section is None or other_section is None:
                return False
            if sections.get(section) == other_section:
                return True
            section = self._old.section_of(section)
            other_section = self._new.section_of(other_section)
        return False

    def _add(self, unit: int, other: int) -> None:
        if unit not in self.pairs and other not in self._back:
            self.pairs[unit] = other
            self._back[other] = unit

    def _unpaired(self, olds: Iterable[int], news: Iterable[int]) -> tuple[list[int], list[int]]:
        return (
            [unit for unit in olds if unit not in self.pairs],
            [unit for unit in news if unit not in self._back],
        )

    def _equal_and_unpaired(self, unit: int, other: int) -> bool:
        """Return whether both are unpaired units with equal text, including nested provisions."""
        if not (0 <= unit < len(self._old.texts) and 0 <= other < len(self._new.texts)):
            return False
        before, after = self._old.parsed.provisions[unit], self._new.parsed.provisions[other]
        return (
            before.digest == after.digest
            and "section" not in (before.kind, after.kind)
            and unit not in self.pairs
            and other not in self._back
        )

    def _pair_gap(self, olds: list[int], news: list[int]) -> None:
        """Pair the units of a gap in order, with the greatest sum of scores."""
        if not olds or not news:
            return
        if len(olds) * len(news) > MAX_COMPARED:
            self._pair_longest_equal(olds, news)
            olds, news = self._unpaired(olds, news)
        pairs, weights = self._scored_pairs(olds, news)
        for at in heaviest_increasing([other for _, other in pairs], weights):
            self._add(*pairs[at])

    def _pair_longest_equal(self, olds: Sequence[int], news: Sequence[int]) -> None:
        before = [self._old.texts[unit] for unit in olds]
        after = [self._new.texts[unit] for unit in news]
        for run in LCSseq.opcodes(before, after):
            if run.tag == "equal":
                for step in range(run.src_end - run.src_start):
                    self._add(olds[run.src_start + step], news[run.dest_start + step])

    def _scored_pairs(
        self, olds: Sequence[int], news: Sequence[int]
    ) -> tuple[list[Pair], list[float]]:
        """Return the candidate pairs, by old ordinal, and their scores.

        Pairs of one old unit are in descending order of the new ordinal, so that an increasing
        subsequence includes only one of them.
        """
        alone = len(olds) == len(news) == 1
        if len(olds) * len(news) <= MAX_COMPARED:
            pairs = [(unit, other) for unit in olds for other in news]
        else:
            pairs = self._sharing_phrases(olds, news)
        scores = {
            pair: weight + EQUAL_NEIGHBOUR * self._equal_neighbours(*pair)
            for pair in pairs
            if (weight := self.scorer.in_place(*pair, alone=alone))
        }
        candidates = sorted(scores, key=lambda pair: (pair[0], -pair[1]))
        return candidates, [scores[pair] for pair in candidates]

    def _equal_neighbours(self, unit: int, other: int) -> int:
        return sum(
            0 <= unit + step < len(self._old.texts)
            and 0 <= other + step < len(self._new.texts)
            and self._old.texts[unit + step] == self._new.texts[other + step]
            for step in (-1, 1)
        )

    def _sharing_phrases(self, olds: Iterable[int], news: Iterable[int]) -> list[Pair]:
        """Return the pairs of units that share a phrase that is not too frequent."""
        sharing = sharing_phrases(self._old, olds, self._new, news)
        return sorted((unit, other) for unit, others in sharing.items() for other in others)
