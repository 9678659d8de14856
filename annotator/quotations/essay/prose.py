"""An essay's visible words, with the place in the source file of each of its characters.

The readers (`prose_markdown`, `prose_html`, `prose_plain`) feed a `ProseWriter`. What a block says
of itself here is only what decides on quotations: is it a heading, code, or a quotation set off.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

BlockKind = Literal["heading", "paragraph", "code"]
BREAK = "\n\n"


@dataclass(frozen=True, slots=True)
class ProseBlock:
    """A paragraph, `text[start:end]` of the prose; `quote` numbers the quotation it stands in.

    0 is no quotation; blocks of one quotation that is set off share a number.
    """

    kind: BlockKind
    start: int
    end: int
    quote: int = 0


@dataclass(frozen=True, slots=True)
class Prose:
    """Blocks joined by an empty line; `marked` are spans that an element marks as quoted."""

    text: str
    starts: array[int]
    ends: array[int]
    blocks: tuple[ProseBlock, ...]
    marked: tuple[tuple[int, int], ...] = ()

    def source(self, start: int, end: int) -> tuple[int, int]:
        """Return where `text[start:end]`, which is not empty, stands in the source file."""
        return self.starts[start], self.ends[end - 1]


class Blocks:
    """The blocks of a prose, looked up by a character that they hold."""

    def __init__(self, blocks: Sequence[ProseBlock]) -> None:
        self._starts = [block.start for block in blocks]

    def number(self, at: int) -> int:
        """Return the number of the block that holds the character `at`."""
        return max(bisect_right(self._starts, at) - 1, 0)

    def start(self, at: int) -> int:
        """Return where the block begins that holds the character `at`."""
        return self._starts[self.number(at)]


class ProseWriter:
    """Collects visible characters, block by block."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._starts, self._ends = array("I"), array("I")
        self._blocks: list[ProseBlock] = []
        self._marked: list[tuple[int, int]] = []
        self._length = self._begin = 0
        self._blank = True
        self.kind: BlockKind = "paragraph"
        self.quote = self._quotes = 0

    @property
    def length(self) -> int:
        """The number of characters so far."""
        return self._length

    def same(self, text: str, places: Sequence[int]) -> None:
        """Add text that shows each character of the source as it is; `places` are theirs."""
        self._pieces.append(text)
        self._starts.extend(places)
        self._ends.extend(place + 1 for place in places)
        self._length += len(text)
        self._blank = self._blank and not text.strip()

    def instead(self, text: str, start: int, end: int) -> None:
        """Add text that stands for `source[start:end]`, such as a character for its entity."""
        self._pieces.append(text)
        self._starts.extend([start] * len(text))
        self._ends.extend([end] * len(text))
        self._length += len(text)
        self._blank = self._blank and not text.strip()

    def set_off(self, depth: int) -> None:
        """Say how many quotations that are set off the coming blocks stand in; 0 is none."""
        if depth and not self.quote:
            self._quotes += 1
        self.quote = self._quotes if depth else 0

    def mark(self, start: int, end: int) -> None:
        """Note that an element marks `text[start:end]` as quoted."""
        if start < end:
            self._marked.append((start, end))

    def close(self) -> None:
        """End the block; one without words is none."""
        if not self._blank:
            self._blocks.append(ProseBlock(self.kind, self._begin, self._length, self.quote))
            place = self._ends[-1]
            self.instead(BREAK, place, place)
        self._begin, self._blank = self._length, True

    def take(self) -> Prose:
        """Return what was collected."""
        self.close()
        text = "".join(self._pieces)
        return Prose(text, self._starts, self._ends, tuple(self._blocks), tuple(self._marked))
