"""The Markdown of publishers: CommonMark with tables, front matter, admonitions and footnotes.

It also supports a heading's attributes, `## Words {#anchor authority=user}`, and `!!! kind "Title"`
with its indented contents or `::: kind Title` before and `:::` after them. Typography is left as
the publisher wrote it. markdown-it takes time linear in the size of its input, except for two
things that are rejected here: nesting deeper than `DEEPEST`, which it would silently drop, and very
many open brackets.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Literal

from markdown_it import MarkdownIt
from markdown_it.rules_block.table import escapedSplit
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from mdit_py_plugins.admon import admon_plugin
from mdit_py_plugins.container import container_plugin
from mdit_py_plugins.deflist import deflist_plugin
from mdit_py_plugins.footnote.index import footnote_plugin, footnote_ref

from annotator.documents.origins import Origins, Run, edited
from annotator.errors import SourceFault

# How deep lists and quotations may be nested; a list counts two, for itself and its item.
DEEPEST = 60
# Every open bracket may begin a link, so the parser scans ahead from each of them.
MAX_OPEN_BRACKETS = 20
_ATTRIBUTE = re.compile(
    r"""\s*(?:\#(?P<anchor>[^\s"'=]+)|\.(?P<name>[^\s"'=]+)"""
    r"""|(?P<key>[\w:-]+)=(?:"(?P<quoted>[^"]*)"|'(?P<single>[^']*)'|(?P<bare>[^\s"'=]+)))(?=\s|\Z)"""
)
_KRAMDOWN = re.compile(
    r"(?P<code>(?<!`)(?P<ticks>`++)[^`]++(?P=ticks))|\{:[^{}\n]*\}"
    r"|(?<=\))\{ ?(?:[.#][\w-]|[\w-]+=)[^{}\n]*\}"
)
_KRAMDOWN_ANCHOR = re.compile(r"\{:[^{}\n]*#([\w-]+)")
_BRACKET = re.compile(r"[\[\]]")
_FOOTNOTE_MARK = re.compile(r"\[\^(?P<label>[^\s\[\]]{1,200})\]")
_NESTING = frozenset(
    {"blockquote_open", "list_item_open", "admonition_open", "footnote_reference_open"}
    | {"dd_open", "container_fenced_open"}
)


def note_blocks(state: StateCore) -> None:
    """Record the origins of each block's content, whose lines end as those of the source."""
    notes, opened = _BlockNotes(state.src), Token("", "", 0)
    for token in state.tokens:
        if token.type == "inline" and opened.type in ("th_open", "td_open"):
            token.meta["origins"] = Origins(notes.cell(token))
        elif token.type in ("inline", "fence", "code_block", "html_block"):
            token.meta["origins"] = Origins(notes.lines(token))
        opened = token


class _BlockNotes:
    def __init__(self, text: str) -> None:
        self._text = text
        self._lines = text.split("\n")
        self._starts: list[int] = []
        at = 0
        for line in self._lines:
            self._starts.append(at)
            at += len(line) + 1
        self._cell = (0, 0)

    def cell(self, token: Token) -> list[Run]:
        """Return the origins of a table's cell; an escaped `|` has lost its escape there."""
        number = token.map[0] if token.map else 0
        before = self._cell[1] if self._cell[0] == number else 0
        written = token.content.replace("|", "\\|")
        at = max(self._lines[number].find(written, before), 0)
        self._cell = number, at + len(written)
        runs, at = [], at + self._starts[number]
        for part in token.content.split("|"):
            runs += [(len(part), at, at + len(part)), (1, at + len(part), at + len(part) + 2)]
            at += len(part) + 2
        return runs[:-1]

    def lines(self, token: Token) -> list[Run]:
        """Return the origins of lines that were only stripped at the start."""
        first, end = token.map or (0, 0)
        number = first + (token.type == "fence")
        if number < len(self._starts) and self._text.startswith(
            token.content, at := self._starts[number]
        ):
            return [(len(token.content), at, at + len(token.content))]
        runs: list[Run] = []
        for line in token.content.split("\n"):
            words = line.strip()
            while number < end - 1 and words not in self._lines[number]:
                number += 1
            number = min(number, len(self._lines) - 1)
            there = self._lines[number]
            # The rest of the line has no words: a heading's signs, white space.
            lead = line.find(words) if words else len(line)
            at = self._starts[number] + (there.rfind(words) if words else len(there))
            runs.append((lead, max(at - lead, self._starts[number]), at))
            runs.append((len(line) - lead + 1, at, at + len(line) - lead + 1))
            number += 1
        runs[-1] = runs[-1][0] - 1, runs[-1][1], runs[-1][2] - 1
        return runs


