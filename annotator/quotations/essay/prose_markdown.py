"""Read an essay in Markdown: blocks by markdown-it, the inside of a block by a plain scan.

markdown-it reports the lines of a block but not the offsets of its words, so the scan blanks out
markup (emphasis, link targets, tags, footnote marks) and keeps the offsets of the rest. It takes
time linear in the essay's length, whatever is open or nested.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterator

from markdown_it import MarkdownIt
from markdown_it.common.utils import normalizeReference
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from mdit_py_plugins.footnote.index import footnote_plugin
from mdit_py_plugins.front_matter import front_matter_plugin

from annotator.quotations.essay import prose_html
from annotator.quotations.essay.prose import Prose, ProseWriter, Unit
from annotator.quotations.quotation import Budget

_DEFINITION = re.compile(
    r"^ {0,3}\[(?!\^)([^\[\]\n]{1,200})\]:[ \t]*<?[^\s<>]{1,2000}>?"
    r"(?:[ \t]+\"[^\"\n]{0,200}\")?[ \t]*$",
    re.MULTILINE,
)
_TITLE = re.compile(r"^title:(.{1,300})$", re.MULTILINE | re.IGNORECASE)
_LINE_END = re.compile(r"\r\n|\r|\n")
_INLINE = re.compile(
    r"""(?P<note><sup>\s*+(?:<a[^<>]{0,500}>)?+\s*+\[?+[\w*]{1,3}+\]?+\s*+(?:</a>)?+\s*+</sup>)
    |(?P<escape>\\[!-/:-@\[-`{-~])
    |(?P<footnote>\[\^[^\s\[\]]{1,200}\])
    |(?P<target>\](?:\([^()\s]*(?:\([^()\s]*\)[^()\s]*)?(?:\s+"[^"]{0,500}")?\)))
    |(?P<reference>\]\[(?P<label>[^\[\]]{0,200})\])
    |(?P<open>!?\[)
    |(?P<close>\])
    |(?P<auto><[a-zA-Z][a-zA-Z0-9+.-]{1,31}:[^<>\s]*>)
    |(?P<html><(?:!--|/?[a-zA-Z])[^<>]{0,2000}>|&\#?\w{1,32};)
    |(?P<code>`+)
    |(?P<strike>~~)
    |(?P<star>\*+)
    |(?P<line>(?<!\w)_+(?=\S)|(?<=\S)_+(?!\w))""",
    re.VERBOSE,
)


class _Watched(list[Token]):
    """The tokens of an essay; adding one checks the budget."""

    def __init__(self, budget: Budget) -> None:
        super().__init__()
        self._budget = budget

    def append(self, token: Token) -> None:
        self._budget.check()
        super().append(token)


class _WatchedReferences(dict[str, dict[str, str]]):
    """The definitions of links, which are no tokens; adding one checks the budget."""

    def __init__(self, budget: Budget) -> None:
        super().__init__()
        self._budget = budget

    def __setitem__(self, label: str, link: dict[str, str]) -> None:
        self._budget.check()
        super().__setitem__(label, link)


def read(essay: str, budget: Budget) -> Prose:
    """Read a Markdown `essay`. Raises Unacceptable when the budget is used up."""
    ends = list(_LINE_END.finditer(essay))
    starts = [0, *map(re.Match.end, ends)]
    stops = [*map(re.Match.start, ends), len(essay)]
    lines = [essay[start:stop] for start, stop in zip(starts, stops, strict=True)]
    parser = MarkdownIt("commonmark", {"html": True}).enable("table")
    parser.use(front_matter_plugin).use(footnote_plugin, inline=False)
    parser.core.ruler.enableOnly(["normalize", "block"])
    env: dict[str, dict[str, dict[str, str]]] = {"references": _WatchedReferences(budget)}
    reader = _InlineReader(lines, starts, env, budget)
    state = StateCore("\n".join(lines), parser, env)  # what `parse` does, watched
    state.tokens = _Watched(budget)
    parser.core.process(state)
    for token in state.tokens:
        budget.check()
        reader.take(token)
    # Definitions that stand against the lines of a footnote are part of it for the parser.
    for line in _DEFINITION.finditer(state.src):
        reader.writer.links[normalizeReference(line[1])] = line[0].strip()
    for label, link in env["references"].items():
        title = link.get("title", "").replace("\\", "").replace('"', "&quot;").replace("\n", " ")
        named = f' "{title}"' if title else ""
        reader.writer.links[label] = f"[{label}]: <{link['href']}>{named}"
    return reader.writer.take()


class _InlineReader:
    def __init__(
        self, lines: list[str], starts: list[int], env: dict[str, dict[str, dict[str, str]]],
        budget: Budget,
    ) -> None:  # fmt: skip
        self.writer = ProseWriter()
        self._budget = budget
        self._lines, self._starts, self._env = lines, starts, env
        self._deep = 0
        # Where the cell before ended in its line, since cells of a row share one.
        self._cell = (-1, 0)

    def take(self, token: Token) -> None:
        self._unit(token)
        if token.type in ("blockquote_open", "blockquote_close"):
            self._deep += token.nesting
            self.writer.set_off(self._deep)
        elif token.type == "table_open":
            self.writer.begin_table()
        elif token.type == "tr_open":
            self.writer.begin_row()
        elif token.type == "table_close":
            self.writer.end_table()
        if token.type == "front_matter":
            named = _TITLE.search(token.content)
            self.writer.title = named[1].strip().strip("\"'") if named else ""
        elif token.type == "heading_open":
            self.writer.kind = "heading"
        elif token.type == "inline":
            self._scan(*self._content(token, 0))
            self.writer.close()
            self.writer.kind = "paragraph"
        elif token.type in ("fence", "code_block"):
            self.writer.kind = "code"
            self.writer.same(*self._content(token, token.type == "fence"))
            self.writer.close()
            self.writer.kind = "paragraph"
        elif token.type == "html_block":
            prose_html.scan(self.writer, *self._content(token, 0))
            self.writer.close()

    def _unit(self, token: Token) -> None:
        """Begin a unit with each top-level block and each top-level list item."""
        level = 1 if token.type == "list_item_open" else 0
        if token.map is None or token.nesting < 0 or token.level != level:
            return
        if token.type in ("bullet_list_open", "ordered_list_open", "front_matter"):
            return
        first, after = token.map
        last = min(after, len(self._lines)) - 1
        end = self._starts[last] + len(self._lines[last])
        label = token.meta["label"] if token.type == "footnote_reference_open" else ""
        self.writer.units.append(Unit(self._starts[first], end, label))

    def _content(self, token: Token, skipped: int) -> tuple[str, array[int]]:
        """Return the words of a block, and the source offset of each character."""
        pieces: list[str] = []
        places = array("I")
        first = token.map[0] + skipped if token.map else 0
        for number, words in enumerate(token.content.split("\n"), first):
            words = words.strip()
            if not words or number >= len(self._lines):
                continue
            after_cell = self._cell[1] if self._cell[0] == number else 0
            column = self._lines[number].find(words, after_cell)
            self._cell = (number, column + len(words))
            if column >= 0:
                start = self._starts[number] + column
                pieces.append(words + "\n")
                places.extend(range(start, start + len(words) + 1))
        return "".join(pieces), places

    def _scan(self, text: str, places: array[int]) -> None:
        place = 0
        quoted: list[int] = []
        ticks: dict[int, int] = {}  # by how many, where the words behind them begin
        for start, end, shown in sorted(self._edits(text)):
            self._budget.check()
            if start < place:
                continue
            self.writer.same(text[place:start], places[place:start])
            if shown:
                self.writer.instead(shown, places[start], places[end - 1] + 1)
            elif text.startswith("<q", start):
                quoted.append(self.writer.length)
            elif quoted and text.startswith("</q", start):
                self.writer.marked.append((quoted.pop(), self.writer.length))
            elif text.startswith("`", start):
                opened = ticks.pop(end - start, None)
                if opened is None:
                    ticks[end - start] = self.writer.length
                else:
                    self.writer.code.append((opened, self.writer.length))
            place = end
        self.writer.same(text[place:], places[place:])

    def _edits(self, text: str) -> Iterator[tuple[int, int, str]]:
        """Yield the spans that are not shown as written, and what is shown instead."""
        open_brackets: list[tuple[int, int]] = []
        for match in _INLINE.finditer(text):
            self._budget.check()
            kind, (start, end) = match.lastgroup, match.span()
            if kind == "open":
                open_brackets.append((start, end))
            elif kind == "close":
                open_brackets[-1:] = []
            elif kind in ("target", "reference", "label"):
                opened = open_brackets.pop() if open_brackets else None
                label = normalizeReference(match["label"] or "")
                if opened and (not label or label in self._env.get("references", {})):
                    yield *opened, ""
                    yield start, end, ""
            elif kind == "escape":
                yield start, end, match.group()[1]
            elif kind == "html":
                yield start, end, prose_html.shown(match.group())
            elif kind != "star" or text[start - 1 : start].strip() or text[end : end + 1].strip():
                yield start, end, ""  # with white space on both sides, a star is no emphasis
