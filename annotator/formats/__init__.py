"""Each dialect in one file: how it writes annotations, and how it reads them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from annotator.errors import Unacceptable
from annotator.formats import native
from annotator.formats.remark import Remark

Writer = Callable[[Iterable[Remark], int, str], Iterator[str]]


@dataclass(frozen=True, slots=True)
class Format:
    """A dialect that can be written: its writer takes remarks, their number and the licence."""

    write: Writer
    mimetype: str
    suffix: str


FORMATS = {
    "native": Format(native.write, "application/json", "json"),
    "jsonl": Format(native.write_lines, "application/jsonl", "jsonl"),
}


def named(name: str) -> Format:
    """Find a format. Raises Unacceptable, naming those there are."""
    if name not in FORMATS:
        raise Unacceptable(f"Formats are {', '.join(FORMATS)}; {name!r} is none.", field="format")
    return FORMATS[name]