def parse_inline(state: StateCore) -> None:
    """Parse the words of every block, as the parser's own rule of this name does."""
    for token in state.tokens:
        if token.type == "inline":
            inline = _NotingState(token.content, state.md, state.env, token.children or [])
            state.md.inline.tokenize(inline)
            for rule in state.md.inline.ruler2.getRules(""):
                rule(inline)
            token.children = inline.tokens


class _NotingState(StateInline):
    """Records the offsets of each token's words in the content; see the module docstring."""

    _places: tuple[tuple[int, int], ...] = ()
    _length = 0
    _next = -1
    _latest: tuple[Token | None, int, int] = (None, -1, 0)

    def append_pending(self, text: str) -> None:
        """Append words; `pos` is still their start in the content."""
        if self.pos != self._next:
            self._places = (*self._places, (self._length, self.pos))
        super().append_pending(text)
        self._length += len(text)
        self._next = self.pos + len(text)

    def pushPending(self) -> Token:  # noqa: N802  the parser's name
        """Make a token of the words that were taken."""
        token = super().pushPending()
        token.meta["at"] = self._places
        return token

    def push(self, ttype: str, tag: str, nesting: Literal[-1, 0, 1]) -> Token:
        """Make a token; several words that a rule finds at one place follow each other."""
        token = super().push(ttype, tag, nesting)
        before, place, at = self._latest
        if ttype == "text" and before is not None and place == self.pos:
            at += len(before.content)
        else:
            at = self.posMax if ttype == "link_open" else self.pos
        self._latest = (token if ttype == "text" else None), self.pos, at
        self._places, self._length, self._next = (), 0, -1
        token.meta["at"] = ((0, at),)
        return token


def words_of(token: Token, content: str, origins: Origins) -> list[Run]:
    """Return the origin of the words of an inline token; for a link, of its target."""
    places: tuple[tuple[int, int], ...] = token.meta["at"]
    words, at = token.content, places[0][1]
    if token.type == "text" and len(places) > 1:
        ends = [*(start for start, _ in places[1:]), len(words)]
        return [
            run
            for (start, place), end in zip(places, ends, strict=True)
            if start < end
            for run in origins.within(place, place + min(end, len(words)) - start)
        ]
    if token.type == "link_open":  # the label, which is `?` where it counts, ends here
        target = str(token.attrs.get("href", ""))
        if content.startswith(target, at + 2):
            return origins.within(at + 2, at + 2 + len(target))
        return [(len(target), *origins.source(max(content.rfind("?", 0, at), 0), at))]
    if token.type == "code_inline":
        at += len(token.markup)
        at += content[at : at + len(words)].replace("\n", " ") != words
    elif token.type in ("softbreak", "hardbreak"):
        return [(1, *origins.source(at, at + 1 + (content[at] == "\\")))]
    elif token.type != "text":  # an escape, an entity, a tag or a picture
        at += 2 * (token.type == "image")
        return [(len(words), *origins.source(at, at + len(token.markup or words)))]
    elif not content.startswith(words, at):  # a web address in angle brackets
        at += 1
        if not content.startswith(words, at):
            return [(len(words), *origins.source(at, content.find(">", at)))]
    return origins.within(at, at + len(words))


def parser() -> MarkdownIt:
    """Return the Markdown parser, configured for publishers' documents."""
    markdown = MarkdownIt("commonmark", {"html": True, "maxNesting": DEEPEST})
    markdown.enable(["table", "strikethrough"])
    markdown.use(admon_plugin).use(footnote_plugin, inline=False).use(deflist_plugin)
    markdown.use(container_plugin, "fenced", validate=lambda *_: True)
    markdown.inline.ruler.at("footnote_ref", _footnote_mark)
    markdown.disable(["text_join", "fragments_join"])  # joined tokens have several origins
    markdown.core.ruler.at("inline", parse_inline)
    markdown.core.ruler.after("block", "note_blocks", note_blocks)
    markdown.core.ruler.after("block", "check_nesting", _check_nesting)
    markdown.core.ruler.after("block", "extra_cells", _extra_cells)
    markdown.core.ruler.before("footnote_tail", "unused_notes", _unused_notes)
    markdown.core.ruler.before("inline", "heading_attributes", _heading_attributes)
    markdown.core.ruler.before("inline", "attribute_lists", _attribute_lists)
    return markdown


