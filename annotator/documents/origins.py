"""Where each stretch of a text came from, in the text that it was made of.

A `Run` is (length, start, end): the next `length` code points came from `source[start:end]`. Where
both are equally long they correspond one by one, apart from white space and normal forms. Otherwise
the run stands for its source as a whole: the `&` of `&amp;`, an escaped `*`, a space for a run of
white space. A run that was generated has an empty source, at the place where it was. Offsets in a
file count the code points of its decoded text, after a byte order mark.
"""

from __future__ import annotations

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
        """Return the runs of `text[start:end]`; one that stands for its source stays whole."""
        if start >= end:
            return []
        first = bisect_right(self._starts, start) - 1
        length, there, behind = self._runs[first]
        inner = start - self._starts[first]
        if inner + end - start <= length == behind - there:
            return [(end - start, there + inner, there + inner + end - start)]
        last = bisect_left(self._starts, end) - 1
        found = self._runs[first : last + 1]
        found[-1] = _cut(found[-1], 0, end - self._starts[last])
        found[0] = _cut(found[0], start - self._starts[first], found[0][0])
        return found

    def source(self, start: int, end: int) -> tuple[int, int]:
        """Return the stretch of the source from which `text[start:end]` came."""
        runs = self.within(start, end) or self.within(max(start - 1, 0), start)
        if not runs:
            return self._runs[0][1], self._runs[0][1]
        return (runs[0][1], runs[-1][2]) if start < end else (runs[-1][2], runs[-1][2])

    def of(self, inner: Origins) -> Origins:
        """Return the origins of a text that was made of this one, in what this one was made of."""
        return Origins(self.behind(inner._runs))

    def behind(self, runs: Iterable[Run]) -> list[Run]:
        """Return runs of a text made of this one as runs of what this one was made of."""
        found: list[Run] = []
        for length, start, end in runs:
            if length == end - start:
                found += self.within(start, end)
            else:
                found.append((length, *self.source(start, end)))
        return joined(found)


def _cut(run: Run, start: int, end: int) -> Run:
    length, first, last = run
    kept = min(end, length) - start
    if length == last - first:
        return kept, first + start, first + start + kept
    if kept == last - first:  # a part of what stands for its source as a whole
        return kept, first, first
    return kept, first, last


def joined(runs: Iterable[Run]) -> list[Run]:
    """Join runs that go on one by one."""
    found: list[Run] = []
    for length, start, end in runs:
        if found and found[-1][2] == start and length == end - start:
            before, first, last = found[-1]
            if before == last - first:
                found[-1] = before + length, first, end
                continue
        if length:
            found.append((length, start, end))
    return found


def edited(text: str, edits: Sequence[tuple[int, int, str]]) -> tuple[str, Origins]:
    """Put words in place of stretches of a text, in its order; return it and its origins."""
    pieces: list[str] = []
    runs: list[Run] = []
    at = 0
    for start, end, words in (*edits, (len(text), len(text), "")):
        pieces += text[at:start], words
        runs += (start - at, at, start), (len(words), start, end)
        at = end
    return "".join(pieces), Origins(runs)
