"""Quotations that run on: an essay that is a whole edition, paragraphs that follow each other."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

from annotator.documents.folding import word_stream
from annotator.documents.readers.source import parse
from annotator.errors import SourceFault
from annotator.quotations.edition.index import Index
from annotator.quotations.essay.prose import Prose
from annotator.quotations.quotation import Kind

Span = tuple[int, int]

# A source file is so many times as long as its canonical text, at least and at most.
SHORTEST, LONGEST = 0.9, 1.7
_NAMES = {"markdown": "essay.md", "html": "essay.html"}


def edition_of(essay: str, kind: Kind, prose: Prose, editions: Sequence[Index]) -> Index | None:
    """Return the edition that an essay is, all of it and nothing else, if it is one."""
    alike = [it for it in editions if SHORTEST <= len(essay) / (len(it.text) or 1) <= LONGEST]
    if not alike:
        return None
    readings = word_stream(prose.text).words, word_stream(essay).words
    same = next((it for it in alike if it.stream.words in readings), None)
    if same is not None or kind not in _NAMES:
        return same
    try:
        text = parse(essay.encode("utf-8", "replace"), name=_NAMES[kind]).text
    except SourceFault:
        return None
    return next((it for it in alike if it.text == text), None)


def runs_on(prose: Prose, index: Index, before: Span, after: Span, stretch: Span) -> bool:
    """Return whether the span `after` of an edition follows `before`, as it does in the essay.

    `stretch` is what stands between the two in the essay's prose: the same words, or none.
    """
    here = index.stream
    first, last = bisect_left(here.starts, before[1]), bisect_left(here.starts, after[0])
    if last < first:
        return False
    return here.words[first:last] == word_stream(prose.text[slice(*stretch)]).words
