"""Measure the similarity of two texts, and how much of one is contained in the other.

Decisions are based on words: case and punctuation are ignored, order counts. The word similarity of
unrelated prose is far below 0.4, while its character similarity reaches 0.6. `Side` has what is
compared of an edition.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from rapidfuzz.distance import Indel, Levenshtein

from annotator.documents.folding import TYPOGRAPHY, UNSPACED, fold_words
from annotator.documents.parsed import Parsed

Words = tuple[str, ...]
Phrase = tuple[str, ...]

# Words in a phrase: three in a row are seldom shared by chance, and most edits leave some whole.
PHRASE = 3
# Longer texts are scored by their words, not their characters.
MOST_CHARACTERS = 20_000
# Still longer ones (this is a product of two lengths) by their phrases, without regard to order.
MOST_STEPS = 400_000_000
# The score of long texts that differ only in case, punctuation or space.
ALMOST = 0.9999

# Phrases in more provisions than this are ignored.
MOST_PLACES = 20

_WORD = re.compile(rf"[{UNSPACED}]|[^\W{UNSPACED}]+(?:'[^\W{UNSPACED}]+)*")
# Unrelated provisions with fewer words may be very similar.
SHORT = 10
# The number of a heading: "12", "12.3", "§ 12a", "Article 12:", "IV.", "(b)", "第12".
_NUMBERING = re.compile(
    r"\W{0,9}(?:(?:§{1,2}|[^\W\d]{1,12}\.?)?\s*\d+[a-z]?(?:[.–-]\d+[a-z]?)*(?![a-z\d])"
    r"|(?:[IVXLCDM]+|[A-Za-z])(?=[.):]))[\s.):–—-]*"
)


def words_of(text: str) -> Words:
    """Split a text into case-folded words with straight apostrophes.

    A text without words (a row of asterisks) is split into its visible characters.
    """
    plain = text.translate(TYPOGRAPHY).casefold()
    return tuple(_WORD.findall(plain)) or tuple("".join(plain.split()))


class WordWeights:
    """The weights of a text's words: 1.0 for a word that occurs once, less for frequent ones."""

    def __init__(self, words: Words) -> None:
        """Compute the weights from all `words` of the text, in any order."""
        self._weights = {word: _weight(word, times) for word, times in Counter(words).items()}

    def __getitem__(self, word: str) -> float:
        """Return the weight of a word; one that is not in the text counts as occurring once."""
        return self._weights.get(word) or _weight(word, 1)

    def total(self, words: Iterable[str]) -> float:
        """Return the sum of the weights of `words`."""
        return sum(map(self.__getitem__, words))

    def similarity(self, old: Words, new: Words) -> float:
        """Return the share of the weight of both that is common, in the same order: 0 to 1."""
        common = sum(
            self.total(old[run.src_start : run.src_end])
            for run in Indel.opcodes(old, new)
            if run.tag == "equal"
        )
        return 2 * common / (self.total(old) + self.total(new))


def _weight(word: str, times: int) -> float:
    weight: float = times**-0.75
    return 0.3 * weight if word.isdecimal() else weight


def word_similarity(old: Words, new: Words, least: float = 0.0) -> float:
    """Return the share of the words of both that are common, in the same order: 0 to 1.

    Below `least` the result is 0.0, which is faster. For very long texts phrases are compared.
    """
    if len(old) * len(new) > MOST_STEPS:
        similarity = _phrase_similarity(old, new)
        return similarity if similarity >= least else 0.0
    return Indel.normalized_similarity(old, new, score_cutoff=least)


def score(old: str, new: str) -> float:
    """Return the normalised Levenshtein similarity of two texts: from 0.0 to 1.0, equal.

    Characters are compared; if a text is longer than `MOST_CHARACTERS`, words are, and the score of
    different texts is at most `ALMOST`.
    """
    if old == new:
        return 1.0
    if max(len(old), len(new)) <= MOST_CHARACTERS:
        return Levenshtein.normalized_similarity(old, new)
    old_words, new_words = words_of(old), words_of(new)
    if len(old_words) * len(new_words) > MOST_STEPS:
        return min(ALMOST, _phrase_similarity(old_words, new_words))
    return min(ALMOST, Levenshtein.normalized_similarity(old_words, new_words))


def phrases(words: Words, size: int = PHRASE) -> list[Phrase]:
    """Return every run of `size` words, in order; fewer words make one shorter phrase."""
    if len(words) <= size:
        return [words] if words else []
    return list(zip(*(words[at:] for at in range(size)), strict=False))


def _phrase_similarity(old: Words, new: Words) -> float:
    old_phrases, new_phrases = set(phrases(old)), set(phrases(new))
    return 2 * len(old_phrases & new_phrases) / (len(old_phrases) + len(new_phrases))


def covered(words: Words, shared: Collection[Phrase], size: int = PHRASE) -> list[bool]:
    """Return for each word whether it is part of a phrase that is in `shared`."""
    is_covered = [False] * len(words)
    for at, phrase in enumerate(phrases(words, size)):
        if phrase in shared:
            is_covered[at : at + len(phrase)] = [True] * len(phrase)
    return is_covered


