"""Export and import formats: each dialect in one file, its writer and its reader."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

from annotator.errors import Unacceptable

if TYPE_CHECKING:
    from annotator.formats.files.envelope import Envelope
    from annotator.schemas.annotations import AnnotationValue


@dataclass(frozen=True, slots=True)
class Format:
    """A dialect that can be written, by `function` of `module`, which is imported on first use.

    A format `by_place` takes the comments in the order of the text; one `in_threads` takes each
    with its position, and a reply with the head of its thread.
    """

    module: str
    mimetype: str
    suffix: str
    by_place: bool = False
    in_threads: bool = False
    function: str = "write"

    def write(self, annotations: Iterable[AnnotationValue], envelope: Envelope) -> Iterator[str]:
        """Yield the file piece by piece."""
        module = import_module(f"annotator.formats.{self.module}")
        written: Iterator[str] = getattr(module, self.function)(annotations, envelope)
        return written


FORMATS = {
    "native": Format("native", "application/json", "json"),
    "jsonl": Format("native", "application/jsonl", "jsonl", function="write_lines"),
    "w3c": Format(
        "w3c", 'application/ld+json; profile="http://www.w3.org/ns/anno.jsonld"', "jsonld"
    ),
    "csv": Format("csv", "text/csv; charset=utf-8", "csv", in_threads=True),
    "markdown": Format("markdown", "text/markdown; charset=utf-8", "md", by_place=True),
    "html": Format("html", "text/html; charset=utf-8", "html", by_place=True),
}


def named(name: str) -> Format:
    """Return a format by name. Raises Unacceptable, with the names of all formats."""
    if name not in FORMATS:
        raise Unacceptable(
            f"format must be one of {', '.join(FORMATS)}, not {name!r}.", field="format"
        )
    return FORMATS[name]
