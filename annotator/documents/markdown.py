"""Read a Markdown source: CommonMark with tables, front matter, admonitions and footnotes.

Beside CommonMark it knows a heading's attributes, `## Words {#anchor authority=user}`, and
`!!! kind "Title"` with its indented contents. Typography is left as the publisher wrote it.
markdown-it takes time linear in the size of its input, but for two things that are refused here:
nesting deeper than `DEEPEST`, which it would silently drop, and very many open brackets.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import pairwise
from typing import Final

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from mdit_py_plugins.admon import admon_plugin
from mdit_py_plugins.footnote.index import footnote_plugin, footnote_ref
from mdit_py_plugins.front_matter import front_matter_plugin

from annotator.documents import html
from annotator.documents.canonical import fold, fold_code
from annotator.documents.words import Text, Words
from annotator.documents.parsed import MarkKind
from annotator.documents.stream import Close, HolderKind, Leaf, LeafKind, Open, Source, Step
from annotator.errors import SourceFault

# How deep lists and quotations may stand in each other; a list counts two, for itself and its item.
DEEPEST = 60
# Every open bracket may begin a link, so the parser looks ahead from each of them.
MOST_OPEN_BRACKETS = 20

_ATTRIBUTE = re.compile(
    r"""\s*(?:\#(?P<anchor>[^\s"'=]+)|\.(?P<name>[^\s"'=]+)"""
    r"""|(?P<key>[\w:-]+)=(?:"(?P<quoted>[^"]*)"|'(?P<single>[^']*)'|(?P<bare>[^\s"'=]+)))(?=\s|\Z)"""
)
_BRACKET = re.compile(r"[\[\]]")
_FOOTNOTE_MARK = re.compile(r"\[\^(?P<label>[^\s\[\]]{1,200})\]")
_SETTING = re.compile(r"^([A-Za-z][\w-]{0,99}):(.*)$", re.MULTILINE)
_TAG_NAME = re.compile(r"<([a-zA-Z][a-zA-Z0-9-]*)")

_MARKS: Final[dict[str, MarkKind]] = {"em": "em", "strong": "strong", "link": "link"}
_HOLDERS: Final[dict[str, HolderKind]] = {
    "list_item": "item",
    "footnote": "item",
    "blockquote": "quote",
    "admonition": "admonition",
    "table": "table",
    "tr": "row",
}
_NESTING = frozenset(
    {"blockquote_open", "list_item_open", "admonition_open", "footnote_reference_open"}
)


def read(text: str) -> Source:
    """Read Markdown `text` into a stream.

    Raises `SourceFault` where it is nested too deeply, or a paragraph has too many open brackets.
    """
    reader = _Reader()
    for token in parser().parse(text):
        reader.take(token)
    return Source(reader.metadata, tuple(reader.steps), reader.metadata.get("title"))


def parser() -> MarkdownIt:
    """Give the Markdown parser, set up for publishers' documents."""
    made = MarkdownIt("commonmark", {"html": True, "maxNesting": DEEPEST})
    made.enable(["table", "strikethrough"])
    made.use(front_matter_plugin).use(admon_plugin).use(footnote_plugin, inline=False)
    made.inline.ruler.at("footnote_ref", _footnote_mark)
    made.core.ruler.after("block", "check_nesting", _check_nesting)
    made.core.ruler.before("inline", "heading_attributes", _heading_attributes)
    return made


def _footnote_mark(state: StateInline, silent: bool) -> bool:
    """Pass over `[^mark]`; one that has a definition is left to the plugin, which orders them.

    The plugin alone would keep a mark without a definition, and look for the end of each `[^` to
    the end of the paragraph.
    """
    mark = _FOOTNOTE_MARK.match(state.src, state.pos, state.posMax)
    if mark is None:
        return False
    if ":" + mark["label"] in state.env.get("footnotes", {}).get("refs", {}):
        return footnote_ref(state, silent)
    state.pos = mark.end()
    return True


def _check_nesting(state: StateCore) -> None:
    """Refuse what the parser would drop without a word, or read too slowly."""
    for token in state.tokens:
        line = token.map[0] + 1 if token.map else 1
        if token.type in _NESTING and token.level >= DEEPEST - 1:
            raise SourceFault(
                f"Line {line}: lists or quotations stand more than {DEEPEST // 2} deep in each "
                "other. Flatten them, or check that this is the document's text."
            )
        if token.type == "inline" and _open_brackets(token.content) > MOST_OPEN_BRACKETS:
            raise SourceFault(
                f"Line {line}: a paragraph has more than {MOST_OPEN_BRACKETS} brackets open at "
                "once. Close them, or write each as \\[."
            )


def _open_brackets(text: str) -> int:
    """Count how many `[` stand open at once, at most."""
    deepest = depth = 0
    for bracket in _BRACKET.findall(text):
        depth = depth + 1 if bracket == "[" else max(depth - 1, 0)
        deepest = max(deepest, depth)
    return deepest


def _heading_attributes(state: StateCore) -> None:
    """Take `{#anchor key=value}` off the end of every heading and note it on the heading."""
    for heading, words in pairwise(state.tokens):
        if heading.type == "heading_open" and words.type == "inline":
            words.content, found = _split_attributes(words.content)
            heading.meta.update(found)


