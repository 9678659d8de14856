"""When two provisions are one that was edited: every threshold, and what it was read off.

Measured on the constitution and the Model Spec. Of pairs of different provisions of one section, 4
in 1,000 share `ALIKE` of their words where both have `SHORT` words or more; where one has fewer, 9
in 1,000 share `ALIKE_SHORT`, nearly all of them captions of examples, which are told apart by the
example. The words of an edited paragraph seldom fall below 0.6 in common, where much was added to
it at once below 0.4; then almost all of the shorter text stands in the longer.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import takewhile

from annotator.documents.align.features import SHORT, Side
from annotator.documents.align.similarity import covered, likeness, words_of
from annotator.documents.sentences import split

# Where it stood: the share of words in common, in order.
ALIKE = 0.4
ALIKE_SHORT = 0.6
# Under the same caption, or in the same list item, less will do.
ALIKE_UNDER = 0.3
# Much was added to it, or taken away: the share of the shorter one's words found in the longer.
CONTAINED = 0.6
CONTAINED_SHORT = 0.8
# In another place, where there is no context to speak for it.
ALIKE_ELSEWHERE = 0.6
CONTAINED_ELSEWHERE = 0.8
# The same by what words tell: formulas, which a document repeats, weigh little. Edited paragraphs
# that are alike have 0.26 at least; different ones that share a formula have less.
TELLING = 0.25
TELLING_ELSEWHERE = 0.45
# A rewritten paragraph whose first sentence lives on: the least weight of its first words, all of
# which are the same and begin nothing else, and the share of what the sentences tell. Sentences
# that an editor kept in their place have 0.38 and 0.39 at least, others 0.05 and 0.20 at most.
SAME_BEGINNING, TELLING_OPENING = 0.2, 0.3
# Lines that differ in nothing but a date or a number, such as "Effective date: May 25, 2018".
SAME_FORM = 0.6
LONGEST_FORM = 12
NUMBER = "0"
# Longer texts have enough words to be told by their number alone.
LONGEST_WEIGHED = 3_000
# Fewer words stand in many places by chance, and prove nothing.
FEWEST_WORDS = 5
# A text contained in another counts for less than one that is like it, and the same caption over
# another example for less again.
CONTAINED_WEIGHT = 0.5
EQUAL_WEIGHT = 0.3


class Judge:
    """Tells what speaks for a pair of provisions, old and new: 0.0 where it is not enough.

    `pairs` are those found so far; a provision is more easily recognised under its old parent.
    """

    def __init__(self, old: Side, new: Side, pairs: Mapping[int, int]) -> None:
        self._old, self._new, self._pairs = old, new, pairs

    def in_place(
        self, unit: int, other: int, *, alone: bool = False, telling: float = TELLING
    ) -> float:
        """Judge a pair that stands in sections which correspond.

        `alone` says that there is no other choice: both stand by themselves between pairs.
        """
        if self._old.is_code(unit) != self._new.is_code(other):
            return 0.0
        short = self._is_short(unit, other) and not alone
        least = ALIKE_SHORT if short else ALIKE
        above = self._old.parsed.provisions[unit].parent
        above_other = self._new.parsed.provisions[other].parent
        if above is not None and self._pairs.get(above, -1) == above_other:
            least = ALIKE_UNDER
        weight = self._whole(unit, other, least, telling) or self._led(unit, other)
        if not weight and self._same_form(unit, other, alone):
            weight = EQUAL_WEIGHT
        if not weight and self._contained(unit, other) >= (CONTAINED_SHORT if short else CONTAINED):
            weight = CONTAINED_WEIGHT * self._contained(unit, other)
        same = self._old.texts[unit] == self._new.texts[other]
        if same or (not weight and self._same_opening(unit, other)):
            weight = max(weight, EQUAL_WEIGHT)
        return weight

    def out_of_order(self, unit: int, other: int) -> float:
        """Judge a pair in sections that correspond, which left its place among its neighbours."""
        return self.in_place(unit, other, telling=TELLING_ELSEWHERE)

    def elsewhere(self, unit: int, other: int) -> float:
        """Judge a pair by its words alone."""
        if self._old.is_code(unit) != self._new.is_code(other):
            return 0.0
        if self._is_short(unit, other):
            return self._whole(unit, other, CONTAINED_ELSEWHERE, TELLING_ELSEWHERE)
        weight = self._whole(unit, other, ALIKE_ELSEWHERE, TELLING_ELSEWHERE)
        if not weight and self._contained(unit, other) >= CONTAINED_ELSEWHERE:
            weight = CONTAINED_WEIGHT * self._contained(unit, other)
        return weight

    def _is_short(self, unit: int, other: int) -> bool:
        return min(len(self._old.evidence(unit)), len(self._new.evidence(other))) < SHORT

    def _whole(self, unit: int, other: int, least: float, telling: float) -> float:
        """Return how alike two texts are; 0.0 below `least`, or if only formulas are the same."""
        words, others = self._old.evidence(unit), self._new.evidence(other)
        alike = likeness(words, others, least)
        if not alike or alike == 1.0 or max(len(words), len(others)) > LONGEST_WEIGHED:
            return alike
        return alike if self._old.rarity.likeness(words, others) >= telling else 0.0

    def _same_form(self, unit: int, other: int, alone: bool) -> bool:
        """Return whether two lines with numbers or dates are the same but for those.

        Both must begin alike, or stand by themselves.
        """
        words, others = (
            tuple(NUMBER if any(map(str.isdigit, word)) else word for word in side.words(at))
            for side, at in ((self._old, unit), (self._new, other))
        )
        return (
            NUMBER in words
            and NUMBER in others
            and max(len(words), len(others)) <= LONGEST_FORM
            and (alone or words[0] == others[0] != NUMBER)
            and likeness(words, others) >= SAME_FORM
        )

    def _same_opening(self, unit: int, other: int) -> bool:
        """Return whether a paragraph follows the same provision and begins with the same sentence.

        The sentence may be edited, but not its first words, which no other provision begins with.
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
        rarity = self._old.rarity
        return (
            len(run) > 1
            and rarity.total(run) >= SAME_BEGINNING
            and likeness(opening, other_opening) >= ALIKE
            and rarity.likeness(opening, other_opening) >= TELLING_OPENING
            and all(
                sum(side.words(at)[: len(run)] == run for at in side.units) == 1
                for side in (self._old, self._new)
            )
        )

    def _led(self, unit: int, other: int) -> float:
        """Judge captions over examples that are themselves alike, though less than they."""
        if not (self._old.leads(unit) and self._new.leads(other)):
            return 0.0
        return self._whole(unit, other, ALIKE_UNDER, 0.0) and likeness(
            self._old.words(unit), self._new.words(other), ALIKE_SHORT
        )

    def _contained(self, unit: int, other: int) -> float:
        """Return the share of the shorter text's own words that stand in phrases of the longer."""
        words, others = self._old.words(unit), self._new.words(other)
        known, found = self._old.phrases(unit), self._new.phrases(other)
        if len(words) > len(others):
            words, known, found = others, found, known
        if len(words) < FEWEST_WORDS or known.isdisjoint(found):
            return 0.0
        return sum(covered(words, found)) / len(words)
