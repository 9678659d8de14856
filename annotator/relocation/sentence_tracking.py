"""Find the sentence of a new edition that an old sentence became.

Edited words are the same span only if they are in the same sentence. A sentence of a deleted or
merged paragraph is searched for in the successors of its section. The more often a word occurs in
the old edition, the lower its weight.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from functools import cached_property
from heapq import nlargest
from operator import itemgetter

from rapidfuzz.distance import LCSseq

from annotator.documents.align.similarity import Words, WordWeights, word_similarity, words_of
from annotator.documents.parsed import Block, Parsed, split
from annotator.relocation.passages import Range, Succession

# The weighted share of the shorter sentence's words that the same sentence, edited, must have.
# Of 268 spans that a reader judged correctly placed, two have less; unrelated neighbours in a text
# that repeats its terms reach 0.34 at most.
MIN_SHARED = 0.4
# Or the share of their words, in order; or of the words of the new range, if it has enough.
MIN_SHARED_WORDS = 0.6
MIN_SHARED_RANGE, MIN_RANGE_WORDS = 0.75, 6
# A sentence search needs more: this weighted share of the old words; this share by number if the
# opening words are the same; or nearly all words of a shorter new sentence.
MIN_SEARCH_SCORE = 0.5
OPENING_WORDS = 4
MIN_CONTAINED = 0.8
# The minimum difference to the second-best score.
MIN_MARGIN = 0.15
# Words in more sentences of a section than this are not searched for.
MAX_SENTENCES = 200
# The minimum weighted share of a paragraph's words after a merge into its neighbour.
MIN_MERGED = 0.4
# A lower minimum score if the words of the span occur once in each section.
MIN_UNIQUE_SCORE = 0.3


class SentenceTracker:
    """Compares sentences of an old and a new edition, and tracks old ones."""

    def __init__(self, old: Parsed, new: Parsed, succession: Succession) -> None:
        self._old, self._new = _Edition(old), _Edition(new)
        self._succession = succession
        self._candidates: dict[int | None, _SentencesByWord] = {}
        self._rivals: dict[int | None, _SentencesByWord] = {}
        self._edits: dict[Range, tuple[bool, _Sentence | None]] = {}

    def narrow(self, span: Range, new_range: Range) -> Range | None:
        """Return a new range without unrelated sentences at its ends; None if nothing is left."""
        olds, after = self._old.around(span), self._new.around(new_range)
        before, own = _words(olds), {sentence.text for sentence in olds}

        def is_other_old(sentence: _Sentence) -> bool:
            return sentence.text in self._old.sentence_texts and sentence.text not in own

        def is_unrelated(sentence: _Sentence) -> bool:
            return is_other_old(sentence) or not self._same(before, [sentence])

        while len(after) > 1 and after[0].start >= new_range[0] and is_unrelated(after[0]):
            after = after[1:]
            new_range = after[0].start, new_range[1]
        while len(after) > 1 and after[-1].end <= new_range[1] and is_unrelated(after[-1]):
            after = after[:-1]
            new_range = new_range[0], after[-1].end
        if len(after) == 1 and is_other_old(after[0]):
            return None
        if self._same(before, after):
            return new_range
        words = words_of(self._new.text(new_range))
        shared = LCSseq.similarity(words, before) >= MIN_SHARED_RANGE * len(words)
        return new_range if len(words) >= MIN_RANGE_WORDS and shared else None

    def in_same_sentence(self, span: Range, new_range: Range) -> bool:
        """Return whether a new range is in the same sentence and a successor of its section."""
        before, after = self._old.around(span), self._new.around(new_range)
        sections = self._succession.successors(self._old.section(before[0]))
        if self._new.section(after[0]) not in sections:
            return False
        words = Counter(words_of(self._old.text(span)))
        rest = [Counter(_words(side)) - words for side in (before, after)]
        minimum = min(self._weights.total(side.elements()) for side in rest)
        return self._weights.total((rest[0] & rest[1]).elements()) >= MIN_SHARED * minimum

    def is_merged(self, span: Range, new_range: Range) -> bool:
        """Return whether the block of a new range has enough words of the block of the span."""
        before = Counter(words_of(self._old.block_text(span[0])))
        shared = before & Counter(words_of(self._new.block_text(new_range[0])))
        total = self._weights.total
        return total(shared.elements()) >= MIN_MERGED * total(before.elements())

    def has_fewer_sentences(self, span: Range, new_range: Range) -> bool:
        """Return whether a new range has fewer sentences than the span."""
        return len(self._new.around(new_range)) < len(self._old.around(span))

    def _same(self, before: Words, sentences: list[_Sentence]) -> bool:
        after = _words(sentences)
        if word_similarity(before, after, MIN_SHARED_WORDS) >= MIN_SHARED_WORDS:
            return True
        minimum = min(self._weights.total(before), self._weights.total(after))
        shared = Counter(before) & Counter(after)
        return self._weights.total(shared.elements()) >= MIN_SHARED * minimum

    def counterpart(self, span: Range) -> tuple[list[Range], list[Range]] | None:
        """Return the old sentences of a span and their counterparts in the same section.

        None if one of them was deleted or is ambiguous.
        """
        before = self._old.around(span)
        words = self._old.text(span) if len(before) == 1 else ""
        matches = [self._match(sentence, words) for sentence in before]
        after = [sentence.range for sentence in matches if sentence is not None]
        if not after or len(after) < len(before) or after != sorted(set(after)):
            return None
        return [sentence.range for sentence in before], after

    def _match(self, sentence: _Sentence, part: str) -> _Sentence | None:
        section = self._old.section(sentence)
        candidates = self._section_sentences(section)
        same = [other for other in candidates if other.text == sentence.text]
        if same:
            is_unique = len(same) == 1 and self._occurs_once(section, sentence.text)
            return same[0] if is_unique else None
        if sentence.range not in self._edits:
            self._edits[sentence.range] = self._find_edit(section, sentence)
        is_clear, edit = self._edits[sentence.range]
        if is_clear:
            return edit
        containing = [other for other in candidates if part and part in other.text]
        if len(containing) == 1 and self._occurs_once(section, part):
            match = containing[0]
            if self._is_new(match) and self._score(sentence, match) >= MIN_UNIQUE_SCORE:
                return match
        return None

    def _find_edit(self, section: int | None, sentence: _Sentence) -> tuple[bool, _Sentence | None]:
        """Return whether a candidate is clearly best, and it, or None if it has a better rival."""
        scores = [
            (self._score(sentence, other), other.range, other)
            for other in self._candidates[section].sharing(sentence.words)
            if self._is_new(other)
        ]
        best, *second = nlargest(2, scores, key=itemgetter(0, 1)) or [(0.0, (0, 0), sentence)]
        if best[0] < MIN_SEARCH_SCORE or (second and second[0][0] > best[0] - MIN_MARGIN):
            return False, None
        return True, best[2] if self._has_no_rival(section, sentence, best[2]) else None

    def _is_new(self, sentence: _Sentence) -> bool:
        return sentence.text not in self._old.sentence_texts

    def _has_no_rival(self, section: int | None, sentence: _Sentence, other: _Sentence) -> bool:
        """Return whether no other deleted sentence of the old section is more similar."""
        if section not in self._rivals:
            blocks = self._old.by_section[section]
            rivals = [rival for block in blocks for rival in self._old.sentences(block)]
            self._rivals[section] = _SentencesByWord(rivals)
        minimum = self._weights.similarity(sentence.words, other.words)
        return all(
            rival is sentence or rival.text in self._new.sentence_texts
            or self._weights.similarity(rival.words, other.words) <= minimum
            for rival in self._rivals[section].sharing(other.words)
        )  # fmt: skip

    def _score(self, sentence: _Sentence, other: _Sentence) -> float:
        words, both = sentence.words, sentence.counts & other.counts
        weight, common = self._weights.total(both.elements()), both.total()
        share = weight / (self._weights.total(words) or 1.0)
        if len(words) > OPENING_WORDS and words[:OPENING_WORDS] == other.words[:OPENING_WORDS]:
            share = max(share, common / len(words))
        if common >= OPENING_WORDS and weight >= MIN_CONTAINED * self._weights.total(other.words):
            share = max(share, MIN_SEARCH_SCORE)
        return share

    def _occurs_once(self, section: int | None, part: str) -> bool:
        blocks = self._old.by_section.get(section, ())
        sentences = (sentence for block in blocks for sentence in self._old.sentences(block))
        return sum(sentence.text.count(part) for sentence in sentences) == 1

    def _section_sentences(self, section: int | None) -> list[_Sentence]:
        """Return the sentences of the successors of an old section."""
        if section not in self._candidates:
            olds, successors = self._paired_provisions
            own = self._old.by_section.get(section, ())
            removed = {block.provision for block in own} - olds
            self._candidates[section] = _SentencesByWord([
                sentence
                for successor in self._succession.successors(section)
                for block in self._new.by_section.get(successor, ())
                # The alignment decides whether a single deleted provision became another.
                if len(removed) != 1 or block.provision in successors
                for sentence in self._new.sentences(block)
            ])  # fmt: skip
        return self._candidates[section].sentences

    @cached_property
    def _paired_provisions(self) -> tuple[set[int], set[int]]:
        """The old provisions with successors, and the successors."""
        successors = self._succession.successors
        olds = {at for at in range(len(self._old.parsed.provisions)) if successors(at)}
        return olds, {successor for at in olds for successor in successors(at)}

    @cached_property
    def _weights(self) -> WordWeights:
        return WordWeights(words_of(self._old.parsed.text))


class _Sentence:
    """A sentence of an edition; its words are counted on first use."""

    def __init__(self, text: str, start: int, end: int) -> None:
        self.text, self.start, self.end = text, start, end
        self.range = start, end

    @cached_property
    def words(self) -> Words:
        return words_of(self.text)

    @cached_property
    def counts(self) -> Counter[str]:
        return Counter(self.words)


class _SentencesByWord:
    """Sentences by word, so that long sections are searched fast."""

    def __init__(self, sentences: list[_Sentence]) -> None:
        self.sentences = sentences

    @cached_property
    def _by_word(self) -> dict[str, list[_Sentence]]:
        by_word: dict[str, list[_Sentence]] = defaultdict(list)
        for sentence in self.sentences:
            for word in sentence.counts:
                by_word[word].append(sentence)
        return by_word

    def sharing(self, words: Words) -> list[_Sentence]:
        """Return the sentences that share a word found in at most `MAX_SENTENCES` of them."""
        groups = (self._by_word.get(word, []) for word in dict.fromkeys(words))
        small = (group for group in groups if len(group) <= MAX_SENTENCES)
        return list(dict.fromkeys(sentence for group in small for sentence in group))


class _Edition:
    """The sentences of an edition; each block is split once."""

    def __init__(self, parsed: Parsed) -> None:
        self.parsed = parsed
        self._by_block: dict[int, list[_Sentence]] = {}

    def text(self, span: Range) -> str:
        return self.parsed.text[slice(*span)]

    def sentences(self, block: Block) -> list[_Sentence]:
        """Return the sentences of a block; a code block is one sentence."""
        if block.start not in self._by_block:
            text = self.text((block.start, block.end))
            spans = [(0, len(text))] if block.kind == "code" else split(text)
            self._by_block[block.start] = [
                _Sentence(text[start:end], block.start + start, block.start + end)
                for start, end in spans
            ]
        return self._by_block[block.start]

    def around(self, span: Range) -> list[_Sentence]:
        """Return the sentences that a span touches."""
        return [
            sentence
            for at in self.parsed.block_range(*span)
            for sentence in self.sentences(self.parsed.blocks[at])
            if sentence.start < span[1] and span[0] < sentence.end
        ]

    def block_text(self, offset: int) -> str:
        """Return the text of the block that contains an offset."""
        block = self.parsed.blocks[self.parsed.block_at(offset)]
        return self.text((block.start, block.end))

    def section(self, sentence: _Sentence) -> int | None:
        """Return the section of a sentence."""
        block = self.parsed.blocks[self.parsed.block_at(sentence.start)]
        return self.parsed.provisions[block.provision].section

    @cached_property
    def sentence_texts(self) -> set[str]:
        """The texts of all sentences; a sentence of both editions is not an edit of another."""
        return {sentence.text for block in self.parsed.blocks for sentence in self.sentences(block)}

    @cached_property
    def by_section(self) -> dict[int | None, list[Block]]:
        """The blocks of each section without its subsections, headings and code."""
        blocks: dict[int | None, list[Block]] = defaultdict(list)
        for block in self.parsed.blocks:
            if block.kind not in ("heading", "code"):
                blocks[self.parsed.provisions[block.provision].section].append(block)
        return blocks


def _words(sentences: list[_Sentence]) -> Words:
    return tuple(word for sentence in sentences for word in sentence.words)
