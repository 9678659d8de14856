"""Find what a query asks for in one segment: sets of documents, and how often words stand in them.

Sets of numbers, not one document after the other: every hit is needed anyway, for the total and the
facets, and Python's own set operations are faster than any loop that stops to think.
"""

from __future__ import annotations

import time
from array import array
from bisect import bisect_left
from collections import Counter
from itertools import chain, repeat
from operator import sub
from typing import TYPE_CHECKING

from annotator.errors import Unavailable
from annotator.search.engines.whoosh.codec import Postings
from annotator.search.engines.whoosh.scoring import impact, norm
from annotator.search.nodes import (
    TEXT_FIELDS,
    And,
    Created,
    Everything,
    Node,
    Not,
    Or,
    Prefix,
    Value,
    WordsNode,
)
from annotator.search.paging import microseconds

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from annotator.search.engines.whoosh.segment import Segment
    from annotator.search.nodes import TextField

_NOTHING = Postings(array("I"), array("B"), array("I"))
_SEARCHED_FASTER = 8  # places to look up in a list cost less than going through one so much longer
_BEGUN_IMPACT = 100  # of each word that begins as asked: a middling one, since reading all is slow


class Deadline:
    """The moment at which a search gives up."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._end = time.monotonic() + seconds

    def check(self) -> None:
        """Raise Unavailable if that moment has come."""
        if time.monotonic() > self._end:
            raise Unavailable(
                f"The search was given up after {self._seconds:g} seconds: look for rarer words, "
                "or write more letters before a *."
            )


class Matcher:
    """Evaluates one query on one segment; documents deleted since it was written are left out."""

    def __init__(self, segment: Segment, deleted: frozenset[int], deadline: Deadline) -> None:
        self.segment = segment
        self._deleted = deleted
        self._deadline = deadline
        self._found: dict[WordsNode | Prefix, dict[int, int]] = {}

    def hits(self, root: Node) -> AbstractSet[int]:
        """Return every document that the query finds."""
        docs = self._docs(root)
        return docs - self._deleted if self._deleted else docs

    def found(self, leaf: WordsNode | Prefix) -> dict[int, int]:
        """Return the documents that have the words of a leaf, with their impact."""
        if leaf not in self._found:
            self._deadline.check()
            fields = [field for field in TEXT_FIELDS if leaf.field in (None, field)]
            self._found[leaf] = (
                self._begun(leaf, fields) if isinstance(leaf, Prefix) else self._words(leaf, fields)
            )
        return self._found[leaf]

    def _docs(self, node: Node) -> AbstractSet[int]:
        match node:
            case WordsNode() | Prefix():
                return self.found(node).keys()
            case Value(field, value, is_prefix):
                return self._with_value(field, value, is_prefix)
            case Created(since, until):
                return self.segment.catalog.created_within(
                    microseconds(since) if since else None, microseconds(until) if until else None
                )
            case And(parts):
                return self._all_of(parts)
            case Or(parts):
                return set().union(*map(self._docs, parts))
            case Not(part):
                return self.segment.catalog.everything - self._docs(part)
            case Everything():
                return self.segment.catalog.everything

    def _all_of(self, parts: tuple[Node, ...]) -> AbstractSet[int]:
        """Return what all parts find; none is passed over, since ranking asks for every impact."""
        wanted = [self._docs(part) for part in parts if not isinstance(part, Not)]
        docs, *more = sorted(wanted, key=len) or [self.segment.catalog.everything]
        for each in more:
            docs = docs & each
        for part in parts:
            if isinstance(part, Not):
                docs = docs - self._docs(part.part)
        return docs

    def _with_value(self, field: str, value: str, is_prefix: bool) -> AbstractSet[int]:
        if is_prefix:
            return set().union(*(found.docs for found in self.segment.beginning(field, value)))
        found = self.segment.value(field, value)
        return set(found.docs) if found else set()

    def _words(self, leaf: WordsNode, fields: list[TextField]) -> dict[int, int]:
        if len(leaf.terms) == 1:
            return _summed([p for field in fields for p in self.segment.word(field, leaf.terms[0])])
        impacts: Counter[int] = Counter()
        for field in fields:
            impacts.update(self._phrase(field, leaf.terms))
        return impacts

    def _begun(self, leaf: Prefix, fields: list[TextField]) -> dict[int, int]:
        docs = chain.from_iterable(
            found.docs for field in fields for found in self.segment.beginning(field, leaf.start)
        )
        return {doc: number * _BEGUN_IMPACT for doc, number in Counter(docs).items()}

    def _phrase(self, field: TextField, terms: tuple[str, ...]) -> dict[int, int]:
        """Find where the terms follow each other, beginning with the rarest of them."""
        places = {term: self.segment.positions(field, term) for term in dict.fromkeys(terms)}
        numbers = {term: sum(map(len, lists)) for term, lists in places.items()}
        first, *others = sorted(range(len(terms)), key=lambda index: numbers[terms[index]])
        found = set(chain.from_iterable(places[terms[first]]))
        for index in others:
            self._deadline.check()
            found = _followed(found, places[terms[index]], index - first)
        catalog = self.segment.catalog
        counts = Counter(catalog.doc_at(field, place) for place in found)
        return {
            doc: impact(field, count, norm(field, catalog.length(field, doc)))
            for doc, count in counts.items()
        }


def _followed(places: set[int], lists: list[array[int]], distance: int) -> set[int]:
    """Return those of `places` from which one of the lists has a place at `distance`."""
    if len(places) * _SEARCHED_FASTER < sum(map(len, lists)):
        return {p for p in places if any(_has(each, p + distance) for each in lists)}
    return places.intersection(map(sub, chain.from_iterable(lists), repeat(distance)))


def _has(ascending: array[int], number: int) -> bool:
    at = bisect_left(ascending, number)
    return at < len(ascending) and ascending[at] == number


def _summed(lists: list[Postings]) -> dict[int, int]:
    """Return the sum of impacts in each document."""
    first, *others = sorted(lists, key=lambda found: -len(found.docs)) or [_NOTHING]
    impacts = dict(zip(first.docs, first.impacts, strict=True))
    for docs, more, _ in others:
        for doc, more_impact in zip(docs, more, strict=True):
            impacts[doc] = impacts.get(doc, 0) + more_impact
    return impacts
