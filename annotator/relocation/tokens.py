"""A text as tokens with positions: what the token diff compares and where its spans may end.

A token is a word (with the apostrophes inside it), one ideograph or kana, a row of dashes, or one
other visible character; white space is never part of one. Case counts: `The` and `the` are two
tokens. Typography does not: curly quotes, soft hyphens and kinds of dashes make no difference.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from annotator.documents.folding import DASHES, IGNORABLE, UNSPACED, plain_typography

_LETTER = rf"[^\W{UNSPACED}]"
_TOKEN = re.compile(
    rf"[{UNSPACED}]|{_LETTER}+(?:(?:['’ʼ]|[{IGNORABLE}]+){_LETTER}+)*|[{DASHES}]+|\.{{3}}"
    rf"|[^\w\s{IGNORABLE}]"
)


@dataclass(frozen=True, slots=True)
class Tokens:
    """The tokens of a few stretches of a text, in order; offsets count code points of the text.

    `words` have plain typography; they may be shorter than what stands in the text.
    """

    words: tuple[str, ...]
    starts: tuple[int, ...]
    ends: tuple[int, ...]

    def length(self, first: int, last: int) -> int:
        """Count the code points of the tokens `[first, last)`."""
        return sum(len(word) for word in self.words[first:last])


def tokens(text: str, stretches: Iterable[tuple[int, int]]) -> Tokens:
    """Cut the given `(start, end)` stretches of `text` into tokens."""
    found = [match for start, end in stretches for match in _TOKEN.finditer(text, start, end)]
    return Tokens(
        tuple(_plain(match.group()) for match in found),
        tuple(match.start() for match in found),
        tuple(match.end() for match in found),
    )


def same_wording(text: str, other: str) -> bool:
    """Return whether two texts differ in nothing but typography, blocks being cut alike."""
    return text == other or _lines(text) == _lines(other)


def _lines(text: str) -> list[list[str]]:
    return [[_plain(word) for word in _TOKEN.findall(line)] for line in text.strip().split("\n")]


def _plain(word: str) -> str:
    return word if word.isascii() and word.isalnum() else plain_typography(word)
