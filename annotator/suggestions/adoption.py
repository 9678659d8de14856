"""Judge what another edition has in the place of a suggestion, compared with its wording.

The place is the text between the words before and after the suggestion's range, in the provision
that its provision became. Words are compared with case but without typography, except where a
suggestion changes nothing else.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import takewhile
from typing import Literal

from annotator.documents.parsed import Parsed
from annotator.relocation.diff import Run, Tokens, align_words, tokens
from annotator.relocation.passages import Succession, own_ranges
from annotator.suggestions.changes import ProposedChange, blocks_of

Verdict = Literal["same", "part", "other", "open", "gone", "already"]
PART = 0.5  # of the words that a suggestion adds
CONTEXT = 3  # words on each side that identify a place in a paragraph that was reworded
EDGE = "\n"  # added before and after the words of a passage
Words = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AdoptionVerdict:
    """What an edition has in a suggestion's place; `score` is the share of its added words there.

    `start` and `end` are that place in the new text, None if the passage is gone.
    """

    verdict: Verdict
    score: float = 0.0
    start: int | None = None
    end: int | None = None


class AdoptionJudge:
    """Judges suggestions made on one edition against another, by their pairs of provisions."""

    def __init__(self, old: Parsed, new: Parsed, pairs: Iterable[tuple[int, int]]) -> None:
        """Prepare to judge with these (old, new) pairs of ordinals, as `Relocator` takes them."""
        self._old, self._new, pairs = old, new, list(pairs)
        self._succession = Succession(old, new, pairs)
        self._continuing = {after for _, after in pairs}
        self._passages: dict[int, _Passage] = {}

    def judge(self, change: ProposedChange, *, later: bool = False) -> AdoptionVerdict:
        """Judge a change; `later` means that it was suggested when the new edition existed."""
        if change.act == "insert":
            found = self._judge_paragraphs(change)
        else:
            found = self._judge_words(change)
        return replace(found, verdict="already") if later and found.verdict == "same" else found

    def _judge_words(self, change: ProposedChange) -> AdoptionVerdict:
        blocks = blocks_of(self._old, change)
        provision = self._old.blocks[blocks[0]].provision
        if len(blocks) > 1 or not self._succession.successors(provision):
            lost = not any(
                self._succession.successors(self._old.blocks[index].provision) for index in blocks
            )
            if change.act == "strike":
                return AdoptionVerdict("same", 1.0) if lost else AdoptionVerdict("open")
            return AdoptionVerdict("gone")
        return self._passage(provision).judge(change)

    def _passage(self, provision: int) -> _Passage:
        if not self._passages:
            for olds, news in self._succession.groups():
                before, after = own_ranges(self._old, olds), own_ranges(self._new, news)
                passage = _Passage(self._old.text, self._new.text, before, after)
                self._passages.update(dict.fromkeys(olds, passage))
        return self._passages[provision]

    def _judge_paragraphs(self, change: ProposedChange) -> AdoptionVerdict:
        """Compare added paragraphs with the new ones that follow the provision's successor."""
        first = self._old.blocks[blocks_of(self._old, change)[0]].provision
        around = self._old.and_ancestors(first)
        provisions = (at for at in around if self._old.provisions[at].end >= change.end)
        successors = self._succession.successors(next(provisions, None))
        if not successors:
            return AdoptionVerdict("gone")
        after = self._new.provisions[successors[-1]].end
        following = self._new.blocks[bisect_left(self._new.block_starts, after) :]
        added = [*takewhile(lambda block: block.provision not in self._continuing, following)]
        if not added:
            return AdoptionVerdict("open", 0.0, after, after)
        start, end = added[0].start, added[-1].end
        wanted = tokens_of(change.wording)
        there = tokens(self._new.text, [(block.start, block.end) for block in added]).words
        if there[: len(wanted)] == wanted:
            return AdoptionVerdict("same", 1.0, start, end)
        score = _share(wanted, there)
        return AdoptionVerdict("part" if score >= PART else "other", score, start, end)


