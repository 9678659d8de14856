"""What a placement is worth: is it word for word, to the very mark, and what range is quoted."""

from __future__ import annotations

import re
import unicodedata
from itertools import pairwise

from annotator.quotations.edition.editorial_marks import MarkedWords
from annotator.quotations.edition.index import Index
from annotator.quotations.edition.matching import MatchedPiece

_DASH = re.compile(r"[-\u2010-\u2015\u2212]+")
# Signs that typing and markup change: quotes, brackets, emphasis, notes, anchors, white space.
_NO_SIGN = re.compile(
    r"[\w\s\u00ad\u200b-\u200d\u2060\ufeff\"'“”„‟«»‹›‘’‚‛`´\[\]*_~#\\\u00b2\u00b3\u00b9\u2070-\u209f]+"
)
_ELLIPSIS = re.compile(r"\.{3,}|(?:\. ){2,}\.")
_EDGE = ".,;:!?)"


def signs(text: str) -> str:
    """Fold what stands between two words to the punctuation that counts."""
    if text == " ":
        return ""
    return _DASH.sub("-", _NO_SIGN.sub("", _ELLIPSIS.sub("…", text)))


def same_signs(
    text: str, written: MarkedWords, pieces: tuple[MatchedPiece, ...], index: Index
) -> bool:
    """Return whether the same punctuation stands between the words of each piece, on both sides."""
    stream = index.stream
    for piece in pieces:
        here = piece.start
        for before, after in pairwise(written.words[piece.first : piece.last]):
            there = index.text[stream.ends[here] : stream.starts[here + 1]]
            ours = text[before.end : after.start]
            if ours != there and signs(ours) != signs(there):
                return False
            here += 1
    return True


def same_characters(text: str, written: MarkedWords, piece: MatchedPiece, index: Index) -> bool:
    """Return whether the words of a piece are typed exactly as the edition has them."""
    words = written.words
    ours = text[words[piece.first].start : words[piece.last - 1].end]
    start, end = index.span(piece.start, piece.end)
    return unicodedata.normalize("NFC", ours) == index.text[start:end]


def same_question(text: str, written: MarkedWords, piece: MatchedPiece, index: Index) -> bool:
    """Return whether the words are a question, or a cry, in the essay and in the edition."""
    after, end = written.words[piece.last - 1].end, index.stream.ends[piece.end - 1]
    return after < written.end and text[after] in "?!" and index.text[end : end + 1] == text[after]


def spans(
    text: str, written: MarkedWords, pieces: list[MatchedPiece], index: Index
) -> tuple[tuple[int, int], ...]:
    """Return the ranges of the edition that are quoted, the marks at their ends included.

    A mark belongs to a range where it stands both in the essay, inside the quotation, and there.
    """
    return tuple(_span(text, written, piece, index) for piece in pieces)


def _span(text: str, written: MarkedWords, piece: MatchedPiece, index: Index) -> tuple[int, int]:
    start, end = index.span(piece.start, piece.end)
    after = written.words[piece.last - 1].end
    limit = written.words[piece.last].start if piece.last < len(written.words) else written.end
    while after < limit and end < len(index.text) and index.text[end] in _EDGE:
        if text[after] != index.text[end]:
            break
        after, end = after + 1, end + 1
    return start, end
