"""Read an essay's words: Markdown, HTML, or plain text in which `>` marks quoted lines.

Markdown and HTML are read by the readers of documents.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from html import unescape
from itertools import groupby, pairwise, starmap
from operator import attrgetter
from typing import Any, Literal

from markdown_it import MarkdownIt
from markdown_it.common.utils import normalizeReference
from markdown_it.ruler import StateBase
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import autolink
from markdown_it.token import Token

from annotator.documents.origins import Origins, Run, with_line_feeds
from annotator.documents.readers.document_head import split_front_matter
from annotator.documents.readers.html import read_fragment
from annotator.documents.readers.markdown import TokenReader
from annotator.documents.readers.markdown_dialect import parser
from annotator.documents.words import Leaf, Open, SourceWords, Step
from annotator.errors import SourceFault
from annotator.quotations.quotation import Budget, Kind

BlockKind = Literal["heading", "paragraph", "code"]
BREAK = "\n\n"
# Takes 0.2 s to read; a book of 90,000 words in lines of 70 characters has 8,000 lines.
MAX_LINES = 20_000
# Code points. Wrapped lines are shorter; if one is longer, each line is a paragraph.
MAX_WRAPPED = 140
# Characters that parsers replace or refuse.
_UNREADABLE = re.compile("[\0\ud800-\udfff]")
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|\Z)")
_QUOTED = re.compile(r"[ \t]*>[>\s]*")
_DEFINITION = re.compile(
    r"^ {0,3}\[(?!\^)([^\[\]\n]{1,200})\]:[ \t]*<?[^\s<>]{1,2000}>?"
    r"(?:[ \t]+\"[^\"\n]{0,200}\")?[ \t]*$",
    re.MULTILINE,
)
_BLOCKQUOTE = re.compile(r"<(/?)blockquote\b", re.IGNORECASE)
_TITLE = re.compile(r"<title\b[^<>]{0,200}>([^<]{1,500})</title", re.IGNORECASE)
_OPENING = re.compile(r"<[a-zA-Z]")
Line = tuple[int, int, bool]


@dataclass(frozen=True, slots=True)
class ProseBlock:
    """A paragraph, `text[start:end]` of the prose; `quote` is the number of its block quotation.

    0 is none; the blocks of one block quotation share a number. `row` is the number of the table
    row that a cell is in, `head` the first row of that table; 0 for other blocks. `unit` is the
    number of the essay's unit that the block is in.
    """

    kind: BlockKind
    start: int
    end: int
    quote: int = 0
    row: int = 0
    head: int = 0
    unit: int = 0


@dataclass(frozen=True, slots=True)
class Unit:
    """A complete piece `[start, end)` of the essay's source, such as a paragraph or a table.

    `defines` is the label of the footnote that it is, or empty.
    """

    start: int
    end: int
    defines: str = ""


@dataclass(frozen=True)
class Prose:
    """Blocks joined by an empty line, with the source offset of each of their characters.

    `ends` has the end of each character that represents something else, such as an entity. `marked`
    are spans that an element marks as quoted, `code` those set as inline code. `links` has the
    Markdown that defines each label of a link; `title` is the essay's own title, or empty.
    """

    text: str
    starts: array[int]
    ends: Mapping[int, int]
    blocks: tuple[ProseBlock, ...]
    marked: tuple[tuple[int, int], ...] = ()
    code: tuple[tuple[int, int], ...] = ()
    units: tuple[Unit, ...] = ()
    links: Mapping[str, str] = field(default_factory=dict)
    title: str = ""

    def source(self, start: int, end: int) -> tuple[int, int]:
        """Return the source span of `text[start:end]`, which is not empty."""
        last = end - 1
        return self.starts[start], self.ends.get(last, self.starts[last] + 1)

    def block_number(self, at: int) -> int:
        """Return the number of the block that contains the character `at`."""
        return max(bisect_right(self.blocks, at, key=attrgetter("start")) - 1, 0)

    @cached_property
    def rows(self) -> Mapping[int, tuple[int, int]]:
        """The numbers `[first, last)` of the blocks of each row; row 0 has the other blocks."""
        rows: dict[int, tuple[int, int]] = {}
        for number, block in enumerate(self.blocks):
            first, _ = rows.get(block.row, (number, number))
            rows[block.row] = first, number + 1
        return rows


class ProseWriter:
    """Collects visible words, block by block."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._starts = array("I")
        self._ends: dict[int, int] = {}
        self._blocks: list[ProseBlock] = []
        self._spans: dict[str, list[tuple[int, int]]] = {"q": [], "code": []}
        self._begin = self._quotes = self._rows = 0
        self._blank = True
        self._holders: list[str] = []
        self.quote = self._row = self._head = 0
        self.units: list[Unit] = []

    def add(self, text: str, runs: Iterable[Run]) -> None:
        """Add words; `runs` are their origins in the essay."""
        self._pieces.append(text)
        self._blank = self._blank and not text.strip()
        for length, start, end in runs:
            if length == end - start:
                self._starts.extend(range(start, end))
            else:
                at = len(self._starts)
                self._starts.extend([start] * length)
                self._ends.update(dict.fromkeys(range(at, at + length), end))

    def set_off(self, depth: int) -> None:
        """Set the block quotation depth of the following blocks; 0 means none."""
        if depth and not self.quote:
            self._quotes += 1
        self.quote = self._quotes if depth else 0

    def step(self, step: Step, origins: Sequence[Origins] = (), depth: int = 0) -> None:
        """Add a step of the documents' readers; its `origins` lead to the essay.

        `depth` counts the block quotations around it that are not steps.
        """
        if isinstance(step, Leaf):
            at, runs = len(self._starts), step.words.origins
            for outer in origins:
                runs = tuple(outer.trace(runs))
            for mark in step.words.marks:
                if mark.kind in self._spans:
                    self._spans[mark.kind].append((at + mark.start, at + mark.end))
            self.add(step.words.text, runs)
            self.close("paragraph" if step.kind == "cell" else step.kind)
            return
        if isinstance(step, Open):
            self._holders.append(step.kind)
            if step.kind == "table":
                self._head = self._rows + 1
            elif step.kind == "row":
                self._rows = self._row = self._rows + 1
        elif self._holders.pop() == "table":
            self._row = self._head = 0
        self.set_off(self._holders.count("quote") + depth)

    def close(self, kind: BlockKind = "paragraph") -> None:
        """End the block; a block without words is dropped."""
        end = len(self._starts)
        if not self._blank:
            self._blocks.append(
                ProseBlock(
                    kind, self._begin, end, self.quote, self._row, self._head, len(self.units) - 1
                )
            )
            place = self._ends.get(end - 1, self._starts[-1] + 1)
            self.add(BREAK, [(len(BREAK), place, place)])
        self._begin, self._blank = len(self._starts), True

    def take(self) -> Prose:
        """Return the collected prose."""
        return Prose(
            "".join(self._pieces), self._starts, self._ends, tuple(self._blocks),
            tuple(self._spans["q"]), tuple(self._spans["code"]), tuple(self.units),
        )  # fmt: skip


