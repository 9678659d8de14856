"""The one definition of the canonical text: white space, NFC, and marks that keep their place.

Readers collect a block's inline pieces in `Words` and never fold or normalise anything themselves.
Offsets count Unicode code points, end exclusive. What a block or a provision is, is not said here.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache

from annotator.documents.parsed import Mark, MarkKind
from annotator.errors import SourceFault

BLOCK_SEPARATOR = "\n"

# Unicode's White_Space property plus U+200B. Python's `\s` would also take U+001C to U+001F.
_SPACE = "\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\u200b"
_RUN = re.compile(f"[{_SPACE}]+")
_UNFOLDED = re.compile(f"[{_SPACE.replace(' ', '')}]|  ")
_PIECES = re.compile(f"[{_SPACE}]+|[^{_SPACE}]+")
_LEADING = re.compile(f"[{_SPACE}]*")
_SPACES = "".join(chr(code) for code in range(0x3001) if _RUN.match(chr(code)))

# A link leads into the document, to another page of the same site, to the web or to a mailbox.
_TARGET = re.compile(r"(?:https?:|mailto:|(?![a-z][a-z0-9+.-]*:)\S)", re.IGNORECASE)

# Tab and line breaks are white space; every other control, and half a surrogate pair, is a fault.
FORBIDDEN = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff]")

# Sorting n combining characters takes n² steps, so more of them on one letter are refused;
# Unicode's stream-safe format allows 30.
MOST_COMBINING = 100


@dataclass(frozen=True, slots=True)
class Text:
    """A block's canonical words, its marks (offsets from the block's start) and its pictures."""

    text: str
    marks: tuple[Mark, ...] = ()
    alts: tuple[str, ...] = ()


def fold(text: str) -> str:
    """Give the canonical form of one block's `text`: NFC, white space folded, trimmed."""
    return _nfc(_RUN.sub(" ", text)).strip(" ")


def fold_code(text: str) -> str:
    """Give the canonical form of a code block: NFC and its ends trimmed, otherwise as it is.

    The first line that has words keeps its indentation.
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n").rstrip(_SPACES)
    leading = _LEADING.match(lines)
    indented = lines.rfind("\n", 0, leading.end()) + 1 if leading else 0
    return _nfc(lines[indented:])


def join(blocks: Iterable[str]) -> str:
    """Join the texts of blocks to the canonical text of an edition."""
    return BLOCK_SEPARATOR.join(blocks)


def check_characters(text: str) -> None:
    """Raise `SourceFault` where `text` holds what no canonical text can: controls, surrogates."""
    fault = FORBIDDEN.search(text)
    if fault:
        line = text.count("\n", 0, fault.start()) + 1
        raise SourceFault(
            f"Line {line} holds the character U+{ord(fault.group()):04X}, which cannot be shown: "
            "remove it, or save the file as UTF-8 text, and add it again."
        )


def check_combining(text: str) -> None:
    """Raise `SourceFault` where more than `MOST_COMBINING` combining characters stand in a row."""
    if not text.isascii() and (fault := _combining_run().search(text)):
        line = text.count("\n", 0, fault.start()) + 1
        raise SourceFault(
            f"Line {line} stacks more than {MOST_COMBINING} accents on one letter: "
            "remove them and add the file again."
        )


class Words:
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

    def take(self) -> Text:
        """Give what was collected, in canonical form, and begin the next block."""
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


def _canonical(raw: str, marks: list[Mark], alts: tuple[str, ...]) -> Text:
    if not marks:
        return Text(fold(raw), (), alts)
    folded = _Folded(raw)
    placed = {place for mark in marks if (place := folded.place(mark)) is not None}
    return Text(folded.text, tuple(sorted(placed, key=_outer_first)), alts)


def _outer_first(mark: Mark) -> tuple[int, int, str, str]:
    return mark.start, -mark.end, mark.kind, mark.value


class _Folded:
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

    def place(self, mark: Mark) -> Mark | None:
        """Give the mark in the canonical text, or None where nothing of it is left."""
        if mark.kind == "break":
            start, end = self._space(mark.start)
        else:
            start, end = self._trim(self._offset(mark.start), self._offset(mark.end))
        return Mark(start, end, mark.kind, mark.value) if start < end else None

    def _space(self, raw_offset: int) -> tuple[int, int]:
        """Give the one space that a run of white space around the offset became."""
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

    def _trim(self, start: int, end: int) -> tuple[int, int]:
        while start < end and self.text[start] == " ":
            start += 1
        while start < end and self.text[end - 1] == " ":
            end -= 1
        return start, end


def _pieces(raw: str) -> Iterator[tuple[int, int, str]]:
    """Give (raw start, raw end, canonical text) for every piece, in order, without gaps."""
    if not _UNFOLDED.search(raw) and unicodedata.is_normalized("NFC", raw):
        yield from _edged(raw)
        return
    for match in _PIECES.finditer(raw):
        start, end = match.span()
        if _RUN.match(match.group()):
            yield start, end, " "
        elif unicodedata.is_normalized("NFC", match.group()):
            yield start, end, match.group()
        else:
            yield from _composed(raw, start, end)


def _edged(raw: str) -> Iterator[tuple[int, int, str]]:
    """Give a text that needs no folding inside: its blank edges and what stands between."""
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


@cache
def _combining_run() -> re.Pattern[str]:
    """Match a run of combining characters that is too long; built for the first text to need it."""
    ranges: list[list[int]] = []
    for code in range(0x300, min(sys.maxunicode, 0x1F000)):
        if unicodedata.combining(chr(code)):
            if ranges and ranges[-1][1] == code - 1:
                ranges[-1][1] = code
            else:
                ranges.append([code, code])
    characters = "".join(f"{chr(first)}-{chr(last)}" for first, last in ranges)
    return re.compile(f"[{characters}]{{{MOST_COMBINING + 1}}}")
