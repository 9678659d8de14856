"""Track a span through the passages it is in, or find its exact words elsewhere.

The new spans of its words must be in the same order as in the old text. If they are too far apart,
the side with more words is used. The result must be similar to the old words, or consist of them
with other words inserted.

Deleted words are searched for elsewhere only if they are exact and unique, with some context if
they are short. The searched words must have at least `MIN_SEARCH_LENGTH` code points and occur once
in each text. Between two halves of one text, 11 of 1,000 strings of 25 characters occurred once in
each half, but only 1 of 4,000 strings of 40 characters.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import pairwise, product
from operator import itemgetter
from typing import Literal, NamedTuple

from rapidfuzz.distance import LCSseq

from annotator.documents.align.similarity import heaviest_increasing, score, words_of
from annotator.documents.parsed import Parsed
from annotator.relocation.diff import same_wording
from annotator.relocation.passages import (
    NewSpan,
    Passage,
    Range,
    Succession,
    build_passages,
    splits_word,
)
from annotator.relocation.sentence_tracking import SentenceTracker

Chain = list[NewSpan]

# The share of a span's words that must have a counterpart.
MIN_KEPT = 0.5
# The minimum score of an edited span. Unrelated spans of real prose reach 0.5 once in 200 at 12
# characters, and 0.4 once in 400 at 50; remains of deleted words reach 0.45 and 0.25 at most. Short
# spans therefore need more.
MIN_SHORT_SCORE, MIN_SCORE = 0.5, 0.4
SHORT_LENGTH = 40
# With this share of its words in long runs, a span may grow to this many times its length.
MAX_GROWTH = 4
MIN_RELIABLE = 0.8
# Rewritten words at an end may make a span this many times longer.
MAX_REWRITTEN_GROWTH = 2
MIN_SEARCH_LENGTH = 40
# At least this many words that occur once in each text identify a span near its old position.
MIN_UNIQUE_WORDS = 2
# A span of up to this many words, in a split or merged passage, needs a unique run.
FEW_WORDS = 5
# Code points of context before and after the searched words.
CONTEXTS = ((0, 0), (20, 20), (40, 0), (0, 40))
Verdict = Literal["exact", "moved", "edited", "lost"]


class SpanPiece(NamedTuple):
    """The part of a span in one block, and the provision of the block."""

    start: int
    end: int
    block: Range
    provision: int


class SpanTracker:
    """Tracks spans of an old edition into a new one."""

    def __init__(self, old: Parsed, new: Parsed, passages: Mapping[int, Passage]) -> None:
        self._old, self._new = old.text, new.text
        self._edition, self._passages = new, passages

    def track(self, span: Range, pieces: list[SpanPiece]) -> Range | None:
        """Return the new range of a span with these pieces; None if too few words remain.

        White space at the ends is kept only in blocks that are the same.
        """
        words = self._old[span[0] : span[1]]
        # If the first and the last block are the same and moved equally far, no diff is needed.
        shift = self._shift(pieces[0])
        if shift is not None and (len(pieces) == 1 or shift == self._shift(pieces[-1])):
            shifted = span[0] + shift, span[1] + shift
            if shifted[0] >= 0 and self._new[slice(*shifted)] == words:
                return shifted
        tracked = self.track_through(self._passages_of(pieces), span)
        return tracked if tracked and not self._was_elsewhere(tracked, span, pieces) else None

    def score(self, words: str, new_range: Range) -> float:
        """Return the similarity of old words and the words of a new range."""
        return score(words, self._new[new_range[0] : new_range[1]])

    def is_similar(self, span: Range, new_range: Range, pieces: list[SpanPiece]) -> bool:
        """Return whether a new range is similar to a span, or has half of its words in order.

        At most a third of it may be words from outside the span.
        """
        words, new_words = self._old[slice(*span)], self._new[slice(*new_range)]
        passages = self._passages_of(pieces)
        foreign = sum(passage.foreign_length(span, new_range) for passage in passages)
        if 3 * foreign > sum(map(len, new_words.split())):
            return False
        old, new = words_of(words), words_of(new_words)
        return 2 * LCSseq.similarity(old, new) >= len(old) or score(words, new_words) >= MIN_SCORE

    def find_unique(self, words: str, provision: int) -> Range | None:
        """Return the new range of words that a passage has once in each text."""
        passage = self._passages.get(provision)
        return passage.find_unique(words) if passage else None

    def is_unique(self, words: str, new_range: Range) -> bool:
        """Return whether whole words occur once in each text, and are enough to identify a span."""
        if len(words_of(words)) < MIN_UNIQUE_WORDS or splits_word(self._new, *new_range):
            return False
        return _occurs_once(words, self._old, self._new)

    def is_sentence(self, span: Range, provision: int) -> bool:
        """Return whether a span is a sentence of the passage of an old provision."""
        passage = self._passages.get(provision)
        return passage is not None and passage.is_sentence(span)

    def is_ambiguous(self, span: Range, pieces: list[SpanPiece]) -> bool:
        """Return whether a span is within a sentence with several candidates."""
        return any(passage.is_ambiguous(span) for passage in self._passages_of(pieces))

    def has_same_wording(self, words: str, new_range: Range) -> bool:
        """Return whether a new range has these words, ignoring typography."""
        new_words = self._new[new_range[0] : new_range[1]]
        return words == new_words or same_wording(words, new_words)

    def _passages_of(self, pieces: list[SpanPiece]) -> list[Passage]:
        passages = (self._passages.get(piece.provision) for piece in pieces)
        return list(dict.fromkeys(passage for passage in passages if passage))

    def _shift(self, piece: SpanPiece) -> int | None:
        passage = self._passages.get(piece.provision)
        return passage.shifts.get(piece.block[0]) if passage and passage.shifts else None

    def track_through(
        self, passages: list[Passage], span: Range, *, same_provision: bool = True
    ) -> Range | None:
        """Return the new range of a span in some passages, without parts far from the others.

        A few words of a sentence that is not in a successor of its provision must occur once, or
        some of them must be in a long run, so that what is around them identifies them.
        """
        words, block_at = self._old[slice(*span)], self._edition.block_at
        parts = [part for passage in passages for part in passage.new_spans(*span)]
        starts, weights = [part.start for part in parts], [part.weight for part in parts]
        chain = [parts[index] for index in heaviest_increasing(starts, weights)]
        words = words.strip()
        length = sum(map(len, words.split()))
        is_short = len(words_of(words)) <= FEW_WORDS
        while chain and _weight(chain) >= MIN_KEPT * length:
            if is_short and not any(part.is_unique for part in chain):
                return None
            if is_short and not same_provision and not any(part.in_long_run for part in chain):
                return passages[0].find_unique(words)
            new_range = self._choose_range(chain, words)
            # The words are the same, with others inserted, but not a whole block.
            start, end = chain[0].start, chain[-1].end
            if (
                new_range is None
                and _weight([part for part in chain if part.in_long_run]) >= MIN_RELIABLE * length
                and end - start <= MAX_GROWTH * length
                and all(
                    block_at(after.start) - block_at(before.end - 1) <= 1
                    for before, after in pairwise(chain)
                )
            ):
                new_range = start, end
            if new_range:
                foreign = sum(passage.foreign_length(span, new_range) for passage in passages)
                if foreign <= _weight(chain) / 2:
                    return new_range
            # Split it at the widest gap and continue with the side with more words.
            gaps = [after.start - before.end for before, after in pairwise(chain)]
            cut = gaps.index(max(gaps)) + 1 if gaps else 0
            chain = max(chain[:cut], chain[cut:], key=_weight) if cut else []
        return None

    def _was_elsewhere(self, new_range: Range, span: Range, pieces: list[SpanPiece]) -> bool:
        """Return whether the words of a new range were elsewhere in the old text.

        The remaining words of a mostly deleted passage may match a neighbour in its place.
        """
        sparse = any(passage.mostly_deleted for passage in self._passages_of(pieces))
        if self.has_same_wording(self._old[slice(*span)], new_range) and not sparse:
            return False
        blocks, block_at = self._edition.blocks, self._edition.block_at
        start, end = blocks[block_at(new_range[0])].start, blocks[block_at(new_range[1] - 1)].end
        old_range = find_elsewhere(self._new, self._old, new_range, (start, end))
        return old_range is not None and (old_range[1] <= span[0] or span[1] <= old_range[0])

    def _choose_range(self, chain: Chain, words: str) -> Range | None:
        """Return the possible range of a chain with the highest score; None if all are too low.

        Partly rewritten words at an end may be included or not. Other rewritten words at an end
        are included, even if they lower the score, unless the range becomes too long.
        """
        min_score = MIN_SHORT_SCORE if len(words) < SHORT_LENGTH else MIN_SCORE
        unrewritten = [part for part in chain if part.kind != "rewritten"]
        starts, ends = {chain[0].start}, {chain[-1].end}
        if unrewritten and chain[0].is_partial:
            starts.add(unrewritten[0].start)
        if unrewritten and chain[-1].is_partial:
            ends.add(unrewritten[-1].end)
        tighten = any(part.kind == "same" for part in chain)
        best_score, best = self._most_similar(product(sorted(starts), sorted(ends)), words, tighten)
        if best_score >= min_score:
            return best
        cores = [(unrewritten[0].start, unrewritten[-1].end)] if unrewritten else []
        core_score, core = self._most_similar(cores, words, tighten)
        if core_score < min_score:
            return None
        return best if best[1] - best[0] <= MAX_REWRITTEN_GROWTH * len(words) else core

    def _most_similar(
        self, ranges: Iterable[Range], words: str, tighten: bool
    ) -> tuple[float, Range]:
        candidates = [self._tighten(each, words) if tighten else each for each in ranges]
        scores = [(self.score(words, candidate), candidate) for candidate in candidates]
        return max(scores, key=itemgetter(0), default=(-1.0, (0, 0)))

    def _tighten(self, candidate: Range, words: str) -> Range:
        """Return the span of the words if they are at one end of the range only, or the range.

        A diff may put a repeated word on the wrong side of an insertion or a deletion. The other
        end then shows where the words are, if they are in the same blocks. Words that have become
        part of another ("tend", "tends") are not themselves.
        """
        block_at = self._edition.block_at
        start, end = candidate
        matches = [
            (first, last)
            for first, last in ((start, start + len(words)), (end - len(words), end))
            if self._new[max(0, first) : last] == words
            and splits_word(self._new, first, last) <= splits_word(self._new, *candidate)
            and block_at(first) == block_at(start)
            and block_at(last - 1) == block_at(end - 1)
        ]
        return matches[0] if len(matches) == 1 else candidate


def _weight(chain: Chain) -> int:
    return sum(part.weight for part in chain)


def find_elsewhere(
    old: str, new: str, span: Range, around: Range, near: Callable[[Range], bool] = lambda _: False
) -> Range | None:
    """Return the only new range with the words of an old span; None if they are not unique.

    The range `around` the span limits its context. Whole words may be short if `near` accepts
    their range.
    """
    words = old[span[0] : span[1]]
    position = new.find(words)
    if position < 0:
        return None
    match = position, position + len(words)
    if _occurs_once(words, old, new) and not splits_word(new, *match) and near(match):
        return match
    for before, after in CONTEXTS:
        start, end = max(around[0], span[0] - before), min(around[1], span[1] + after)
        words = old[start:end]
        position = new.find(words) if len(words) >= MIN_SEARCH_LENGTH else -1
        if position >= 0 and _occurs_once(words, old, new):
            first = position + span[0] - start
            last = first + span[1] - span[0]
            if splits_word(new, first, last) <= splits_word(old, *span):
                return first, last
    return None


def _occurs_once(words: str, *texts: str) -> bool:
    """Return whether words occur at most once in each text."""
    return all(text.find(words, text.find(words) + 1) < 0 for text in texts)


@dataclass(frozen=True, slots=True)
class Relocated:
    """The range of a span in the other edition; `start` and `end` are None if it is lost.

    The verdict is `exact` for the same words in the corresponding place, `moved` for the same words
    in another place, `edited` for changed words. `score` is the normalised Levenshtein similarity
    of the old text and the new: 1.0 the same, 0.0 lost. `near` is the ordinal of the innermost new
    provision that contains the span, or its start if none contains all of it. For a lost span, it
    is the successor of its provision, or the nearest surviving section.
    """

    start: int | None
    end: int | None
    verdict: Verdict
    score: float
    near: int


class Relocator:
    """Relocates spans from one edition to another, forward or backward in time."""

    def __init__(self, old: Parsed, new: Parsed, pairs: Iterable[tuple[int, int]]) -> None:
        """Prepare to relocate with these (old, new) pairs of ordinals.

        An old provision with several new ones is a split; a new one with several old ones a merge.
        Raises IndexError if an ordinal is not in its edition.
        """
        self._old, self._new = old, new
        self._succession = Succession(old, new, pairs)
        self._tracker = SpanTracker(old, new, build_passages(old, new, self._succession))
        self._sentences = SentenceTracker(old, new, self._succession)

    def span(self, start: int, end: int) -> Relocated:
        """Relocate the range `[start, end)` of the old text, which may cross provisions.

        The result may exclude white space at the ends. Raises ValueError if the range is empty or
        not inside the text.
        """
        if not 0 <= start < end <= len(self._old.text):
            raise ValueError(f"[{start}, {end}) is not a range of the text")
        blocks = [self._old.blocks[at] for at in self._old.block_range(start, end)]
        pieces = [
            SpanPiece(low, high, (block.start, block.end), block.provision)
            for block in blocks
            if (low := max(start, block.start)) < (high := min(end, block.end))
        ]
        if not pieces:
            return self._lost([blocks[0].provision])
        span, words = (start, end), self._old.text[start:end]
        in_place = self._succession.in_place.issuperset(piece.provision for piece in pieces)
        verdict: Verdict = "exact" if in_place else "moved"
        new_range = self._tracker.track(span, pieces)
        if new_range and self._tracker.has_same_wording(words, new_range):
            return self._relocated(new_range, verdict, 1.0)
        visible = pieces[0].start, pieces[-1].end
        around = pieces[0].block[0], pieces[-1].block[1]
        near = partial(self._in_same_place, visible, pieces)
        unique = self._tracker.find_unique(words, pieces[0].provision) if len(pieces) == 1 else None
        if unique and near(unique):
            return self._relocated(unique, verdict, 1.0)
        if moved := find_elsewhere(self._old.text, self._new.text, visible, around, near):
            return self._relocated(moved, "moved", 1.0)
        new_range = self._sentences.narrow(span, new_range) if new_range else None
        if new_range is None or self._sentences.has_fewer_sentences(span, new_range):
            is_ambiguous = self._tracker.is_ambiguous(span, pieces)
            tracked = None if is_ambiguous else self._track_sentences(span)
            if tracked and self._tracker.is_similar(span, tracked, pieces):
                new_range = tracked
        if new_range is None or not self._tracker.is_similar(span, new_range, pieces):
            return self._lost([piece.provision for piece in pieces])
        if self._tracker.has_same_wording(words, new_range):
            return self._relocated(new_range, "moved", 1.0)
        return self._relocated(new_range, "edited", self._tracker.score(words, new_range))

    def _in_same_place(self, span: Range, pieces: list[SpanPiece], new_range: Range) -> bool:
        """Return whether a new range is in the same place as the span.

        The same place is the same sentence. A whole sentence may also have moved, and a paragraph
        without a successor may have been merged into its neighbour.
        """
        if self._sentences.in_same_sentence(span, new_range):
            return True
        provision = pieces[0].provision
        if len(pieces) > 1 or not self._tracker.is_unique(self._old.text[slice(*span)], new_range):
            return False
        if self._succession.successors(provision):
            return self._tracker.is_sentence(span, provision)
        other = self._new.blocks[self._new.block_at(new_range[0])].provision
        between = self._succession.is_between_neighbours(provision, other)
        return between and self._sentences.is_merged(span, new_range)

    def provision(self, ordinal: int) -> Relocated:
        """Relocate a whole provision with its descendants.

        It is lost only if it has no successor. A split provision becomes all its successors if they
        are adjacent, else the most similar one, which is also `near`. Raises IndexError for an
        unknown ordinal.
        """
        old = self._old.provisions[ordinal]
        words = self._old.text[old.start : old.end]
        successors = self._succession.successors(ordinal)
        if not successors:
            return self._lost([ordinal])
        provisions = self._new.provisions
        parts = {at: (provisions[at].start, provisions[at].end) for at in successors}
        best = max(successors, key=lambda at: self._tracker.score(words, parts[at]))
        new_range = parts[best]
        if all(after[0] <= before[1] + 1 for before, after in pairwise(parts.values())):
            new_range = parts[successors[0]][0], max(end for _, end in parts.values())
        if not self._tracker.has_same_wording(words, new_range):
            score = self._tracker.score(words, new_range)
            return Relocated(*new_range, "edited", score, best)
        verdict: Verdict = "exact" if ordinal in self._succession.in_place else "moved"
        return Relocated(*new_range, verdict, 1.0, best)

    def _track_sentences(self, span: Range) -> Range | None:
        """Return the new range of a span whose sentences are now in other provisions."""
        sentences = self._sentences.counterpart(span)
        if sentences is None:
            return None
        before, after = sentences
        excerpt = span[0] > before[0][0] or before[-1][1] > span[1]
        passage = Passage(self._old.text, self._new.text, before, after, excerpt=excerpt)
        if excerpt:
            return self._tracker.track_through([passage], span, same_provision=False)
        # Whole sentences become their counterparts, unless these include words of others.
        whole = after[0][0], after[-1][1]
        same = [part for part in passage.new_spans(*span) if part.kind == "same" and part.is_unique]
        if not same:
            return whole
        core = min(part.start for part in same), max(part.end for part in same)
        return max(whole, core, key=partial(self._tracker.score, self._old.text[slice(*span)]))

    def _relocated(self, new_range: Range, verdict: Verdict, score: float) -> Relocated:
        return Relocated(*new_range, verdict, score, self._new.provision_at(*new_range))

    def _lost(self, ordinals: list[int]) -> Relocated:
        """Return a lost span of these provisions, near the first with a successor."""
        surviving = [ordinal for ordinal in ordinals if self._succession.successors(ordinal)]
        near = self._succession.nearest_survivor((surviving or ordinals)[0])
        return Relocated(None, None, "lost", 0.0, near)
