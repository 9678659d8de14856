"""Split provisions into sentences.

A sentence ends at `.`, `!` or `?`, with any closing quotes or brackets after it, before white space
and an upper-case letter, a digit, or an opening quote or bracket. Common abbreviations end none.
The end of a block ends a sentence. Code has no sentences. This is the rule of the convention
already in use for these texts, so that its numbers and ours agree; it supports no other languages.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from functools import lru_cache
from operator import attrgetter

from annotator.documents.parsed import Parsed

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
    """Return the sentences of the blocks in `text[start:end]`, in order."""
    first = bisect_left(parsed.blocks, start, key=attrgetter("start"))
    last = bisect_right(parsed.blocks, end, key=attrgetter("end"))
    sentences: list[Span] = []
    for block in parsed.blocks[first:last]:
        if block.kind != "code":
            spans = split(parsed.text[block.start : block.end])
            sentences += [(block.start + low, block.start + high) for low, high in spans]
    return tuple(sentences)


@lru_cache(maxsize=1024)
def split(text: str) -> tuple[Span, ...]:
    """Return the spans of the sentences of one block's `text`, without the space between them."""
    spans: list[Span] = []
    start = 0
    for stop in _STOP.finditer(text):
        char = stop["next"]
        begins = char.isupper() or char.istitle() or char.isdecimal() or char in _OPENING
        before = max(start, stop.start() - _LONGEST_ABBREVIATION)
        if begins and not _ABBREVIATION.search(text[before : stop.end()]):
            spans.append((start, stop.end()))
            start = stop.start("next")
    if start < len(text):
        spans.append((start, len(text)))
    return tuple(spans)
