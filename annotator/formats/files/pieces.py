"""Split a file of any size into its annotations; faults are reported by place.

A file is JSON: a list, an object that holds one under `items`, `rows`, `annotations`, `replies` or
(a W3C collection) `first.items`, a single annotation, or one annotation a line. It is cut by its
brackets where an annotation begins and ends, so that a fault in one, or a truncated file, costs no
other: a streaming parser would stop at the first.
"""

from __future__ import annotations

import codecs
import io
import json
import re
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any, BinaryIO

from annotator.errors import Malformed

CHUNK = 1 << 16
DEEPEST = 64
HOPELESS = 100_000  # open brackets after which their end is not waited for
LARGEST = 1_000_000  # characters in one annotation
LARGEST_FRAME = 5_000_000  # characters around the annotations; what follows is not kept
LONGEST_KEY = 100
WHOLE = json.JSONDecoder()
LISTS = frozenset({("items",), ("rows",), ("annotations",), ("replies",), ("first", "items")})
HOLDING = frozenset({"items", "rows", "annotations", "replies", "first"})
ARCHIVES = {b"PK": "a zip archive", b"\x1f\x8b": "a gzip archive", b"7z": "a 7z archive"}
BROKEN_OFF = "the file ends in the middle of it"
TOO_LARGE = f"it is longer than {LARGEST:,} characters"
NO_JSON = "it is not JSON"
NOT_UTF_8 = re.compile("[\udc80-\udcff]")
# The next bracket or string; `end` is the end of the string, or of the text.
TOKEN = re.compile(
    r'[^"{}\[\]]*+(?P<sign>[{}\[\]]|"[^"\\]*+(?:\\.[^"\\]*+)*+(?P<end>"|\\?\Z))', re.DOTALL
)


@dataclass(frozen=True, slots=True)
class FilePiece:
    """One annotation as JSON, or a fault; `place` is its position in the file, from 1."""

    place: str
    value: dict[str, Any] = field(default_factory=dict)
    fault: str = ""


def pieces(file: BinaryIO) -> Iterator[FilePiece]:
    """Yield the pieces of a seekable file. Raises Malformed if it is not JSON."""
    head = _head(file)
    for sign, what in ARCHIVES.items():
        if head.startswith(sign):
            raise Malformed(f"The file is {what}; unpack it, and import what is in it.")
    begin = head.removeprefix(codecs.BOM_UTF8).lstrip()
    if begin and not begin.startswith((b"{", b"[")):
        raise Malformed("The file is not JSON: it begins with neither { nor [.")
    return _by_line(file) if _is_line(head) else _by_bracket(file)


def frame(file: BinaryIO) -> str:
    """Return the JSON around the annotations of a file; "" if each is a line.

    The file, which must be seekable, is read to its end and reset.
    """
    if _is_line(_head(file)):
        return ""
    begin, cutter = file.tell(), _Cutter()
    deque(cutter.cut(file), maxlen=0)
    file.seek(begin)
    return NOT_UTF_8.sub("\ufffd", cutter.frame)


def _head(file: BinaryIO) -> bytes:
    head = file.read(CHUNK)
    file.seek(-len(head), io.SEEK_CUR)
    return head


def _is_line(head: bytes) -> bool:
    """Return whether the first line is an annotation by itself, so that each line is one."""
    first = head.removeprefix(codecs.BOM_UTF8).lstrip().partition(b"\n")[0]
    piece = _read("", first.decode(errors="surrogateescape"))
    holds = any(isinstance(piece.value.get(key), dict | list) for key in HOLDING)
    return not (piece.fault or holds)


def _by_line(file: BinaryIO) -> Iterator[FilePiece]:
    number = 0
    while line := file.readline(LARGEST + 1):
        number += 1
        place, whole = f"line {number}", len(line) <= LARGEST
        if whole and line.strip():
            text = line.decode("utf-8-sig" if number == 1 else "utf-8", "surrogateescape")
            piece = _read(place, text)
            cut_off = piece.fault.startswith(NO_JSON) and not line.endswith(b"\n")
            yield FilePiece(place, fault=BROKEN_OFF) if cut_off else piece
        elif not whole:
            yield FilePiece(place, fault=TOO_LARGE)
            while len(line) > LARGEST and not line.endswith(b"\n"):
                line = file.readline(LARGEST + 1)


def _by_bracket(file: BinaryIO) -> Iterator[FilePiece]:
    cutter = _Cutter()
    for text in cutter.cut(file):
        yield _read(f"item {cutter.number}", text)
    if cutter.breaks_off:
        yield FilePiece(cutter.breaks_off, fault=BROKEN_OFF)
    elif not cutter.number and cutter.frame.strip():
        piece = _read("the file", cutter.frame)
        if piece.fault.startswith(NO_JSON):
            yield piece


