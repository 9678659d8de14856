"""Sentences on both sides of a revision: which one a sentence became, if it is still the same.

Words that changed are the same passage only if the sentence around them is the same sentence. And a
sentence whose paragraph is gone, or was merged into others, is looked for in the section that
continues its own. Words weigh the less the more often the old edition has them.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from functools import cached_property
from operator import itemgetter

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
        self._old, self._new = _Edition(old), _Edition(new)
        self._succession = succession
        self._candidates: dict[int | None, list[_Sentence]] = {}

    def narrowed(self, span: Range, found: Range) -> Range | None:
        """Return what was found without sentences that are others; None if all are."""
        before, after = _words(self._old.around(span)), self._new.around(found)
        while len(after) > 1 and after[0].start >= found[0] and not self._same(before, after[:1]):
            after = after[1:]
            found = after[0].start, found[1]
        while len(after) > 1 and after[-1].end <= found[1] and not self._same(before, after[-1:]):
            after = after[:-1]
            found = found[0], after[-1].end
        same = self._same(before, after) or self._stood(before, self._new.text(found))
        return found if same else None

    def dropped(self, span: Range, found: Range) -> bool:
        """Return whether what was found has fewer sentences than the span."""
        return len(self._new.around(found)) < len(self._old.around(span))

    def _same(self, before: Words, sentences: list[_Sentence]) -> bool:
        after = _words(sentences)
        if likeness(before, after, SAME_WORDS) >= SAME_WORDS:
            return True
        least = min(self._rarity.total(before), self._rarity.total(after))
        return self._kept(Counter(before), Counter(after)) >= SAME * least

    def _stood(self, before: Words, found: str) -> bool:
        words = words_of(found)
        common = LCSseq.similarity(words, before)
        return len(words) >= FEWEST_FOUND and common >= SAME_FOUND * len(words)

    def counterpart(self, span: Range) -> tuple[list[Range], list[Range]] | None:
        """Return the sentences around a span, and those that they became in the same section.

        None where one of them is not there any more, or might be any of several.
        """
        before = self._old.around(span)
        words = self._old.text(span) if len(before) == 1 else ""
        found = [self._became(sentence, words) for sentence in before]
        after = [sentence.range for sentence in found if sentence is not None]
        if not after or len(after) < len(before) or after != sorted(set(after)):
            return None
        return [sentence.range for sentence in before], after

    def _became(self, sentence: _Sentence, part: str) -> _Sentence | None:
        section = self._old.section(sentence)
        others = self._section_sentences(section)
        same = [other for other in others if other.text == sentence.text]
        if same:
            once = len(same) == 1 and self._stands_once(section, sentence.text)
            return same[0] if once else None
        scores = sorted(
            ((self._score(sentence, other), other.range, other) for other in others
             if other.text not in self._old_sentences), reverse=True, key=itemgetter(0, 1),
        )  # fmt: skip
        if not scores:
            return None
        if scores[0][0] >= FOUND and (len(scores) == 1 or scores[1][0] <= scores[0][0] - MARGIN):
            return scores[0][2]
        holding = [other for other in others if part and part in other.text]
        if len(holding) == 1 and self._stands_once(section, part):
            return next((it for score, _, it in scores if it is holding[0] and score >= ONCE), None)
        return None

    def _score(self, sentence: _Sentence, other: _Sentence) -> float:
        words = sentence.words
        kept = self._kept(sentence.counts, other.counts)
        share = kept / (self._rarity.total(words) or 1.0)
        common = (sentence.counts & other.counts).total()
        if len(words) > BEGINNING and words[:BEGINNING] == other.words[:BEGINNING]:
            share = max(share, common / len(words))
        if common >= BEGINNING and kept >= CONTAINED * self._rarity.total(other.words):
            share = max(share, FOUND)
        return share

    def _kept(self, words: Counter[str], others: Counter[str]) -> float:
        return self._rarity.total((words & others).elements())

    def _stands_once(self, section: int | None, part: str) -> bool:
        sentences = (it for block in self._old.blocks(section) for it in self._old.sentences(block))
        return sum(it.text.count(part) for it in sentences) == 1

    def _section_sentences(self, section: int | None) -> list[_Sentence]:
        """Return the sentences of the section that continues an old one."""
        if section not in self._candidates:
            gone = {block.provision for block in self._old.blocks(section)} - self._continued[0]
            self._candidates[section] = [
                sentence
                for heir in (self._succession.heirs(section) if section is not None else ())
                for block in self._new.blocks(heir)
                # Whether a single one that is gone became another is for the alignment to say.
                if len(gone) != 1 or block.provision in self._continued[1]
                for sentence in self._new.sentences(block)
            ]
        return self._candidates[section]

    @cached_property
    def _continued(self) -> tuple[set[int], set[int]]:
        """The old provisions that have heirs, and the heirs."""
        olds = {at for at in range(len(self._old.parsed.provisions)) if self._succession.heirs(at)}
        return olds, {heir for at in olds for heir in self._succession.heirs(at)}

    @cached_property
    def _old_sentences(self) -> set[str]:
        """The sentences that the old edition has already: another one did not become them."""
        return {it.text for block in self._old.parsed.blocks for it in self._old.sentences(block)}

    @cached_property
    def _rarity(self) -> Rarity:
        return Rarity(words_of(self._old.parsed.text))


class _Sentence:
    """A sentence of an edition; its words are counted at the first question."""

    def __init__(self, text: str, start: int, end: int) -> None:
        self.text, self.start, self.end = text, start, end

    @property
    def range(self) -> Range:
        return self.start, self.end

    @cached_property
    def words(self) -> Words:
        return words_of(self.text)

    @cached_property
    def counts(self) -> Counter[str]:
        return Counter(self.words)


class _Edition:
    """An edition by its sentences; each block is cut once."""

    def __init__(self, parsed: Parsed) -> None:
        self.parsed = parsed
        self._cut: dict[int, list[_Sentence]] = {}

    def text(self, span: Range) -> str:
        return self.parsed.text[slice(*span)]

    def sentences(self, block: Block) -> list[_Sentence]:
        """Return the sentences of a block; code is one."""
        if block.start not in self._cut:
            text = self.text((block.start, block.end))
            spans = [(0, len(text))] if block.kind == "code" else split(text)
            self._cut[block.start] = [
                _Sentence(text[start:end], block.start + start, block.start + end)
                for start, end in spans
            ]
        return self._cut[block.start]

    def around(self, span: Range) -> list[_Sentence]:
        """Return the sentences that a span touches."""
        blocks = self.parsed.blocks
        first = max(bisect_right(blocks, span[0], key=_start) - 1, 0)
        return [
            sentence
            for block in blocks[first : bisect_left(blocks, span[1], key=_start)]
            for sentence in self.sentences(block)
            if sentence.start < span[1] and span[0] < sentence.end
        ]

    def section(self, sentence: _Sentence) -> int | None:
        """Return the section that a sentence stands in."""
        at = bisect_right(self.parsed.blocks, sentence.start, key=_start) - 1
        return self.parsed.provisions[self.parsed.blocks[max(at, 0)].provision].section

    def blocks(self, section: int | None) -> list[Block]:
        """Return the blocks of a section's own text."""
        return self._by_section.get(section, [])

    @cached_property
    def _by_section(self) -> dict[int | None, list[Block]]:
        found: dict[int | None, list[Block]] = {}
        for block in self.parsed.blocks:
            if block.kind not in ("heading", "code"):
                found.setdefault(self.parsed.provisions[block.provision].section, []).append(block)
        return found


def _start(block: Block) -> int:
    return block.start


def _words(sentences: list[_Sentence]) -> Words:
    return tuple(word for sentence in sentences for word in sentence.words)
