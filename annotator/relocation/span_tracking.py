"""Following the words of a span to where they went, through the passages they stand in.

A span is cut into pieces, one a block, and each piece is followed on its own. Its parts must come
after each other in the new text as they did in the old; where they stand too far apart, the side
with more words counts. What is found must be like the old words, or be those words with others put
between them.

Words that are gone from where they stood are looked for elsewhere exactly, and only where no other
will do: as they stand, or short ones together with words around them. What is sought must be at
least `LONG_ENOUGH` code points long and stand once in the old text and once in the new. In two
halves of one text, 11 of 1,000 strings of 25 characters stood once in either, of 40 characters 1 of
4,000.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping
from itertools import pairwise, product
from operator import itemgetter
from typing import NamedTuple

from rapidfuzz.distance import LCSseq

from annotator.documents.align.similarity import heaviest_increasing, score, words_of
from annotator.documents.parsed import Parsed
from annotator.relocation.diff import same_wording
from annotator.relocation.passages import NewSpan, Passage

Range = tuple[int, int]
Chain = list[NewSpan]

# Of a span's words so much must have a counterpart, or what is left is not the same passage.
LEFT = 0.5
# What is less alike than this is not the same words any more. Unrelated stretches of real prose
# reach 0.5 once in 200 at 12 characters and 0.4 once in 400 at 50; what little was left of deleted
# words, 0.45 and 0.25 at most. Short words are therefore asked for more.
ALIKE_SHORT, ALIKE = 0.5, 0.4
SHORT = 40
# Words that all stayed may have up to so many times their length in others put between them.
MOST_STRETCHED = 4
STAYED = 0.8
# Rewritten words at an end may make the whole so much longer than the old words were.
MOST_REWRITTEN = 2
LONG_ENOUGH = 40
# So many words that stand once in either text, where they stood or in what it became, are the same.
FEWEST_UNIQUE = 2
# So few words of a passage that was joined or divided are sure only in a run that it has once.
FEW_WORDS = 5
# How much is sought before and after the words themselves: nothing, both sides, one side.
CONTEXTS = ((0, 0), (20, 20), (40, 0), (0, 40))


class SpanPiece(NamedTuple):
    """The part of a span that lies in one block; `provision` is the block's."""

    start: int
    end: int
    block: Range
    provision: int


