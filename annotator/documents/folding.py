"""Fold what people type differently, quotes, dashes, case and white space, and keep the offsets.

For finding words and headings as they were typed or remembered; the canonical text itself is never
folded this way. All offsets count code points, end exclusive.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

_DASH = "-\u2010-\u2015\u2212"
# White space is tried from its beginning only, or a long run of it would take its square.
_DASHES = re.compile(rf"(?:(?<!\s)\s+)?+(?P<dash>[{_DASH}]+)\s*+")
_SPACES = re.compile(r"\s+")
_TOKENS = re.compile(rf"{_DASHES.pattern}|\s+|.", re.DOTALL)
_QUOTES = {ord(sign): '"' for sign in "\u201c\u201d\u201e\u201f\u00ab\u00bb"} | {
    ord(sign): "'" for sign in "\u2018\u2019\u201a\u201b\u2032`\u00b4"
}


@dataclass(frozen=True, slots=True)
class FoldedText:
    """A folded text, with the span in the original of each of its characters."""

    text: str
    starts: tuple[int, ...]
    ends: tuple[int, ...]

    def spans(self, words: str) -> Iterator[tuple[int, int]]:
        """Return the spans, in the original, of all places where the folded `words` stand."""
        found = self.text.find(words) if words else -1
        while found >= 0:
            yield self.starts[found], self.ends[found + len(words) - 1]
            found = self.text.find(words, found + 1)


def fold_words(text: str) -> str:
    """Fold words to compare them: as `folded` does, after NFC, and trimmed."""
    spaced = _DASHES.sub("-", unicodedata.normalize("NFC", text).strip())
    return _SPACES.sub(" ", spaced).translate(_QUOTES).casefold()


def folded(text: str) -> FoldedText:
    """Fold a `text` that is NFC, and keep where each character came from."""
    characters: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    for token in _TOKENS.finditer(text):
        start, end = token.span("dash") if token["dash"] else token.span()
        for character in _fold(token):
            characters.append(character)
            starts.append(start)
            ends.append(end)
    return FoldedText("".join(characters), tuple(starts), tuple(ends))


def _fold(token: re.Match[str]) -> str:
    if token["dash"]:
        return "-"
    if token.group().isspace():
        return " "
    return token.group().translate(_QUOTES).casefold()
