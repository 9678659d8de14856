"""The stream of blocks that a reader makes, and the words of a block with marks in their place."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Literal

from annotator.documents.canonical import CanonicalForm, fold
from annotator.documents.folding import visible
from annotator.documents.origins import Origins, Run
from annotator.documents.parsed import NO_ATTRIBUTES, Block, Mark, MarkKind, Parsed

# A link leads into the document, to another page of the same site, to the web or to a mailbox.
_TARGET = re.compile(r"(?:https?:|mailto:|(?![a-z][a-z0-9+.-]*:)\S)", re.IGNORECASE)
_FOOTNOTE_MARK = re.compile(r"\s*\[?[\w*]{1,3}\]?\s*")


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
        self._open: dict[MarkKind, list[_OpenMark]] = {}
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
        self._open.setdefault(kind, []).append(_OpenMark(kind, value, *place, runs))

    def close(self, kind: MarkKind) -> None:
        """Close the innermost open mark of this kind, if there is one."""
        if opened := self._open.get(kind):
            self._end(opened.pop())

    def line_break(self, runs: Sequence[Run] = ()) -> None:
        """Append the one space that represents a hard line break."""
        self._closed.append(Mark(self._length, self._length + 1, "break"))
        self.add(" ", runs)

    def picture(self, alt: str, runs: Sequence[Run] = ()) -> None:
        """Store a picture's alt text, which is not part of the text; `runs` are its origins."""
        if alt := fold(alt):
            self._alts.append(alt)

    def take(self, *, code: bool = False) -> BlockText:
        """Return the collected block in canonical form, and begin the next one."""
        block = self._block("".join(self._pieces), tuple(self._alts), code=code)
        self._pieces, self._runs, self._length, self._closed, self._alts = [], [], 0, [], []
        self._open = {
            kind: [_OpenMark(mark.kind, mark.value) for mark in marks]
            for kind, marks in self._open.items()
        }
        return block

    def _block(self, raw: str, alts: tuple[str, ...], *, code: bool) -> BlockText:
        marks = self._closed + [
            Mark(mark.start, self._length, mark.kind, mark.value)
            for mark in chain.from_iterable(self._open.values())
        ]
        if not visible(raw).strip():
            return BlockText("", (), alts)
        form = CanonicalForm(raw, code=code)
        placed = {_placed(mark, form) for mark in marks}
        ordered = sorted(
            (mark for mark in placed if mark.start < mark.end),
            key=lambda mark: (mark.start, -mark.end, mark.kind, mark.value),
        )
        return BlockText(form.text, tuple(ordered), alts, form.origins(self._runs))

    def _end(self, mark: _OpenMark) -> None:
        start = mark.start
        # The length is looked at first so that a long text is not joined for every link in it.
        is_short = mark.kind == "link" and mark.value and self._length - start < 10
        if is_short and "".join(self._pieces[mark.piece :]).strip() == "?":
            self._remove_since(mark)
            self.add(mark.value, mark.runs)
        if start < self._length and (mark.kind != "link" or _TARGET.match(mark.value)):
            self._closed.append(Mark(start, self._length, mark.kind, mark.value))

    def _remove_since(self, mark: _OpenMark) -> None:
        while self._closed and self._closed[-1].start >= mark.start:
            self._closed.pop()
        del self._pieces[mark.piece :], self._runs[mark.run :]
        self._length = mark.start


class SourceWords(BlockWords):
    """Collects words as the source has them: white space, alt texts, but no marks of footnotes.

    Of the marks, those that end within their block count.
    """

    def line_break(self, runs: Sequence[Run] = ()) -> None:
        """Append a line feed that represents a line break."""
        self.add("\n", runs)

    def picture(self, alt: str, runs: Sequence[Run] = ()) -> None:
        """Append a picture's alt text if its origins are known."""
        if runs:
            self.add(alt, runs)

    def _block(self, raw: str, alts: tuple[str, ...], *, code: bool) -> BlockText:
        self._open.clear()
        return BlockText(raw, tuple(self._closed), alts, tuple(self._runs))

    def _end(self, mark: _OpenMark) -> None:
        is_short = mark.kind == "sup" and self._length - mark.start < 10
        if is_short and _FOOTNOTE_MARK.fullmatch("".join(self._pieces[mark.piece :])):
            self._remove_since(mark)
        else:
            super()._end(mark)


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


LeafKind = Literal["heading", "paragraph", "code", "cell"]
HolderKind = Literal["item", "quote", "admonition", "table", "row", "contents", "footnotes"]


@dataclass(frozen=True, slots=True)
class Leaf:
    """One block. `level` (1 to 6) is set for a heading only."""

    kind: LeafKind
    words: BlockText
    level: int = 0
    attributes: Mapping[str, str] = field(default_factory=lambda: NO_ATTRIBUTES)


@dataclass(frozen=True, slots=True)
class Open:
    """The beginning of a list item, quotation, admonition, table, row, navigation or notes."""

    kind: HolderKind
    attributes: Mapping[str, str] = field(default_factory=lambda: NO_ATTRIBUTES)


@dataclass(frozen=True, slots=True)
class Close:
    """The end of the innermost open holder."""


Step = Leaf | Open | Close


@dataclass(frozen=True, slots=True)
class Source:
    """The result of a reader: the source's metadata, its stream, and the words left out.

    `origins` lead from the text that the blocks' own origins refer to back to the reader's input,
    step by step.
    """

    metadata: Mapping[str, str]
    steps: tuple[Step, ...]
    title: str | None = None
    left_out: tuple[str, ...] = ()
    origins: tuple[Origins, ...] = ()


class Columns:
    """The columns of every table of an edition."""

    def __init__(self, parsed: Parsed) -> None:
        self._cells: dict[int, list[Block]] = defaultdict(list)
        for block in parsed.blocks:
            if block.kind == "cell":
                self._cells[block.provision].append(block)
        self._filled = {row: self._columns(parsed, row) for row in self._cells}
        self._table = {row: parsed.provisions[row].attributes.get("group") for row in self._cells}
        self._width: dict[str | None, int] = defaultdict(int)
        for row, filled in self._filled.items():
            self._width[self._table[row]] = max(self._width[self._table[row]], filled[-1])

    def _columns(self, parsed: Parsed, row: int) -> list[int]:
        """Return the columns of a row's cells, from 1, as listed where some are empty."""
        named = parsed.provisions[row].attributes.get("columns")
        if named:
            return [int(column) for column in named.split(",")]
        return list(range(1, len(self._cells[row]) + 1))

    def place(self, cell: Block) -> tuple[str | None, int, int]:
        """Return a cell's table, its column from 1, and the number of the table's columns."""
        table, at = self._table[cell.provision], self._cells[cell.provision].index(cell)
        return table, self._filled[cell.provision][at], self._width[table]

    def empty_around(self, cell: Block) -> tuple[int, int]:
        """Count the empty cells directly before a cell, and after the last of a row."""
        cells, filled = self._cells[cell.provision], self._filled[cell.provision]
        place = cells.index(cell)
        before = filled[place] - (filled[place - 1] if place else 0) - 1
        last = place + 1 == len(cells)
        return before, self._width[self._table[cell.provision]] - filled[place] if last else 0
