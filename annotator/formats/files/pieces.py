"""The annotations in a file, one at a time, however large it is; what is broken is told by place.

A file is JSON: a list, an object that holds one under `items`, `rows`, `annotations` or (a W3C
collection) `first.items`, a single annotation, or one annotation a line. It is cut where an
annotation begins and ends, so that a fault in one, or a file that breaks off, costs no other. How
it is cut stands in `cutting`; here a piece is read, and looked at.
"""

from __future__ import annotations

import codecs
import io
import json
import re
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from annotator.errors import Malformed
from annotator.formats.files.cutting import DEEPEST, HOLDER, LARGEST, Cut, Cutter

CHUNK = 1 << 16
ARCHIVES = {b"PK": "a zip archive", b"\x1f\x8b": "a gzip archive", b"7z": "a 7z archive"}
BROKEN_OFF = "the file breaks off here"
TOO_LARGE = f"it is longer than {LARGEST:,} characters"
NO_JSON = "it is no JSON"
NOT_UTF_8 = re.compile("[\udc80-\udcff]")


@dataclass(frozen=True, slots=True)
class FilePiece:
    """One annotation as JSON, or why there is none: `place` says where in the file, from 1."""

    place: str
    value: dict[str, Any] = field(default_factory=dict)
    fault: str = ""


def pieces(file: BinaryIO) -> Iterator[FilePiece]:
    """Yield what a file, which can be sought in, holds. Raises Malformed where it is no JSON."""
    head = _head(file)
    _refuse_others(head)
    return _by_line(file) if _is_line(head) else _by_bracket(file)


def frame(file: BinaryIO) -> str:
    """Return what stands around the annotations of a file, in JSON; "" where each is a line.

    The file, which can be sought in, is read to its end, and left where it was.
    """
    if _is_line(_head(file)):
        return ""
    begin, cutter = file.tell(), Cutter()
    read = codecs.getincrementaldecoder("utf-8-sig")("replace")
    while chunk := file.read(CHUNK):
        deque(cutter.feed(read.decode(chunk)), maxlen=0)
    deque(cutter.feed(read.decode(b"", final=True), final=True), maxlen=0)
    file.seek(begin)
    return cutter.frame


def _head(file: BinaryIO) -> bytes:
    head = file.read(CHUNK)
    file.seek(-len(head), io.SEEK_CUR)
    return head


def _refuse_others(head: bytes) -> None:
    for sign, what in ARCHIVES.items():
        if head.startswith(sign):
            raise Malformed(f"The file is {what}; unpack it first, and send what is in it.")
    begin = head.removeprefix(codecs.BOM_UTF8).lstrip()
    if begin and not begin.startswith((b"{", b"[")):
        raise Malformed("The file is no JSON: it begins with neither { nor [.")


def _is_line(head: bytes) -> bool:
    """Return whether the first line is an annotation by itself, so that each line is one."""
    first = head.removeprefix(codecs.BOM_UTF8).lstrip().partition(b"\n")[0]
    text = first.decode(errors="surrogateescape")
    return HOLDER.match(text) is None and not _read("", text).fault


def _by_line(file: BinaryIO) -> Iterator[FilePiece]:
    for number, line in enumerate(_lines(file), 1):
        place = f"line {number}"
        if len(line) > LARGEST:
            yield FilePiece(place, fault=TOO_LARGE)
        elif line.strip():
            text = line.decode("utf-8-sig" if number == 1 else "utf-8", "surrogateescape")
            piece = _read(place, text)
            cut_off = piece.fault.startswith(NO_JSON) and not line.endswith(b"\n")
            yield FilePiece(place, fault=BROKEN_OFF) if cut_off else piece


def _lines(file: BinaryIO) -> Iterator[bytes]:
    """Yield lines; of one that is too large only so much that this can be seen."""
    while line := file.readline(LARGEST + 1):
        yield line
        while len(line) > LARGEST and not line.endswith(b"\n"):
            line = file.readline(LARGEST + 1)


def _by_bracket(file: BinaryIO) -> Iterator[FilePiece]:
    cutter = Cutter()
    read = codecs.getincrementaldecoder("utf-8-sig")("surrogateescape")
    while chunk := file.read(CHUNK):
        yield from map(_piece, cutter.feed(read.decode(chunk)))
    yield from map(_piece, cutter.feed(read.decode(b"", final=True), final=True))
    if cutter.number_left is not None:
        yield FilePiece(f"item {cutter.number_left}", fault=BROKEN_OFF)
    elif cutter.unfinished:
        yield FilePiece("the end", fault=BROKEN_OFF)


def _piece(cut: Cut) -> FilePiece:
    place = f"item {cut.number}"
    return FilePiece(place, fault=TOO_LARGE) if cut.text is None else _read(place, cut.text)


def _read(place: str, text: str) -> FilePiece:
    if NOT_UTF_8.search(text):
        return FilePiece(place, fault="it is not UTF-8")
    try:
        value = json.loads(text, object_pairs_hook=_object, parse_constant=_no_number)
    except RecursionError:
        return FilePiece(place, fault="it is nested too deeply")
    except json.JSONDecodeError as error:
        return FilePiece(place, fault=f"{NO_JSON} ({error})")
    except ValueError as error:
        return FilePiece(place, fault=f"it is not taken: {error}")
    if not isinstance(value, dict):
        return FilePiece(place, fault="it is no annotation, which is an object")
    if _depth(value) > DEEPEST:
        return FilePiece(place, fault="it is nested too deeply")
    return FilePiece(place, value)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"the key {twice!r} is given twice")
    return value


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is no number of JSON")


def _depth(value: Any) -> int:
    deepest, level = 0, [value]
    while level:
        deepest += 1
        level = [inner for outer in level for inner in _inside(outer)]
    return deepest


def _inside(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()
