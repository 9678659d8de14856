"""Score pairs of provisions: whether one is an edited form of the other.

Thresholds were measured on the constitution and the Model Spec. Of pairs of different provisions in
one section, 4 in 1,000 share `SIMILAR` of their words if both have `SHORT` words or more; 9 in
1,000 share `SIMILAR_SHORT` if one has fewer, nearly all of them captions of examples, which the
examples distinguish. The similarity of an edited paragraph is seldom below 0.6; if much was added
at once, it is below 0.4, and the longer text contains almost all of the shorter one.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import takewhile

from annotator.documents.align.features import SHORT, Side
from annotator.documents.align.similarity import covered, word_similarity, words_of
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
LONGEST_FORM = 12
NUMBER = "0"
# For longer texts the unweighted similarity suffices.
LONGEST_WEIGHED = 3_000
# Fewer words are in many provisions by chance, and prove nothing.
FEWEST_WORDS = 5
# A contained text scores less than a similar one, and an equal caption of a different example
# even less.
CONTAINED_WEIGHT = 0.5
EQUAL_WEIGHT = 0.3


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

        `alone` means that there is no other candidate: both are the only units between two pairs.
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
        if similarity in (0.0, 1.0) or max(len(words), len(other_words)) > LONGEST_WEIGHED:
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
            and max(len(words), len(other_words)) <= LONGEST_FORM
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
