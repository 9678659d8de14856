"""Rank hits as BM25 does: rarer words, more often, in shorter texts; own words over quoted ones.

The impact of a word in a text grows with its number there, ever more slowly, and shrinks with the
text's length. It is reckoned against a typical length, not the average one, so that it never
changes and stands in the index, in one byte. Impacts of words that share a stem, and of both text
fields, add up. A hit's score is the sum over the query of impact times rarity. See Robertson and
Zaragoza, The Probabilistic Relevance Framework, 2009, for the formula and its two constants.
"""

from __future__ import annotations

from itertools import repeat
from math import log
from operator import add, mul
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from collections.abc import Set as AbstractSet

Impacts: TypeAlias = "Mapping[int, int]"  # of documents, by their numbers

_HIGHEST = {"text": 255, "quote": 100}
_TYPICAL_LENGTH = {"text": 100, "quote": 20}  # words
_LENGTH_COUNTS = 0.75  # b: how far a long text is held against a word; 0 not at all, 1 fully
_BOUND = 1.2  # k1: how soon more of the same word stops to count


def norm(field: str, length: int) -> float:
    """Return what a word's number is measured against in a text of so many words."""
    return _BOUND * (1 - _LENGTH_COUNTS + _LENGTH_COUNTS * length / _TYPICAL_LENGTH[field])


def impact(field: str, count: int, norm: float) -> int:
    """Return how much a word counts that stands in a text so often, 1 to 255."""
    return int(_HIGHEST[field] * count / (count + norm)) or 1


def score(
    docs: Sequence[AbstractSet[int]], found: Sequence[Sequence[Impacts]], total: int
) -> list[list[float]]:
    """Return the score of every document, in the order in which its set yields it.

    There is one set for each segment; `found` has one row for each part of the query that ranks,
    and in it the impacts by document for each segment. `total` is the number of all documents.
    """
    scores = [[0.0] * len(each) for each in docs]
    for row in found:
        weight = _rarity(sum(map(len, row)), total) / _HIGHEST["text"]
        for number, (each, impacts) in enumerate(zip(docs, row, strict=True)):
            weighted = map(mul, map(impacts.get, each, repeat(0)), repeat(weight))
            scores[number] = list(map(add, scores[number], weighted))
    return scores


def _rarity(having: int, total: int) -> float:
    """Return what a word is worth that so many of all documents have; always above 0."""
    return log(1 + (total - having + 0.5) / (having + 0.5))
