"""Fold what people type differently, quotes, dashes, case and white space, and keep the offsets.

For finding words and headings as they were typed or remembered; the canonical text itself is never
folded this way. All offsets count code points, end exclusive.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

# Unicode's Default_Ignorable_Code_Point: soft hyphens, joiners, variation selectors and so on.
IGNORABLE = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3"
    "\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
# Scripts without spaces between words are cut into characters, or a line would be one word.
UNSPACED = "\u0e00-\u0eff\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
DASHES = "-\u2010-\u2015\u2212"
_QUOTES = dict.fromkeys(map(ord, "\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb"), '"') | (
    dict.fromkeys(map(ord, "\u2018\u2019\u201a\u201b\u2032\u02bc\u2039\u203a`\u00b4"), "'")
)
_LIGATURES = dict(
    zip(range(0xFB00, 0xFB07), ("ff", "fi", "fl", "ffi", "ffl", "st", "st"), strict=True)
)
_TYPOGRAPHY = _QUOTES | _LIGATURES | {0x2026: "..."}

_IGNORABLES = re.compile(f"[{IGNORABLE}]+")
# White space is tried from its beginning only, or a long run of it would take its square.
_DASHES = re.compile(rf"(?:(?<!\s)\s+)?+(?P<dash>[{DASHES}]+)\s*+")
_SPACES = re.compile(r"\s+")
_TOKENS = re.compile(rf"{_DASHES.pattern}|\s+|[{IGNORABLE}]+|.", re.DOTALL)


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


def visible(text: str) -> str:
    """Return a text without characters that nobody sees, such as soft hyphens."""
    return text if text.isascii() else _IGNORABLES.sub("", text)


def plain_typography(text: str) -> str:
    """Return a text with straight quotes, hyphens for dashes, and nothing invisible."""
    plain = visible(text).translate(_TYPOGRAPHY)
    return _SPACES.sub(" ", _DASHES.sub("-", plain))


def fold_words(text: str) -> str:
    """Fold words to compare them: as `folded` does, after NFC, and trimmed."""
    return plain_typography(unicodedata.normalize("NFC", text).strip()).casefold()


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
    return visible(token.group()).translate(_TYPOGRAPHY).casefold()
