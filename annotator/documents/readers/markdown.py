"""Read a Markdown source into a stream; which Markdown that is, is said in `dialect`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from markdown_it.token import Token

from annotator.documents.canonical import fold, fold_code
from annotator.documents.parsed import MarkKind
from annotator.documents.readers import html
from annotator.documents.readers.html_elements import UNSEEN
from annotator.documents.readers.markdown_dialect import parser
from annotator.documents.stream import Close, HolderKind, Leaf, LeafKind, Open, Source, Step
from annotator.documents.words import BlockText, BlockWords

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


def read(text: str) -> Source:
    """Read Markdown `text` into a stream.

    Raises `SourceFault` where it is nested too deeply, or a paragraph has too many open brackets.
    """
    reader = _TokenReader()
    for token in parser().parse(text):
        reader.take(token)
    return Source(reader.metadata, tuple(reader.steps), reader.metadata.get("title"))


class _TokenReader:
    """Turns the parser's tokens, one by one, into steps."""

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self.metadata: dict[str, str] = {}
        self._words = BlockWords()
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
        self.steps.append(Leaf("code", BlockText(fold_code(token.content)), 0, attributes))

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


def collect(tokens: Iterable[Token], words: BlockWords) -> None:
    """Add a paragraph's inline tokens to `words`."""
    hidden = ""
    for token in tokens:
        if token.type == "html_inline":
            hidden = _html_tag(token.content, words, hidden)
        elif not hidden:
            _add(token, words)


def _add(token: Token, words: BlockWords) -> None:
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


def _html_tag(tag: str, words: BlockWords, hidden: str) -> str:
    """Take an inline tag; give the element whose words are not shown, if one stands open."""
    name = _TAG_NAME.match(tag)
    if hidden or name is None:
        return "" if tag.lower().startswith(f"</{hidden}") else hidden
    if name[1].lower() == "br":
        words.line_break()
    return name[1].lower() if name[1].lower() in UNSEEN else ""


def _settings(front_matter: str) -> dict[str, str]:
    """Read the `key: value` lines of a front matter; deeper YAML is no business of a document's."""
    pairs = ((key, value.strip().strip("\"'")) for key, value in _SETTING.findall(front_matter))
    return {key.lower(): fold(value) for key, value in pairs if value}
