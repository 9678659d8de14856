"""The output of a reader: the blocks of a source in the order of the text, and their holders.

A stream is flat, so that no depth of nesting in a source can exhaust the stack. `document_head`
drops what precedes the document proper; `provisions` decides what becomes a provision.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from annotator.documents.origins import Origins
from annotator.documents.parsed import NO_ATTRIBUTES
from annotator.documents.words import BlockText

LeafKind = Literal["heading", "paragraph", "code", "cell"]
HolderKind = Literal["item", "quote", "admonition", "table", "row", "contents", "footnotes"]


@dataclass(frozen=True, slots=True)
class Leaf:
    """One block. `level` (1 to 6) is set for a heading only."""

    kind: LeafKind
    words: BlockText
    level: int = 0
    attributes: Mapping[str, str] = field(default_factory=lambda: NO_ATTRIBUTES)


@dataclass(frozen=True, slots=True)
class Open:
    """The beginning of a list item, quotation, admonition, table, row, navigation or notes."""

    kind: HolderKind
    attributes: Mapping[str, str] = field(default_factory=lambda: NO_ATTRIBUTES)


@dataclass(frozen=True, slots=True)
class Close:
    """The end of the innermost open holder."""


Step = Leaf | Open | Close


@dataclass(frozen=True, slots=True)
class Source:
    """The result of a reader: the source's metadata, its stream, and the words left out.

    `origins` lead from the text that the blocks' own origins refer to back to the reader's input,
    step by step.
    """

    metadata: Mapping[str, str]
    steps: tuple[Step, ...]
    title: str | None = None
    left_out: tuple[str, ...] = ()
    origins: tuple[Origins, ...] = ()
