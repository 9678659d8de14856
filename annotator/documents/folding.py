"""Fold differences in writing: quotes, dashes, case, white space, invisible characters.

There is one table of signs, with four modes:

- `plain` decides whether the wording is the same: case counts, and so do forms such as ² for 2;
- `typed` finds words that a person remembers: case and such forms are ignored;
- `copied` finds words that a program copied: white space is ignored, case and the length of a dash
  count;
- `loose` is `copied` without case and the length of a dash.

Invisible characters never count. The canonical text itself is never folded. Offsets count code
points, end exclusive.
"""

from __future__ import annotations

import re
import unicodedata
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from sys import intern
from typing import Literal, NamedTuple

# Unicode's Default_Ignorable_Code_Point: soft hyphens, joiners, variation selectors and so on.
IGNORABLE = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3"
    "\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
# Scripts without spaces between words are cut into characters, or a line would be one word.
UNSPACED = "\u0e00-\u0eff\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
DASHES = "-\u2010-\u2015\u2212\ufe58\ufe63\uff0d"
Mode = Literal["plain", "typed", "copied", "loose"]

_SIGNS = (
    dict.fromkeys("“”„‟″«»❝❞〝〞〟＂", '"')
    | dict.fromkeys("‘’‚‛′ʼʹ‹›`´＇", "'")
    | dict.fromkeys("‐‑‒–—―−﹘﹣－", "-")
    | dict(zip("ﬀﬁﬂﬃﬄﬅﬆ…", ("ff", "fi", "fl", "ffi", "ffl", "st", "st", "..."), strict=True))
)
_IGNORABLES = re.compile(f"[{IGNORABLE}]+")
_ALIKE = re.compile("[!-,.-_a-~]+|.", re.DOTALL)  # first, the ASCII that the table does not change
# White space matches only from its start, so that long runs do not take quadratic time.
_TYPED = re.compile(r"(?:(?<!\s)\s+)?+(?P<dash>-+)\s*+|\s+")
# Letters with accents and invisible characters; not superscripts and subscripts, which are notes.
_LETTER = rf"(?:[^\W_{UNSPACED}\u00b2\u00b3\u00b9\u2070-\u209f]|(?<=\w)[\u0300-\u036f{IGNORABLE}])"
_WORD = re.compile(rf"[{UNSPACED}]|{_LETTER}+(?:['’\u02bc]{_LETTER}+)*")


class _Table(dict[int, str]):
    """What each character is folded to, computed on first use."""

    def __init__(self, form: Literal["NFC", "NFKC"]) -> None:
        super().__init__()
        self._form = form

    def __missing__(self, code: int) -> str:
        plain = unicodedata.normalize(self._form, _SIGNS.get(chr(code), chr(code)))
        plain = "".join(_SIGNS.get(each, each) for each in plain)
        self[code] = _IGNORABLES.sub("", plain)
        return self[code]


TYPOGRAPHY, COMPATIBLE = _Table("NFC"), _Table("NFKC")


class _Way(NamedTuple):
    """A table, whether case is kept, the pattern to squeeze, and its replacement if no dash."""

    table: _Table
    case: bool
    squeezed: re.Pattern[str]
    space: str


_WAYS: dict[Mode, _Way] = {
    "plain": _Way(TYPOGRAPHY, True, _TYPED, " "),
    "typed": _Way(COMPATIBLE, False, _TYPED, " "),
    "copied": _Way(COMPATIBLE, True, re.compile(r"\s+"), ""),
    "loose": _Way(COMPATIBLE, False, re.compile(r"(?P<dash>-(?:\s*+-)*+)|\s+"), ""),
}


@dataclass(frozen=True, slots=True)
class FoldedText:
    """A folded text, with the span of each of its characters in the original."""

    text: str
    starts: array[int]
    ends: array[int]

    def is_whole(self, at: int, length: int) -> bool:
        """Return whether a stretch begins and ends between characters of the original.

        "…" is folded to three characters; one of them is not a whole piece.
        """
        starts, end = self.starts, at + length
        cut = at > 0 and starts[at - 1] == starts[at]
        return not cut and (end == len(starts) or starts[end - 1] != starts[end])

    def places(self, words: str) -> Iterator[int]:
        """Yield the offsets of the folded `words` in the folded text."""
        at = self.text.find(words) if words else -1
        while at >= 0:
            if self.is_whole(at, len(words)):
                yield at
            at = self.text.find(words, at + 1)

    def spans(self, words: str) -> Iterator[tuple[int, int]]:
        """Yield the spans, in the original, of all occurrences of the folded `words`."""
        for at in self.places(words):
            yield self.starts[at], self.ends[at + len(words) - 1]


@dataclass(frozen=True, slots=True)
class WordStream:
    """The folded words of a text, each with its start and end."""

    words: tuple[str, ...]
    starts: array[int]
    ends: array[int]


def visible(text: str) -> str:
    """Return a text without invisible characters, such as soft hyphens."""
    return text if text.isascii() else _IGNORABLES.sub("", text)


def fold_words(text: str, mode: Mode = "typed") -> str:
    """Fold words to compare them, or to find them in a text that is `folded` in the same mode.

    They are first normalised to NFC and trimmed.
    """
    way = _WAYS[mode]
    plain = unicodedata.normalize("NFC", text).strip().translate(way.table)
    plain = way.squeezed.sub(lambda match: "-" if match.lastgroup else way.space, plain)
    return plain if way.case else plain.casefold()


def folded(text: str, mode: Mode = "typed") -> FoldedText:
    """Fold a `text` that is NFC, and keep the origin of each character."""
    way = _WAYS[mode]
    parts: list[str] = []
    starts, ends = array("I"), array("I")
    for match in _ALIKE.finditer(text):
        start, end = match.span()
        part = match[0] if end - start > 1 else match[0].translate(way.table)
        parts.append(part if way.case else part.casefold())
        if end - start > 1:
            starts.extend(range(start, end))
            ends.extend(range(start + 1, end + 1))
        else:
            starts.extend([start] * len(parts[-1]))
            ends.extend([end] * len(parts[-1]))
    return _squeezed(FoldedText("".join(parts), starts, ends), way)


def _squeezed(form: FoldedText, way: _Way) -> FoldedText:
    parts: list[str] = []
    starts, ends, done = array("I"), array("I"), 0
    for match in way.squeezed.finditer(form.text):
        sign = "-" if match.lastgroup else way.space
        first, last = match.span("dash") if match.lastgroup else match.span()
        parts += [form.text[done : match.start()], sign]
        starts += form.starts[done : match.start()] + form.starts[first : first + len(sign)]
        ends += form.ends[done : match.start()] + form.ends[last - len(sign) : last]
        done = match.end()
    parts.append(form.text[done:])
    return FoldedText("".join(parts), starts + form.starts[done:], ends + form.ends[done:])


def word_stream(text: str) -> WordStream:
    """Split a text into words folded as `loose`; words with equal folded forms are the same word.

    Punctuation is left out, so a stream has no quotes, dashes, emphasis or marks.
    """
    words: list[str] = []
    starts, ends = array("I"), array("I")
    for match in _WORD.finditer(text):
        word = match[0]
        words.append(intern(word.casefold() if word.isascii() else fold_words(word, "loose")))
        starts.append(match.start())
        ends.append(match.end())
    return WordStream(tuple(words), starts, ends)


def spaced_words(text: str) -> str:
    """Return the folded words of a text with a space before and after each."""
    return f" {' '.join(word_stream(text).words)} "
