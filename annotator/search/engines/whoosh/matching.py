"""Find what a query asks for in one segment: sets of documents, and how often words stand in them.

Sets of numbers, not one document after the other: every hit is needed anyway, for the total and the
facets, and Python's own set operations are faster than any loop that stops to think.
"""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from annotator.errors import Unavailable
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
    Words,
)
from annotator.search.paging import microseconds

if TYPE_CHECKING:
    from array import array
    from collections.abc import Callable

    from annotator.search.engines.whoosh.codec import Postings
    from annotator.search.engines.whoosh.segment import Segment

Counts = dict[int, int]


class Found(NamedTuple):
    """How often words stand in each document that has them, by text field."""

    text: Counts
    quote: Counts


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
        self.deleted = deleted
        self._deadline = deadline
        self._found: dict[Words | Prefix, Found] = {}

    def hits(self, root: Node) -> set[int]:
        """Return every document that the query finds."""
        return self._docs(root) - self.deleted

    def found(self, leaf: Words | Prefix) -> Found:
        """Return where the words of a leaf stand."""
        if leaf not in self._found:
            self._found[leaf] = Found(*(self._counts(field, leaf) for field in TEXT_FIELDS))
        return self._found[leaf]

    def _docs(self, node: Node) -> set[int]:
        self._deadline.check()
        match node:
            case Words() | Prefix():
                found = self.found(node)
                return found.text.keys() | found.quote.keys()
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
                return self._everything() - self._docs(part)
            case Everything():
                return self._everything()

    def _everything(self) -> set[int]:
        return set(range(self.segment.catalog.size))

    def _all_of(self, parts: tuple[Node, ...]) -> set[int]:
        """Return what all parts find; none is passed over, since ranking asks for every count."""
        wanted = [self._docs(part) for part in parts if not isinstance(part, Not)]
        docs = set.intersection(*wanted) if wanted else self._everything()
        for part in parts:
            if isinstance(part, Not):
                docs -= self._docs(part.part)
        return docs

    def _with_value(self, field: str, value: str, is_prefix: bool) -> set[int]:
        if is_prefix:
            return set().union(*(lst.docs for _, lst in self.segment.beginning(field, value)))
        found = self.segment.value(field, value)
        return set(found.docs) if found else set()

    def _counts(self, field: str, leaf: Words | Prefix) -> Counts:
        if leaf.field not in (None, field):
            return {}
        if isinstance(leaf, Prefix):
            return self._begun(field, leaf.start)
        if len(leaf.terms) == 1:
            return _summed(self.segment.word(field, leaf.terms[0]))
        return self._phrase(field, leaf.terms)

    def _begun(self, field: str, start: str) -> Counts:
        lists = []
        for _, found in self.segment.beginning(field, start):
            lists.append(found)
            if not len(lists) % 256:
                self._deadline.check()
        return _summed(lists)

    def _phrase(self, field: str, terms: tuple[str, ...]) -> Counts:
        """Count where the terms follow each other, beginning with the rarest of them."""
        places: dict[str, list[array[int]]] = {}
        for term in terms:
            if term not in places:
                places[term] = [found.positions for found in self.segment.word(field, term)]
        size: Callable[[int], int] = lambda index: sum(map(len, places[terms[index]]))  # noqa: E731
        first, *others = sorted(range(len(terms)), key=size)
        starts = {place - first for positions in places[terms[first]] for place in positions}
        for index in others:
            self._deadline.check()
            if not starts:
                return {}
            there = set().union(*places[terms[index]])
            starts = {start for start in starts if start + index in there}
        doc_at = self.segment.catalog.doc_at
        return Counter(doc_at(field, start) for start in starts)


def _summed(lists: list[Postings]) -> Counts:
    """Return how often any of several words stands in each document."""
    if not lists:
        return {}
    counts = dict(zip(lists[0].docs, lists[0].counts, strict=True))
    for docs, more, _ in lists[1:]:
        for doc, count in zip(docs, more, strict=True):
            counts[doc] = counts.get(doc, 0) + count
    return counts
