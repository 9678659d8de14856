"""A passage of the old edition beside what became of it, and where each of its words went.

A passage is the own words of one provision, or of those that a split or a merge ties together. The
token diff is made at the first question and kept. Offsets are code points of either text.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from annotator.anchoring.diff import Run, line_up
from annotator.anchoring.tokens import Tokens, tokens

Stretch = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Landing:
    """Where the words of a piece went, as offsets of the new text.

    `starts` and `ends` are the places where it may begin and end: two where an end falls inside a
    rewritten run, whose words correspond as a whole only. `sure` is the range of the words that
    correspond one for one, or None where there are none.
    """

    starts: tuple[int, ...]
    ends: tuple[int, ...]
    sure: Stretch | None


@dataclass(frozen=True, slots=True)
class _Part:
    """What one run has of a landing; `cut` where the piece holds a part of a rewritten run only."""

    start: int
    end: int
    rewritten: bool
    cut: bool


class Passage:
    """Stretches of the old text and the stretches of the new text that correspond to them."""

    def __init__(
        self, old: str, new: str, before: Sequence[Stretch], after: Sequence[Stretch]
    ) -> None:
        self._old, self._new = old, new
        self._before, self._after = before, after

    @cached_property
    def shifts(self) -> dict[int, int] | None:
        """How far each stretch went, by its start, where every word is the same; else None."""
        if len(self._before) != len(self._after):
            return None
        for (a, b), (c, d) in zip(self._before, self._after, strict=True):
            if self._old[a:b] != self._new[c:d]:
                return None
        return {a: c - a for (a, _), (c, _) in zip(self._before, self._after, strict=True)}

    @cached_property
    def _sides(self) -> tuple[Tokens, Tokens]:
        return tokens(self._old, self._before), tokens(self._new, self._after)

    @cached_property
    def _runs(self) -> list[Run]:
        return line_up(self._sides[0].words, self._sides[1].words)

    @cached_property
    def _run_ends(self) -> list[int]:
        return [run.a1 for run in self._runs]

    def land(self, start: int, end: int) -> Landing | None:
        """Follow the words that `[start, end)` touches; None where none of them is left."""
        before, _ = self._sides
        first, last = bisect_right(before.ends, start), bisect_left(before.starts, end)
        parts = [self._part(run, first, last) for run in self._touching(first, last)]
        return _landing(parts) if parts else None

    def _part(self, run: Run, first: int, last: int) -> _Part:
        starts, ends = self._sides[1].starts, self._sides[1].ends
        if run.kind == "rewritten":
            cut = run.a0 < first or run.a1 > last
            return _Part(starts[run.b0], ends[run.b1 - 1], True, cut)
        low, high = max(first, run.a0), min(last, run.a1)
        to = run.b0 + low - run.a0
        return _Part(starts[to], ends[to + high - low - 1], False, False)

    def _touching(self, first: int, last: int) -> list[Run]:
        """Give the runs that hold any of the old words `[first, last)` and are not gone."""
        at = bisect_right(self._run_ends, first)
        found: list[Run] = []
        while first < last and at < len(self._runs) and self._runs[at].a0 < last:
            run = self._runs[at]
            if run.kind != "gone" and run.a0 < run.a1:
                found.append(run)
            at += 1
        return found


def _landing(parts: list[_Part]) -> Landing:
    sure = [part for part in parts if not part.rewritten]
    starts, ends = [parts[0].start], [parts[-1].end]
    if sure and parts[0].cut:
        starts.append(sure[0].start)
    if sure and parts[-1].cut:
        ends.append(sure[-1].end)
    kept = (sure[0].start, sure[-1].end) if sure else None
    return Landing(tuple(starts), tuple(ends), kept)
