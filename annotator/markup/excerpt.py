"""Write a part of an essay as the Markdown of a separate comment.

Footnotes and links keep their definitions, links are made absolute, and HTML becomes Markdown.
Everything else is unchanged.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from urllib.parse import urlsplit

from markdown_it import MarkdownIt
from markdown_it.common.utils import normalizeReference
from markdown_it.token import Token
from markdown_it.tree import SyntaxTreeNode
from mdit_py_plugins.footnote.index import footnote_plugin

from annotator.documents.parsed import Mark
from annotator.documents.readers.html import read_fragment
from annotator.documents.words import BlockText, Close, Leaf, Open
from annotator.markup import portable
from annotator.markup.portable import absolute

MAX_DEFINITIONS = 40_000  # characters of definitions; a comment has no room for more
_MARKDOWN = MarkdownIt("commonmark", {"html": True}).enable(["strikethrough", "table"])
_MARKDOWN.use(footnote_plugin, inline=False)
_DEFINITION = re.compile(r"^ {0,3}\[(?!\^)[^\[\]\n]{1,200}\]:.*\n?", re.MULTILINE)
_LABEL = re.compile(r"\[\^([^\s\[\]]{1,200})\]|\[([^\[\]]{1,999})\]")
_QUOTING = re.compile(r"<(/?)q\b[^<>]*>", re.IGNORECASE)
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)")
_PIPE = re.compile(r"(?<!\\)\|")
_SIGNS = {"em": "*", "i": "*", "strong": "**", "b": "**", "del": "~~", "s": "~~"}
_CHANGED = frozenset({"html_inline", "html_block", "image", "footnote_ref"})


def from_markdown(
    source: str, links: Mapping[str, str], notes: Mapping[str, str], base: str = ""
) -> str:
    """Return a part of a Markdown essay with the definitions that it needs.

    `links` and `notes` have the Markdown that defines the labels of links and of footnotes.
    Relative links are resolved against `base`; without one, only their words are kept.
    """
    used = _used(source, links, notes)
    tokens = _MARKDOWN.parse("\n\n".join([source, *used]))
    if not used and not any(_is_changed(token) for token in tokens):
        return source
    return _Excerpt(base).blocks(SyntaxTreeNode(tokens))


def _used(source: str, links: Mapping[str, str], notes: Mapping[str, str]) -> list[str]:
    """Return the definitions that a text uses, and those that they use."""
    used: dict[str, str] = {}
    unread = [source]
    while unread and sum(map(len, used.values())) < MAX_DEFINITIONS:
        for note, link in _LABEL.findall(unread.pop()):
            label = f"^{note}" if note else normalizeReference(link)
            definition = _DEFINITION.sub("", notes.get(note, "")) if note else links.get(label)
            if definition and label not in used:
                used[label] = definition
                unread.append(definition if note else "")
    return list(used.values())


def _is_changed(token: Token) -> bool:
    if token.type in _CHANGED:
        return True
    href = str(token.attrs.get("href", "")) if token.type == "link_open" else "x:"
    return not _is_absolute(href) or any(map(_is_changed, token.children or ()))


def _is_absolute(href: str) -> bool:
    try:
        return bool(urlsplit(href).scheme)
    except ValueError:
        return True


class _Excerpt(portable.Rewriter):
    def block(self, node: SyntaxTreeNode) -> str:
        if node.type == "html_block":
            return from_html(node.content, self.base)
        if node.type == "footnote_block":
            return self.blocks(node)
        if node.type == "footnote":
            return f"\\[{node.meta['id'] + 1}\\] {self.blocks(node)}"
        return super().block(node)

    def inline(self, node: SyntaxTreeNode, *, begins: bool, breaks: bool) -> str:
        if node.type == "footnote_ref":
            return f"\\[{node.meta['id'] + 1}\\]"
        if node.type == "footnote_anchor":
            return ""
        if node.type == "html_inline":
            tag = _TAG.match(node.content)
            name = tag[2].lower() if tag else ""
            if name == "br":
                return "\\\n" if breaks else " "
            if name == "q":
                return "”" if tag and tag[1] else "“"
            return _SIGNS.get(name, "")
        return super().inline(node, begins=begins, breaks=breaks)

    def link(self, node: SyntaxTreeNode, words: str, href: str) -> str:
        return super().link(node, words, href) if _is_absolute(absolute(href, self.base)) else words


def from_html(html: str, base: str = "") -> str:
    """Return a piece of an HTML page as Markdown. Raises SourceFault if it is nested too deeply."""
    quoting = _QUOTING.sub(lambda tag: "”" if tag[1] else "“", html)
    written: list[str] = []
    parts: list[tuple[Open, list[str]]] = []  # open elements and their output

    def close() -> None:
        opened, pieces = parts.pop()
        if pieces:
            (parts[-1][1] if parts else written).append(_closed(opened, pieces))

    for step in read_fragment(quoting)[0]:
        if isinstance(step, Open):
            parts.append((step, []))
        elif isinstance(step, Close):
            close()
        elif (line := _leaf(step, base)) or step.kind == "cell":
            (parts[-1][1] if parts else written).append(line)
    while parts:  # not closed by the page
        close()
    return "\n\n".join(written)


def _closed(opened: Open, pieces: Sequence[str]) -> str:
    if opened.kind == "row":
        return portable.table_row(list(pieces))
    if opened.kind == "table":
        columns = max(len(_PIPE.findall(row)) for row in pieces) - 1
        return "\n".join([pieces[0], portable.table_row(["---"] * columns), *pieces[1:]])
    written = "\n\n".join(pieces)
    if opened.kind == "quote":
        return portable.indented(written, "> ")
    if opened.kind == "item":
        return portable.item(opened.attributes.get("marker", "-"), written)
    return written


def _leaf(leaf: Leaf, base: str) -> str:
    if leaf.kind == "code":
        return portable.code_block(leaf.words.text, leaf.attributes.get("language", ""))
    line = _line(leaf.words, base, breaks=leaf.kind == "paragraph")
    return f"{'#' * leaf.level} {line}" if leaf.kind == "heading" and line else line


def _line(words: BlockText, base: str, *, breaks: bool) -> str:
    marks = [mark if mark.kind == "break" else _trimmed(mark, words.text) for mark in words.marks]
    cuts = {0, len(words.text), *(mark.start for mark in marks), *(mark.end for mark in marks)}
    written, opened = "", list[Mark]()
    for start, end in pairwise(sorted(cuts)):
        while opened and opened[-1].end <= start:
            written += _edge(opened.pop(), base, ends=True)
        begun = [mark for mark in marks if mark.start == start < mark.end]
        text = words.text[start:end]
        if any(mark.kind == "break" for mark in begun):
            written += "\\\n" if breaks else " "
            continue
        for mark in begun:
            written += _edge(mark, base, ends=False)
            opened.append(mark)
        if any(mark.kind == "code" for mark in opened):
            written += portable.code(text)
        else:
            written += portable.inline(text) if written else portable.escaped(text)
    return written + "".join(_edge(mark, base, ends=True) for mark in reversed(opened))


def _trimmed(mark: Mark, text: str) -> Mark:
    """Return a mark without the white space at its ends, where Markdown has no sign."""
    marked = text[mark.start : mark.end]
    start = mark.end - len(marked.lstrip())
    return replace(mark, start=start, end=mark.start + len(marked.rstrip()))


def _edge(mark: Mark, base: str, *, ends: bool) -> str:
    if mark.kind == "link":
        href = absolute(mark.value, base)
        if not _is_absolute(href):
            return ""
        return f"]({portable.address(href)})" if ends else "["
    return {"em": "*", "strong": "**", "del": "~~"}.get(mark.kind, "")


def from_text(text: str) -> str:
    """Return a part of a plain-text essay as Markdown; lines with `>` are quoted."""
    lines = []
    for line in map(str.strip, text.split("\n")):
        words = portable.escaped(line.lstrip("> \t"))
        lines.append(f"> {words}".rstrip() if line.startswith(">") else words)
    return "\n".join(lines)
