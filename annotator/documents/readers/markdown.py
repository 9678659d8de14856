"""Read a Markdown source into a stream; `markdown_dialect` defines which Markdown."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from markdown_it.token import Token

from annotator.documents.canonical import fold
from annotator.documents.origins import Run
from annotator.documents.parsed import MarkKind
from annotator.documents.readers import html
from annotator.documents.readers.document_head import split_front_matter
from annotator.documents.readers.html_elements import UNSEEN, WORDLESS
from annotator.documents.readers.markdown_dialect import parser, words_of
from annotator.documents.words import (
    BlockWords,
    Close,
    HolderKind,
    Leaf,
    LeafKind,
    Open,
    Source,
    Step,
)

_TAG = re.compile(r"<(?P<end>/?)(?P<name>[a-zA-Z][a-zA-Z0-9-]*)")
_FENCE = re.compile(r"\W*([a-zA-Z]+)")  # `note Title`, `note[Title]`, `{note} Title`, `{.note}`
_ADMONITIONS: Final = frozenset(
    {"note", "tip", "info", "hint", "important", "warning", "caution", "danger", "attention"}
)
_WORDS: Final = frozenset({"text", "text_special", "code_inline"})
_DELETING: Final = frozenset({"del", "s", "strike"})

_MARKS: Final[dict[str, MarkKind]] = {"em": "em", "strong": "strong", "s": "del", "link": "link"}
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

    Raises `SourceFault` if it is nested too deeply, or a paragraph has too many open brackets.
    """
    reader = TokenReader()
    text, settings, head, origins = split_front_matter(text)
    reader.metadata.update(settings)
    env: dict[str, list[str]] = {}
    for token in parser().parse(text, env):
        reader.take(token)
    metadata = reader.metadata
    steps, left_out = tuple(reader.steps), (*head, *reader.left_out, *env.get("left_out", ()))
    return Source(metadata, steps, metadata.get("title"), left_out, origins)


class TokenReader:
    """Turns the parser's tokens into steps; `words` collects those of a block."""

    def __init__(self, words: type[BlockWords] = BlockWords) -> None:
        self.steps: list[Step] = []
        self.metadata: dict[str, str] = {}
        self.left_out: list[str] = []
        self._words = words()
        self._leaf: tuple[LeafKind, int, dict[str, str]] | None = None
        self._numbers: list[int | None] = []
        self._in_head = False
        self._fences: list[bool] = []

    def take(self, token: Token) -> None:
        """Add the steps of the next token."""
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
            steps, left_out = html.read_fragment(
                token.content, token.meta["origins"], type(self._words)
            )
            self.steps += steps
            self.left_out += left_out

    def _open(self, kind: str, token: Token) -> None:
        if kind in ("bullet_list", "footnote_block"):
            self._numbers.append(None)
            self.steps += [Open("footnotes")] if kind == "footnote_block" else []
        elif kind == "ordered_list":
            self._numbers.append(int(token.attrs.get("start", 1)))
        elif kind == "thead":
            self._in_head = True
        elif kind in _HOLDERS:
            self.steps.append(Open(_HOLDERS[kind], self._holder_attributes(kind, token)))
        elif kind == "container_fenced":
            self._fence(token)
        elif kind == "heading":
            self._leaf = ("heading", int(token.tag[1:]), dict(token.meta))
        elif kind in ("paragraph", "dt", "dd"):
            self._leaf = ("paragraph", 0, {})
        elif kind in ("th", "td"):
            self._leaf = ("cell", 0, {})

    def _close(self, kind: str) -> None:
        if kind in ("bullet_list", "ordered_list", "footnote_block"):
            self._numbers.pop()
            self.steps += [Close()] if kind == "footnote_block" else []
        elif kind == "thead":
            self._in_head = False
        elif kind in _HOLDERS or (kind == "container_fenced" and self._fences.pop()):
            self.steps.append(Close())
        else:
            self._leaf = None

    def _fence(self, token: Token) -> None:
        """Open an admonition for a fence such as `::: note Title`; other fences are not blocks."""
        fence = _FENCE.match(token.info)
        kind = fence[1].lower() if fence else ""
        self._fences.append(kind in _ADMONITIONS)
        if fence and kind in _ADMONITIONS:
            title = fold(token.info[fence.end() :].strip(" 	[]{}"))
            attributes = {"admonition": kind, "admonition_title": title}
            self.steps.append(Open("admonition", attributes))
        elif token.info.strip():
            self.left_out.append(fold(token.info))

    def _holder_attributes(self, kind: str, token: Token) -> dict[str, str]:
        if kind == "admonition":
            return {"admonition": token.meta["tag"], "admonition_title": ""}
        if kind == "footnote":
            return {"marker": f"{token.meta['id'] + 1}."}
        if kind == "tr" and self._in_head:
            return {"header": "yes"}
        if kind != "list_item":
            return {}
        number = self._numbers[-1]
        self._numbers[-1] = None if number is None else number + 1
        return {"marker": "-" if number is None else f"{number}."}

    def _code(self, token: Token) -> None:
        language = token.info.split(maxsplit=1)[:1]
        attributes = {"language": fold(language[0])} if language else {}
        words, origins = type(self._words)(), token.meta["origins"]
        words.add(token.content, origins.within(0, len(token.content)))
        self.steps.append(Leaf("code", words.take(code=True), 0, attributes))

    def _inline(self, token: Token) -> None:
        self.left_out += _collect(token, self._words)
        words, begun = self._words.take(), self.steps[-1] if self.steps else None
        if self._leaf is not None:
            kind, level, attributes = self._leaf
            self.steps.append(Leaf(kind, words, level, attributes))
        elif isinstance(begun, Open):
            attributes = {**begun.attributes, "admonition_title": words.text}
            self.steps[-1] = Open(begun.kind, attributes)


