"""An essay's visible words, with the source offset of each character.

`essay_reader` feeds a `ProseWriter`. A block has only the properties that decide on quotations:
heading, code, block quotation.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from annotator.documents.origins import Origins, Run
from annotator.documents.stream import Leaf, Open, Step

BlockKind = Literal["heading", "paragraph", "code"]
BREAK = "\n\n"


@dataclass(frozen=True, slots=True)
class ProseBlock:
    """A paragraph, `text[start:end]` of the prose; `quote` is the number of its block quotation.

    0 is none; the blocks of one block quotation share a number. `row` is the number of the table
    row that a cell is in, `head` the first row of that table; 0 for what is no cell. `unit` is the
    number of the essay's unit that the block is in.
    """

    kind: BlockKind
    start: int
    end: int
    quote: int = 0
    row: int = 0
    head: int = 0
    unit: int = 0


@dataclass(frozen=True, slots=True)
class Unit:
    """A complete piece `[start, end)` of the essay's source, such as a paragraph or a table.

    `defines` is the label of the footnote that it is, or empty.
    """

    start: int
    end: int
    defines: str = ""


@dataclass(frozen=True, slots=True)
class Prose:
    """Blocks joined by an empty line, with the source offset of each of their characters.

    `ends` has the end of each character that represents something else, such as an entity. `marked`
    are spans that an element marks as quoted, `code` those set as inline code. `links` has the
    Markdown that defines each label of a link; `title` is the essay's own title, or empty.
    """

    text: str
    starts: array[int]
    ends: Mapping[int, int]
    blocks: tuple[ProseBlock, ...]
    marked: tuple[tuple[int, int], ...] = ()
    code: tuple[tuple[int, int], ...] = ()
    units: tuple[Unit, ...] = ()
    links: Mapping[str, str] = field(default_factory=dict)
    title: str = ""

    def source(self, start: int, end: int) -> tuple[int, int]:
        """Return the source span of `text[start:end]`, which is not empty."""
        last = end - 1
        return self.starts[start], self.ends.get(last, self.starts[last] + 1)


class Blocks:
    """The blocks of a prose, looked up by character offset."""

    def __init__(self, blocks: Sequence[ProseBlock]) -> None:
        self._starts = [block.start for block in blocks]
        self._rows: dict[int, tuple[int, int]] = {}
        for number, block in enumerate(blocks):
            first, _ = self._rows.get(block.row, (number, number))
            self._rows[block.row] = first, number + 1

    def number(self, at: int) -> int:
        """Return the number of the block that contains the character `at`."""
        return max(bisect_right(self._starts, at) - 1, 0)

    def row(self, row: int) -> tuple[int, int]:
        """Return the numbers `[first, last)` of the cells of a row."""
        return self._rows.get(row, (0, 0))


class ProseWriter:
    """Collects visible words, block by block."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._starts = array("I")
        self._ends: dict[int, int] = {}
        self._blocks: list[ProseBlock] = []
        self._spans: dict[str, list[tuple[int, int]]] = {"q": [], "code": []}
        self._begin = self._quotes = self._rows = 0
        self._blank = True
        self._holders: list[str] = []
        self.quote = self._row = self._head = 0
        self.units: list[Unit] = []

    def add(self, text: str, runs: Iterable[Run]) -> None:
        """Add words; `runs` are their origins in the essay."""
        self._pieces.append(text)
        self._blank = self._blank and not text.strip()
        for length, start, end in runs:
            if length == end - start:
                self._starts.extend(range(start, end))
            else:
                at = len(self._starts)
                self._starts.extend([start] * length)
                self._ends.update(dict.fromkeys(range(at, at + length), end))

    def set_off(self, depth: int) -> None:
        """Set the block quotation depth of the coming blocks; 0 is none."""
        if depth and not self.quote:
            self._quotes += 1
        self.quote = self._quotes if depth else 0

    def step(self, step: Step, origins: Sequence[Origins] = (), depth: int = 0) -> None:
        """Add a step of the documents' readers; its `origins` lead to the essay.

        `depth` counts the block quotations around it that are no steps.
        """
        if isinstance(step, Leaf):
            at, runs = len(self._starts), step.words.origins
            for outer in origins:
                runs = tuple(outer.trace(runs))
            for mark in step.words.marks:
                if mark.kind in self._spans:
                    self._spans[mark.kind].append((at + mark.start, at + mark.end))
            self.add(step.words.text, runs)
            self.close("paragraph" if step.kind == "cell" else step.kind)
            return
        if isinstance(step, Open):
            self._holders.append(step.kind)
            if step.kind == "table":
                self._head = self._rows + 1
            elif step.kind == "row":
                self._rows = self._row = self._rows + 1
        elif self._holders.pop() == "table":
            self._row = self._head = 0
        self.set_off(self._holders.count("quote") + depth)

    def close(self, kind: BlockKind = "paragraph") -> None:
        """End the block; a block without words is dropped."""
        end = len(self._starts)
        if not self._blank:
            self._blocks.append(
                ProseBlock(
                    kind, self._begin, end, self.quote, self._row, self._head, len(self.units) - 1
                )
            )
            place = self._ends.get(end - 1, self._starts[-1] + 1)
            self.add(BREAK, [(len(BREAK), place, place)])
        self._begin, self._blank = len(self._starts), True

    def take(self) -> Prose:
        """Return what was collected."""
        return Prose(
            "".join(self._pieces), self._starts, self._ends, tuple(self._blocks),
            tuple(self._spans["q"]), tuple(self._spans["code"]), tuple(self.units),
        )  # fmt: skip
