"""Place a candidate in the editions of a document: the first tier that succeeds decides.

The tiers: all words and punctuation equal, in the requested edition and then in the others; all
words equal; and similar. A marked alteration counts as verbatim here.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from annotator.documents.folding import DASHES, IGNORABLE
from annotator.quotations.alignment import MIN_SHARE, align, known_words
from annotator.quotations.editorial_marks import (
    LINE_END_HYPHEN,
    MarkedWords,
    has_signs,
    rejoined,
    unwrap,
)
from annotator.quotations.index import Index, MatchedPiece, Placement, fragments, placements
from annotator.quotations.quotation import Verdict

# A chain competes if it is at most this many times wider than the closest one.
_AS_CLOSE = 1.5
BETTER = 0.1
# A sentence of an edition begins and ends here.
_BEGINS = re.compile(r"(?:\A|\n|[.!?…:]['”’\")\]]*\s)['“‘\"(\[]*\Z")
_ENDS = re.compile(r".?[.!?…\n]|.?\Z", re.DOTALL)
_DASH = re.compile(f"[{DASHES}]+")
# Signs that typing and markup change: quotes, brackets, emphasis, notes, anchors, white space.
_NO_SIGN = re.compile(
    rf"[\w\s{IGNORABLE}\"'“”„‟«»‹›‘’‚‛`´\[\]*_~#\\\u00b2\u00b3\u00b9\u2070-\u209f]+"
)
_ELLIPSIS = re.compile(r"\.{3,}|(?:\. ){2,}\.")
_EDGE = ".,;:!?)"
# One place that a quotation may mean: a span for each of its fragments.
Option = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class PlacedCandidate:
    """Where a candidate's words are in an edition; `matched` counts the words that match."""

    index: Index
    written: MarkedWords
    options: tuple[Option, ...]
    verdict: Verdict
    score: float
    matched: int

    @property
    def is_whole(self) -> bool:
        """Return whether it consists of whole sentences of the edition, with no word added."""
        text, (start, end) = self.index.text, self.options[0][0]
        stream = self.index.stream
        many = bisect_left(stream.starts, end) - bisect_left(stream.starts, start)
        whole = _BEGINS.search(text[max(start - 4, 0) : start] if start else "\n") and _ENDS.match(
            text, end - 1
        )
        return bool(whole) and 0 <= many - len(self.written.words) <= 1


def place(
    written: MarkedWords, editions: Sequence[Index], least: float = MIN_SHARE
) -> PlacedCandidate | None:
    """Place words of an essay in an edition; return None if they quote no edition.

    `least` is the share of the words that must match if the quotation is not verbatim.
    """
    stretch = written.text, written.start, written.end
    hyphens = LINE_END_HYPHEN.search(*stretch)
    vocabularies = [index.numbers for index in editions] if hyphens else []
    if vocabularies:
        written = rejoined(written, vocabularies)
    readings = [written]
    if has_signs(*stretch):
        unwrapped = unwrap(*stretch)
        readings.append(rejoined(unwrapped, vocabularies) if vocabularies else unwrapped)
    exact = _wordwise(readings, editions)
    return exact or (_nearly(readings[-1], editions, least) if least < 1 else None)


def _wordwise(readings: Sequence[MarkedWords], editions: Sequence[Index]) -> PlacedCandidate | None:
    loose: PlacedCandidate | None = None
    for number, index in enumerate(editions):
        for written in readings:
            if not written.words:
                continue
            places = placements(written, index)
            clean = [each for each in places if same_signs(written, each, index)]
            if clean:
                verdict = _marked(written, index, clean[0])
                return _placed(written, index, clean, verdict, bool(number))
            if places and loose is None:
                loose = _placed(written, index, places, "altered_unmarked", bool(number))
    return loose


def _marked(written: MarkedWords, index: Index, placement: Placement) -> Verdict:
    """Return the verdict: marked if the quotation has brackets or dots that the edition lacks."""
    if written.gaps or written.marked:
        return "altered_marked"
    start, end = index.span(placement[0].start, placement[-1].end)
    signed = has_signs(written.text, written.start, written.end)
    return "altered_marked" if signed and not has_signs(index.text, start, end) else "verbatim"


