"""Words as quotations are compared by them: case, quotes, accents' encoding and dashes folded.

Punctuation is no word, so a stream of these words has no quotes, dashes, emphasis or marks in it.
"""

from __future__ import annotations

import re
import unicodedata
from array import array
from dataclasses import dataclass
from sys import intern

# Scripts that write no spaces between words are cut into characters, or a line would be one word.
_UNSPACED = "\u0e00-\u0eff\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
UNSPACED = re.compile(f"[{_UNSPACED}]")
# Accents written apart, and what is not seen: soft hyphens, zero-width joiners and spaces.
_INSIDE = "\u0300-\u036f\u00ad\u200b-\u200d\u2060\ufeff"
_UNSEEN = dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u200d\u2060\ufeff"))
_SUPERSCRIPT = "\u00b2\u00b3\u00b9\u2070-\u209f"
_LETTER = rf"(?:[^\W_{_UNSPACED}{_SUPERSCRIPT}]|(?<=\w)[{_INSIDE}])"
_WORD = re.compile(rf"[{_UNSPACED}]|{_LETTER}+(?:['’\u02bc]{_LETTER}+)*")


@dataclass(frozen=True, slots=True)
class Stream:
    """The folded words of a text, each with its start and end in code points."""

    words: tuple[str, ...]
    starts: array[int]
    ends: array[int]


def stream(text: str) -> Stream:
    """Cut a text into folded words."""
    words: list[str] = []
    starts, ends = array("I"), array("I")
    for match in _WORD.finditer(text):
        words.append(fold(match[0]))
        starts.append(match.start())
        ends.append(match.end())
    return Stream(tuple(words), starts, ends)


def spaced(text: str) -> str:
    """Return the folded words of a text with a space before and behind each."""
    return f" {' '.join(stream(text).words)} "


def fold(word: str) -> str:
    """Fold one word; words that fold to the same are the same word."""
    if not word.isascii():
        word = unicodedata.normalize("NFKC", word.translate(_UNSEEN))
        word = word.replace("’", "'").replace("\u02bc", "'")
    return intern(word.casefold())
