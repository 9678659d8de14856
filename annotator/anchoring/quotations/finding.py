"""Find the quotations of a document in an essay: candidates in, quotations out."""

from __future__ import annotations

from collections.abc import Sequence

from annotator.anchoring.quotations.candidates import Candidate, candidates, without_source
from annotator.anchoring.quotations.index import Index
from annotator.anchoring.quotations.placing import Option, Placed, place
from annotator.anchoring.quotations.prose import Prose
from annotator.anchoring.quotations.quotation import Kind, Match, Quotation
from annotator.anchoring.quotations.reading import read
from annotator.anchoring.quotations.written import literal

# Shorter ones are reported only where they are found.
FEWEST_REPORTED = 3
FEWEST_IN_PARAGRAPH = 8


def find(essay: str, kind: Kind, editions: Sequence[Index]) -> list[Quotation]:
    """Find the quotations in an `essay`, in its order.

    `editions` are those of one document, the one that is asked about first, the others in the order
    in which they are to be tried. Offsets count code points of the essay's source.
    """
    prose = read(essay, kind)
    found: list[Quotation] = []
    missing: list[Quotation] = []
    behind = 0
    for candidate in candidates(prose):
        if candidate.start < behind:
            continue
        placed = _place(prose, candidate, editions)
        if placed is not None:
            behind = candidate.end
            found.append(_quotation(essay, prose, candidate, placed))
        elif _reported(prose, candidate):
            missing.append(_not_found(essay, prose, candidate))
    spans = [(it.start, it.end) for it in found]
    missing = [it for it in missing if not any(a < it.end and it.start < b for a, b in spans)]
    return sorted([*found, *missing], key=lambda it: (it.start, it.end))


def _place(prose: Prose, candidate: Candidate, editions: Sequence[Index]) -> Placed | None:
    words = len(literal(prose.text, candidate.start, candidate.end).words)
    if words < FEWEST_REPORTED or (candidate.form == "paragraph" and words < FEWEST_IN_PARAGRAPH):
        return None
    if candidate.form == "block":
        shorter = without_source(prose, candidate)
        if shorter != candidate:
            return _place(prose, shorter, editions)
    return place(
        prose.text, candidate.start, candidate.end, editions, near=candidate.form != "paragraph"
    )


def _reported(prose: Prose, candidate: Candidate) -> bool:
    words = len(literal(prose.text, candidate.start, candidate.end).words)
    return candidate.form != "paragraph" and words >= FEWEST_REPORTED


def _quotation(essay: str, prose: Prose, candidate: Candidate, placed: Placed) -> Quotation:
    start, end = prose.source(candidate.start, candidate.end)
    clear = len(placed.options) == 1
    options = [match for option in placed.options for match in _matches(placed, option)]
    return Quotation(
        essay[start:end], start, end, prose.text[candidate.start : candidate.end],
        placed.verdict if clear else "ambiguous", round(placed.score, 3),
        tuple(options) if clear else (), () if clear else tuple(options),
    )  # fmt: skip


def _matches(placed: Placed, option: Option) -> list[Match]:
    label, text = placed.index.label, placed.index.text
    return [Match(label, start, end, text[start:end]) for start, end in option.spans]


def _not_found(essay: str, prose: Prose, candidate: Candidate) -> Quotation:
    start, end = prose.source(candidate.start, candidate.end)
    words = prose.text[candidate.start : candidate.end]
    return Quotation(essay[start:end], start, end, words, "not_found", 0.0)
