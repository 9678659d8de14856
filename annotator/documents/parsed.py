"""The result of parsing a source file: the canonical text, its blocks and its provisions.

Every offset in the project counts Unicode code points in the canonical text, end exclusive. These
values are immutable; nothing here reads or parses a file.
"""

from __future__ import annotations

import hashlib
import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from operator import attrgetter
from types import MappingProxyType
from typing import Literal, Protocol

from annotator.documents.origins import Run

BlockKind = Literal["heading", "paragraph", "item", "quote", "code", "cell"]
ProvisionKind = Literal["section", "paragraph", "item", "quote", "code", "row"]
MarkKind = Literal["em", "strong", "code", "sup", "sub", "del", "ins", "q", "link", "break"]

NO_ATTRIBUTES: Mapping[str, str] = MappingProxyType({})
Span = tuple[int, int]
_OPENING = "\"'([{\u201c\u2018\u00ab\u2039"
_CLOSING = "\"')\\]}\u201d\u2019\u00bb\u203a"
_STOP = re.compile(rf"(?<![.!?])[.!?]++[{_CLOSING}]*+(?=\s++(?P<next>\S))")
# "No." is not among them: it is a sentence more often than a number.
_ABBREVIATION = re.compile(
    r"(?<![\w.])(?:e\.g|i\.e|etc|vs|cf|viz|et al|approx|mr|mrs|ms|dr|prof)\.[^.!?]*\Z",
    re.IGNORECASE,
)
_LONGEST_ABBREVIATION = 8
INFORMATIVE_HEADINGS = re.compile(
    r"(?:preface|foreword|acknowledge?ments?|about this (?:document|page|version|edition)|"
    r"change ?log|colophon|editor(?:s|[’']s)? note|publisher(?:s|[’']s)? note)",
    re.IGNORECASE,
)
INFORMATIVE_WORDS = re.compile(
    r"\b(?:is|are|form) (?:itself |themselves )?not (?:itself |themselves )?(?:a )?part of "
    r"(?:the|this) (?:document|constitution|charter|specification|spec|text)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Mark:
    """Inline formatting of `text[start:end]`; marks nest or are disjoint, in the order of start.

    `value` is a link's target. A `break` is the one space that represents a hard line break: it is
    shown as that space followed by a line break, so that the block's text content does not change.
    """

    start: int
    end: int
    kind: MarkKind
    value: str = ""


@dataclass(frozen=True, slots=True)
class Block:
    """One line of the canonical text (a code block may contain line feeds).

    `provision` is the index, in `Parsed.provisions`, of the innermost provision that contains it.
    """

    kind: BlockKind
    start: int
    end: int
    provision: int
    marks: tuple[Mark, ...] = ()


@dataclass(frozen=True, slots=True)
class ParsedProvision:
    """A provision: a unit of the document that can be addressed and commented on.

    `parent` and `section` are indexes in `Parsed.provisions` (`None` at the top); a section's own
    `section` is the section that contains it. `unit` is the ¶ number within the section's own text
    (`None` for a section); a nested list item shares the unit of its top-level item. `number` is
    the form in an address: "6", for a nested item "6.2", for a further part of either "6p2", for a
    section "". A provision spans all its content; its own words are its own blocks. `level` (1 to
    6; 0 for text before the first heading) and `slug` are set for sections only.

    `attributes` have other data of the source: a section's `title`, `anchor`, `authority`; for all
    within an admonition its class as `admonition`, and `admonition_title`; a code block's
    `language`; the natural language (`lang`) and direction (`dir`) of words; a list item's `marker`
    ("-" or "3."); a picture's `alt` (one a line); a row's `header` ("yes") and, where cells are
    empty, the `columns` of the others ("1,3"). `group` names the containers, outermost first, such
    as "a1 q2": provisions in one admonition (a), quotation (q) or table (t) share its number, which
    is unique in the edition. `digest` is the sha256 of the provision's text, in hexadecimal.
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
    """One edition as pure values: blocks and provisions in the order of the text.

    After parsing, `media_type` is the format that was read, `left_out` the source's words that are
    not in the text, and `origins` the runs of the decoded source that the words of each block came
    from.
    """

    title: str | None
    metadata: Mapping[str, str]
    text: str
    blocks: tuple[Block, ...]
    provisions: tuple[ParsedProvision, ...]
    left_out: tuple[str, ...] = ()
    origins: tuple[tuple[Run, ...], ...] = field(default=(), compare=False)
    media_type: str = field(default="", compare=False)

    @cached_property
    def sha256(self) -> str:
        """The sha256 of the canonical text in UTF-8, in hexadecimal."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    @cached_property
    def numbered(self) -> Mapping[tuple[str, str], int]:
        """The index of each provision by the slug of its section and its number.

        A section's own number is "", as in its provision.
        """
        return {(self.slug(index), p.number): index for index, p in enumerate(self.provisions)}

    def slug(self, provision: int) -> str:
        """Return the slug of the section that a provision is or is in."""
        section = self.provisions[provision]
        if section.slug is None and section.section is not None:
            section = self.provisions[section.section]
        return section.slug or ""

    def section_title(self, provision: int) -> str:
        """Return the title of a provision's section; "" before the first heading."""
        section = self.provisions[provision]
        if section.kind != "section" and section.section is not None:
            section = self.provisions[section.section]
        return section.attributes.get("title", "")

    def place(self, provision: int) -> str:
        """Name a provision as people cite it: "Being honest ¶ 6"; "" before the first heading."""
        title, number = self.section_title(provision), self.provisions[provision].number
        return f"{title} ¶ {number}" if title and number else title

    def heading_end(self, section: int) -> int:
        """Return the offset after a section's heading."""
        heading = self.provisions[section]
        return heading.start + len(heading.attributes.get("title", ""))

    @cached_property
    def block_starts(self) -> list[int]:
        """The start of each block."""
        return [block.start for block in self.blocks]

    def block_at(self, offset: int) -> int:
        """Return the index of the block that contains an offset or precedes it."""
        return max(bisect_right(self.block_starts, offset) - 1, 0)

    def block_range(self, start: int, end: int) -> range:
        """Return the indexes of the blocks that a range touches, or of the block before it."""
        first = self.block_at(start)
        return range(first, max(bisect_left(self.block_starts, end), first + 1))

    @cached_property
    def own_blocks(self) -> list[list[Block]]:
        """The blocks of each provision, without those of the provisions inside it."""
        own: list[list[Block]] = [[] for _ in self.provisions]
        for block in self.blocks:
            own[block.provision].append(block)
        return own

    def and_ancestors(self, provision: int) -> Iterator[int]:
        """Yield a provision and those that contain it, the innermost first."""
        at: int | None = provision
        while at is not None:
            yield at
            at = self.provisions[at].parent

    def innermost(self, start: int, end: int) -> int | None:
        """Return the innermost provision that contains `text[start:end]`, if any."""
        for index in self.and_ancestors(self.blocks[self.block_at(start)].provision):
            if self.provisions[index].start <= start and end <= self.provisions[index].end:
                return index
        return None

    def provision_at(self, start: int, end: int) -> int:
        """Return the innermost provision that contains a range, or the one in which it begins."""
        ordinal = self.innermost(start, end)
        return self.blocks[self.block_at(start)].provision if ordinal is None else ordinal


class Stretch(Protocol):
    """Anything with a `start` and an `end`, such as a parsed provision or a row of the database."""

    @property
    def start(self) -> int:
        """The first code point."""

    @property
    def end(self) -> int:
        """The offset after the last code point."""


def own_words(text: str, provisions: Sequence[Stretch], at: int) -> str:
    """Return the words of `provisions[at]` without nested provisions: of a section, its heading.

    `provisions` are all of an edition in the order of its text.
    """
    provision = provisions[at]
    after = provisions[at + 1].start if at + 1 < len(provisions) else provision.end
    return text[provision.start : min(provision.end, after)].rstrip("\n")


def sentences_within(parsed: Parsed, start: int, end: int) -> tuple[Span, ...]:
    """Return the sentences of the blocks in `text[start:end]`, in order."""
    first = bisect_left(parsed.block_starts, start)
    last = bisect_right(parsed.blocks, end, key=attrgetter("end"))
    sentences: list[Span] = []
    for block in parsed.blocks[first:last]:
        if block.kind != "code":
            spans = split(parsed.text[block.start : block.end])
            sentences += [(block.start + low, block.start + high) for low, high in spans]
    return tuple(sentences)


@lru_cache(maxsize=1024)
def split(text: str) -> tuple[Span, ...]:
    """Return the spans of the sentences of one block's `text`, without the space between them."""
    spans: list[Span] = []
    start = 0
    for stop in _STOP.finditer(text):
        char = stop["next"]
        begins = char.isupper() or char.istitle() or char.isdecimal() or char in _OPENING
        before = max(start, stop.start() - _LONGEST_ABBREVIATION)
        if begins and not _ABBREVIATION.search(text[before : stop.end()]):
            spans.append((start, stop.end()))
            start = stop.start("next")
    if start < len(text):
        spans.append((start, len(text)))
    return tuple(spans)


def informative(parsed: Parsed) -> frozenset[int]:
    """Return the indexes of the provisions outside the document proper, with all inside them."""
    indexes: set[int] = set()
    for index, provision in enumerate(parsed.provisions):
        inside = provision.parent in indexes
        named = INFORMATIVE_HEADINGS.fullmatch(provision.attributes.get("title", "").strip())
        if (
            inside
            or named
            or (provision.kind == "section" and _is_declared_informative(parsed, index))
        ):
            indexes.add(index)
    return frozenset(indexes)


def _is_declared_informative(parsed: Parsed, section: int) -> bool:
    """Return whether the first paragraph of a section's own text says so."""
    first = next(
        (item for item in parsed.provisions[section + 1 :] if item.kind != "section"), None
    )
    if first is None or first.section != section or first.unit != 1:
        return False
    return bool(INFORMATIVE_WORDS.search(parsed.text[first.start : first.end]))
