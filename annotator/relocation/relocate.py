"""Relocate spans from one edition to another, with a verdict and a score; never guess.

The pairs of provisions are known, and a word diff tracks their words. Deleted words are found
elsewhere only if they are exact, long, and unique in both editions. Offsets are code points, end
exclusive. `foreign_quotation` finds a quotation whose edition is unknown.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Literal

from annotator.documents.parsed import Parsed
from annotator.relocation.passages import Passage, Range, Succession, build_passages
from annotator.relocation.sentence_tracking import SentenceTracker
from annotator.relocation.span_tracking import SpanPiece, SpanTracker, find_elsewhere

Verdict = Literal["exact", "moved", "edited", "lost"]


@dataclass(frozen=True, slots=True)
class Relocated:
    """The range of a span in the other edition; `start` and `end` are None if it is lost.

    The verdict is `exact` for the same words in the corresponding place, `moved` for the same words
    in another place, `edited` for changed words. `score` is the normalised Levenshtein similarity
    of the old text and the new: 1.0 the same, 0.0 lost. `near` is the ordinal of the innermost new
    provision that contains the span, or its start if none contains all of it. For a lost span, it
    is the successor of its provision, else the nearest surviving section.
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
        self._old_starts = [block.start for block in old.blocks]

    def span(self, start: int, end: int) -> Relocated:
        """Relocate the range `[start, end)` of the old text, which may cross provisions.

        The result may exclude white space at the ends. Raises ValueError if the range is empty or
        not inside the text.
        """
        if not 0 <= start < end <= len(self._old.text):
            raise ValueError(f"[{start}, {end}) is not a range of the text")
        blocks = self._old.blocks
        first = max(bisect_right(self._old_starts, start) - 1, 0)
        pieces = [
            SpanPiece(low, high, (block.start, block.end), block.provision)
            for block in blocks[first : bisect_left(self._old_starts, end)]
            if (low := max(start, block.start)) < (high := min(end, block.end))
        ]
        if not pieces:
            return self._lost([blocks[first].provision])
        span, words = (start, end), self._old.text[start:end]
        in_place = all(self._succession.in_place(piece.provision) for piece in pieces)
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
        other = self._tracker.provision_at(new_range[0])
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
        verdict: Verdict = "exact" if self._succession.in_place(ordinal) else "moved"
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
        near = self._new.innermost(*new_range)
        if near is None:  # no provision contains all of it
            near = self._tracker.provision_at(new_range[0])
        return Relocated(*new_range, verdict, score, near)

    def _lost(self, ordinals: list[int]) -> Relocated:
        """Return a lost span of these provisions, near the first with a successor."""
        surviving = [ordinal for ordinal in ordinals if self._succession.successors(ordinal)]
        near = self._succession.nearest_survivor((surviving or ordinals)[0])
        return Relocated(None, None, "lost", 0.0, near)
