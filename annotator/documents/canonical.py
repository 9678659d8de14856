"""The one definition of the canonical text: white space, NFC, and where offsets go.

Readers collect a block's inline pieces in `words.Words` and never fold or normalise anything
themselves. Offsets count Unicode code points, end exclusive. What a block or a provision is, is
not said here.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable, Iterator

BLOCK_SEPARATOR = "\n"

# Unicode's White_Space property. Python's `\s` would also take U+001C to U+001F.
_SPACE = "\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
_RUN = re.compile(f"[{_SPACE}]+")
_UNFOLDED = re.compile(f"[{_SPACE.replace(' ', '')}]|  ")
_PIECES = re.compile(f"[{_SPACE}]+|[^{_SPACE}]+")
# A line that is broken between two of these was broken for its length: they need no space.
_WIDE = (
    "\u2e80-\u2fff\u3001-\u312f\u3190-\u4dbf\u4e00-\u9fff\uf900-\ufaff\ufe30-\ufe4f\uff01-\uff60"
)
_JOINED = re.compile(f"(?<=[{_WIDE}])\n[{_SPACE}]*(?=[{_WIDE}])")
_LEADING = re.compile(f"[{_SPACE}]*")
_SPACES = "".join(chr(code) for code in range(0x3001) if _RUN.match(chr(code)))


def fold(text: str) -> str:
    """Return the canonical form of one block's `text`: NFC, white space folded, trimmed."""
    return _nfc(_RUN.sub(" ", _JOINED.sub("", text))).strip(" ")


def fold_code(text: str) -> str:
    """Return the canonical form of a code block: NFC and its ends trimmed, otherwise as it is.

    The first line that has words keeps its indentation.
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n").rstrip(_SPACES)
    leading = _LEADING.match(lines)
    indented = lines.rfind("\n", 0, leading.end()) + 1 if leading else 0
    return _nfc(lines[indented:])


def join(blocks: Iterable[str]) -> str:
    """Join the texts of blocks to the canonical text of an edition."""
    return BLOCK_SEPARATOR.join(blocks)


class CanonicalForm:
    """The canonical form of a raw text, and where its offsets went.

    The raw text is cut into pieces that are either unchanged, one offset for one, or changed as a
    whole (a run of white space, letters that compose). An offset inside a changed piece goes to the
    piece's end; so order is kept, and marks that nest or are disjoint stay so.
    """

    def __init__(self, raw: str) -> None:
        self._raw_starts: list[int] = []
        self._out_starts: list[int] = []
        self._out_ends: list[int] = []
        self._same: list[bool] = []
        out: list[str] = []
        length = 0
        for start, end, text in _pieces(raw):
            if text == " " and (start == 0 or end == len(raw)):
                text = ""
            self._raw_starts.append(start)
            self._out_starts.append(length)
            length += len(text)
            self._out_ends.append(length)
            self._same.append(text == raw[start:end])
            out.append(text)
        self.text = "".join(out)

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Return where the raw span went, without white space at its ends; it may be empty."""
        first, last = self._offset(start), self._offset(end)
        while first < last and self.text[first] == " ":
            first += 1
        while first < last and self.text[last - 1] == " ":
            last -= 1
        return first, last

    def space(self, raw_offset: int) -> tuple[int, int]:
        """Return the one space that the run of white space around the offset became, if any."""
        index = self._piece(raw_offset)
        if self._same[index]:
            return self._offset(raw_offset), self._offset(raw_offset + 1)
        return self._out_starts[index], self._out_ends[index]

    def _piece(self, raw_offset: int) -> int:
        return bisect_right(self._raw_starts, raw_offset) - 1

    def _offset(self, raw_offset: int) -> int:
        index = self._piece(raw_offset)
        if index < 0:
            return 0
        beyond = raw_offset - self._raw_starts[index]
        if beyond == 0:
            return self._out_starts[index]
        if self._same[index]:
            return min(self._out_starts[index] + beyond, self._out_ends[index])
        return self._out_ends[index]


def _pieces(raw: str) -> Iterator[tuple[int, int, str]]:
    """Return (raw start, raw end, canonical text) for every piece, in order, without gaps."""
    if not _UNFOLDED.search(raw) and unicodedata.is_normalized("NFC", raw):
        yield from _edged(raw)
        return
    for match in _PIECES.finditer(raw):
        start, end = match.span()
        if _RUN.match(match.group()):
            yield start, end, "" if _JOINED.fullmatch(raw, start, end) else " "
        elif unicodedata.is_normalized("NFC", match.group()):
            yield start, end, match.group()
        else:
            yield from _composed(raw, start, end)


def _edged(raw: str) -> Iterator[tuple[int, int, str]]:
    """Return a text that needs no folding inside: its blank edges and what stands between."""
    tail = len(raw.rstrip(" "))
    head = min(len(raw) - len(raw.lstrip(" ")), tail)
    for start, end in ((0, head), (head, tail), (tail, len(raw))):
        if start < end:
            yield start, end, raw[start:end]


def _composed(raw: str, start: int, end: int) -> Iterator[tuple[int, int, str]]:
    """Cut `raw[start:end]` wherever its normal form can be cut: letters with their accents."""
    first = start
    for place in range(start + 1, end):
        if unicodedata.combining(raw[place]):
            continue
        before, after = raw[first:place], raw[place]
        if _nfc(before + after) == _nfc(before) + _nfc(after):
            yield first, place, _nfc(before)
            first = place
    yield first, end, _nfc(raw[first:end])


def _nfc(text: str) -> str:
    return unicodedata.normalize("NFC", text)
