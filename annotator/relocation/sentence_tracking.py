"""Sentences on both sides of a revision: which one a sentence became, if it is still the same.

Words that changed are the same passage only if the sentence around them is the same sentence. And a
sentence whose paragraph is gone, or was merged into others, is looked for in the section that
continues its own. Words weigh the less the more often the old edition has them.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cached_property

from rapidfuzz.distance import LCSseq

from annotator.documents.align.similarity import Rarity, Words, likeness, words_of
from annotator.documents.parsed import Block, Parsed
from annotator.documents.sentences import split
from annotator.relocation.exact_search import Range
from annotator.relocation.succession import Succession

# The share of what the words of the shorter of two sentences tell, for one to be the other edited.
# Of 268 spans that a reader found rightly placed, two have less; of unrelated neighbours in a text
# that repeats its terms, the most is 0.34.
SAME = 0.4
# Or the share of their words, in order; or of the words that were found, if there are enough.
SAME_WORDS = 0.6
SAME_FOUND, FEWEST_FOUND = 0.75, 6
# Where a sentence is looked for, more: of the old words this share, by what they tell; half of them
# in number where it begins as it did; or nearly all of a shorter new one.
FOUND = 0.5
BEGINNING = 4
CONTAINED = 0.8
# The next best sentence must have so much less of it.
MARGIN = 0.15
# Words that stand once in either section need less of their sentence.
ONCE = 0.3


class SentencePairs:
    """Compares sentences of an old and a new edition."""

    def __init__(self, old: Parsed, new: Parsed, succession: Succession) -> None:
        self._old, self._new = old, new
        self._succession = succession

    def narrowed(self, span: Range, found: Range) -> Range | None:
        """Return what was found without sentences that are others; None if all are."""
        before = _words(self._old, _around(self._old, span))
        after = _around(self._new, found)
        while len(after) > 1 and after[0][0] >= found[0] and not self._same(before, after[:1]):
            after = after[1:]
            found = after[0][0], found[1]
        while len(after) > 1 and after[-1][1] <= found[1] and not self._same(before, after[-1:]):
            after = after[:-1]
            found = found[0], after[-1][1]
        same = self._same(before, after) or self._stood(before, self._new.text[slice(*found)])
        return found if same else None

    def dropped(self, span: Range, found: Range) -> bool:
        """Return whether what was found has fewer sentences than the span."""
        return len(_around(self._new, found)) < len(_around(self._old, span))

    def _same(self, before: Words, sentences: list[Range]) -> bool:
        after = _words(self._new, sentences)
        least = min(self._rarity.total(before), self._rarity.total(after))
        return self._kept(before, after) >= SAME * least or likeness(before, after) >= SAME_WORDS

    def _stood(self, before: Words, found: str) -> bool:
        words = words_of(found)
        common = LCSseq.similarity(words, before)
        return len(words) >= FEWEST_FOUND and common >= SAME_FOUND * len(words)

    def counterpart(self, span: Range) -> tuple[list[Range], list[Range]] | None:
        """Return the sentences around a span, and those that they became in the same section.

        None where one of them is not there any more, or might be any of several.
        """
        before = _around(self._old, span)
        words = self._old.text[slice(*span)] if len(before) == 1 else ""
        found = [self._became(sentence, words) for sentence in before]
        after = [sentence for sentence in found if sentence is not None]
        if not after or len(after) < len(before) or after != sorted(set(after)):
            return None
        return before, after

    def _became(self, sentence: Range, part: str) -> Range | None:
        text = self._old.text[slice(*sentence)]
        words = words_of(text)
        others = list(self._section_sentences(sentence))
        same = [at for at, other in others if other == text]
        if same:
            return same[0] if len(same) == 1 and self._stands_once(sentence, text) else None
        scores = sorted(
            ((self._score(words, words_of(other)), at) for at, other in others
             if other not in self._old_sentences), reverse=True,
        )  # fmt: skip
        if not scores:
            return None
        if scores[0][0] >= FOUND and (len(scores) == 1 or scores[1][0] <= scores[0][0] - MARGIN):
            return scores[0][1]
        holding = [at for at, other in others if part and part in other]
        if len(holding) == 1 and self._stands_once(sentence, part):
            return next((at for score, at in scores if at == holding[0] and score >= ONCE), None)
        return None

    def _score(self, words: Words, other: Words) -> float:
        kept = self._kept(words, other)
        share = kept / (self._rarity.total(words) or 1.0)
        common = sum((Counter(words) & Counter(other)).values())
        if len(words) > BEGINNING and words[:BEGINNING] == other[:BEGINNING]:
            share = max(share, common / len(words))
        if common >= BEGINNING and kept >= CONTAINED * self._rarity.total(other):
            share = max(share, FOUND)
        return share

    def _kept(self, words: Words, others: Words) -> float:
        return self._rarity.total((Counter(words) & Counter(others)).elements())

    def _stands_once(self, sentence: Range, part: str) -> bool:
        section = self._section(sentence)
        return sum(
            text.count(part) for _, text in _sentences(self._old, self._blocks[0].get(section, ()))
        ) == 1  # fmt: skip

    def _section(self, sentence: Range) -> int | None:
        at = bisect_right(self._old.blocks, sentence[0], key=lambda block: block.start) - 1
        return self._old.provisions[self._old.blocks[max(at, 0)].provision].section

    def _section_sentences(self, sentence: Range) -> Iterator[tuple[Range, str]]:
        """Yield the sentences of the section that continues the one of a sentence."""
        section = self._section(sentence)
        gone = {block.provision for block in self._blocks[0].get(section, ())} - self._continued[0]
        for heir in self._succession.heirs(section) if section is not None else ():
            blocks = self._blocks[1].get(heir, [])
            if len(gone) == 1:  # whether it became another is for the alignment to say
                blocks = [block for block in blocks if block.provision in self._continued[1]]
            yield from _sentences(self._new, blocks)

    @cached_property
    def _continued(self) -> tuple[set[int], set[int]]:
        """The old provisions that have heirs, and the heirs."""
        olds = {at for at in range(len(self._old.provisions)) if self._succession.heirs(at)}
        return olds, {heir for at in olds for heir in self._succession.heirs(at)}

    @cached_property
    def _old_sentences(self) -> set[str]:
        """The sentences that the old edition has already: another one did not become them."""
        return {text for _, text in _sentences(self._old, self._old.blocks)}

    @cached_property
    def _blocks(self) -> tuple[dict[int | None, list[Block]], dict[int | None, list[Block]]]:
        """The blocks of each section's own text, of the old edition and of the new."""
        return _by_section(self._old), _by_section(self._new)

    @cached_property
    def _rarity(self) -> Rarity:
        return Rarity(words_of(self._old.text))


