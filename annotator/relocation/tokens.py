"""A text as tokens with positions: what the token diff compares and where its spans may end.

A token is a word (with the apostrophes inside it), one ideograph or kana, or one other visible
character; white space is never part of one. Case counts: `The` and `the` are two tokens.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

# Scripts that write no spaces between words are cut into characters, or a line would be one word.
_UNSPACED = "\u0e00-\u0eff\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_TOKEN = re.compile(rf"[{_UNSPACED}]|[^\W{_UNSPACED}]+(?:['’][^\W{_UNSPACED}]+)*|[^\w\s]")


@dataclass(frozen=True, slots=True)
class Tokens:
    """The tokens of a few stretches of a text, in order; offsets count code points of the text."""

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
        tuple(match.group() for match in found),
        tuple(match.start() for match in found),
        tuple(match.end() for match in found),
    )
