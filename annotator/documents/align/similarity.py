"""How alike two passages are, and how much of one stands in the other; no passage is known here.

Decisions are taken on words: case and punctuation count for nothing, order counts. Over words,
unrelated prose stays far below 0.4, where over characters it reaches 0.6.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Collection, Iterable, Sequence

from rapidfuzz.distance import Indel, Levenshtein

from annotator.documents.folding import TYPOGRAPHY, UNSPACED

Words = tuple[str, ...]
Phrase = tuple[str, ...]

# Words in a phrase: three in a row are seldom shared by chance, and most edits leave some whole.
PHRASE = 3
# Longer texts are scored by their words, not their characters.
MOST_CHARACTERS = 20_000
# Still longer ones (this is a product of two lengths) by their phrases, without regard to order.
MOST_STEPS = 400_000_000
# What two texts score that differ only where words do not tell.
ALMOST = 0.9999

_WORD = re.compile(rf"[{UNSPACED}]|[^\W{UNSPACED}]+(?:'[^\W{UNSPACED}]+)*")


def words_of(text: str) -> Words:
    """Cut a text into words, case folded, the apostrophe always straight.

    A text without any word (a row of asterisks) gives its visible characters.
    """
    plain = text.translate(TYPOGRAPHY).casefold()
    return tuple(_WORD.findall(plain)) or tuple("".join(plain.split()))


class Rarity:
    """How much a word tells: 1.0 where it stands once in a text, less the more often it does."""

    def __init__(self, words: Words) -> None:
        """Weigh each of the `words` of the whole text."""
        self._weights = {word: _weight(word, times) for word, times in Counter(words).items()}

    def __getitem__(self, word: str) -> float:
        """Return the weight of a word; one that the text has not weighs as if it stood once."""
        return self._weights.get(word) or _weight(word, 1)

    def total(self, words: Iterable[str]) -> float:
        """Add the weights of some words."""
        return sum(map(self.__getitem__, words))

    def likeness(self, old: Words, new: Words) -> float:
        """Return the share of the weight of both that stands in common, in the same order."""
        kept = sum(
            self.total(old[run.src_start : run.src_end])
            for run in Indel.opcodes(old, new)
            if run.tag == "equal"
        )
        return 2 * kept / (self.total(old) + self.total(new))


def _weight(word: str, times: int) -> float:
    weight: float = times**-0.75
    return 0.3 * weight if word.isdecimal() else weight


def likeness(old: Words, new: Words, least: float = 0.0) -> float:
    """Return the share of the words of both that stand in common, in the same order: 0 to 1.

    Below `least` the answer is 0.0, found sooner. Of very long texts it is the share of phrases.
    """
    if len(old) * len(new) > MOST_STEPS:
        alike = _phrases_in_common(old, new)
        return alike if alike >= least else 0.0
    return Indel.normalized_similarity(old, new, score_cutoff=least)


def score(old: str, new: str) -> float:
    """Return the normalised Levenshtein similarity of two texts: 1.0 the same, 0.0 nothing alike.

    Over characters; over words, and then never 1.0, where a text is longer than `MOST_CHARACTERS`.
    """
    if old == new:
        return 1.0
    if max(len(old), len(new)) <= MOST_CHARACTERS:
        return Levenshtein.normalized_similarity(old, new)
    words, others = words_of(old), words_of(new)
    if len(words) * len(others) > MOST_STEPS:
        return min(ALMOST, _phrases_in_common(words, others))
    return min(ALMOST, Levenshtein.normalized_similarity(words, others))


def phrases(words: Words, size: int = PHRASE) -> list[Phrase]:
    """Return every run of `size` words, in order; fewer words make one shorter phrase."""
    if len(words) <= size:
        return [words] if words else []
    return list(zip(*(words[at:] for at in range(size)), strict=False))


def _phrases_in_common(old: Words, new: Words) -> float:
    before, after = set(phrases(old)), set(phrases(new))
    return 2 * len(before & after) / (len(before) + len(after))


def covered(words: Words, known: Collection[Phrase], size: int = PHRASE) -> list[bool]:
    """Tell of each word whether it stands in a phrase that is one of `known`."""
    found = [False] * len(words)
    for at, phrase in enumerate(phrases(words, size)):
        if phrase in known:
            found[at : at + len(phrase)] = [True] * len(phrase)
    return found


def heaviest_rising(values: Sequence[int], weights: Sequence[float]) -> list[int]:
    """Return the indexes of the strictly rising subsequence of `values` that weighs most, in order.

    Weights are above 0. Takes n log n steps, or a little more.
    """
    tops: list[int] = []
    ends: list[int] = []
    sums: list[float] = []
    before: list[int] = []
    for index, (value, weight) in enumerate(zip(values, weights, strict=True)):
        at = bisect_left(tops, value)
        total = weight + (sums[at - 1] if at else 0.0)
        before.append(ends[at - 1] if at else -1)
        # What ends higher and weighs no more can never be the better beginning again.
        worse = at
        while worse < len(sums) and sums[worse] <= total:
            worse += 1
        tops[at:worse], ends[at:worse], sums[at:worse] = [value], [index], [total]
    chain: list[int] = []
    index = ends[-1] if ends else -1
    while index >= 0:
        chain.append(index)
        index = before[index]
    return chain[::-1]
