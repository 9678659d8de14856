"""Sources become canonical text and provisions; addresses are read; editions are lined up."""

from annotator.documents.align.alignment import (
    Aligned,
    align_editions,
    inheritance,
    relate,
    text_in_common,
)
from annotator.documents.parsed import Block, Mark, Parsed, ParsedProvision
from annotator.documents.pids import mint, read_ledger, write_ledger
from annotator.documents.readers.source import LARGEST_SOURCE, parse

__all__ = [
    "LARGEST_SOURCE",
    "Aligned",
    "Block",
    "Mark",
    "Parsed",
    "ParsedProvision",
    "align_editions",
    "inheritance",
    "mint",
    "parse",
    "read_ledger",
    "relate",
    "text_in_common",
    "write_ledger",
]