class Follower:
    """Follows pieces of one text into another."""

    def __init__(self, old: Parsed, new: Parsed, passages: Mapping[int, Passage]) -> None:
        self._old, self._new = old.text, new.text
        self._blocks = new.blocks
        self._block_starts = [block.start for block in new.blocks]
        self._passages = passages

    def follow(self, span: Range, pieces: list[SpanPiece]) -> Range | None:
        """Return where the words of a span went, which has these pieces; None if too few are left.

        Blank ends are kept only where the words stand in blocks that are the same.
        """
        words = self._old[span[0] : span[1]]
        # Where the first and the last block went the same way unaltered, no diff is needed.
        shift = self._shift(pieces[0])
        if shift is not None and (len(pieces) == 1 or shift == self._shift(pieces[-1])):
            found = span[0] + shift, span[1] + shift
            if found[0] >= 0 and self._new[found[0] : found[1]] == words:
                return found
        gathered = self.gather(self._passages_of(pieces), span)
        return gathered if gathered and not self._foreign(gathered, span, pieces) else None

    def score(self, words: str, found: Range) -> float:
        """Return the similarity of old words and what stands at `found`."""
        return score(words, self._new[found[0] : found[1]])

    def holds(self, span: Range, found: Range, pieces: list[SpanPiece]) -> bool:
        """Return whether what was found is like old words, or has half of them in order.

        At most a third of it may be words of these passages that stayed outside of the span.
        """
        words, now = self._old[slice(*span)], self._new[slice(*found)]
        foreign = sum(it.foreign(span, found) for it in self._passages_of(pieces))
        if 3 * foreign > sum(map(len, now.split())):
            return False
        old, new = words_of(words), words_of(now)
        return 2 * LCSseq.similarity(old, new) >= len(old) or self.score(words, found) >= ALIKE

    def only(self, words: str, provision: int) -> Range | None:
        """Return where words stand that the passage of an old provision has once in either text."""
        passage = self._passages.get(provision)
        return passage.only(words) if passage else None

    def unique(self, words: str, found: Range) -> bool:
        """Return whether a few whole words at `found` stand once in either text."""
        enough = len(words_of(words)) >= FEWEST_UNIQUE
        return enough and _once(words, self._old, self._new) and not _cut(self._new, *found)

    def is_sentence(self, span: Range, provision: int) -> bool:
        """Return whether a span is a sentence of the passage of an old provision."""
        passage = self._passages.get(provision)
        return passage is not None and passage.is_sentence(span)

    def unsure(self, span: Range, pieces: list[SpanPiece]) -> bool:
        """Return whether words stand in a sentence that may have become any of several."""
        return any(passage.unsure(span) for passage in self._passages_of(pieces))

    def stand(self, words: str, found: Range) -> bool:
        """Return whether the words are what stands at `found`, whatever its typography."""
        now = self._new[found[0] : found[1]]
        return words == now or same_wording(words, now)

    def _passages_of(self, pieces: list[SpanPiece]) -> list[Passage]:
        found = (self._passages.get(piece.provision) for piece in pieces)
        return list(dict.fromkeys(passage for passage in found if passage))

    def _shift(self, piece: SpanPiece) -> int | None:
        passage = self._passages.get(piece.provision)
        return passage.shifts.get(piece.block[0]) if passage and passage.shifts else None

    def gather(self, passages: list[Passage], span: Range) -> Range | None:
        """Return where some words went, or as many of their parts as stand together, in order."""
        words = self._old[slice(*span)]
        parts = [part for passage in passages for part in passage.land(*span)]
        starts, weights = [part.start for part in parts], [part.weight for part in parts]
        rising = heaviest_increasing(starts, weights)
        chain, words = [parts[index] for index in rising], words.strip()
        length = sum(map(len, words.split()))
        few = len(words_of(words)) <= FEW_WORDS
        while chain and _weight(chain) >= LEFT * length:
            if few and not any(part.sure for part in chain):
                return None
            found = self._chosen(chain, words)
            # The words all stayed, and others were put between them, no whole block.
            start, end = chain[0].start, chain[-1].end
            if (
                found is None
                and _weight([part for part in chain if part.firm]) >= STAYED * length
                and end - start <= MOST_STRETCHED * length
                and all(
                    self.block_number(other.start) - self.block_number(one.end - 1) <= 1
                    for one, other in pairwise(chain)
                )
            ):
                found = start, end
            if found and sum(it.foreign(span, found) for it in passages) <= _weight(chain) / 2:
                return found
            # Cut it at its widest hole, and go on with the side that has more words.
            holes = [after.start - before.end for before, after in pairwise(chain)]
            cut = holes.index(max(holes)) + 1 if holes else 0
            chain = max(chain[:cut], chain[cut:], key=_weight) if cut else []
        return None

    def _foreign(self, found: Range, span: Range, pieces: list[SpanPiece]) -> bool:
        """Return whether what was found stood in the old text already, in another place.

        Words of a passage that is almost gone may meet words of its neighbours that took its place.
        """
        sparse = any(passage.sparse for passage in self._passages_of(pieces))
        if self.stand(self._old[slice(*span)], found) and not sparse:
            return False
        first, last = (self._blocks[self.block_number(at)] for at in (found[0], found[1] - 1))
        stood = elsewhere(self._new, self._old, found, (first.start, last.end))
        return stood is not None and (stood[1] <= span[0] or span[1] <= stood[0])

    def _chosen(self, chain: Chain, words: str) -> Range | None:
        """Choose the likest of the places where a chain may begin and end, if it is like enough.

        Where an end is cut out of rewritten words, it may be with all of those, or none. Rewritten
        words at an end are part of it where they are no more than the old words were, even if they
        make it less alike; a longer rewriting is left out.
        """
        enough = ALIKE_SHORT if len(words) < SHORT else ALIKE
        kept = [part for part in chain if part.kind != "rewritten"]
        starts, ends = {chain[0].start}, {chain[-1].end}
        if kept and chain[0].cut:
            starts.add(kept[0].start)
        if kept and chain[-1].cut:
            ends.add(kept[-1].end)
        tighten = any(part.kind == "same" for part in chain)
        likest, alike = self._likest(product(sorted(starts), sorted(ends)), words, tighten)
        if alike >= enough:
            return likest
        core, alike = self._likest([(kept[0].start, kept[-1].end)] if kept else [], words, tighten)
        if alike < enough:
            return None
        return likest if likest[1] - likest[0] <= MOST_REWRITTEN * len(words) else core

    def _likest(self, options: Iterable[Range], words: str, tighten: bool) -> tuple[Range, float]:
        choice = [self._tightened(it, words) if tighten else it for it in options]
        scored = [(self.score(words, it), it) for it in choice]
        alike, likest = max(scored, key=itemgetter(0), default=(-1.0, (0, 0)))
        return likest, alike

    def _tightened(self, option: Range, words: str) -> Range:
        """Return the words themselves where they stand at one end of a range only; else all of it.

        A diff may count a word that stands twice to the wrong side of an insertion or a deletion;
        the end that is sure then shows where the words are, if that is in the same blocks.
        """
        start, end = option
        tight = [
            there
            for there in ((start, start + len(words)), (end - len(words), end))
            if self._new[max(0, there[0]) : there[1]] == words
            and self.block_number(there[0]) == self.block_number(start)
            and self.block_number(there[1] - 1) == self.block_number(end - 1)
        ]
        return tight[0] if len(tight) == 1 else option

    def block_number(self, offset: int) -> int:
        """Return the number of the block of the new text that an offset stands in, or follows."""
        return max(bisect_right(self._block_starts, offset) - 1, 0)

    def provision_at(self, offset: int) -> int:
        """Return the provision of the block of the new text that an offset stands in."""
        return self._blocks[self.block_number(offset)].provision


def _weight(chain: Chain) -> int:
    return sum(part.weight for part in chain)


def elsewhere(
    old: str, new: str, span: Range, around: Range, near: Callable[[Range], bool] = lambda at: False
) -> Range | None:
    """Return where the words at `span` of the old text stand in the new; None where it is not sure.

    `around` is the part of the old text from which context may be taken; it holds `span`. Whole
    words may be short where they stand `near` the place that is sought.
    """
    words = old[span[0] : span[1]]
    place = new.find(words)
    if place < 0:
        return None
    found = place, place + len(words)
    if _once(words, old, new) and not _cut(new, *found) and near(found):
        return found
    for before, after in CONTEXTS:
        start, end = max(around[0], span[0] - before), min(around[1], span[1] + after)
        words = old[start:end]
        place = new.find(words) if len(words) >= LONG_ENOUGH else -1
        if place >= 0 and _once(words, old, new):
            first = place + span[0] - start
            return first, first + span[1] - span[0]
    return None


def _once(words: str, *texts: str) -> bool:
    """Return whether words that each text has stand there once."""
    return all(text.find(words, text.find(words) + 1) < 0 for text in texts)


def _cut(text: str, start: int, end: int) -> bool:
    """Return whether a range begins or ends inside a word."""
    around = text[max(0, start - 1) : start + 1], text[end - 1 : end + 1]
    return any(len(edge) == 2 and edge.isalnum() for edge in around)