def _collect(block: Token, words: BlockWords) -> list[str]:
    """Add a block's inline tokens to `words`; return the words that are left out."""
    left_out: list[str] = []
    tokens = block.children or []
    skipped = _replaced(tokens)
    hidden = ""
    for place, token in enumerate(tokens):
        if place in skipped:
            left_out += [token.content] if token.type in _WORDS else []
        elif token.type == "html_inline":
            hidden = _html_tag(token.content, words, hidden, _runs(token, block))
        elif not hidden:
            _add(token, words, block)
        elif hidden not in WORDLESS and token.type in _WORDS:
            left_out.append(token.content)
    return left_out


def _replaced(tokens: Sequence[Token]) -> set[int]:
    """Return the places of words that are marked as deleted directly next to inserted ones."""
    places: set[int] = set()
    begun: int | None = None
    for place, token in enumerate(tokens):
        name, is_end = _edge(token)
        if name in _DELETING and not is_end:
            begun = place
        elif name in _DELETING and begun is not None:
            before, after = _next_edge(tokens, begun, -1), _next_edge(tokens, place, 1)
            if before == ("ins", True) or after == ("ins", False):
                places.update(range(begun, place + 1))
            begun = None
    return places


def _next_edge(tokens: Sequence[Token], place: int, step: int) -> tuple[str, bool]:
    """Return the edge next to a place, ignoring white space."""
    place += step
    while 0 <= place < len(tokens) and tokens[place].type in ("text", "text_special", "softbreak"):
        if tokens[place].content.strip():
            return "", False
        place += step
    return _edge(tokens[place]) if 0 <= place < len(tokens) else ("", False)


def _edge(token: Token) -> tuple[str, bool]:
    """Return the element that begins or ends at a token, and whether it ends."""
    if token.type in ("s_open", "s_close"):
        return "s", token.type == "s_close"
    tag = _TAG.match(token.content) if token.type == "html_inline" else None
    return (tag["name"].lower(), bool(tag["end"])) if tag else ("", False)


def _add(token: Token, words: BlockWords, block: Token) -> None:
    kind, _, edge = token.type.rpartition("_")
    if edge == "open" and kind in _MARKS:
        href = str(token.attrs.get("href", ""))
        words.open(_MARKS[kind], href, _runs(token, block) if href else ())
    elif edge == "close" and kind in _MARKS:
        words.close(_MARKS[kind])
    elif token.type == "code_inline":
        words.open("code")
        words.add(token.content, _runs(token, block))
        words.close("code")
    elif token.type == "softbreak":
        words.add("\n", _runs(token, block))
    elif token.type == "hardbreak":
        words.line_break(_runs(token, block))
    elif token.type == "image":
        alt = "".join(child.content for child in token.children or [])
        words.picture(alt, [(len(alt), *_runs(token, block)[0][1:])])
    elif token.type in _WORDS and token.content:
        words.add(token.content, _runs(token, block))


def _runs(token: Token, block: Token) -> list[Run]:
    return words_of(token, block.content, block.meta["origins"])


def _html_tag(tag: str, words: BlockWords, hidden: str, runs: Sequence[Run]) -> str:
    """Process an inline tag; return the open element with hidden words, or ""."""
    match = _TAG.match(tag)
    name, is_end = (match["name"].lower(), bool(match["end"])) if match else ("", False)
    if hidden or not name:
        return "" if is_end and name == hidden else hidden
    if name == "br" or name in html.BLOCKS:  # a paragraph is always one block
        words.line_break([(1, runs[0][1], runs[-1][2])])
    elif name in html.MARKS and name != "a":
        (words.close if is_end else words.open)(html.MARKS[name])
    return name if name in UNSEEN and not is_end else ""
