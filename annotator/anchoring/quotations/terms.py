"""One or two words between marks: a quotation only where the essay's own words say so.

A term that the document merely also uses is none. Two words count where they stand once in the
document and a quotation beside them is from near there, or where the essay hardly quotes anything
else; one word where the essay points at it and a quotation beside it holds it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from annotator.anchoring.quotations.candidates import Candidate
from annotator.anchoring.quotations.index import Index
from annotator.anchoring.quotations.words import stream

Span = tuple[int, int]

# Quotations of one paragraph, and a term beside them, come from places so close, in code points.
SAME_PART = 5000
# How far before or behind a quotation a word may stand that the essay points at.
MARGIN = 10
_BEFORE = 48
_POINTED = re.compile(
    r"(?:\b(?:words?|terms?|adjectives?|adverbs?|verbs?|nouns?|qualifiers?|modifiers?|hedges?"
    r"|wort|wörter|begriff|ausdruck|mots?|termes?|palabras?|parol[ae]|słow[oa])\b"
    r"(?:,? (?:is|are|was|here|like|such as|as|by|in|before|after|above|below|on))*"
    r"|\b(?:note|notice|mark|mind|pause (?:after|at|on|over)|that|the (?:little|small|single"
    r"|lone|bare|tiny|final|last|first|new|one|short|adverb|careful)))"
    r"[\s,–—-]*[“”„‟«»‹›‘’‚‛\"'*_(]*\Z",
    re.IGNORECASE,
)
_COMMON = frozenset(
    {"a", "an", "and", "are", "as", "at", "be", "been", "but", "by", "can", "could", "did", "do"}
    | {"does", "each", "every", "few", "for", "from", "had", "has", "have", "he", "her", "his"}
    | {"how", "i", "if", "in", "into", "is", "it", "its", "just", "may", "me", "more", "most"}
    | {"much", "must", "my", "no", "nor", "not", "of", "on", "one", "only", "or", "our", "out"}
    | {"own", "same", "shall", "she", "should", "so", "some", "such", "than", "that", "the"}
    | {"their", "them", "then", "there", "these", "they", "this", "those", "to", "too", "two"}
    | {"us", "very", "was", "we", "were", "what", "when", "which", "who", "why", "will", "with"}
    | {"would", "you", "your"}
)


def place(
    text: str, candidate: Candidate, index: Index, beside: Sequence[Span], *, quotes_much: bool
) -> Span | None:
    """Give where the words of a candidate are quoted from, or None where they are a term.

    `beside` are the spans of the edition that the quotations of its paragraph have, the nearest in
    the essay first.
    """
    words = stream(text[candidate.start : candidate.end]).words
    places = index.occurrences([(word,) for word in words])
    spans = [index.span(at, at + len(words)) for at in places]
    if len(words) == 2 and len(spans) == 1 and not _COMMON.intersection(words):
        near = any(abs(start - spans[0][0]) <= SAME_PART for start, _ in beside)
        return spans[0] if near or quotes_much else None
    before = text[max(candidate.start - _BEFORE, 0) : candidate.start]
    if not _POINTED.search(before):
        return None
    return next(_held(spans, beside), None)


def _held(spans: Sequence[Span], beside: Sequence[Span]) -> Iterator[Span]:
    """Give the words where one of the quotations beside them holds them, once."""
    for start, end in beside:
        inside = [it for it in spans if start - MARGIN <= it[0] and it[1] <= end + MARGIN]
        if len(inside) == 1:
            yield inside[0]
