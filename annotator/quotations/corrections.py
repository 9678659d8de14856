"""What a quotation should read, so that it can be copied; and how it differs from the document."""

from __future__ import annotations

import re

from annotator.quotations.edition.editorial_marks import LINE_END_HYPHEN
from annotator.quotations.quotation import Quotation, Verdict
from annotator.relocation.word_diff import DiffPiece, word_diff

# These say what the document says, or show where they do not.
AS_THEY_STAND: frozenset[Verdict] = frozenset({"verbatim", "altered_marked"})
LEFT_OUT = " […] "
_INNER = str.maketrans("“”", "‘’")
_SPACE = re.compile(r"\s+")


def corrected(quotation: Quotation) -> str:
    """Return the quotation as it should be printed, marks and all; "" where it has no place.

    One that is right, or shows its alterations, stays as it is written; of others it is the
    document's own words, an ellipsis between those of different places.
    """
    if not quotation.matches:
        return ""
    if quotation.verdict in AS_THEY_STAND and not LINE_END_HYPHEN.search(quotation.words):
        words = quotation.words
    else:
        words = LEFT_OUT.join(match.exact for match in quotation.matches)
    return f"“{_folded(words).translate(_INNER)}”"


def differences(quotation: Quotation) -> list[DiffPiece]:
    """Compare the essay's words with the document's, from the former to the latter."""
    exact = LEFT_OUT.join(match.exact for match in quotation.matches)
    return word_diff(_folded(quotation.words), _folded(exact))


def _folded(words: str) -> str:
    return _SPACE.sub(" ", words).replace("\u00ad", "").strip()