def heaviest_increasing(values: Sequence[int], weights: Sequence[float]) -> list[int]:
    """Return the indexes of the heaviest strictly increasing subsequence of `values`, in order.

    Weights are above 0. Takes about n log n steps.
    """
    last_values: list[int] = []
    last_indexes: list[int] = []
    sums: list[float] = []
    previous: list[int] = []
    for index, (value, weight) in enumerate(zip(values, weights, strict=True)):
        at = bisect_left(last_values, value)
        total = weight + (sums[at - 1] if at else 0.0)
        previous.append(last_indexes[at - 1] if at else -1)
        # A subsequence with a higher last value and no greater weight is never extended.
        end = at
        while end < len(sums) and sums[end] <= total:
            end += 1
        last_values[at:end], last_indexes[at:end], sums[at:end] = [value], [index], [total]
    subsequence: list[int] = []
    index = last_indexes[-1] if last_indexes else -1
    while index >= 0:
        subsequence.append(index)
        index = previous[index]
    return subsequence[::-1]


@dataclass(frozen=True)
class Side:
    """One of the two editions in an alignment, with the features of its provisions."""

    parsed: Parsed
    _words: dict[int, Words] = field(default_factory=dict)
    _phrases: dict[int, frozenset[Phrase]] = field(default_factory=dict)
    _matched_words: dict[int, Words] = field(default_factory=dict)

    @cached_property
    def texts(self) -> list[str]:
        """The own words of each provision; blocks are joined by a line feed."""
        text = self.parsed.text
        return [
            "\n".join(text[block.start : block.end] for block in blocks)
            for blocks in self.parsed.own_blocks
        ]

    def words(self, ordinal: int) -> Words:
        """Return a provision's own words, case folded."""
        if ordinal not in self._words:
            self._words[ordinal] = words_of(self.texts[ordinal])
        return self._words[ordinal]

    def phrases(self, ordinal: int) -> frozenset[Phrase]:
        """Return the phrases of a provision's own words."""
        if ordinal not in self._phrases:
            self._phrases[ordinal] = frozenset(phrases(self.words(ordinal)))
        return self._phrases[ordinal]

    @cached_property
    def word_weights(self) -> WordWeights:
        """The weight of each word in this edition."""
        return WordWeights(words_of(self.parsed.text))

    @cached_property
    def sections(self) -> list[int]:
        """The ordinals of the sections."""
        provisions = enumerate(self.parsed.provisions)
        return [ordinal for ordinal, provision in provisions if provision.kind == "section"]

    @cached_property
    def contents(self) -> dict[int | None, list[int]]:
        """The units of each section's own text, without its subsections."""
        units: dict[int | None, list[int]] = defaultdict(list)
        for unit in self.units:
            units[self.section_of(unit)].append(unit)
        return units

    @cached_property
    def units(self) -> list[int]:
        """The ordinals of the provisions that are not sections."""
        provisions = enumerate(self.parsed.provisions)
        return [ordinal for ordinal, provision in provisions if provision.kind != "section"]

    @cached_property
    def _parents(self) -> set[int]:
        """The provisions that other provisions are nested in."""
        provisions = self.parsed.provisions
        return {provision.parent for provision in provisions if provision.parent is not None}

    def matched_words(self, ordinal: int) -> Words:
        """Return the words that a provision is matched by.

        These are its own words. But many examples have the same caption, and many lists the same
        lead-in, so a short caption or lead-in includes the words of the nested provisions.
        """
        if not self.is_lead_in(ordinal):
            return self.words(ordinal)
        if ordinal not in self._matched_words:
            whole = self.parsed.provisions[ordinal]
            self._matched_words[ordinal] = words_of(self.parsed.text[whole.start : whole.end])
        return self._matched_words[ordinal]

    def is_lead_in(self, ordinal: int) -> bool:
        """Return whether a provision is a short caption or lead-in of nested provisions."""
        return ordinal in self._parents and len(self.words(ordinal)) < SHORT

    def section_of(self, ordinal: int) -> int | None:
        """Return the section that contains a provision, None at the top level."""
        return self.parsed.provisions[ordinal].section

    def is_code(self, ordinal: int) -> bool:
        """Return whether a provision is a code block; editing never turns prose into code."""
        return self.parsed.provisions[ordinal].kind == "code"

    def title(self, section: int) -> str:
        """Return a section's heading, case folded, or the slug of a section without a heading."""
        return self.texts[section].casefold() or self.parsed.provisions[section].slug or ""

    def unnumbered_title(self, section: int) -> str:
        """Return a heading's words without case, punctuation and number."""
        title = self.texts[section]
        numbering = _NUMBERING.match(title)
        unnumbered = title[numbering.end() :] if numbering else title
        return " ".join(words_of(unnumbered or title)) if title else ""

    def anchor(self, section: int) -> str:
        """Return the anchor of a section in the source, or an empty string."""
        return self.parsed.provisions[section].attributes.get("anchor", "")

    def folded_text(self, ordinal: int) -> str:
        """Return a provision's own text without case and typography."""
        return fold_words(self.texts[ordinal])


def sharing_phrases(
    old: Side, olds: Iterable[int], new: Side, news: Iterable[int]
) -> dict[int, set[int]]:
    """Return for each of `olds` those of `news` with which it shares a phrase.

    Phrases in more than `MOST_PLACES` of them are ignored.
    """
    places: dict[Phrase, list[int]] = defaultdict(list)
    for unit in news:
        for phrase in new.phrases(unit):
            places[phrase].append(unit)
    return {
        unit: {
            other
            for phrase in old.phrases(unit)
            if len(places.get(phrase, ())) <= MOST_PLACES
            for other in places.get(phrase, ())
        }
        for unit in olds
    }