def _by_section(parsed: Parsed) -> dict[int | None, list[Block]]:
    found: dict[int | None, list[Block]] = {}
    for block in parsed.blocks:
        if block.kind not in ("heading", "code"):
            found.setdefault(parsed.provisions[block.provision].section, []).append(block)
    return found


def _sentences(parsed: Parsed, blocks: Iterable[Block]) -> Iterator[tuple[Range, str]]:
    for block in blocks:
        for at in _split(parsed, block):
            yield at, parsed.text[slice(*at)]


def _split(parsed: Parsed, block: Block) -> list[Range]:
    if block.kind == "code":
        return [(block.start, block.end)]
    found = split(parsed.text[block.start : block.end])
    return [(block.start + start, block.start + end) for start, end in found]


def _around(parsed: Parsed, span: Range) -> list[Range]:
    """Return the sentences that a span touches."""
    first = max(bisect_right(parsed.blocks, span[0], key=lambda block: block.start) - 1, 0)
    last = bisect_left(parsed.blocks, span[1], key=lambda block: block.start)
    return [
        (start, end)
        for block in parsed.blocks[first:last]
        for start, end in _split(parsed, block)
        if start < span[1] and span[0] < end
    ]


def _words(parsed: Parsed, sentences: list[Range]) -> Words:
    return tuple(word for at in sentences for word in words_of(parsed.text[slice(*at)]))
