"""Correct a quotation so that it can be copied, and compare it with the document."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from annotator.documents.folding import word_stream
from annotator.quotations.editorial_marks import LINE_END_HYPHEN, unwrap
from annotator.quotations.quotation import Quotation, Verdict
from annotator.relocation.diff import DiffPiece, word_diff

# These say what the document says, or show where they do not.
AS_THEY_STAND: frozenset[Verdict] = frozenset({"verbatim", "altered_marked"})
# The verdicts, those that ask for something to be done before the others.
PROBLEMS_FIRST: Sequence[Verdict] = (
    "altered_unmarked", "joined_unmarked", "not_found", "other_edition", "ambiguous",
    "altered_marked", "verbatim",
)  # fmt: skip
LEFT_OUT = " […] "
_INNER = str.maketrans("“”", "‘’")
_SPACE = re.compile(r"\s+")


def corrected(quotation: Quotation) -> str:
    """Return the quotation as it should be printed, in quotation marks; "" if it has no match.

    A correct one, or one that marks its alterations, stays as written; any other becomes the
    document's own words, with an ellipsis between matches.
    """
    if not quotation.matches:
        return ""
    if quotation.verdict in AS_THEY_STAND and not LINE_END_HYPHEN.search(quotation.words):
        words = quotation.words
    else:
        words = LEFT_OUT.join(match.exact for match in quotation.matches)
    return f"“{_folded(words).translate(_INNER)}”"


def differences(quotation: Quotation) -> list[DiffPiece]:
    """Compare the essay's words with the document's, from the former to the latter.

    Marked alterations and differences in case or marks alone count as the same.
    """
    words = _folded(quotation.words)
    if quotation.verdict in AS_THEY_STAND:
        return [DiffPiece("same", words)]
    exact = LEFT_OUT.join(match.exact for match in quotation.matches)
    return list(_unmarked(word_diff(words, _folded(exact))))


def _unmarked(pieces: Sequence[DiffPiece]) -> Iterator[DiffPiece]:
    """Yield the pieces, a marked alteration such as `[e]ngage` for "engage" as the same."""
    merged = -1
    for number, piece in enumerate(pieces):
        after = pieces[number + 1] if number + 1 < len(pieces) else None
        if number == merged:
            continue
        pair = after is not None and (piece.change, after.change) == ("struck", "added")
        if pair and after is not None and _matches(piece.text, after.text):
            merged = number + 1
            yield DiffPiece("same", piece.text)
        else:
            yield piece


def _matches(written: str, exact: str) -> bool:
    bare, words = unwrap(written, 0, len(written)).words, word_stream(exact).words
    return len(bare) == len(words) and all(
        exact_word in word.forms for word, exact_word in zip(bare, words, strict=True)
    )


def _folded(words: str) -> str:
    return _SPACE.sub(" ", words).replace("\u00ad", "").strip()
