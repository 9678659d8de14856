"""Collect the words of a block from its inline pieces, with marks that keep their place."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from annotator.documents.canonical import CanonicalForm, fold
from annotator.documents.folding import visible
from annotator.documents.origins import Run
from annotator.documents.parsed import Mark, MarkKind

# A link leads into the document, to another page of the same site, to the web or to a mailbox.
_TARGET = re.compile(r"(?:https?:|mailto:|(?![a-z][a-z0-9+.-]*:)\S)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class BlockText:
    """A block's canonical words, its marks (offsets from the block's start) and its alt texts.

    `origins` are the runs of the reader's text that the words came from.
    """

    text: str
    marks: tuple[Mark, ...] = ()
    alts: tuple[str, ...] = ()
    origins: tuple[Run, ...] = field(default=(), compare=False)


class BlockWords:
    """Collects the inline pieces of one block in the order of the text.

    Marks open and close like brackets; those still open at `take` continue in the next block, as in
    HTML's `<b><p>one</p><p>two</p></b>`.
    """

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._runs: list[Run] = []
        self._length = 0
        self._open: list[_OpenMark] = []
        self._closed: list[Mark] = []
        self._alts: list[str] = []

    def add(self, text: str, runs: Sequence[Run] = ()) -> None:
        """Append visible words as in the source; `runs` are their origins."""
        self._pieces.append(text)
        self._runs += runs or [(len(text), 0, 0)]
        self._length += len(text)

    def open(self, kind: MarkKind, value: str = "", runs: Sequence[Run] = ()) -> None:
        """Open a mark here; `runs` are the origins of its value."""
        place = self._length, len(self._pieces), len(self._runs)
        self._open.append(_OpenMark(kind, value, *place, runs))

    def close(self, kind: MarkKind) -> None:
        """Close the innermost open mark of this kind, if there is one."""
        for index in range(len(self._open) - 1, -1, -1):
            if self._open[index].kind == kind:
                self._end(self._open.pop(index))
                return

    def line_break(self, runs: Sequence[Run] = ()) -> None:
        """Append the one space that represents a hard line break."""
        self._closed.append(Mark(self._length, self._length + 1, "break"))
        self.add(" ", runs)

    def picture(self, alt: str) -> None:
        """Store a picture's alt text, which is not part of the text."""
        if alt := fold(alt):
            self._alts.append(alt)

    def take(self, *, code: bool = False) -> BlockText:
        """Return the collected block in canonical form, and begin the next one."""
        raw, alts = "".join(self._pieces), tuple(self._alts)
        marks = self._closed + [
            Mark(mark.start, self._length, mark.kind, mark.value) for mark in self._open
        ]
        block = BlockText("", (), alts)
        if visible(raw).strip():
            form = CanonicalForm(raw, code=code)
            placed = {_placed(mark, form) for mark in marks}
            ordered = sorted(
                (mark for mark in placed if mark.start < mark.end),
                key=lambda mark: (mark.start, -mark.end, mark.kind, mark.value),
            )
            block = BlockText(form.text, tuple(ordered), alts, form.origins(self._runs))
        self._pieces, self._runs, self._length, self._closed, self._alts = [], [], 0, [], []
        self._open = [_OpenMark(mark.kind, mark.value) for mark in self._open]
        return block

    def _end(self, mark: _OpenMark) -> None:
        start = mark.start
        # The length is looked at first so that a long text is not joined for every link in it.
        is_short = mark.kind == "link" and mark.value and self._length - start < 10
        if is_short and "".join(self._pieces[mark.piece :]).strip() == "?":
            while self._closed and self._closed[-1].start >= start:
                self._closed.pop()
            del self._pieces[mark.piece :], self._runs[mark.run :]
            self._length = start
            self.add(mark.value, mark.runs)
        if start < self._length and (mark.kind != "link" or _TARGET.match(mark.value)):
            self._closed.append(Mark(start, self._length, mark.kind, mark.value))


@dataclass(frozen=True, slots=True)
class _OpenMark:
    """An open mark, and the number of pieces and runs before it."""

    kind: MarkKind
    value: str
    start: int = 0
    piece: int = 0
    run: int = 0
    runs: Sequence[Run] = ()


def _placed(mark: Mark, form: CanonicalForm) -> Mark:
    is_break = mark.kind == "break"
    start, end = form.space(mark.start) if is_break else form.span(mark.start, mark.end)
    return Mark(start, end, mark.kind, mark.value)