class _Cutter:
    """Cuts out each annotation of a JSON text by its brackets; the rest is its `frame`.

    In the frame each run of annotations is one null. A top-level object that holds no list of
    annotations is itself one: until it ends, its text is in the frame, from `_top`.
    """

    def __init__(self) -> None:
        self.frame = ""
        self.number = 0  # of annotations that have ended
        self.breaks_off = ""  # where the file is truncated
        self._around: list[tuple[str, str]] = []  # the open brackets outside, each with its key
        self._key = ""
        self._top = 0
        self._holds = True  # whether the open top-level value may contain a list of annotations
        self._item: str | None = None  # the part of the open one that was read
        self._depth = 0  # brackets that are open in it
        self._start = 0  # of the unsaved part of the current text

    def cut(self, file: BinaryIO) -> Iterator[str]:
        """Yield the text of each annotation; of one that is too large only the beginning."""
        unread = ""
        chunks = iter(partial(file.read, CHUNK), b"")
        for chunk in codecs.iterdecode(chunks, "utf-8-sig", "surrogateescape"):
            text, at, self._start = unread + chunk, 0, len(unread)
            unread = ""
            while token := TOKEN.match(text, at):
                sign, at, end = token["sign"], token.end(), token["end"]
                if end is None:
                    ended, at = self._bracket(sign, text, at)
                    if ended:
                        self.number += 1
                        yield ended
                elif end != '"':  # in a long string, only a backslash before a letter matters
                    unread = sign if len(sign) <= LONGEST_KEY else f'"{end}'
                elif self._item is None:
                    self._key = sign[1:-1]
            self._keep(text[self._start :])
        if self._item is not None or not self._holds:
            self.breaks_off = f"item {self.number + 1}"
            self.frame = self.frame if self._holds else self.frame[: self._top]
        elif self._around or unread:
            self.breaks_off = "the end"

    def _bracket(self, sign: str, text: str, at: int) -> tuple[str, int]:
        """Process a bracket that ends `at`; return the annotation it ends, and the next offset."""
        opens = sign in "{["
        if self._item is not None:
            self._depth += 1 if opens else -1
            if self._depth == 0:
                text, self._item = self._item + text[self._start : at], None
                return self._ended(text, at), at
        elif sign == "{" and self._in_list():
            self._keep(text[self._start : at - 1])
            try:  # most are whole, and need not be followed
                end = WHOLE.raw_decode(text, at - 1)[1]
                return self._ended(text[at - 1 : end], end), end
            except (ValueError, RecursionError):
                self._item, self._depth, self._start = "", 1, at - 1
        elif opens:
            if not self._around:
                self._keep(text[self._start : at - 1])
                self._start, self._top, self._holds = at - 1, len(self.frame), sign == "["
            self._holds = self._holds or (len(self._around) == 1 and self._key in HOLDING)
            self._around.append((sign, self._key))
            self._key = ""
        elif self._around:
            self._key = self._around.pop()[1]
            if not self._around and not self._holds:
                text, self._holds = self.frame[self._top :] + text[self._start : at], True
                self.frame = self.frame[: self._top]
                return self._ended(text, at), at
        if max(self._depth, len(self._around)) > HOPELESS:
            raise Malformed(f"Item {self.number + 1} is nested too deeply to be skipped.")
        return "", at

    def _in_list(self) -> bool:
        if not self._around or self._around[-1][0] == "{":
            return False
        return len(self._around) == 1 or tuple(key for _, key in self._around if key) in LISTS

    def _ended(self, text: str, at: int) -> str:
        self._start = at
        self.frame += "" if self.frame.endswith("null") else "null"
        return text[: LARGEST + 1]

    def _keep(self, text: str) -> None:
        """Append text to the annotation or the frame, unless it only separates two annotations."""
        if self._item is not None:
            self._item = (self._item + text)[: LARGEST + 1]
        elif not (self._holds and self.frame.endswith("null") and text.strip() in {"", ","}):
            self.frame = (self.frame + text)[:LARGEST_FRAME]


def _read(place: str, text: str) -> FilePiece:
    if len(text) > LARGEST:
        return FilePiece(place, fault=TOO_LARGE)
    if NOT_UTF_8.search(text):
        return FilePiece(place, fault="it is not UTF-8")
    try:
        value = json.loads(text, object_pairs_hook=_object, parse_constant=_no_number)
    except RecursionError:
        return FilePiece(place, fault="it is nested too deeply")
    except json.JSONDecodeError as error:
        return FilePiece(place, fault=f"{NO_JSON} ({error})")
    except ValueError as error:
        return FilePiece(place, fault=f"it was refused: {error}")
    if not isinstance(value, dict):
        return FilePiece(place, fault="it is not an object, as an annotation must be")
    brackets = text.count("{") + text.count("[")  # most texts have too few for the second look
    if brackets >= DEEPEST and _depth(value) > DEEPEST:
        return FilePiece(place, fault="it is nested too deeply")
    return FilePiece(place, value)


def _depth(value: Any) -> int:
    """Return how many levels a value of JSON has, with that of its innermost texts and numbers."""
    depth, level = 0, [value]
    while level:
        depth += 1
        level = [inner for outer in level for inner in _inside(outer)]
    return depth


def _inside(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"the key {twice!r} is given twice")
    return value


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is not a JSON number")
