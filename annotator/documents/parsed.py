"""What a source file becomes: the canonical text, its blocks and its provisions.

Every offset in the project counts Unicode code points in the canonical text, end exclusive.
These values are immutable; nothing here reads a file or knows how one is parsed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Literal

BlockKind = Literal["heading", "paragraph", "item", "quote", "code", "cell"]
ProvisionKind = Literal["section", "paragraph", "item", "quote", "code", "row"]
MarkKind = Literal["em", "strong", "code", "link", "break"]

NO_ATTRIBUTES: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Mark:
    """Inline formatting of `text[start:end]`; marks nest or are disjoint, in the order of start.

    `value` is a link's target. A `break` is the one space that stands for a hard line break: it is
    shown as that space followed by a line break, so that the block's text content stays itself.
    """

    start: int
    end: int
    kind: MarkKind
    value: str = ""


@dataclass(frozen=True, slots=True)
class Block:
    """One line of the canonical text (a code block keeps line feeds of its own).

    `provision` is the index, in `Parsed.provisions`, of the innermost provision it belongs to.
    """

    kind: BlockKind
    start: int
    end: int
    provision: int
    marks: tuple[Mark, ...] = ()


@dataclass(frozen=True, slots=True)
class Provision:
    """A unit of the document that can be addressed and commented on.

    `parent` and `section` are indexes in `Parsed.provisions` (`None` at the top); a section's own
    `section` is the section it stands in. `unit` is the ¶ number within the section's own text
    (`None` for a section); a nested list item shares the unit of its top-level item. `number` is
    how it is written in an address: "6", for a nested item "6.2", for a section "".
    `level` (1 to 6; 0 for text before the first heading) and `slug` are given for sections only.
    `attributes` hold what the source says beside the words: a section's `title`, `anchor`,
    `authority`; an admonition's `admonition` (its class) and `admonition_title`; a code block's
    `language`; a list item's `marker` ("-" or "3."); a picture's `alt`.
    `digest` is the sha256 of the provision's text, in hexadecimal.
    """

    kind: ProvisionKind
    start: int
    end: int
    parent: int | None
    section: int | None
    unit: int | None
    number: str
    level: int | None
    slug: str | None
    digest: str
    attributes: Mapping[str, str] = field(default_factory=lambda: NO_ATTRIBUTES)


@dataclass(frozen=True)
class Parsed:
    """One edition as pure values: blocks and provisions in the order of the text."""

    title: str | None
    metadata: Mapping[str, str]
    text: str
    blocks: tuple[Block, ...]
    provisions: tuple[Provision, ...]

    @cached_property
    def sha256(self) -> str:
        """The digest of the canonical text in UTF-8, in hexadecimal."""
        return hashlib.sha256(self.text.encode()).hexdigest()
