"""Read an essay in HTML by a plain scan that keeps the source offset of each character.

Nothing here makes HTML safe: the words that are read are shown as words. The scan takes time
linear in the essay's length.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from html import unescape

from annotator.documents.readers.html_elements import HEADINGS, UNSEEN
from annotator.quotations.essay.prose import Prose, ProseBlock, ProseWriter, Unit

_TOKEN = re.compile(
    r"(?P<note><sup[^<>]{0,200}>\s*+(?:<a[^<>]{0,500}>)?+\s*+\[?+[\w*]{1,3}+\]?+\s*+(?:</a>)?+\s*+</sup>)"
    r"|(?P<comment><!--|<!|<\?)"
    r"|<(?P<slash>/?)(?P<name>[a-zA-Z][a-zA-Z0-9-]*)(?:[^<>\"']|\"[^\"]*+\"|'[^']*+')*+>"
    r"|(?P<entity>&(?:\#[0-9]{1,7}|\#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});)"
)
_TITLE = re.compile(r"<title\b[^<>]{0,200}>([^<]{1,500})</title", re.IGNORECASE)
_OPENING = re.compile(r"<[a-zA-Z]")
_INLINE = frozenset(
    {"a", "abbr", "acronym", "b", "bdi", "bdo", "big", "cite", "code", "data", "del", "dfn", "em"}
    | {"font", "i", "img", "ins", "kbd", "label", "mark", "q", "s", "samp", "small", "span"}
    | {"strike", "strong", "sub", "sup", "time", "tt", "u", "var", "wbr"}
)
_CODE = frozenset({"pre", "listing", "xmp"})
# What quotes by its element, and what is set as code and may be meant to.
_SPANS = frozenset({"q", "code", "kbd", "samp", "tt"})
# These have no end tag, so nothing is hidden behind them.
_VOID = frozenset({"area", "base", "embed", "input", "link", "meta", "param", "track"})


def read(essay: str) -> Prose:
    """Read an `essay` in HTML."""
    writer = ProseWriter()
    scan(writer, essay, range(len(essay)))
    writer.close()
    writer.units, writer.blocks = _units(essay, writer)
    titled = _TITLE.search(essay)
    writer.title = " ".join(unescape(titled[1]).split()) if titled else ""
    return writer.take()


def _units(essay: str, writer: ProseWriter) -> tuple[list[Unit], list[ProseBlock]]:
    """Cut the source where a tag opens after a block; keep quotations and tables whole."""
    units: list[Unit] = []
    blocks: list[ProseBlock] = []
    before: ProseBlock | None = None
    for block in writer.blocks:
        start, end = writer.source(block.start, block.end)
        whole = before is not None and (
            0 != block.quote == before.quote or 0 != block.head == before.head
        )
        if units and not whole:
            opened = _OPENING.search(essay, units[-1].end, start)
            cut = opened.start() if opened else start
            units[-1] = replace(units[-1], end=cut)
            start = cut
        elif units:
            start = units.pop().start
        units.append(Unit(start if units else 0, end))
        blocks.append(replace(block, unit=len(units) - 1))
        before = block
    if units:
        units[-1] = replace(units[-1], end=len(essay))
    return units, blocks


def scan(writer: ProseWriter, text: str, places: Sequence[int]) -> None:
    """Write the visible words of the HTML `text`; `places` are the offsets of its characters."""
    _Scan(writer, text, places).run()


def shown(markup: str) -> str:
    """Return the words that a tag or entity represents: a line feed for a break, mostly none."""
    if markup.startswith("&"):
        return unescape(markup)
    return "\n" if re.match(r"<br\b", markup, re.IGNORECASE) else ""


class _Scan:
    def __init__(self, writer: ProseWriter, text: str, places: Sequence[int]) -> None:
        self._writer, self._text, self._places = writer, text, places
        self._place = self._deep = 0
        self._open: dict[str, list[int]] = {}
        self._lower = text.lower() if text.isascii() else "".join(map(_lower, text))
        self._absent: set[str] = set()

    def run(self) -> None:
        while match := _TOKEN.search(self._text, self._place):
            self._words(match.start())
            self._place = match.end()
            if match["comment"]:
                self._skip(">" if match["comment"] != "<!--" else "-->")
            elif match["entity"]:
                self._instead(match)
            elif match["name"]:
                self._tag(match["name"].lower(), bool(match["slash"]), match)
        self._words(len(self._text))

    def _words(self, end: int) -> None:
        self._writer.same(self._text[self._place : end], self._places[self._place : end])

    def _instead(self, match: re.Match[str]) -> None:
        start, end = self._places[match.start()], self._places[match.end() - 1] + 1
        self._writer.instead(shown(match.group()), start, end)

    def _skip(self, sign: str) -> None:
        """Skip past the next `sign`, or to the end if there is none."""
        position = -1 if sign in self._absent else self._lower.find(sign, self._place)
        if position < 0:
            self._absent.add(sign)
        self._place = len(self._text) if position < 0 else position + len(sign)

    def _tag(self, name: str, closing: bool, match: re.Match[str]) -> None:
        if name in _SPANS:
            opened = self._open.setdefault(name, [])
            if not closing:
                opened.append(self._writer.length)
            elif opened:
                spans = self._writer.marked if name == "q" else self._writer.code
                spans.append((opened.pop(), self._writer.length))
        elif name == "br":
            self._instead(match)
        elif name in UNSEEN:
            if not closing and name not in _VOID:
                self._skip(f"</{name}")
                self._skip(">")
        elif name not in _INLINE:
            self._block(name, closing)

    def _block(self, name: str, closing: bool) -> None:
        writer = self._writer
        writer.close()
        if name == "blockquote":
            self._deep = max(0, self._deep + (-1 if closing else 1))
            writer.set_off(self._deep)
        if name == "table":
            (writer.end_table if closing else writer.begin_table)()
        elif name == "tr" and not closing and writer.head:
            writer.begin_row()
        writer.kind = "paragraph"
        if not closing and name in HEADINGS:
            writer.kind = "heading"
        elif not closing and name in _CODE:
            writer.kind = "code"


def _lower(character: str) -> str:
    lowered = character.lower()
    return lowered if len(lowered) == 1 else character
