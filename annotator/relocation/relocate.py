"""Moving spans from one edition into another, with a verdict and a score. Never a guess.

Which provisions correspond is given; their words are followed through a token diff. Words that are
gone from where they stood are looked for elsewhere only exactly, and only where they are long and
stand once in either edition. Offsets are code points, end exclusive. Placing a quotation in a text
without knowing where it stood is `foreign_quotation`'s work.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Literal

from annotator.documents.parsed import Parsed
from annotator.relocation.passages import Passage, Succession, passages
from annotator.relocation.sentence_tracking import SentencePairs
from annotator.relocation.span_tracking import Follower, Range, SpanPiece, elsewhere

Verdict = Literal["exact", "moved", "edited", "lost"]


@dataclass(frozen=True, slots=True)
class Relocated:
    """Where a span stands in the other edition; `start` and `end` are None where it is lost.

    `exact`: the same words in the corresponding place, `moved`: the same in another, `edited`:
    other words in the corresponding place. `score` is the normalised Levenshtein similarity of the
    old text and the new: 1.0 the same, 0.0 where lost. `near` is the ordinal of the innermost
    provision of the new edition that holds the whole span (or its beginning, where none does); of
    a lost span, of what is left of the provision it stood in, else of the nearest section that
    survives.
    """

    start: int | None
    end: int | None
    verdict: Verdict
    score: float
    near: int


class Relocator:
    """Moves spans from one edition into another, in either direction of time."""

    def __init__(self, old: Parsed, new: Parsed, pairs: Iterable[tuple[int, int]]) -> None:
        """Take two editions and the ordinals (old, new) of the provisions that correspond.

        An old provision may have several new ones, a split, and a new one several old, a merge.
        Raises IndexError where an ordinal is not one of its edition's.
        """
        self._old, self._new = old, new
        self._succession = Succession(old, new, pairs)
        self._follower = Follower(old, new, passages(old, new, self._succession))
        self._sentences = SentencePairs(old, new, self._succession)
        self._old_starts = [block.start for block in old.blocks]

    def span(self, start: int, end: int) -> Relocated:
        """Move the range `[start, end)` of the old text, which may run over several provisions.

        Blank ends may be left out of the answer. Raises ValueError where the range is empty or not
        inside the text.
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
        there: Verdict = "exact" if in_place else "moved"
        found = self._follower.follow(span, pieces)
        if found and self._follower.stand(words, found):
            return self._found(found, there, 1.0)
        visible, around = (
            (pieces[0].start, pieces[-1].end),
            (pieces[0].block[0], pieces[-1].block[1]),
        )
        near = partial(self._near, visible, pieces)
        only = self._follower.only(words, pieces[0].provision) if len(pieces) == 1 else None
        if only and near(only):
            return self._found(only, there, 1.0)
        if moved := elsewhere(self._old.text, self._new.text, visible, around, near):
            return self._found(moved, "moved", 1.0)
        found = self._sentences.narrowed(span, found) if found else None
        if found is None or self._sentences.dropped(span, found):
            followed = None if self._follower.unsure(span, pieces) else self._in_section(span)
            if followed and self._follower.holds(span, followed, pieces):
                found = followed
        if found is None or not self._follower.holds(span, found, pieces):
            return self._lost([piece.provision for piece in pieces])
        if self._follower.stand(words, found):
            return self._found(found, "moved", 1.0)
        return self._found(found, "edited", self._follower.score(words, found))

    def _near(self, span: Range, pieces: list[SpanPiece], found: Range) -> bool:
        """Return whether words were found where they stood, as far as that is known.

        That is in the same sentence. A whole sentence may have moved; and of a paragraph without an
        heir, most words may stand in one beside it.
        """
        if self._sentences.near(span, found):
            return True
        provision = pieces[0].provision
        if len(pieces) > 1 or not self._follower.unique(self._old.text[slice(*span)], found):
            return False
        if self._succession.heirs(provision):
            return self._follower.is_sentence(span, provision)
        there = self._follower.provision_at(found[0])
        return self._succession.beside(provision, there) and self._sentences.merged(span, found)

    def provision(self, ordinal: int) -> Relocated:
        """Move a whole provision of any kind, with all that stands in it.

        One that was split goes to all its parts where nothing stands between them, else to the part
        most like it; `near` is that part, or the one heir. One without an heir is lost; one with
        an heir never is. Raises IndexError for an unknown ordinal.
        """
        old = self._old.provisions[ordinal]
        words = self._old.text[old.start : old.end]
        heirs = self._succession.heirs(ordinal)
        if not heirs:
            return self._lost([ordinal])
        provisions = self._new.provisions
        parts = {heir: (provisions[heir].start, provisions[heir].end) for heir in heirs}
        likest = max(heirs, key=lambda heir: self._follower.score(words, parts[heir]))
        found = parts[likest]
        if all(after[0] <= before[1] + 1 for before, after in pairwise(parts.values())):
            found = parts[heirs[0]][0], max(end for _, end in parts.values())
        if not self._follower.stand(words, found):
            score = self._follower.score(words, found)
            return Relocated(*found, "edited", score, likest)
        verdict: Verdict = "exact" if self._succession.in_place(ordinal) else "moved"
        return Relocated(*found, verdict, 1.0, likest)

    def _in_section(self, span: Range) -> Range | None:
        """Return where words went with their sentences, which stand in other provisions now."""
        sentences = self._sentences.counterpart(span)
        if sentences is None:
            return None
        before, after = sentences
        passage = Passage(self._old.text, self._new.text, before, after)
        if span[0] > before[0][0] or before[-1][1] > span[1]:
            return self._follower.gather([passage], span)
        # Whole sentences are what they became, unless words of others were joined to that.
        whole = after[0][0], after[-1][1]
        stayed = [part for part in passage.land(*span) if part.kind == "same" and part.sure]
        if not stayed:
            return whole
        core = min(part.start for part in stayed), max(part.end for part in stayed)
        return max(whole, core, key=partial(self._follower.score, self._old.text[slice(*span)]))

    def _found(self, found: Range, verdict: Verdict, score: float) -> Relocated:
        near = self._new.innermost(*found)
        if near is None:  # no provision holds all of it
            near = self._follower.provision_at(found[0])
        return Relocated(*found, verdict, score, near)

    def _lost(self, ordinals: list[int]) -> Relocated:
        """Return a lost span that stood in these provisions, near the first that survives."""
        left = [ordinal for ordinal in ordinals if self._succession.heirs(ordinal)]
        return Relocated(None, None, "lost", 0.0, self._succession.remains((left or ordinals)[0]))
