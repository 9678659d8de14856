"""Rank hits by BM25F: rarer words, more often, in shorter texts; a remark's words over its quote.

A word counts in both text fields at once (the "F"): its number in each is divided by the field's
length, weighted and added before it is bounded, so that a word in both is not two words. Words that
share a stem, or a beginning that was asked for, count as one word, and a phrase does too. See
Robertson and Zaragoza, The Probabilistic Relevance Framework, 2009.
"""

from __future__ import annotations

from math import log
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from annotator.search.engines.whoosh.catalog import Catalog
    from annotator.search.engines.whoosh.matching import Matcher
    from annotator.search.nodes import Prefix, TextField, Words

Scores = dict[int, float]

_WEIGHTS: dict[TextField, float] = {"text": 1.0, "quote": 0.4}
_LENGTH_COUNTS = 0.75  # b: how far a long text is held against a word; 0 not at all, 1 fully
_BOUND = 1.2  # k1: how soon more of the same word stops to count


def score(
    matchers: Sequence[Matcher], hits: Sequence[set[int]], leaves: Sequence[Words | Prefix]
) -> list[Scores]:
    """Return the score of every hit, segment by segment."""
    scores = [dict.fromkeys(docs, 0.0) for docs in hits]
    catalogs = [matcher.segment.catalog for matcher in matchers]
    total = sum(catalog.size for catalog in catalogs)
    averages = {field: _average(field, catalogs, total) for field in _WEIGHTS}
    for leaf in leaves:
        found = [matcher.found(leaf) for matcher in matchers]
        having = sum(len(text.keys() | quote.keys()) for text, quote in found)
        rarity = log(1 + (total - having + 0.5) / (having + 0.5))
        for (text, quote), catalog, into in zip(found, catalogs, scores, strict=True):
            weights: Scores = {}
            _weigh("text", text, catalog, averages["text"], into, weights)
            _weigh("quote", quote, catalog, averages["quote"], into, weights)
            for doc, weight in weights.items():
                into[doc] += rarity * weight / (_BOUND + weight)
    return scores


def _average(field: TextField, catalogs: Sequence[Catalog], total: int) -> float:
    return sum(catalog.words(field) for catalog in catalogs) / (total or 1) or 1.0


def _weigh(
    field: TextField,
    counts: dict[int, int],
    catalog: Catalog,
    average: float,
    hits: Scores,
    weights: Scores,
) -> None:
    """Add to `weights` what a word's number in one field weighs, for every hit that has it."""
    bases = catalog.bases[field]
    factor, constant = _LENGTH_COUNTS / average, 1 - _LENGTH_COUNTS
    field_weight = _WEIGHTS[field]
    for doc in counts.keys() & hits.keys() if len(counts) > len(hits) else counts:
        if doc in hits:
            length = bases[doc + 1] - bases[doc] - 1
            weight = field_weight * counts[doc] / (constant + factor * length)
            weights[doc] = weights.get(doc, 0.0) + weight
