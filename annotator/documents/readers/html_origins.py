"""Find the origins of a page's words in its source, in the order of the element tree.

The HTML parser does not report offsets. But it keeps the order of words: the source between its
tags, with entities resolved, equals the text of the tree, except for white space between elements.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from html.entities import html5

from annotator.documents.origins import Origins, Run

# Entities, comments, declarations and tags. Quotes matter only behind an equals sign.
_MARKUP = re.compile(
    r"&(?:#[xX][0-9a-fA-F]+|#[0-9]+|[a-zA-Z][a-zA-Z0-9]*);?"
    r"|<!--(?:-?>|.*?(?:--!?>|\Z))|<(?:[!?]|/(?![a-zA-Z]))[^>]*+>?"
    r"""|</?(?P<name>[a-zA-Z][^\s/>]*+)(?:[^>=]|=\s*+(?:"[^"]*+"|'[^']*+')?+)*+>?""",
    re.DOTALL,
)
# Elements in which nothing else is markup.
_RAW = frozenset({"script", "style", "iframe", "noembed", "noframes", "xmp"})
# How far ahead to search for words that are not next.
_AHEAD = 2_000


class PageOrigins:
    """The words of a source in order; `origins` are those of the source itself, if any."""

    def __init__(self, source: str, origins: Origins | None = None) -> None:
        self._source = source
        pieces: list[str] = []
        runs: list[Run] = []
        for words, start, end in _words(source):
            pieces.append(words)
            runs.append((len(words), start, end))
        self._text = "".join(pieces)
        self._own = Origins(runs)
        self._outer = origins
        self._at = 0

    def take(self, text: str | None) -> list[Run]:
        """Return the origins of the next words of the tree, and move past them."""
        if not text:
            return []
        if self._text.startswith(text, self._at):
            start, self._at = self._at, self._at + len(text)
            return self._runs(self._own.within(start, self._at))
        words = text.strip()
        if not words:
            return self._runs([(len(text), *self._own.source(self._at, self._at))])
        start = self._text.find(words, self._at, self._at + len(words) + _AHEAD)
        if start < 0:
            return self._runs([(len(text), *self._own.source(self._at, self._at))])
        lead = len(text) - len(text.lstrip())
        self._at = start + len(words)
        if lead <= start and self._text.startswith(text, start - lead):
            self._at = start - lead + len(text)
            return self._runs(self._own.within(start - lead, self._at))
        before, after = self._own.source(start, start)[0], self._own.source(self._at, self._at)[0]
        inner = self._own.within(start, self._at)
        rest = len(text) - lead - len(words)
        return self._runs([(lead, before, before), *inner, (rest, after, after)])

    def placeholder(self) -> list[Run]:
        """Return the origin of a character that represents an element."""
        return self._runs([(1, *self._own.source(self._at, self._at))])

    def attribute(self, value: str) -> list[Run]:
        """Return the origin of an attribute's value, in the tag before the next words."""
        start = self._own.source(self._at, self._at)[1]
        end = self._own.source(self._at, self._at + 1)[0]
        at = self._source.find(value, start, end)
        origin = (at, at + len(value)) if at >= 0 else (start, max(start, end))
        return self._runs([(len(value), *origin)])

    def _runs(self, runs: list[Run]) -> list[Run]:
        return self._outer.trace(runs) if self._outer else runs


def _words(source: str) -> Iterator[tuple[str, int, int]]:
    """Yield the words of a source between its tags, and their offsets."""
    at = 0
    while markup := _MARKUP.search(source, at):
        start, end = markup.span()
        yield source[at:start], at, start
        at = end
        name = markup["name"]
        if name is None:
            if source[start] == "&":
                ends = (stop for stop in range(end, start, -1) if source[start + 1 : stop] in html5)
                at = end if source[start + 1] == "#" else next(ends, start + 1)
                yield unescape(source[start:at]), start, at
        elif name.lower() in _RAW and source[start + 1] != "/":
            close = re.compile(rf"</{name}(?=[\s/>])", re.IGNORECASE).search(source, at)
            at = close.start() if close else len(source)
            yield source[end:at], end, at
    yield source[at:], at, len(source)
