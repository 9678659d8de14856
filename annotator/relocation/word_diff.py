"""A word diff of two versions for pages and the API; relocation uses `diff` itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

from annotator.relocation.diff import align_words

Change = Literal["same", "struck", "added"]
PIECE = re.compile(r"\w+(?:[’'\-]\w+)*|\s+|[^\w\s]")


@dataclass(frozen=True, slots=True)
class DiffPiece:
    """Some words of both versions (`same`), the old one (`struck`) or the new one (`added`)."""

    change: Change
    text: str


def word_diff(old: str, new: str) -> list[DiffPiece]:
    """Compare two versions word by word; joined pieces reproduce each version exactly."""
    before, after = PIECE.findall(old), PIECE.findall(new)
    pieces: list[DiffPiece] = []
    for run in align_words(before, after):
        pieces += _pieces(before[run.a0 : run.a1], after[run.b0 : run.b1])
    pieces = list(_change_lone_spaces(pieces))
    return [
        DiffPiece(change, "".join(piece.text for piece in group))
        for change, group in groupby(_struck_first(pieces), key=lambda piece: piece.change)
    ]


def _pieces(before: list[str], after: list[str]) -> Iterator[DiffPiece]:
    if len(before) == len(after):
        for old, new in zip(before, after, strict=True):
            if old == new:
                yield DiffPiece("same", old)
            else:
                yield DiffPiece("struck", old)
                yield DiffPiece("added", new)
        return
    yield from (DiffPiece("struck", word) for word in before)
    yield from (DiffPiece("added", word) for word in after)


def _change_lone_spaces(pieces: list[DiffPiece]) -> Iterator[DiffPiece]:
    """Mark a space between two changes as changed, so that a phrase is struck in one piece."""
    for number, piece in enumerate(pieces):
        neighbours = pieces[max(number - 1, 0) : number + 2 : 2]
        inner_space = piece.change == "same" and piece.text.isspace() and len(neighbours) == 2
        if inner_space and all(neighbour.change != "same" for neighbour in neighbours):
            yield DiffPiece("struck", piece.text)
            yield DiffPiece("added", piece.text)
        else:
            yield piece


def _struck_first(pieces: list[DiffPiece]) -> Iterator[DiffPiece]:
    """Yield the struck words before the added ones in each sequence of changes."""
    for _, group in groupby(pieces, key=lambda piece: piece.change == "same"):
        yield from sorted(group, key=lambda piece: piece.change == "added")
