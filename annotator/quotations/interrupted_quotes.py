"""Quotations that the essay's own words interrupt: “we want it,” it says, “to be kind”.

An interruption is set off at both ends by a comma, a dash or a bracket, and the document continues
where it began. Other adjacent quotations are two.
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
    quotations: Sequence[FoundQuotation],
    some: Sequence[QuotationCandidate],
    budget: Budget | None = None,
) -> list[FoundQuotation]:
    """Join the parts of each interrupted quotation.

    `quotations` are those of the prose `text`, and `some` all its candidates, both in its order. A
    part that alone would not be a quotation, such as a single word, is included. Raises
    Unacceptable when the `budget` is used up.
    """
    budget = budget or Budget()
    inline = [candidate for candidate in some if candidate.form == "inline"]
    starts = [candidate.start for candidate in inline]
    by_candidate = {quotation.candidate: quotation for quotation in quotations}
    behind = 0
    for before in inline:
        budget.check()
        if before.end <= behind:
            continue  # it stands in another one
        at = bisect_left(starts, before.end)
        after = inline[at] if at < len(inline) else before
        quotation = by_candidate.get(before) or by_candidate.get(after)
        behind = before.end if before in by_candidate else behind
        if quotation is None or len(quotation.interruptions) >= MOST:
            continue
        if not _interrupts(text, before.end, after.start):
            continue
        index = quotation.placed.index
        pair = (by_candidate.get(each) or _part(text, each, index) for each in (before, after))
        joined = _joined(*pair)
        if joined is not None:
            by_candidate.pop(before, None)
            by_candidate[after] = joined
    return sorted(by_candidate.values(), key=lambda quotation: quotation.candidate.start)


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
    """Return a candidate that the edition has word for word as a quotation, with all its places."""
    written = literal(text, candidate.start, candidate.end)
    places = placements(written, index) if written.words else []
    options = tuple(
        Option(quoted_spans(text, written, pieces, index))
        for pieces in places
        if same_signs(text, written, pieces, index)
    )
    placed = PlacedCandidate(index, written, options, "verbatim", 1.0, len(written.words))
    return FoundQuotation(candidate, placed) if options else None


def _joined(first: FoundQuotation | None, second: FoundQuotation | None) -> FoundQuotation | None:
    """Return one quotation for two if the document continues from the first with the second."""
    if first is None or second is None or first.placed.index is not second.placed.index:
        return None
    index, starts = first.placed.index, first.placed.index.stream.starts
    begins = {bisect_left(starts, each.spans[0][0]): each.spans for each in second.placed.options}
    ends = ((bisect_left(starts, each.spans[-1][1]), each.spans) for each in first.placed.options)
    options = tuple(Option(spans + begins[at]) for at, spans in ends if at in begins)
    if not options:
        return None
    stretch = first.placed.written.words[-1].end, second.placed.written.words[0].start
    at = bisect_left(starts, options[0].spans[len(first.placed.options[0].spans)][0])
    between = index.text[index.stream.ends[at - 1] : starts[at]]
    return FoundQuotation(
        replace(first.candidate, end=second.candidate.end),
        _both(first.placed, second.placed, options),
        (*first.interruptions, Interruption(*stretch, between), *second.interruptions),
    )


def _both(
    before: PlacedCandidate, after: PlacedCandidate, options: tuple[Option, ...]
) -> PlacedCandidate:
    first, second = before.written, after.written
    gaps = first.gaps | {at + len(first.words): kind for at, kind in second.gaps.items()}
    return replace(
        before,
        written=MarkedWords(
            first.start, second.end, first.words + second.words, gaps, first.marked or second.marked
        ),
        options=options,
        verdict=max(before.verdict, after.verdict, key=_WORSE.index),
        score=min(before.score, after.score),
        matched=before.matched + after.matched,
    )
