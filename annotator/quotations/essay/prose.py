"""An essay's visible words, with the source offset of each character.

The readers (`prose_markdown`, `prose_html`, `essay_reader`) feed a `ProseWriter`. A block has only
the properties that decide on quotations: heading, code, block quotation.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

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
    """Collects visible characters, block by block."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._starts = array("I")
        self._ends: dict[int, int] = {}
        self.blocks: list[ProseBlock] = []
        self.marked: list[tuple[int, int]] = []
        self.code: list[tuple[int, int]] = []
        self.units: list[Unit] = []
        self.links: dict[str, str] = {}
        self.title = ""
        self.length = self._begin = 0
        self._blank = True
        self.kind: BlockKind = "paragraph"
        self.quote = self._quotes = 0
        self.row = self.head = self._rows = 0

    def same(self, text: str, places: Sequence[int]) -> None:
        """Add text that is unchanged in the source; `places` are the offsets of its characters."""
        self._pieces.append(text)
        self._starts.extend(places)
        self.length += len(text)
        self._blank = self._blank and not text.strip()

    def instead(self, text: str, start: int, end: int) -> None:
        """Add text that represents `source[start:end]`, such as the character for an entity."""
        self._pieces.append(text)
        self._starts.extend([start] * len(text))
        self._ends.update(dict.fromkeys(range(self.length, self.length + len(text)), end))
        self.length += len(text)
        self._blank = self._blank and not text.strip()

    def set_off(self, depth: int) -> None:
        """Set the block quotation depth of the coming blocks; 0 is none."""
        if depth and not self.quote:
            self._quotes += 1
        self.quote = self._quotes if depth else 0

    def source(self, start: int, end: int) -> tuple[int, int]:
        """Return the source span of the text `[start, end)`, which is not empty."""
        return self._starts[start], self._ends.get(end - 1, self._starts[end - 1] + 1)

    def begin_table(self) -> None:
        """Begin a table."""
        self.head = self._rows + 1

    def begin_row(self) -> None:
        """Begin a row of a table."""
        self._rows += 1
        self.row = self._rows

    def end_table(self) -> None:
        """End a table; the coming blocks are no cells."""
        self.row = self.head = 0

    def close(self) -> None:
        """End the block; a block without words is dropped."""
        if not self._blank:
            self.blocks.append(
                ProseBlock(
                    self.kind, self._begin, self.length, self.quote, self.row, self.head,
                    len(self.units) - 1,
                )
            )  # fmt: skip
            _, place = self.source(self.length - 1, self.length)
            self.instead(BREAK, place, place)
        self._begin, self._blank = self.length, True

    def take(self) -> Prose:
        """Return what was collected."""
        self.close()
        text = "".join(self._pieces)
        marked, code = (
            tuple(span for span in some if span[0] < span[1]) for some in (self.marked, self.code)
        )
        return Prose(
            text, self._starts, self._ends, tuple(self.blocks), marked, code, tuple(self.units),
            self.links, self.title,
        )  # fmt: skip
