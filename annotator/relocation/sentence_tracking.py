"""Sentences on both sides of a revision: which one a sentence became, if it is still the same.

Words that changed are the same passage only if the sentence around them is the same sentence. And a
sentence whose paragraph is gone, or was merged into others, is looked for in the section that
continues its own. Words weigh the less the more often the old edition has them.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from functools import cached_property
from heapq import nlargest
from operator import itemgetter

from rapidfuzz.distance import LCSseq

from annotator.documents.align.similarity import Words, WordWeights, word_similarity, words_of
from annotator.documents.parsed import Block, Parsed
from annotator.documents.sentences import split
from annotator.relocation.passages import Succession
from annotator.relocation.span_tracking import Range

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
# A word that more sentences of a section have finds none of them.
MOST_SENTENCES = 200
# Of a paragraph that was merged into its neighbour this share is left, by what the words tell.
MERGED = 0.4
# Words that stand once in either section need less of their sentence.
ONCE = 0.3


class SentencePairs:
    """Compares sentences of an old and a new edition."""

    def __init__(self, old: Parsed, new: Parsed, succession: Succession) -> None:
        self._old, self._new = _Edition(old), _Edition(new)
        self._succession = succession
        self._candidates: dict[int | None, _Index] = {}
        self._rivals: dict[int | None, _Index] = {}
        self._edits: dict[Range, tuple[bool, _Sentence | None]] = {}

    def narrowed(self, span: Range, found: Range) -> Range | None:
        """Return what was found without sentences that are others; None if all are."""
        olds, after = self._old.around(span), self._new.around(found)
        before, own = _words(olds), {sentence.text for sentence in olds}

        def stood(it: _Sentence) -> bool:
            return it.text in self._old.sentence_texts and it.text not in own

        def other(it: _Sentence) -> bool:
            return stood(it) or not self._same(before, [it])

        while len(after) > 1 and after[0].start >= found[0] and other(after[0]):
            after = after[1:]
            found = after[0].start, found[1]
        while len(after) > 1 and after[-1].end <= found[1] and other(after[-1]):
            after = after[:-1]
            found = found[0], after[-1].end
        if len(after) == 1 and stood(after[0]):
            return None
        if self._same(before, after):
            return found
        words = words_of(self._new.text(found))
        kept = LCSseq.similarity(words, before) >= SAME_FOUND * len(words)
        return found if len(words) >= FEWEST_FOUND and kept else None

    def near(self, span: Range, found: Range) -> bool:
        """Return whether what was found is in the section that continues its own, and sentence."""
        before, after = self._old.around(span), self._new.around(found)
        if self._new.section(after[0]) not in self._succession.heirs(self._old.section(before[0])):
            return False
        words = Counter(words_of(self._old.text(span)))
        rest = [Counter(_words(side)) - words for side in (before, after)]
        least = min(self._rarity.total(side.elements()) for side in rest)
        return self._rarity.total((rest[0] & rest[1]).elements()) >= SAME * least

    def merged(self, span: Range, found: Range) -> bool:
        """Return whether the block of what was found has enough words of the block of the span."""
        before, after = (
            Counter(words_of(side.text(side.block(at))))
            for side, at in ((self._old, span[0]), (self._new, found[0]))
        )
        kept, whole = (self._rarity.total(x.elements()) for x in (before & after, before))
        return kept >= MERGED * whole

    def dropped(self, span: Range, found: Range) -> bool:
        """Return whether what was found has fewer sentences than the span."""
        return len(self._new.around(found)) < len(self._old.around(span))

    def _same(self, before: Words, sentences: list[_Sentence]) -> bool:
        after = _words(sentences)
        if word_similarity(before, after, SAME_WORDS) >= SAME_WORDS:
            return True
        least = min(self._rarity.total(before), self._rarity.total(after))
        kept = Counter(before) & Counter(after)
        return self._rarity.total(kept.elements()) >= SAME * least

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
        if sentence.range not in self._edits:
            self._edits[sentence.range] = self._edited(section, sentence)
        sure, edit = self._edits[sentence.range]
        if sure:
            return edit
        holding = [other for other in others if part and part in other.text]
        if len(holding) == 1 and self._stands_once(section, part):
            fits = self._is_new(holding[0]) and self._score(sentence, holding[0]) >= ONCE
            return holding[0] if fits else None
        return None

    def _edited(self, section: int | None, sentence: _Sentence) -> tuple[bool, _Sentence | None]:
        """Return whether one sentence is by far the likest, and it; None if another became it."""
        scores = [
            (self._score(sentence, other), other.range, other)
            for other in self._candidates[section].sharing(sentence.words)
            if self._is_new(other)
        ]
        best, rival = (*nlargest(2, scores, key=itemgetter(0, 1)), None, None)[:2]
        if best is None or best[0] < FOUND or (rival and rival[0] > best[0] - MARGIN):
            return False, None
        return True, best[2] if self._nearest(section, sentence, best[2]) else None

    def _is_new(self, sentence: _Sentence) -> bool:
        return sentence.text not in self._old.sentence_texts

    def _nearest(self, section: int | None, sentence: _Sentence, other: _Sentence) -> bool:
        """Return whether no other sentence of the old section, gone from it, is more like one."""
        if section not in self._rivals:
            blocks = self._old.by_section[section]
            self._rivals[section] = _Index([it for at in blocks for it in self._old.sentences(at)])
        least = self._rarity.similarity(sentence.words, other.words)
        return all(
            it is sentence or it.text in self._new.sentence_texts
            or self._rarity.similarity(it.words, other.words) <= least
            for it in self._rivals[section].sharing(other.words)
        )  # fmt: skip

    def _score(self, sentence: _Sentence, other: _Sentence) -> float:
        words, both = sentence.words, sentence.counts & other.counts
        kept, common = self._rarity.total(both.elements()), both.total()
        share = kept / (self._rarity.total(words) or 1.0)
        if len(words) > BEGINNING and words[:BEGINNING] == other.words[:BEGINNING]:
            share = max(share, common / len(words))
        if common >= BEGINNING and kept >= CONTAINED * self._rarity.total(other.words):
            share = max(share, FOUND)
        return share

    def _stands_once(self, section: int | None, part: str) -> bool:
        blocks = self._old.by_section.get(section, ())
        sentences = (it for block in blocks for it in self._old.sentences(block))
        return sum(it.text.count(part) for it in sentences) == 1

    def _section_sentences(self, section: int | None) -> list[_Sentence]:
        """Return the sentences of the section that continues an old one."""
        if section not in self._candidates:
            olds, heirs = self._continued
            own = self._old.by_section.get(section, ())
            gone = {block.provision for block in own} - olds
            self._candidates[section] = _Index([
                sentence
                for heir in self._succession.heirs(section)
                for block in self._new.by_section.get(heir, ())
                # Whether a single one that is gone became another is for the alignment to say.
                if len(gone) != 1 or block.provision in heirs
                for sentence in self._new.sentences(block)
            ])  # fmt: skip
        return self._candidates[section].sentences

    @cached_property
    def _continued(self) -> tuple[set[int], set[int]]:
        """The old provisions that have heirs, and the heirs."""
        olds = {at for at in range(len(self._old.parsed.provisions)) if self._succession.heirs(at)}
        return olds, {heir for at in olds for heir in self._succession.heirs(at)}

    @cached_property
    def _rarity(self) -> WordWeights:
        return WordWeights(words_of(self._old.parsed.text))


class _Sentence:
    """A sentence of an edition; its words are counted at the first question."""

    def __init__(self, text: str, start: int, end: int) -> None:
        self.text, self.start, self.end = text, start, end
        self.range = start, end

    @cached_property
    def words(self) -> Words:
        return words_of(self.text)

    @cached_property
    def counts(self) -> Counter[str]:
        return Counter(self.words)


class _Index:
    """Sentences by their words, so that a section of very many costs what a short one does."""

    def __init__(self, sentences: list[_Sentence]) -> None:
        self.sentences = sentences

    @cached_property
    def _by_word(self) -> dict[str, list[_Sentence]]:
        places: dict[str, list[_Sentence]] = defaultdict(list)
        for sentence in self.sentences:
            for word in sentence.counts:
                places[word].append(sentence)
        return places

    def sharing(self, words: Words) -> list[_Sentence]:
        """Return the sentences with one of the words that at most `MOST_SENTENCES` have."""
        places = (self._by_word.get(word, []) for word in dict.fromkeys(words))
        few = (them for them in places if len(them) <= MOST_SENTENCES)
        return list(dict.fromkeys(sentence for them in few for sentence in them))


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
        first, after = bisect_right(self._starts, span[0]), bisect_left(self._starts, span[1])
        return [
            sentence
            for block in self.parsed.blocks[max(first - 1, 0) : after]
            for sentence in self.sentences(block)
            if sentence.start < span[1] and span[0] < sentence.end
        ]

    def block(self, offset: int) -> Range:
        """Return the block that an offset stands in."""
        block = self._block(offset)
        return block.start, block.end

    def _block(self, offset: int) -> Block:
        return self.parsed.blocks[bisect_right(self._starts, offset) - 1]

    def section(self, sentence: _Sentence) -> int | None:
        """Return the section that a sentence stands in."""
        provision = self._block(sentence.start).provision
        return self.parsed.provisions[provision].section

    @cached_property
    def _starts(self) -> list[int]:
        return [block.start for block in self.parsed.blocks]

    @cached_property
    def sentence_texts(self) -> set[str]:
        """Every sentence's words: what the old edition has already, another one did not become."""
        return {it.text for block in self.parsed.blocks for it in self.sentences(block)}

    @cached_property
    def by_section(self) -> dict[int | None, list[Block]]:
        """The blocks of each section's own text."""
        found: dict[int | None, list[Block]] = defaultdict(list)
        for block in self.parsed.blocks:
            if block.kind not in ("heading", "code"):
                found[self.parsed.provisions[block.provision].section].append(block)
        return found


def _words(sentences: list[_Sentence]) -> Words:
    return tuple(word for sentence in sentences for word in sentence.words)
