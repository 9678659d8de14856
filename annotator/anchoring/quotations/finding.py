"""Find the quotations of a document in an essay."""

from __future__ import annotations

import re
from collections.abc import Sequence

from annotator.anchoring.quotations.index import Index
from annotator.anchoring.quotations.prose import Prose
from annotator.anchoring.quotations.quotation import Kind, Match, Quotation, Verdict
from annotator.anchoring.quotations.reading import read
from annotator.anchoring.quotations.words import stream

_MARKED = re.compile(r"“([^“”]{1,5000})”|\"([^\"]{1,5000})\"")
FEWEST = 3


def find(essay: str, kind: Kind, editions: Sequence[Index]) -> list[Quotation]:
    """Find the quotations in an `essay`, in its order.

    `editions` are those of one document, the one that is asked about first, the others in the order
    in which they are to be tried. Offsets count code points of the essay's source.
    """
    prose = read(essay, kind)
    found = []
    for match in _MARKED.finditer(prose.text):
        start, end = match.span(match.lastindex or 0)
        if len(stream(prose.text[start:end]).words) >= FEWEST:
            found.append(_judged(essay, prose, start, end, editions))
    return found


def _judged(essay: str, prose: Prose, start: int, end: int, editions: Sequence[Index]) -> Quotation:
    first, last = prose.source(start, end)
    written = prose.text[start:end]
    words = [(word,) for word in stream(written).words]
    for number, edition in enumerate(editions):
        spans = [edition.span(at, at + len(words)) for at in edition.occurrences(words)]
        places = tuple(Match(edition.label, a, b, edition.text[a:b]) for a, b in spans)
        verdict: Verdict = "other_edition" if number else "verbatim"
        if len(places) == 1:
            return Quotation(essay[first:last], first, last, written, verdict, 1.0, places)
        if places:
            return Quotation(essay[first:last], first, last, written, "ambiguous", 1.0, (), places)
    return Quotation(essay[first:last], first, last, written, "not_found", 0.0)
