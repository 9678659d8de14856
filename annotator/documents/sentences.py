"""Where the sentences of a provision begin and end.

A sentence ends at `.`, `!` or `?`, with any closing quotes or brackets after it, where white space
and an upper-case letter, a digit, or an opening quote or bracket follow. Common abbreviations end
none. The end of a block ends a sentence. Code has no sentences. This is the rule of the convention
already in use for these texts, so that its numbers and ours agree; it knows no other languages.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence

from annotator.documents.parsed import Block, Parsed

Span = tuple[int, int]

_OPENING = "\"'([{\u201c\u2018\u00ab\u2039"
_CLOSING = "\"')\\]}\u201d\u2019\u00bb\u203a"
_STOP = re.compile(rf"(?<![.!?])[.!?]++[{_CLOSING}]*+(?=\s++(?P<next>\S))")
# "No." is not among them: it is a sentence more often than a number.
_ABBREVIATION = re.compile(
    r"(?<![\w.])(?:e\.g|i\.e|etc|vs|cf|viz|et al|approx|mr|mrs|ms|dr|prof)\.[^.!?]*\Z",
    re.IGNORECASE,
)
_LONGEST_ABBREVIATION = 8


def sentences_within(parsed: Parsed, start: int, end: int) -> tuple[Span, ...]:
    """Return the sentences of the blocks that stand in `text[start:end]`, in order."""
    return tuple(
        (block.start + first, block.start + last)
        for block in blocks_within(parsed, start, end)
        if block.kind != "code"
        for first, last in split(parsed.text[block.start : block.end])
    )


def blocks_within(parsed: Parsed, start: int, end: int) -> Sequence[Block]:
    """Return the blocks that lie wholly in `text[start:end]`."""
    first = bisect_left(parsed.blocks, start, key=_start)
    last = bisect_right(parsed.blocks, end, key=_end)
    return parsed.blocks[first:last]


def split(text: str) -> list[Span]:
    """Return the spans of the sentences of one block's `text`, without the space between them."""
    spans: list[Span] = []
    start = 0
    for stop in _STOP.finditer(text):
        if _begins(stop["next"]) and not _abbreviates(text, start, stop):
            spans.append((start, stop.end()))
            start = stop.start("next")
    if start < len(text):
        spans.append((start, len(text)))
    return spans


def _begins(char: str) -> bool:
    return char.isupper() or char.istitle() or char.isdecimal() or char in _OPENING


def _abbreviates(text: str, start: int, stop: re.Match[str]) -> bool:
    before = max(start, stop.start() - _LONGEST_ABBREVIATION)
    return bool(_ABBREVIATION.search(text[before : stop.end()]))


def _start(block: Block) -> int:
    return block.start


def _end(block: Block) -> int:
    return block.end