def _split_attributes(heading: str) -> tuple[str, dict[str, str]]:
    """Give a heading's words, and its attributes; braces that hold anything else are words."""
    words = heading.rstrip(" \t")
    brace = words.rfind("{")
    if brace < 0 or not words.endswith("}"):
        return heading, {}
    found: dict[str, str] = {}
    place, end = brace + 1, len(words) - 1
    while place < end:
        part = _ATTRIBUTE.match(heading, place, end)
        if part is None:
            return heading, {}
        if part["anchor"]:
            found["anchor"] = part["anchor"]
        elif part["key"]:
            found[part["key"]] = part["quoted"] or part["single"] or part["bare"] or ""
        place = part.end()
    return words[:brace].rstrip(" \t"), found


class _Reader:
    """Turns the parser's tokens, one by one, into steps."""

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self.metadata: dict[str, str] = {}
        self._words = Words()
        self._leaf: tuple[LeafKind, int, dict[str, str]] | None = None
        self._numbers: list[int | None] = []
        self._in_head = False

    def take(self, token: Token) -> None:
        """Take the next block token."""
        kind, _, edge = token.type.rpartition("_")
        if edge == "open":
            self._open(kind, token)
        elif edge == "close":
            self._close(kind)
        elif token.type == "inline":
            self._inline(token)
        elif token.type in ("fence", "code_block"):
            self._code(token)
        elif token.type == "html_block":
            self.steps.extend(html.read_fragment(token.content))
        elif token.type == "front_matter":
            self.metadata.update(_settings(token.content))

    def _open(self, kind: str, token: Token) -> None:
        if kind in ("bullet_list", "footnote_block"):
            self._numbers.append(None)
        elif kind == "ordered_list":
            self._numbers.append(int(token.attrs.get("start", 1)))
        elif kind == "thead":
            self._in_head = True
        elif kind in _HOLDERS:
            self.steps.append(Open(_HOLDERS[kind], self._holder_attributes(kind, token)))
        elif kind == "heading":
            self._leaf = ("heading", int(token.tag[1:]), dict(token.meta))
        elif kind == "paragraph":
            self._leaf = ("paragraph", 0, {})
        elif kind in ("th", "td"):
            self._leaf = ("cell", 0, {})

    def _close(self, kind: str) -> None:
        if kind in ("bullet_list", "ordered_list", "footnote_block"):
            self._numbers.pop()
        elif kind == "thead":
            self._in_head = False
        elif kind in _HOLDERS:
            self.steps.append(Close())
        else:
            self._leaf = None

    def _holder_attributes(self, kind: str, token: Token) -> dict[str, str]:
        if kind == "admonition":
            return {"admonition": token.meta["tag"], "admonition_title": ""}
        if kind == "footnote":
            return {"marker": f"{token.meta['id'] + 1}."}
        if kind == "tr" and self._in_head:
            return {"header": "yes"}
        return {"marker": self._marker()} if kind == "list_item" else {}

    def _marker(self) -> str:
        number = self._numbers[-1]
        if number is None:
            return "-"
        self._numbers[-1] = number + 1
        return f"{number}."

    def _code(self, token: Token) -> None:
        language = token.info.split(maxsplit=1)[:1]
        attributes = {"language": fold(language[0])} if language else {}
        self.steps.append(Leaf("code", Text(fold_code(token.content)), 0, attributes))

    def _inline(self, token: Token) -> None:
        collect(token.children or [], self._words)
        if self._leaf is None:
            self._admonition_title(self._words.take().text)
            return
        kind, level, attributes = self._leaf
        self.steps.append(Leaf(kind, self._words.take(), level, attributes))

    def _admonition_title(self, title: str) -> None:
        begun = self.steps[-1]
        if isinstance(begun, Open):
            attributes = {**begun.attributes, "admonition_title": title}
            self.steps[-1] = Open(begun.kind, attributes)


def collect(tokens: Iterable[Token], words: Words) -> None:
    """Add a paragraph's inline tokens to `words`."""
    hidden = ""
    for token in tokens:
        if token.type == "html_inline":
            hidden = _html_tag(token.content, words, hidden)
        elif not hidden:
            _add(token, words)


def _add(token: Token, words: Words) -> None:
    kind, _, edge = token.type.rpartition("_")
    if edge == "open" and kind in _MARKS:
        words.open(_MARKS[kind], str(token.attrs.get("href", "")))
    elif edge == "close" and kind in _MARKS:
        words.close(_MARKS[kind])
    elif token.type == "code_inline":
        words.open("code")
        words.add(token.content)
        words.close("code")
    elif token.type == "softbreak":
        words.add("\n")
    elif token.type == "hardbreak":
        words.line_break()
    elif token.type == "image":
        words.picture("".join(child.content for child in token.children or []))
    elif token.type == "text":
        words.add(token.content)


def _html_tag(tag: str, words: Words, hidden: str) -> str:
    """Take an inline tag; give the element whose words are not shown, if one stands open."""
    name = _TAG_NAME.match(tag)
    if hidden or name is None:
        return "" if tag.lower().startswith(f"</{hidden}") else hidden
    if name[1].lower() == "br":
        words.line_break()
    return name[1].lower() if name[1].lower() in html.UNSEEN else ""


def _settings(front_matter: str) -> dict[str, str]:
    """Read the `key: value` lines of a front matter; deeper YAML is no business of a document's."""
    pairs = ((key, value.strip().strip("\"'")) for key, value in _SETTING.findall(front_matter))
    return {key.lower(): fold(value) for key, value in pairs if value}