def _placed(
    written: MarkedWords, index: Index, places: Sequence[Placement], verdict: Verdict,
    elsewhere: bool,
) -> PlacedCandidate:  # fmt: skip
    if len(places) > 1 and len(places[0]) == 1:
        for alike in (_same_characters, _same_question):
            places = [each for each in places if alike(written, each[0], index)] or places
    widest = _AS_CLOSE * (places[0][-1].end - places[0][0].start)
    options = (
        quoted_spans(written, fragments(written, placement), index)
        for placement in places
        if placement[-1].end - placement[0].start <= widest
    )
    return PlacedCandidate(
        index, written, tuple(dict.fromkeys(options)),
        "other_edition" if elsewhere else verdict, 1.0, len(written.words),
    )  # fmt: skip


def _nearly(
    written: MarkedWords, editions: Sequence[Index], least: float
) -> PlacedCandidate | None:
    best: PlacedCandidate | None = None
    most = 0
    for number, index in enumerate(editions):
        pair_starts = known_words(written, index)
        if len(pair_starts) <= most:
            continue  # an earlier edition in the list matches as many words, and has precedence
        most = len(pair_starts)
        aligned = align(written, index, pair_starts, least)
        if aligned is None or (best is not None and aligned.score < best.score + BETTER):
            continue
        verdict: Verdict = "joined_unmarked" if aligned.joined else "altered_unmarked"
        if not (aligned.joined or aligned.altered):
            verdict = _marked(written, index, aligned.pieces)
        if number:
            verdict = "other_edition"
        option = quoted_spans(written, aligned.pieces, index)
        best = PlacedCandidate(index, written, (option,), verdict, aligned.score, aligned.matched)
    return best


def _signs(text: str) -> str:
    """Return the significant punctuation between two words."""
    return _DASH.sub("-", _NO_SIGN.sub("", _ELLIPSIS.sub("…", text))) if text != " " else ""


def same_signs(written: MarkedWords, pieces: Placement, index: Index) -> bool:
    """Return whether the punctuation between the words of each piece is the same in both texts."""
    stream = index.stream
    for piece in pieces:
        position = piece.start
        for before, after in pairwise(written.words[piece.first : piece.last]):
            edition_text = index.text[stream.ends[position] : stream.starts[position + 1]]
            essay_text = written.text[before.end : after.start]
            if essay_text != edition_text and _signs(essay_text) != _signs(edition_text):
                return False
            position += 1
    return True


def _same_characters(written: MarkedWords, piece: MatchedPiece, index: Index) -> bool:
    words = written.words
    essay_text = written.text[words[piece.first].start : words[piece.last - 1].end]
    start, end = index.span(piece.start, piece.end)
    return unicodedata.normalize("NFC", essay_text) == index.text[start:end]


def _same_question(written: MarkedWords, piece: MatchedPiece, index: Index) -> bool:
    """Return whether both essay and edition have the words as a question or an exclamation."""
    after, end = written.words[piece.last - 1].end, index.stream.ends[piece.end - 1]
    sign = written.text[after] if after < written.end else ""
    return sign in ("?", "!") and index.text[end : end + 1] == sign


def quoted_spans(written: MarkedWords, pieces: Sequence[MatchedPiece], index: Index) -> Option:
    """Return the ranges of the edition that are quoted, with the punctuation marks at their ends.

    A mark belongs to a range where both the quotation and the edition have it.
    """
    text, spans = written.text, []
    for piece in pieces:
        start, end = index.span(piece.start, piece.end)
        after = written.words[piece.last - 1].end
        inside = piece.last < len(written.words)
        limit = written.words[piece.last].start if inside else written.end
        while after < limit and text[after] in _EDGE and index.text[end : end + 1] == text[after]:
            after, end = after + 1, end + 1
        spans.append((start, end))
    return tuple(spans)
