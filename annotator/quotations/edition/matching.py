"""Where words of an essay stand in an edition, their marked alterations allowed for.

Each run of words between two marks must stand there word for word; the runs stand in the essay's
order, an ellipsis skipping any number of words and a phrase in brackets a few.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from annotator.quotations.edition.editorial_marks import MarkedWords, Word
from annotator.quotations.edition.index import Alternatives, Index

# How many words of the document a phrase in brackets may stand for.
MOST_REPLACED = 15
# A run of one or two words is looked for only so many words away from the others.
NEAR = 60
MOST_PIVOTS = 400
# More marked alterations than these in one quotation are a text of its own.
MOST_SEGMENTS = 60
# An open word has at most so many letters more than are written.
LONGEST_ENDING = 5


@dataclass(frozen=True, slots=True)
class MatchedPiece:
    """Words `[first, last)` of a quotation that stand at positions `[start, end)` of an edition."""

    first: int
    last: int
    start: int
    end: int


Placement = tuple[MatchedPiece, ...]


def forms_of(word: Word, index: Index) -> Alternatives:
    """Return the forms that an open word may have in an edition."""
    stem = word.forms[0]
    longest = len(stem) + LONGEST_ENDING
    if len(stem) < 2:
        return word.forms
    begun = [it for it in index.beginning_with(stem) if len(it) <= longest]
    return tuple({*word.forms, *begun})


def placements(written: MarkedWords, index: Index) -> list[Placement]:
    """Return every way in which the words stand in an edition, the closest together first."""
    forms = [forms_of(it, index) if it.open else it.forms for it in written.words]
    segments = written.segments()
    if len(segments) > MOST_SEGMENTS:
        return []
    places = []
    for first, last in segments:
        found = index.occurrences(forms[first:last])
        if not found:
            return []
        places.append(found)
    if len(segments) == 1:
        length = segments[0][1] - segments[0][0]
        return [(MatchedPiece(*segments[0], at, at + length),) for at in places[0]]
    return _chains(written, segments, places)


def _chains(
    written: MarkedWords, segments: Sequence[tuple[int, int]], places: Sequence[list[int]]
) -> list[Placement]:
    """Line up the runs in order, around each place of the one that stands in the fewest places."""
    pivot = min(range(len(segments)), key=lambda at: (len(places[at]), -_length(segments[at])))
    found: dict[Placement, int] = {}
    for at in places[pivot][:MOST_PIVOTS]:
        chain = [MatchedPiece(*segments[pivot], at, at + _length(segments[pivot]))]
        for number in range(pivot + 1, len(segments)):
            chain += _next(written, segments[number], places[number], chain[-1])
        for number in range(pivot - 1, -1, -1):
            chain[:0] = _before(written, segments[number], places[number], chain[0])
        if len(chain) == len(segments):
            found[tuple(chain)] = chain[-1].end - chain[0].start
    return sorted(found, key=lambda chain: found[chain])


def _length(segment: tuple[int, int]) -> int:
    return segment[1] - segment[0]


def _next(
    written: MarkedWords, segment: tuple[int, int], places: list[int], before: MatchedPiece
) -> list[MatchedPiece]:
    place = bisect_left(places, before.end)
    if place == len(places):
        return []
    piece = MatchedPiece(*segment, places[place], places[place] + _length(segment))
    return [piece] if _within_reach(written, before, piece) else []


def _before(
    written: MarkedWords, segment: tuple[int, int], places: list[int], after: MatchedPiece
) -> list[MatchedPiece]:
    place = bisect_right(places, after.start - _length(segment)) - 1
    if place < 0:
        return []
    piece = MatchedPiece(*segment, places[place], places[place] + _length(segment))
    return [piece] if _within_reach(written, piece, after) else []


def _within_reach(written: MarkedWords, before: MatchedPiece, after: MatchedPiece) -> bool:
    skipped = after.start - before.end
    if written.gaps[after.first] == "inserted":
        return skipped <= MOST_REPLACED
    return skipped <= NEAR or min(_words(before), _words(after)) > 2


def _words(piece: MatchedPiece) -> int:
    return piece.last - piece.first


def fragments(written: MarkedWords, placement: Placement) -> list[MatchedPiece]:
    """Return the pieces that an ellipsis, or words left out without one, divide.

    A phrase in brackets stands for words of the document, so it divides nothing.
    """
    found = [placement[0]]
    for before, piece in pairwise(placement):
        if written.gaps.get(piece.first) == "inserted" or piece.start == before.end:
            found[-1] = MatchedPiece(found[-1].first, piece.last, found[-1].start, piece.end)
        else:
            found.append(piece)
    return found
