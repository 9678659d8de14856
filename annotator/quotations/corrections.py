"""What a quotation should read, so that it can be copied; and how it differs from the document."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from annotator.documents.folding import word_stream
from annotator.quotations.editorial_marks import LINE_END_HYPHEN, unwrap
from annotator.quotations.quotation import Quotation, Verdict
from annotator.relocation.word_diff import DiffPiece, word_diff

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
    """Compare the essay's words with the document's, from the former to the latter.

    What shows as an alteration, and what differs by case or marks alone, is no difference.
    """
    words = _folded(quotation.words)
    if quotation.verdict in AS_THEY_STAND:
        return [DiffPiece("same", words)]
    exact = LEFT_OUT.join(match.exact for match in quotation.matches)
    return list(_unmarked(word_diff(words, _folded(exact))))


def _unmarked(pieces: Sequence[DiffPiece]) -> Iterator[DiffPiece]:
    """Keep as the same what is struck for what it stands for: `[e]ngage` for "engage"."""
    taken = -1
    for number, piece in enumerate(pieces):
        after = pieces[number + 1] if number + 1 < len(pieces) else None
        if number == taken:
            continue
        pair = after is not None and (piece.change, after.change) == ("struck", "added")
        if pair and after is not None and _stands_for(piece.text, after.text):
            taken = number + 1
            yield DiffPiece("same", piece.text)
        else:
            yield piece


def _stands_for(written: str, exact: str) -> bool:
    bare = unwrap(written, 0, len(written))
    words = word_stream(exact).words
    return len(bare.words) == len(words) and all(
        here in word.forms for word, here in zip(bare.words, words, strict=True)
    )


def _folded(words: str) -> str:
    return _SPACE.sub(" ", words).replace("\u00ad", "").strip()
