"""Read an essay's words: Markdown, HTML, or plain text in which `>` marks quoted lines.

Markdown and HTML are read by the readers of documents.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from html import unescape
from itertools import groupby, pairwise, starmap

from markdown_it.common.utils import normalizeReference
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import autolink
from markdown_it.token import Token

from annotator.documents.origins import Origins, Run, edited
from annotator.documents.readers.front_matter import split_front_matter
from annotator.documents.readers.html import read_fragment
from annotator.documents.readers.markdown import TokenReader
from annotator.documents.readers.markdown_dialect import parser
from annotator.documents.words import SourceWords
from annotator.errors import SourceFault
from annotator.quotations.essay.prose import Prose, ProseBlock, ProseWriter, Unit
from annotator.quotations.quotation import Budget, Kind

# What a reader of lines takes 0.2 s for; a book of 90,000 words in lines of 70 has 8,000.
MOST_LINES = 20_000
# Wrapped lines are shorter than this; where one is longer, each line is a paragraph of its own.
LONGEST_WRAPPED = 140
# Characters that no file has, and that parsers replace or refuse.
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


def read(essay: str, kind: Kind, budget: Budget | None = None) -> Prose:
    """Read an essay into prose with the source offset of each character.

    What is nested too deeply is read as plain text. Raises Unacceptable when the `budget` is used
    up.
    """
    lines = essay.count("\n") + essay.count("\r") + 1
    budget = budget or Budget()
    if lines > MOST_LINES:
        budget.refuse(f"It has {lines:,} lines")
    essay = _UNREADABLE.sub("\ufffd", essay)
    try:
        if kind == "markdown":
            return _read_markdown(essay, budget)
        return _read_html(essay, budget) if kind == "html" else _read_text(essay)
    except SourceFault:
        return _read_text(essay)


def _with_line_feeds(essay: str) -> tuple[str, Origins]:
    """Return an essay with line feeds at the ends of its lines, and the origins of that."""
    breaks = [(*match.span(), "\n") for match in re.finditer("\r\n", essay)]
    text, origins = edited(essay, breaks)
    return text.replace("\r", "\n"), origins


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


def _read_markdown(essay: str, budget: Budget) -> Prose:
    def check(*_: object) -> bool:
        budget.check()
        return False

    lines, line_origins = _with_line_feeds(essay)
    text, settings, _, origins = split_front_matter(lines)
    origins = (*origins, line_origins)
    markdown = parser()
    markdown.core.ruler.disable(["footnote_tail", "unused_notes"])  # notes stay where they are
    # A web address in angle brackets is no word of a quotation.
    markdown.inline.ruler.at("autolink", lambda state, _: autolink(state, silent=True))
    markdown.block.ruler.before("table", "budget", check)
    markdown.inline.ruler.after("text", "budget", check)
    env: dict[str, dict[str, dict[str, str]]] = {"references": {}}
    state = StateCore(text, markdown, env)  # what `parse` does, watched
    state.tokens = _Watched(budget)
    markdown.core.process(state)
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
        if token.type == "html_block":  # what it quotes may be Markdown behind it
            for tag in _BLOCKQUOTE.finditer(token.content):
                raw_quotes = max(0, raw_quotes + (-1 if tag[1] else 1))
            writer.set_off(raw_quotes)
    # Definitions that stand against the lines of a footnote are part of it for the parser.
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
    text, origins = _with_line_feeds(essay)
    for step in read_fragment(text, origins, _watched_words(budget))[0]:
        writer.step(step)
    prose = writer.take()
    # Cut the source where a tag opens after a block; keep quotations and tables whole.
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
        apart = any(end - start > LONGEST_WRAPPED for start, end, _ in some)
        for paragraph in [[line] for line in some] if apart else [some]:
            if paragraph and not writer.quote:
                writer.units.append(Unit(paragraph[0][0], paragraph[-1][1]))
            for start, end, _ in paragraph:
                writer.add(essay[start:end], [(end - start, start, end)])
            writer.close()
