"""One or two words between marks: a quotation only where the essay's own words say so.

A term that the document merely also uses is none. Two words count where they stand once in the
document and a quotation beside them is from near there; one word where the essay points at it and
a quotation beside it holds it; either where an address behind them names what holds them once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from annotator.documents.folding import word_stream
from annotator.quotations.edition.index import Index
from annotator.quotations.essay.candidates import QuotationCandidate
from annotator.quotations.essay.prose import ProseBlock
from annotator.quotations.significance import COMMON, holds, is_near, speaker

Span = tuple[int, int]

# Quotations of a paragraph and its neighbours, and a term among them, come from places so close,
# in code points.
SAME_PART = 5000
# Those of one paragraph, and two telling words among them, may come from places farther apart.
SAME_CHAPTER = 12_000
_BEFORE = 48
_POINTED = re.compile(
    r"(?:\b(?:words?|terms?|adjectives?|adverbs?|verbs?|nouns?|qualifiers?|modifiers?|hedges?"
    r"|wort|wörter|begriff|ausdruck|mots?|termes?|palabras?|parol[ae]|słow[oa])\b"
    r"(?:,? (?:is|are|was|here|like|such as|as|by|in|before|after|above|below|on))*"
    r"|\b(?:(?:notes?|noted|notice[sd]?|mark|mind|pause[sd]? (?:after|at|on|over))"
    r"(?: (?:the|its|that|this))?|that|the (?:little|small|single"
    r"|lone|bare|tiny|final|last|first|new|one|short|adverb|careful)))"
    r"[\s,–—-]*[“”„‟«»‹›‘’‚‛\"'*_(]*\Z",
    re.IGNORECASE,
)


def place(
    text: str,
    candidate: QuotationCandidate,
    index: Index,
    beside: Sequence[Span],
    around: Sequence[Span],
    cited: Span | None,
    block: ProseBlock,
) -> Span | None:
    """Return where the words of a candidate are quoted from, or None where they are a term.

    `beside` are the spans of the edition that the quotations of its paragraph have, the nearest in
    the essay first; `around` are those of the paragraphs before and behind, too;
    `cited` is what an address at once behind it names, `block` the paragraph it stands in.
    """
    words = word_stream(text[candidate.start : candidate.end]).words
    telling = (
        bool(around)
        and len(words) == 2
        and not COMMON.intersection(words)
        and speaker(text, candidate.start, candidate.end, block) != "person"
    )
    pointed = _POINTED.search(text, max(candidate.start - _BEFORE, 0), candidate.start)
    if cited is None and not pointed and not telling:
        return None
    places = index.occurrences([(word,) for word in words])
    spans = [index.span(at, at + len(words)) for at in places]
    if cited is not None:
        return next(_held(spans, [cited]), None)
    if telling and len(spans) == 1:
        near = is_near(spans[0], beside, SAME_CHAPTER) or is_near(spans[0], around, SAME_PART)
        return spans[0] if near else None
    return next(_held(spans, beside), None) if pointed else None


def _held(spans: Sequence[Span], beside: Sequence[Span]) -> Iterator[Span]:
    """Return the words where one of the quotations beside them holds them, once."""
    for start, end in beside:
        inside = [it for it in spans if holds((start, end), it)]
        if len(inside) == 1:
            yield inside[0]
