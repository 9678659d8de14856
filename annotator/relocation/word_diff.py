"""Two versions of some words, side by side: what stayed, what was struck, what was added.

For people to read and for the API to hand out; placing uses `diff` itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

from annotator.relocation.diff import line_up

Change = Literal["same", "struck", "added"]
PIECE = re.compile(r"\w+(?:[’'\-]\w+)*|\s+|[^\w\s]")


@dataclass(frozen=True, slots=True)
class DiffPiece:
    """Some words of one or both versions; those of all but `added` make the old, and so on."""

    change: Change
    text: str


def word_diff(old: str, new: str) -> list[DiffPiece]:
    """Compare word by word; joined again, same and struck give `old`, same and added give `new`."""
    before, after = PIECE.findall(old), PIECE.findall(new)
    pieces: list[DiffPiece] = []
    for run in line_up(before, after):
        pieces += _pieces(before[run.a0 : run.a1], after[run.b0 : run.b1])
    pieces = list(_without_gaps(pieces))
    return [
        DiffPiece(change, "".join(piece.text for piece in some))
        for change, some in groupby(_in_order(pieces), key=lambda piece: piece.change)
    ]


def _pieces(before: list[str], after: list[str]) -> Iterator[DiffPiece]:
    if len(before) == len(after):
        for one, other in zip(before, after, strict=True):
            if one == other:
                yield DiffPiece("same", one)
            else:
                yield DiffPiece("struck", one)
                yield DiffPiece("added", other)
        return
    yield from (DiffPiece("struck", word) for word in before)
    yield from (DiffPiece("added", word) for word in after)


def _without_gaps(pieces: list[DiffPiece]) -> Iterator[DiffPiece]:
    """Take a space between two changes as changed, so that a phrase is struck in one piece."""
    for number, piece in enumerate(pieces):
        around = pieces[max(number - 1, 0) : number + 2 : 2]
        lonely = piece.change == "same" and piece.text.isspace() and len(around) == 2
        if lonely and all(other.change != "same" for other in around):
            yield DiffPiece("struck", piece.text)
            yield DiffPiece("added", piece.text)
        else:
            yield piece


def _in_order(pieces: list[DiffPiece]) -> Iterator[DiffPiece]:
    """Between two words that stayed, give what was struck before what was added."""
    for same, some in groupby(pieces, key=lambda piece: piece.change == "same"):
        run = list(some)
        if same:
            yield from run
        else:
            yield from (piece for piece in run if piece.change == "struck")
            yield from (piece for piece in run if piece.change == "added")
