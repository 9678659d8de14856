"""Each dialect in one file: how it writes annotations, and how it reads them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from annotator.errors import Unacceptable
from annotator.formats import csv, html, markdown, native, w3c
from annotator.formats.files.envelope import Envelope
from annotator.schemas.annotations import AnnotationValue

Writer = Callable[[Iterable[AnnotationValue], Envelope], Iterator[str]]


@dataclass(frozen=True, slots=True)
class Format:
    """A dialect that can be written.

    One `by_place` takes the comments in the order of the text, one `in_threads` each with its
    position and a reply with the head of its thread.
    """

    write: Writer
    mimetype: str
    suffix: str
    by_place: bool = False
    in_threads: bool = False


FORMATS = {
    "native": Format(native.write, "application/json", "json"),
    "jsonl": Format(native.write_lines, "application/jsonl", "jsonl"),
    "w3c": Format(
        w3c.write, 'application/ld+json; profile="http://www.w3.org/ns/anno.jsonld"', "jsonld"
    ),
    "csv": Format(csv.write, "text/csv; charset=utf-8", "csv", in_threads=True),
    "markdown": Format(markdown.write, "text/markdown; charset=utf-8", "md", by_place=True),
    "html": Format(html.write, "text/html; charset=utf-8", "html", by_place=True),
}


def named(name: str) -> Format:
    """Find a format. Raises Unacceptable, naming those there are."""
    if name not in FORMATS:
        raise Unacceptable(f"Formats are {', '.join(FORMATS)}; {name!r} is none.", field="format")
    return FORMATS[name]
