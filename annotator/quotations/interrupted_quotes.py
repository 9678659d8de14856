"""Quotations that the essay's own words interrupt: “we want it,” it says, “to be kind”.

The grammar is clear where those words are set off at both ends, by a comma, a dash or a bracket,
and the document goes on where it stopped. Other quotations that stand side by side are two.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import replace

from annotator.quotations.candidate_placement import (
    Option,
    PlacedCandidate,
    quoted_spans,
    same_signs,
)
from annotator.quotations.disambiguation import FoundQuotation, Interruption
from annotator.quotations.editorial_marks import MarkedWords, literal
from annotator.quotations.essay.candidates import QuotationCandidate
from annotator.quotations.index import Index, placements
from annotator.quotations.quotation import Budget, Verdict

# What interrupts a quotation has at most so many code points, its marks included.
LONGEST = 120
# More interruptions than these leave no quotation.
MOST = 20
_MARKS = "“”„‟«»‹›‘’‚\"'` \t\n\xa0\u202f"
_SET_OFF = ",;–—―-"
_NEW_SENTENCE = re.compile(r"[.!?…“”„«»\"]|\n\n")
_WORSE: Sequence[Verdict] = (
    "verbatim", "altered_marked", "altered_unmarked", "joined_unmarked", "other_edition",
)  # fmt: skip


def join(
    text: str,
    found: Sequence[FoundQuotation],
    some: Sequence[QuotationCandidate],
    budget: Budget | None = None,
) -> list[FoundQuotation]:
    """Join the parts of each quotation that is interrupted.

    `found` are the quotations of the prose `text`, and `some` all its candidates, both in its
    order. A part that is none by itself, such as a single word, is taken in, too. Raises
    Unacceptable where the `budget` is used up.
    """
    budget = budget or Budget()
    inline = [it for it in some if it.form == "inline"]
    starts = [it.start for it in inline]
    known = {it.candidate: it for it in found}
    behind = 0
    for before in inline:
        budget.check()
        if before.end <= behind:
            continue  # it stands in another one
        at = bisect_left(starts, before.end)
        after = inline[at] if at < len(inline) else before
        one = known.get(before) or known.get(after)
        behind = before.end if before in known else behind
        if one is None or len(one.interruptions) >= MOST:
            continue
        if not _interrupts(text, before.end, after.start):
            continue
        index = one.placed.index
        joined = _joined(*(known.get(it) or _part(text, it, index) for it in (before, after)))
        if joined is not None:
            known.pop(before, None)
            known[after] = joined
    return sorted(known.values(), key=lambda it: it.candidate.start)


def _interrupts(text: str, start: int, end: int) -> bool:
    """Return whether `text[start:end]`, which stands between marks, is set off at both its ends."""
    words = text[start:end].strip(_MARKS) if start < end <= start + LONGEST else ""
    before = text[max(start - 3, 0) : start].rstrip(_MARKS)[-1:]
    return (
        any(letter.isalpha() for letter in words)
        and (words[0] in _SET_OFF + "(" or before in tuple(_SET_OFF))
        and words[-1] in _SET_OFF + ")"
        and not _NEW_SENTENCE.search(words)
    )


def _part(text: str, candidate: QuotationCandidate, index: Index) -> FoundQuotation | None:
    """Return what stands in an edition word for word as a quotation, with all its places."""
    written = literal(text, candidate.start, candidate.end)
    found = placements(written, index) if written.words else []
    options = tuple(
        Option(quoted_spans(text, written, pieces, index))
        for pieces in found
        if same_signs(text, written, pieces, index)
    )
    placed = PlacedCandidate(index, written, options, "verbatim", 1.0, len(written.words))
    return FoundQuotation(candidate, placed) if options else None


def _joined(one: FoundQuotation | None, other: FoundQuotation | None) -> FoundQuotation | None:
    """Return one quotation for two, where the document goes on from the one with the other."""
    if one is None or other is None or one.placed.index is not other.placed.index:
        return None
    index, starts = one.placed.index, one.placed.index.stream.starts
    begins = {bisect_left(starts, it.spans[0][0]): it.spans for it in other.placed.options}
    ends = ((bisect_left(starts, it.spans[-1][1]), it.spans) for it in one.placed.options)
    options = tuple(Option(spans + begins[at]) for at, spans in ends if at in begins)
    if not options:
        return None
    stretch = one.placed.written.words[-1].end, other.placed.written.words[0].start
    at = bisect_left(starts, options[0].spans[len(one.placed.options[0].spans)][0])
    between = index.text[index.stream.ends[at - 1] : starts[at]]
    return FoundQuotation(
        replace(one.candidate, end=other.candidate.end),
        _both(one.placed, other.placed, options),
        (*one.interruptions, Interruption(*stretch, between), *other.interruptions),
    )


def _both(
    one: PlacedCandidate, other: PlacedCandidate, options: tuple[Option, ...]
) -> PlacedCandidate:
    first, second = one.written, other.written
    gaps = first.gaps | {at + len(first.words): kind for at, kind in second.gaps.items()}
    return replace(
        one,
        written=MarkedWords(
            first.start, second.end, first.words + second.words, gaps, first.marked or second.marked
        ),
        options=options,
        verdict=max(one.verdict, other.verdict, key=_WORSE.index),
        score=min(one.score, other.score),
        kept=one.kept + other.kept,
    )
