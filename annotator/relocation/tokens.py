"""A text as tokens with positions: what the token diff compares and where its spans may end.

A token is a word (with the apostrophes inside it), one ideograph or kana, a row of dashes, or one
other visible character; white space is never part of one. Case counts: `The` and `the` are two
tokens. Typography does not: curly quotes, soft hyphens and kinds of dashes make no difference.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from operator import eq

from annotator.documents.folding import DASHES, IGNORABLE, UNSPACED, plain_typography

_LETTER = rf"[^\W{UNSPACED}]"
_TOKEN = re.compile(
    rf"[{UNSPACED}]|{_LETTER}+(?:(?:['’ʼ]|[{IGNORABLE}]+){_LETTER}+)*|[{DASHES}]+|\.{{3}}"
    rf"|[^\w\s{IGNORABLE}]"
)
_WORDING = re.compile(rf"\n|{_TOKEN.pattern}")


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


@lru_cache(16)  # the same two are compared several times while one span is moved
def same_wording(text: str, other: str) -> bool:
    """Return whether two texts differ in nothing but typography, blocks being cut alike."""
    return text == other or all(map(eq, _wording(text), _wording(other)))


def _wording(text: str) -> Iterator[str | None]:
    """Yield the tokens of a text and where its lines end, then None."""
    for match in _WORDING.finditer(text.strip()):
        yield _plain(match.group())
    yield None


def _plain(word: str) -> str:
    plain = word.isascii() and "`" not in word and "--" not in word
    return word if plain else plain_typography(word)