class _Passage:
    """Provisions that became others: the words of both sides, aligned on first use."""

    def __init__(self, old: str, new: str, before: Sequence[tuple[int, int]],
                 after: Sequence[tuple[int, int]]) -> None:  # fmt: skip
        self._texts, self._ranges = (old, new), (before, after)

    @cached_property
    def _aligned(self) -> tuple[Tokens, Tokens, list[Run]]:
        old, new = (tokens(*side) for side in zip(self._texts, self._ranges, strict=True))
        return old, new, [run for run in align_words(old.words, new.words) if run.kind == "same"]

    def judge(self, change: ProposedChange) -> AdoptionVerdict:
        """Compare the words that a change strikes and adds with those in their place."""
        old = self._aligned[0]
        # The words that it touches, also those that it lengthens, and those in their place.
        low, high = bisect_left(old.ends, change.start), bisect_right(old.starts, change.end)
        begin = min(old.starts[low], change.start) if low < high else change.start
        end = max(old.ends[high - 1], change.end) if low < high else change.end
        before, after = (
            self._texts[0][begin:end],
            self._texts[0][begin : change.start]
            + change.wording
            + self._texts[0][change.end : end],
        )
        added = tokens_of(after)
        if old.words[low:high] == added:  # only typography
            _, _, start, end = self._between(low, high)
            text = self._texts[1][start:end].strip()
            verdict: Verdict = (
                "same" if text == after.strip() else "open" if text == before.strip() else "other"
            )
            return AdoptionVerdict(verdict, float(verdict == "same"), start, end)
        while low < high and added and added[0] == old.words[low]:
            low, added = low + 1, added[1:]
        while low < high and added and added[-1] == old.words[high - 1]:
            high, added = high - 1, added[:-1]
        first, last, start, end = self._between(low, high)
        left, right = old.words[first:low], old.words[high:last]
        new = self._aligned[1]
        there = new.words[bisect_left(new.starts, start) : bisect_right(new.ends, end)]
        there = there if start < end else ()
        wanted = *left, *added, *right
        framed = *(EDGE,) * CONTEXT, *old.words, *(EDGE,) * CONTEXT
        around = framed[first : first + CONTEXT], framed[last + CONTEXT : last + 2 * CONTEXT]
        if there == wanted or self._has_once((*around[0], *wanted, *around[1])):
            return AdoptionVerdict("same", 1.0, start, end)
        if not self._aligned[2]:
            return AdoptionVerdict("gone")
        if there == old.words[first:last]:
            return AdoptionVerdict("open", 0.0, start, end)
        score = _share(added, there)
        struck = set(old.words[low:high]) - set(added)
        part = score >= PART and not struck & set(there)
        return AdoptionVerdict("part" if part else "other", score, start, end)

    def _between(self, low: int, high: int) -> tuple[int, int, int, int]:
        """Widen old tokens `[low, high)` to the nearest words that are the same in both texts.

        Returns these tokens, and the range of the new text between the same words there.
        """
        old, new, runs = self._aligned
        left = bisect_left(runs, low, key=lambda run: run.a0) - 1
        right = bisect_right(runs, high, key=lambda run: run.a1)
        first, last, start, end = 0, len(old.words), 0, len(new.words)
        if left >= 0:
            first = min(runs[left].a1, low)
            start = runs[left].b0 + first - runs[left].a0
        if right < len(runs):
            last = max(runs[right].a0, high)
            end = runs[right].b0 + last - runs[right].a0
        begins = new.starts[start] if start < end or not start else new.ends[start - 1]
        return first, last, begins, max(new.ends[end - 1], begins) if start < end else begins

    def _has_once(self, words: Words) -> bool:
        """Return whether words occur once in the new passage, and not in the old one."""
        edge = " ".join((EDGE,) * CONTEXT)
        old, new = (f" {edge} {' '.join(side.words)} {edge} " for side in self._aligned[:2])
        wanted = f" {' '.join(words)} "
        return new.count(wanted) == 1 and wanted not in old


def tokens_of(words: str) -> Words:
    """Return the tokens of some words."""
    return tokens(words, [(0, len(words))]).words


def _share(wanted: Sequence[str], there: Sequence[str]) -> float:
    """Return the share of words that occur among others in the same order."""
    if not wanted:
        return 0.0
    runs = align_words(wanted, there)
    return sum(run.a1 - run.a0 for run in runs if run.kind == "same") / len(wanted)