def read(essay: str, kind: Kind, budget: Budget | None = None) -> Prose:
    """Read an essay into prose with the source offset of each character.

    Text that is nested too deeply is read as plain text. Raises Unacceptable when the `budget` is
    used up.
    """
    lines = essay.count("\n") + essay.count("\r") + 1
    budget = budget or Budget()
    if lines > MAX_LINES:
        budget.refuse(f"It has {lines:,} lines")
    essay = _UNREADABLE.sub("\ufffd", essay)
    try:
        if kind == "markdown":
            return _read_markdown(essay, budget)
        return _read_html(essay, budget) if kind == "html" else _read_text(essay)
    except SourceFault:
        return _read_text(essay)


class _Watched(list[Token]):
    """The tokens of an essay; adding one checks the budget."""

    def __init__(self, budget: Budget) -> None:
        super().__init__()
        self._budget = budget

    def append(self, token: Token) -> None:
        self._budget.check()
        super().append(token)


def _watched_words(budget: Budget) -> type[SourceWords]:
    class WatchedWords(SourceWords):
        def add(self, text: str, runs: Sequence[Run] = ()) -> None:
            budget.check()
            super().add(text, runs)

    return WatchedWords


def _check_budget(state: StateBase, *_: object) -> bool:
    """Check the budget of an essay, as a rule of the parser that matches nothing."""
    state.env["budget"].check()
    return False


@cache
def _parser() -> MarkdownIt:
    """Return the parser of essays: notes are left in place, and the budget is checked."""
    markdown = parser()
    markdown.core.ruler.disable(["footnote_tail", "unused_notes"])
    # A web address in angle brackets is not part of a quotation.
    markdown.inline.ruler.at("autolink", lambda state, _: autolink(state, silent=True))
    markdown.block.ruler.before("table", "budget", _check_budget)
    markdown.inline.ruler.after("text", "budget", _check_budget)
    return markdown