def _footnote_mark(state: StateInline, silent: bool) -> bool:
    """Skip `[^mark]`; a mark with a definition is left to the plugin, which orders them.

    The plugin alone would keep a mark without a definition, and search for the end of each `[^` to
    the end of the paragraph.
    """
    mark = _FOOTNOTE_MARK.match(state.src, state.pos, state.posMax)
    if mark is None:
        return False
    if ":" + mark["label"] in state.env.get("footnotes", {}).get("refs", {}):
        return footnote_ref(state, silent)
    state.pos = mark.end()
    return True


def _unused_notes(state: StateCore) -> None:
    """Note as left out the words of footnotes without a mark, which the plugin drops."""
    marked = state.env.get("footnotes", {}).get("refs", {})
    unused = False
    for token in state.tokens:
        if token.type == "footnote_reference_open":
            unused = marked[":" + token.meta["label"]] < 0
        elif token.type == "footnote_reference_close":
            unused = False
        elif unused and token.content:
            state.env.setdefault("left_out", []).append(token.content)


def _extra_cells(state: StateCore) -> None:
    """Note as left out the cells of a row beyond those of its table's head, as in GFM."""
    lines = state.src.split("\n")
    row, cells = "", 0
    for token in state.tokens:
        if token.type == "tr_open":
            row, cells = lines[token.map[0]] if token.map else "", 0
        elif token.type == "td_open":
            cells += 1
        elif token.type == "tr_close" and row.count("|") >= cells:
            columns = escapedSplit(row.lstrip("> \t").rstrip())
            extra = columns[cells + (columns[0] == "") :] if cells else []
            state.env.setdefault("left_out", []).extend(filter(str.strip, extra))


def _check_nesting(state: StateCore) -> None:
    """Reject what the parser would drop silently, or parse too slowly."""
    for token in state.tokens:
        line = token.map[0] + 1 if token.map else 1
        if token.type in _NESTING and token.level >= DEEPEST - 1:
            raise SourceFault(
                f"Line {line}: lists or quotations are nested more than {DEEPEST // 2} deep. "
                "Flatten them, or check that this is the document's text."
            )
        if token.type == "inline" and _open_brackets(token.content) > MAX_OPEN_BRACKETS:
            raise SourceFault(
                f"Line {line}: a paragraph has more than {MAX_OPEN_BRACKETS} brackets open at "
                "once. Close them, or write each as \\[."
            )


def _open_brackets(text: str) -> int:
    """Count the `[` that are open at once, at most."""
    deepest = depth = 0
    for bracket in _BRACKET.findall(text):
        depth = depth + 1 if bracket == "[" else max(depth - 1, 0)
        deepest = max(deepest, depth)
    return deepest


def _heading_attributes(state: StateCore) -> None:
    """Move `{#anchor key=value}` from the end of every heading to its metadata."""
    for heading, words in pairwise(state.tokens):
        if heading.type == "heading_open" and words.type == "inline":
            words.content, attributes = _split_attributes(words.content)
            heading.meta.update(attributes)


def _attribute_lists(state: StateCore) -> None:
    """Remove kramdown's `{: #anchor .class}`, and Pandoc's `{.class key=value}` behind a picture.

    Below a heading, kramdown's may set the anchor.
    """
    tokens = state.tokens
    for place, token in enumerate(tokens):
        if token.type != "inline" or "{" not in token.content:
            continue
        if "{:toc" in token.content:
            token.content = ""
            continue
        lists = [match for match in _KRAMDOWN.finditer(token.content) if not match["code"]]
        if not lists:
            continue
        words, origins = edited(token.content, [(*match.span(), "") for match in lists])
        lead = len(words) - len(words.lstrip())
        rest = token.meta["origins"].trace(origins.within(lead, len(words.rstrip())))
        token.meta["origins"] = Origins(rest)
        heading = place if tokens[place - 1].type == "heading_open" else place - 3
        anchor = _KRAMDOWN_ANCHOR.search(token.content)
        if anchor and heading > 0 and tokens[heading - 1].type == "heading_open":
            tokens[heading - 1].meta["anchor"] = anchor[1]
        token.content = words.strip()


def _split_attributes(heading: str) -> tuple[str, dict[str, str]]:
    """Return a heading's words and its attributes; braces with any other content are words."""
    words = heading.rstrip(" \t")
    brace = words.rfind("{")
    if brace < 0 or not words.endswith("}"):
        return heading, {}
    attributes: dict[str, str] = {}
    place, end = brace + 1, len(words) - 1
    while place < end:
        part = _ATTRIBUTE.match(heading, place, end)
        if part is None:
            return heading, {}
        if part["anchor"]:
            attributes["anchor"] = part["anchor"]
        elif part["key"]:
            attributes[part["key"]] = part["quoted"] or part["single"] or part["bare"] or ""
        place = part.end()
    return words[:brace].rstrip(" \t"), attributes
