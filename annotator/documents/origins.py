"""Map each stretch of a text to its origin in the text that it was derived from.

A `Run` is (length, start, end): the next `length` code points came from `source[start:end]`. Where
both are equally long they correspond one by one, apart from white space and normal forms. Otherwise
the run represents its source as a whole: the `&` of `&amp;`, an escaped `*`, a space for a run of
white space. A run that was generated has an empty source, at the place where it was. Offsets in a
file count the code points of its decoded text, after a byte order mark.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from itertools import accumulate

Run = tuple[int, int, int]


class Origins:
    """The runs of a whole text, in its order and without gaps."""

    def __init__(self, runs: Iterable[Run]) -> None:
        self._runs = [run for run in runs if run[0]] or [(0, 0, 0)]
        self._starts = [0, *accumulate(run[0] for run in self._runs)][:-1]

    def within(self, start: int, end: int) -> list[Run]:
        """Return the runs of `text[start:end]`; one that does not map one to one is not divided."""
        if start >= end:
            return []
        first = bisect_right(self._starts, start) - 1
        length, source_start, source_end = self._runs[first]
        inner = start - self._starts[first]
        if inner + end - start <= length == source_end - source_start:
            return [(end - start, source_start + inner, source_start + inner + end - start)]
        last = bisect_left(self._starts, end) - 1
        runs = self._runs[first : last + 1]
        runs[-1] = _cut(runs[-1], 0, end - self._starts[last])
        runs[0] = _cut(runs[0], start - self._starts[first], runs[0][0])
        return runs

    def source(self, start: int, end: int) -> tuple[int, int]:
        """Return the range of the source that `text[start:end]` comes from."""
        runs = self.within(start, end) or self.within(max(start - 1, 0), start)
        if not runs:
            return self._runs[0][1], self._runs[0][1]
        return (runs[0][1], runs[-1][2]) if start < end else (runs[-1][2], runs[-1][2])

    def of(self, inner: Origins) -> Origins:
        """Return the origins of a text derived from this one, in the source of this one."""
        return Origins(self.trace(inner._runs))

    def trace(self, runs: Iterable[Run]) -> list[Run]:
        """Return runs that refer to this text as runs that refer to its source."""
        traced: list[Run] = []
        for length, start, end in runs:
            if length == end - start:
                traced += self.within(start, end)
            else:
                traced.append((length, *self.source(start, end)))
        return joined(traced)


def _cut(run: Run, start: int, end: int) -> Run:
    length, first, last = run
    size = min(end, length) - start
    if length == last - first:
        return size, first + start, first + start + size
    if size == last - first:  # otherwise it would look like a run that maps one to one
        return size, first, first
    return size, first, last


def joined(runs: Iterable[Run]) -> list[Run]:
    """Join adjacent runs that correspond one by one."""
    result: list[Run] = []
    for length, start, end in runs:
        if result and result[-1][2] == start and length == end - start:
            before, first, last = result[-1]
            if before == last - first:
                result[-1] = before + length, first, end
                continue
        if length:
            result.append((length, start, end))
    return result


def with_line_feeds(text: str) -> tuple[str, Origins]:
    """Return a text with line feeds at the ends of its lines, and the origins of that."""
    breaks = [(*match.span(), "\n") for match in re.finditer("\r\n", text)]
    lines, origins = edited(text, breaks)
    return lines.replace("\r", "\n"), origins


def edited(text: str, edits: Sequence[tuple[int, int, str]]) -> tuple[str, Origins]:
    """Replace stretches of a text, in order, and return the new text with its origins."""
    pieces: list[str] = []
    runs: list[Run] = []
    at = 0
    for start, end, words in (*edits, (len(text), len(text), "")):
        pieces += text[at:start], words
        runs += (start - at, at, start), (len(words), start, end)
        at = end
    return "".join(pieces), Origins(runs)
