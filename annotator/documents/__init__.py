"""Sources become canonical text and provisions; addresses are read; editions are lined up."""

from annotator.documents.parsed import Block, Mark, Parsed, Provision
from annotator.documents.source import LARGEST_SOURCE, parse

__all__ = ["LARGEST_SOURCE", "Block", "Mark", "Parsed", "Provision", "parse"]
