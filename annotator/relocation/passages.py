"""A passage of the old edition beside what became of it, and where each of its words went.

A passage is the own words of one provision, or of those that a split or a merge ties together. The
token diff is made at the first question and kept. Offsets are code points of either text.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from annotator.documents.parsed import Parsed
from annotator.relocation.diff import Kind, Run, line_up
from annotator.relocation.succession import Succession
from annotator.relocation.tokens import Tokens, tokens

Stretch = tuple[int, int]

# So many words in a row do not stay by chance.
FIRM = 4


@dataclass(frozen=True, slots=True)
class NewSpan:
    """Where some words of a span went: `[start, end)` of the new text.

    `kind` is that of the run they are in: `same`, `altered` or `rewritten`. Where a part is `cut`,
    the span holds but some of the words of a rewritten run, which correspond as a whole only.
    `weight` counts the characters of the old words, white space left out; `firm` says that they
    stayed in a run of at least FIRM words, in the span or around it.
    """

    start: int
    end: int
    weight: int
    kind: Kind
    cut: bool = False
    firm: bool = False


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
    def _run_starts(self) -> list[int]:
        return [run.a0 for run in self._runs]

    @cached_property
    def _run_ends(self) -> list[int]:
        return [run.a1 for run in self._runs]

    @cached_property
    def sparse(self) -> bool:
        """Return whether less than half of the old words stayed, so that few may meet by chance."""
        stayed = sum(run.a1 - run.a0 for run in self._runs if run.kind == "same")
        return 2 * stayed < len(self._sides[0].words)

    def land(self, start: int, end: int) -> list[NewSpan]:
        """Follow the words that `[start, end)` touches; those that are gone have no part.

        Where it begins or ends inside a word that stayed, so does the part.
        """
        before, _ = self._sides
        first, last = bisect_right(before.ends, start), bisect_left(before.starts, end)
        parts: list[NewSpan] = []
        for run in self._touching(first, last):
            low, high = max(first, run.a0), min(last, run.a1)
            if run.kind == "rewritten":
                parts.append(self._whole(run, low, high))
            else:
                parts.append(self._one_for_one(run, low, high, (start, end)))
        return parts

    def _whole(self, run: Run, low: int, high: int) -> NewSpan:
        before, after = self._sides
        cut = high - low < run.a1 - run.a0
        start, end = after.starts[run.b0], after.ends[run.b1 - 1]
        return NewSpan(start, end, before.length(low, high), run.kind, cut=cut)

    def _one_for_one(self, run: Run, low: int, high: int, span: Stretch) -> NewSpan:
        before, after = self._sides
        start, end = after.starts[run.b0 + low - run.a0], after.ends[run.b0 + high - run.a0 - 1]
        if run.kind == "same":
            start += max(0, span[0] - before.starts[low])
            end -= max(0, before.ends[high - 1] - span[1])
        firm = run.kind == "same" and run.a1 - run.a0 >= FIRM
        return NewSpan(start, end, before.length(low, high), run.kind, firm=firm)

    def _touching(self, first: int, last: int) -> list[Run]:
        """Return the runs that hold any of the old words `[first, last)` and are not gone."""
        low = bisect_right(self._run_ends, first)
        high = bisect_left(self._run_starts, last, low)
        return [run for run in self._runs[low:high] if run.kind not in ("gone", "new")]


def passages(old: Parsed, new: Parsed, succession: Succession) -> dict[int, Passage]:
    """Return the passage that each old provision with an heir belongs to, by its ordinal."""
    before, after = _own_words(old), _own_words(new)
    found: dict[int, Passage] = {}
    for olds, news in succession.groups():
        passage = Passage(
            old.text, new.text,
            [stretch for ordinal in olds for stretch in before.get(ordinal, ())],
            [stretch for ordinal in news for stretch in after.get(ordinal, ())],
        )  # fmt: skip
        found.update(dict.fromkeys(olds, passage))
    return found


def _own_words(parsed: Parsed) -> dict[int, list[Stretch]]:
    """Return the blocks of each provision, its descendants' left out."""
    own: dict[int, list[Stretch]] = {}
    for block in parsed.blocks:
        own.setdefault(block.provision, []).append((block.start, block.end))
    return own
