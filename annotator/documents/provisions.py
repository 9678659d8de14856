"""Build an edition from a stream of blocks: the canonical text, the provisions and their numbers.

A section's own text goes from its heading to the next heading of any level, and its units are
numbered from 1. A unit is a paragraph, a top-level list item with all it holds, a paragraph
of a quotation or an admonition, a row of a table, a code block, or an example's caption with the
code block that follows it directly.

`number` is how a provision is written in an address:

- `6` is unit 6;
- `6.2` is the second list item nested in unit 6, counted over all depths in the order of the text;
- `6p2` is the second part of `6`: the first further paragraph, code block, quotation or row of a
  list item, or the code block of an example. The item's own words, or the caption, are the first
  part and have no number of their own. `6.2p3` is the third part of the nested item.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from types import MappingProxyType

from annotator.documents.canonical import BLOCK_SEPARATOR
from annotator.documents.folding import visible
from annotator.documents.origins import Run
from annotator.documents.parsed import (
    NO_ATTRIBUTES,
    Block,
    BlockKind,
    Mark,
    Parsed,
    ParsedProvision,
    ProvisionKind,
)
from annotator.documents.words import BlockText, Close, HolderKind, Leaf, Open, Step

PREAMBLE, FOOTNOTES = "preamble", "footnotes"

_EXAMPLE = re.compile(r"Examples?(?:\s+\d+)?:?\Z")
_ANCHOR = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*\Z")
_LATIN_ACCENTS = re.compile("(?<=[A-Za-z])[\u0300-\u036f]+")
_QUOTES = re.compile("[\"'`\u2018-\u201f\u00ab\u00bb\u2039\u203a\u2032\u2033]")
# `/d/SLUG/p/PID` names a provision by its pid, so no section may be called `p`.
_RESERVED = ("p",)
_GROUPS = {"admonition": "a", "quote": "q", "table": "t"}


def build(
    steps: Iterable[Step], *, title: str | None = None, metadata: Mapping[str, str] = NO_ATTRIBUTES
) -> Parsed:
    """Return the edition of a stream of blocks."""
    builder = _Builder()
    for step in steps:
        builder.add(step)
    return builder.parsed(title, metadata)


def slug_of(heading: str) -> str:
    """Return the words of a heading joined by `-`, without quotes: `claudes-constitution`.

    Letters of any script are kept in lower case; Latin ones lose their accents.
    """
    plain = unicodedata.normalize("NFKD", _QUOTES.sub("", visible(heading)))
    plain = unicodedata.normalize("NFC", _LATIN_ACCENTS.sub("", plain).lower())
    words = "".join(char if unicodedata.category(char)[0] in "LMN" else " " for char in plain)
    return "-".join(words.split()) or "section"


@dataclass
class _Draft:
    """A provision under construction; `nested` and `parts` count the ones numbered under it."""

    kind: ProvisionKind
    start: int
    parent: int | None
    section: int | None
    unit: int | None
    number: str
    attributes: dict[str, str]
    level: int | None = None
    slug: str | None = None
    end: int = 0
    parts: int = 1
    nested: int = 0


@dataclass
class _Holder:
    """An open item, row, quotation and so on; items and rows get a provision."""

    kind: HolderKind
    attributes: Mapping[str, str]
    group: str = ""
    provision: int | None = None
    cells: int = 0
    filled: list[int] = field(default_factory=list)
    outer: tuple[list[int], int] = ([], 0)


_SAME = {each.name for each in fields(ParsedProvision)} - {"digest", "attributes"}


class _Builder:
    def __init__(self) -> None:
        self._texts: list[str] = []
        self._offset = 0
        self._blocks: list[Block] = []
        self._origins: list[tuple[Run, ...]] = []
        self._drafts: list[_Draft] = []
        self._sections: list[int] = []
        self._holders: list[_Holder] = []
        self._units = 0
        self._groups = 0
        self._slugs = dict.fromkeys(_RESERVED, 1)
        self._caption: int | None = None

    def add(self, step: Step) -> None:
        caption, self._caption = self._caption, None
        if isinstance(step, Open):
            self._open(step)
        elif isinstance(step, Close):
            self._close()
        elif step.kind == "cell" and (row := self._innermost("row")):
            self._add_cell(step, row)
        elif not step.words.text:
            self._note_pictures(step)
        elif step.kind == "heading" and not self._innermost("item", "quote", "row"):
            self._add_heading(step)
        elif step.kind == "code" and caption is not None:
            self._write(step, self._add_part(caption, "code", step.attributes))
        else:
            self._add_leaf(step)

    def parsed(self, title: str | None, metadata: Mapping[str, str]) -> Parsed:
        """Return the edition. A parent ends where its last descendant does."""
        for draft in reversed(self._drafts):
            if draft.parent is not None:
                parent = self._drafts[draft.parent]
                parent.end = max(parent.end, draft.end)
        text = BLOCK_SEPARATOR.join(self._texts)
        provisions = tuple(
            ParsedProvision(
                **{name: getattr(draft, name) for name in _SAME},
                digest=hashlib.sha256(text[draft.start : draft.end].encode()).hexdigest(),
                attributes=MappingProxyType(draft.attributes),
            )
            for draft in self._drafts
        )
        return Parsed(
            title, MappingProxyType(dict(metadata)), text, tuple(self._blocks), provisions,
            origins=tuple(self._origins),
        )  # fmt: skip

    def _open(self, step: Open) -> None:
        group = ""
        if step.kind in _GROUPS:
            self._groups += 1
            group = f"{_GROUPS[step.kind]}{self._groups}"
        holder = _Holder(step.kind, step.attributes, group, outer=(self._sections, self._units))
        self._holders.append(holder)
        if step.kind == "footnotes":  # in no section, so that a new section does not move them
            self._sections = []

    def _close(self) -> None:
        holder = self._holders.pop()
        if holder.kind == "footnotes":
            self._sections, self._units = holder.outer
        if holder.provision is not None and len(holder.filled) < holder.cells:
            columns = ",".join(map(str, holder.filled))
            self._drafts[holder.provision].attributes["columns"] = columns

    def _add_leaf(self, step: Leaf) -> None:
        holder = self._innermost("item", "quote")
        kind: ProvisionKind = "code" if step.kind == "code" else "paragraph"
        if holder is None:
            index = self._add_unit(kind, step.attributes)
            self._write(step, index)
            if kind == "paragraph" and _is_caption(step.words):
                self._caption = index
        elif holder.kind == "item" and holder.provision is not None:
            self._write(step, self._add_part(holder.provision, kind, step.attributes))
        elif holder.kind == "item":
            index = self._current_item()
            self._drafts[index].attributes.update(step.attributes)
            self._write(step, index)
        else:
            kind = "quote" if kind == "paragraph" else kind
            if self._innermost("item"):
                self._write(step, self._add_part(self._current_item(), kind, step.attributes))
            else:
                self._write(step, self._add_unit(kind, step.attributes))

    def _current_item(self) -> int:
        """Return the provision of the innermost open item; create it before its first words."""
        item = -1
        for holder in self._holders:
            if holder.kind == "item":
                if holder.provision is None and item < 0:
                    holder.provision = self._add_unit("item", holder.attributes)
                elif holder.provision is None:
                    holder.provision = self._add_nested_item(item, holder.attributes)
                item = holder.provision
        return item

    def _add_nested_item(self, outer: int, attributes: Mapping[str, str]) -> int:
        top = outer
        while (parent := self._drafts[top].parent) is not None and self._drafts[parent].unit:
            top = parent
        self._drafts[top].nested += 1
        number = f"{self._drafts[top].number}.{self._drafts[top].nested}"
        return self._add("item", outer, number, attributes)

    def _add_cell(self, step: Leaf, row: _Holder) -> None:
        row.cells += 1
        if not step.words.text:
            return
        row.filled.append(row.cells)
        attributes = {**row.attributes, **step.attributes}
        if row.provision is None and self._innermost("item"):
            row.provision = self._add_part(self._current_item(), "row", attributes)
        elif row.provision is None:
            row.provision = self._add_unit("row", attributes)
        self._write(step, row.provision)

    def _add_part(self, whole: int, kind: ProvisionKind, attributes: Mapping[str, str]) -> int:
        self._drafts[whole].parts += 1
        number = f"{self._drafts[whole].number}p{self._drafts[whole].parts}"
        return self._add(kind, whole, number, attributes)

    def _add_unit(self, kind: ProvisionKind, attributes: Mapping[str, str]) -> int:
        """Add a provision as the section's next unit."""
        section = self._current_section()
        self._units += 1
        return self._add(kind, section, str(self._units), attributes)

    def _add(
        self, kind: ProvisionKind, parent: int, number: str, attributes: Mapping[str, str]
    ) -> int:
        whole = self._drafts[parent]
        section, unit = (
            (parent, self._units) if whole.kind == "section" else (whole.section, whole.unit)
        )
        own: dict[str, str] = {}
        for holder in self._holders:
            if holder.kind == "admonition":
                own.update(holder.attributes)
        if groups := " ".join(holder.group for holder in self._holders if holder.group):
            own["group"] = groups
        own.update(attributes)
        self._drafts.append(_Draft(kind, self._next_start(), parent, section, unit, number, own))
        return len(self._drafts) - 1

    def _add_heading(self, step: Leaf) -> None:
        while self._sections and not 0 < (self._drafts[self._sections[-1]].level or 0) < step.level:
            self._sections.pop()
        anchor = step.attributes.get("anchor", "")
        slug = anchor if _ANCHOR.match(anchor) else slug_of(anchor or step.words.text)
        index = self._begin_section(step.level, slug, step.attributes, step.words.text)
        self._write(step, index)

    def _begin_section(
        self, level: int, slug: str, attributes: Mapping[str, str], title: str
    ) -> int:
        parent = self._sections[-1] if self._sections else None
        draft = _Draft("section", self._next_start(), parent, parent, None, "", dict(attributes))
        draft.attributes["title"] = title
        draft.level, draft.slug = level, self._unique_slug(slug)
        self._drafts.append(draft)
        self._sections.append(len(self._drafts) - 1)
        self._units = 0
        return self._sections[-1]

    def _current_section(self) -> int:
        if not self._sections:
            name = FOOTNOTES if self._innermost("footnotes") else PREAMBLE
            self._begin_section(0, name, NO_ATTRIBUTES, "")
        return self._sections[-1]

    def _unique_slug(self, slug: str) -> str:
        """Return the slug, or the first `slug-2`, `slug-3` … that is unused, ignoring case."""
        candidate = slug
        while candidate.lower() in self._slugs:
            self._slugs[slug.lower()] += 1
            candidate = f"{slug}-{self._slugs[slug.lower()]}"
        self._slugs[candidate.lower()] = 1
        return candidate

    def _innermost(self, *kinds: HolderKind) -> _Holder | None:
        return next((holder for holder in reversed(self._holders) if holder.kind in kinds), None)

    def _next_start(self) -> int:
        return self._offset + len(BLOCK_SEPARATOR) if self._texts else 0

    def _write(self, step: Leaf, provision: int) -> None:
        """Append a block's words to the text, as the last words of the provision so far."""
        start = self._next_start()
        end = start + len(step.words.text)
        marks = tuple(
            Mark(mark.start + start, mark.end + start, mark.kind, mark.value)
            for mark in step.words.marks
        )
        kind = self._drafts[provision].kind
        self._texts.append(step.words.text)
        self._blocks.append(Block(_block_kind(step, kind), start, end, provision, marks))
        self._origins.append(step.words.origins)
        self._offset = self._drafts[provision].end = end
        self._note_pictures(step)

    def _note_pictures(self, step: Leaf) -> None:
        """Store the alt texts of pictures with their provision."""
        if step.words.alts and self._drafts:
            in_block = step.words.text or not self._sections
            provision = self._blocks[-1].provision if in_block else self._sections[-1]
            attributes = self._drafts[provision].attributes
            attributes["alt"] = "\n".join(filter(None, [attributes.get("alt"), *step.words.alts]))


def _block_kind(step: Leaf, provision: ProvisionKind) -> BlockKind:
    if step.kind in ("code", "cell"):
        return "code" if step.kind == "code" else "cell"
    if provision == "section":
        return "heading"
    return provision if provision in ("item", "quote") else "paragraph"


def _is_caption(words: BlockText) -> bool:
    first = words.marks[0] if words.marks else None
    if first is None or first.kind != "strong" or first.start > 0:
        return False
    return _EXAMPLE.match(words.text[: first.end]) is not None
