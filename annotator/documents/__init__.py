"""Parse sources into canonical text and provisions, read addresses, and align editions.

The readers and the alignment are imported on first use: showing editions needs neither.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from annotator.documents.parsed import Block, Mark, Parsed, ParsedProvision
from annotator.documents.pids import mint, read_ledger, write_ledger

if TYPE_CHECKING:
    from annotator.documents.align.alignment import (
        Aligned,
        align_editions,
        inheritance,
        relate,
        text_in_common,
    )
    from annotator.documents.readers.source import LARGEST_SOURCE, decode, parse

__all__ = [
    "LARGEST_SOURCE",
    "Aligned",
    "Block",
    "Mark",
    "Parsed",
    "ParsedProvision",
    "align_editions",
    "decode",
    "inheritance",
    "mint",
    "parse",
    "read_ledger",
    "relate",
    "text_in_common",
    "write_ledger",
]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = (
        "readers.source" if name in {"LARGEST_SOURCE", "decode", "parse"} else "align.alignment"
    )
    return getattr(import_module(f"annotator.documents.{module}"), name)