def _read_markdown(essay: str, budget: Budget) -> Prose:
    lines, line_origins = with_line_feeds(essay)
    text, settings, _, origins = split_front_matter(lines)
    origins = (*origins, line_origins)
    env: dict[str, Any] = {"references": {}, "budget": budget}
    state = StateCore(text, _parser(), env)  # what `parse` does, watched
    state.tokens = _Watched(budget)
    state.md.core.process(state)
    writer, reader = ProseWriter(), TokenReader(_watched_words(budget))
    starts = [0, *(match.end() for match in re.finditer(r"\r\n|\r|\n", essay)), len(essay)]
    raw_quotes = 0
    for token in state.tokens:
        budget.check()
        writer.units += _units_of(token, essay, starts)
        reader.take(token)
        for step in reader.steps:
            writer.step(step, origins, raw_quotes)
        reader.steps.clear()
        if token.type == "html_block":  # it may quote Markdown after it
            for tag in _BLOCKQUOTE.finditer(token.content):
                raw_quotes = max(0, raw_quotes + (-1 if tag[1] else 1))
            writer.set_off(raw_quotes)
    # The parser counts definitions right after the lines of a footnote as part of it.
    links = {normalizeReference(line[1]): line[0].strip() for line in _DEFINITION.finditer(text)}
    for label, link in env["references"].items():
        title = link.get("title", "").replace("\\", "").replace('"', "&quot;").replace("\n", " ")
        links[label] = f"[{label}]: <{link['href']}>" + (f' "{title}"' if title else "")
    return replace(writer.take(), links=links, title=settings.get("title", ""))


def _units_of(token: Token, essay: str, starts: list[int]) -> list[Unit]:
    """Return the unit that begins with a top-level block or a top-level list item."""
    level = 1 if token.type == "list_item_open" else 0
    is_list = token.type in ("bullet_list_open", "ordered_list_open")
    if token.map is None or token.nesting < 0 or token.level != level or is_list:
        return []
    start, after = (starts[min(line, len(starts) - 1)] for line in token.map)
    end = start + len(essay[start:after].removesuffix("\n").removesuffix("\r"))
    label = token.meta["label"] if token.type == "footnote_reference_open" else ""
    return [Unit(start, end, label)]


def _read_html(essay: str, budget: Budget) -> Prose:
    writer = ProseWriter()
    text, origins = with_line_feeds(essay)
    for step in read_fragment(text, origins, _watched_words(budget))[0]:
        writer.step(step)
    prose = writer.take()
    # Split the source where a tag opens after a block; keep quotations and tables whole.
    starts: list[int] = []
    blocks: list[ProseBlock] = []
    end = quote = head = 0
    for block in prose.blocks:
        start, after = prose.source(block.start, block.end)
        if not (0 != block.quote == quote or 0 != block.head == head):
            opened = _OPENING.search(essay, end, start)
            starts.append(0 if not starts else opened.start() if opened else start)
        blocks.append(replace(block, unit=len(starts) - 1))
        end, quote, head = after, block.quote, block.head
    units = tuple(starmap(Unit, pairwise([*starts, len(essay)])))
    titled = _TITLE.search(essay)
    title = " ".join(unescape(titled[1]).split()) if titled else ""
    return replace(prose, units=units, blocks=tuple(blocks), title=title)


def _read_text(essay: str) -> Prose:
    writer = ProseWriter()
    lines = [_line(match) for match in _LINE.finditer(essay)]
    for quoted, run in groupby(lines, key=lambda line: line[2]):
        writer.set_off(int(quoted))
        block = list(run)
        if quoted:
            writer.units.append(Unit(essay.rfind("\n", 0, block[0][0]) + 1, block[-1][1]))
        _paragraphs(writer, essay, block)
    return writer.take()


def _line(match: re.Match[str]) -> Line:
    """Return start and end of a line's words, and whether it is quoted."""
    text = match.group()
    sign = _QUOTED.match(text)
    start = match.start() + (sign.end() if sign else 0)
    return min(start, match.start() + len(text.rstrip("\r\n"))), match.end(), sign is not None


def _paragraphs(writer: ProseWriter, essay: str, lines: list[Line]) -> None:
    for blank, run in groupby(lines, key=lambda line: not essay[line[0] : line[1]].strip()):
        some = [] if blank else list(run)
        apart = any(end - start > MAX_WRAPPED for start, end, _ in some)
        for paragraph in [[line] for line in some] if apart else [some]:
            if paragraph and not writer.quote:
                writer.units.append(Unit(paragraph[0][0], paragraph[-1][1]))
            for start, end, _ in paragraph:
                writer.add(essay[start:end], [(end - start, start, end)])
            writer.close()
