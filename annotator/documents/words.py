"""Collect the words of a block from its inline pieces, with marks that keep their place."""

from __future__ import annotations

import re
from dataclasses import dataclass

from annotator.documents.canonical import CanonicalForm, fold
from annotator.documents.folding import visible
from annotator.documents.parsed import Mark, MarkKind

# A link leads into the document, to another page of the same site, to the web or to a mailbox.
_TARGET = re.compile(r"(?:https?:|mailto:|(?![a-z][a-z0-9+.-]*:)\S)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class BlockText:
    """A block's canonical words, its marks (offsets from the block's start) and its pictures."""

    text: str
    marks: tuple[Mark, ...] = ()
    alts: tuple[str, ...] = ()


class BlockWords:
    """Collects the inline pieces of one block in the order of the text.

    Marks are opened and closed like brackets; what is still open at `take` goes on in the next
    block, as HTML's `<b><p>one</p><p>two</p></b>` has it.
    """

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._length = 0
        self._open: list[tuple[MarkKind, str, int, int]] = []
        self._closed: list[Mark] = []
        self._alts: list[str] = []

    def add(self, text: str) -> None:
        """Add visible words as the source has them."""
        self._pieces.append(text)
        self._length += len(text)

    def open(self, kind: MarkKind, value: str = "") -> None:
        """Begin a mark at the present place."""
        self._open.append((kind, value, self._length, len(self._pieces)))

    def close(self, kind: MarkKind) -> None:
        """End the innermost open mark of this kind; one that was never opened is passed over."""
        for index in range(len(self._open) - 1, -1, -1):
            if self._open[index][0] == kind:
                self._end(*self._open.pop(index))
                return

    def line_break(self) -> None:
        """Add the one space that stands for a hard line break."""
        self._closed.append(Mark(self._length, self._length + 1, "break"))
        self.add(" ")

    def picture(self, alt: str) -> None:
        """Note a picture's words, which are no part of the text."""
        if alt := fold(alt):
            self._alts.append(alt)

    def take(self) -> BlockText:
        """Return what was collected, in canonical form, and begin the next block."""
        unfinished = [
            Mark(start, self._length, kind, value) for kind, value, start, _ in self._open
        ]
        block = _canonical("".join(self._pieces), self._closed + unfinished, tuple(self._alts))
        self._pieces, self._length, self._closed, self._alts = [], 0, [], []
        self._open = [(kind, value, 0, 0) for kind, value, _, _ in self._open]
        return block

    def _end(self, kind: MarkKind, value: str, start: int, piece: int) -> None:
        if kind == "link" and value and self._is_question_mark(start, piece):
            self._show_target(value, start, piece)
        if start < self._length and (kind != "link" or _TARGET.match(value)):
            self._closed.append(Mark(start, self._length, kind, value))

    def _is_question_mark(self, start: int, piece: int) -> bool:
        # The length is looked at first so that a long text is not joined for every link in it.
        return self._length - start < 10 and "".join(self._pieces[piece:]).strip() == "?"

    def _show_target(self, value: str, start: int, piece: int) -> None:
        while self._closed and self._closed[-1].start >= start:
            self._closed.pop()
        self._pieces[piece:] = [value]
        self._length = start + len(value)


def _canonical(raw: str, marks: list[Mark], alts: tuple[str, ...]) -> BlockText:
    if not visible(raw).strip():
        return BlockText("", (), alts)
    if not marks:
        return BlockText(fold(raw), (), alts)
    folded = CanonicalForm(raw)
    placed = {_placed(mark, folded) for mark in marks}
    kept = sorted((mark for mark in placed if mark.start < mark.end), key=_outer_first)
    return BlockText(folded.text, tuple(kept), alts)


def _placed(mark: Mark, folded: CanonicalForm) -> Mark:
    is_break = mark.kind == "break"
    start, end = folded.space(mark.start) if is_break else folded.span(mark.start, mark.end)
    return Mark(start, end, mark.kind, mark.value)


def _outer_first(mark: Mark) -> tuple[int, int, str, str]:
    return mark.start, -mark.end, mark.kind, mark.value
