"""Match a query: sets of documents, their ranking, and those that make up a page.

Sets of numbers, not one document after the other: every hit is needed anyway, for the total and the
facets, and Python's own set operations are faster than any loop that stops to think. A hit's score
is the sum, over the words of the query, of the word's impact in it (see `codec`) times its rarity.
"""

from __future__ import annotations

import time
from array import array
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from heapq import nlargest
from itertools import chain, islice, repeat
from operator import add, mul, sub
from typing import NamedTuple

from annotator.search import nodes
from annotator.search.engine import Sort, too_slow
from annotator.search.engines.pages import PageRequest, norm, rarity
from annotator.search.engines.whoosh.codec import HIGHEST, Postings, impact
from annotator.search.engines.whoosh.segment import Segment
from annotator.search.nodes import Node, Prefix, TextField, WordsNode
from annotator.search.paging import Place, microseconds, place

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
            raise too_slow(self._seconds)


class Matcher:
    """Evaluates one query on one segment, without the documents deleted since it was written."""

    def __init__(self, segment: Segment, deleted: frozenset[int], deadline: Deadline) -> None:
        self.segment = segment
        self._deleted = deleted
        self._deadline = deadline
        self._impacts: dict[WordsNode | Prefix, dict[int, int]] = {}

    def hits(self, root: Node) -> AbstractSet[int]:
        """Return every document that the query finds."""
        docs = self._docs(root)
        return docs - self._deleted if self._deleted else docs

    def impacts(self, leaf: WordsNode | Prefix) -> dict[int, int]:
        """Return the documents that have the words of a leaf, with their impact."""
        if leaf not in self._impacts:
            self._deadline.check()
            fields = [field for field in nodes.TEXT_FIELDS if leaf.field in (None, field)]
            self._impacts[leaf] = (
                self._begun(leaf, fields) if isinstance(leaf, Prefix) else self._words(leaf, fields)
            )
        return self._impacts[leaf]

    def _docs(self, node: Node) -> AbstractSet[int]:
        match node:
            case WordsNode() | Prefix():
                return self.impacts(node).keys()
            case nodes.Value(field, value, True):
                lists = self.segment.lists.beginning(field, value)
                return set().union(*(postings.docs for postings in lists))
            case nodes.Value(field, value):
                postings = self.segment.lists.read(field, value)
                return set(postings.docs) if postings else set()
            case nodes.Created(since, until):
                return self.segment.catalog.created_within(
                    microseconds(since) if since else None, microseconds(until) if until else None
                )
            case nodes.And(parts):
                return self._all_of(parts)
            case nodes.Or(parts):
                return set().union(*map(self._docs, parts))
            case nodes.Not(part):
                return self.segment.catalog.everything - self._docs(part)
            case nodes.Everything():
                return self.segment.catalog.everything

    def _all_of(self, parts: tuple[Node, ...]) -> AbstractSet[int]:
        """Return what all parts find; each is evaluated, since ranking needs every impact."""
        sets = [self._docs(part) for part in parts if not isinstance(part, nodes.Not)]
        docs, *more = sorted(sets, key=len) or [self.segment.catalog.everything]
        for each in more:
            docs = docs & each
        for part in parts:
            if isinstance(part, nodes.Not):
                docs = docs - self._docs(part.part)
        return docs

    def _words(self, leaf: WordsNode, fields: list[TextField]) -> dict[int, int]:
        if len(leaf.terms) == 1:
            lists = [self.segment.lists.word(field, leaf.terms[0]) for field in fields]
            return _summed(list(chain.from_iterable(lists)))
        impacts: Counter[int] = Counter()
        for field in fields:
            impacts.update(self._phrase(field, leaf.terms))
        return impacts

    def _begun(self, leaf: Prefix, fields: list[TextField]) -> dict[int, int]:
        beginning = self.segment.lists.beginning
        lists = (postings.docs for field in fields for postings in beginning(field, leaf.start))
        counts = Counter(chain.from_iterable(lists))
        return {doc: number * _BEGUN_IMPACT for doc, number in counts.items()}

    def _phrase(self, field: TextField, terms: tuple[str, ...]) -> dict[int, int]:
        """Find the terms in a row, beginning with the rarest of them."""
        places = {term: self.segment.lists.places(field, term) for term in dict.fromkeys(terms)}
        numbers = {term: sum(map(len, lists)) for term, lists in places.items()}
        first, *rest = sorted(range(len(terms)), key=lambda index: numbers[terms[index]])
        starts = set(chain.from_iterable(places[terms[first]]))
        for index in rest:
            self._deadline.check()
            starts = _followed(starts, places[terms[index]], index - first)
        catalog = self.segment.catalog
        counts = Counter(catalog.doc_at(field, place) for place in starts)
        return {
            doc: impact(field, count, norm(field, catalog.length(field, doc)))
            for doc, count in counts.items()
        }


def _followed(places: set[int], lists: list[array[int]], distance: int) -> set[int]:
    """Return the `places` for which one of the lists has a place at `distance`."""
    if len(places) * _SEARCHED_FASTER < sum(map(len, lists)):
        return {p for p in places if any(_has(each, p + distance) for each in lists)}
    return places.intersection(map(sub, chain.from_iterable(lists), repeat(distance)))


def _has(ascending: array[int], number: int) -> bool:
    at = bisect_left(ascending, number)
    return at < len(ascending) and ascending[at] == number


def _summed(lists: list[Postings]) -> dict[int, int]:
    impacts: dict[int, int] = {}
    for docs, more in sorted(lists, key=lambda postings: -len(postings.docs)):
        if not impacts:
            impacts = dict(zip(docs, more, strict=True))
            continue
        for doc, more_impact in zip(docs, more, strict=True):
            impacts[doc] = impacts.get(doc, 0) + more_impact
    return impacts


def rarities(matchers: Sequence[Matcher], leaves: Sequence[WordsNode | Prefix]) -> list[float]:
    """Return the weight of each leaf: the fewer records have its words, the higher."""
    total = sum(matcher.segment.catalog.size for matcher in matchers)
    numbers = [sum(len(matcher.impacts(leaf)) for matcher in matchers) for leaf in leaves]
    return [rarity(total, having) for having in numbers]


def score(
    matchers: Sequence[Matcher],
    doc_sets: Sequence[AbstractSet[int]],
    weights: Mapping[WordsNode | Prefix, float],
) -> list[list[float]] | list[None]:
    """Return the scores of each matcher's documents, in the iteration order of its set.

    Without weights all are equal, which None stands for.
    """
    if not weights:
        return [None] * len(doc_sets)
    scores = [[0.0] * len(docs) for docs in doc_sets]
    for leaf, weight in weights.items():
        for number, (matcher, docs) in enumerate(zip(matchers, doc_sets, strict=True)):
            of_docs = map(matcher.impacts(leaf).get, docs, repeat(0))
            weighted = map(mul, of_docs, repeat(weight / HIGHEST["text"]))
            scores[number] = list(map(add, scores[number], weighted))
    return scores


class Chosen(NamedTuple):
    """A hit of the page: its sort key, and its document."""

    place: Place
    segment: Segment
    doc: int
    score: float


def choose(
    request: PageRequest,
    matchers: Sequence[Matcher],
    doc_sets: Sequence[AbstractSet[int]],
    scores: Sequence[list[float] | None],
) -> list[Chosen]:
    """Return the hits that are requested, without sorting all of them.

    Without scores, all are equal.
    """
    after, number = request.start.place, request.number
    chosen: list[Chosen] = []
    for matcher, docs, points in zip(matchers, doc_sets, scores, strict=True):
        view = _View(request.sort, matcher.segment)
        if points is None:
            chosen += view.first(docs, after, number)
        else:
            chosen += view.best(docs, points, after, number)
    return sorted(chosen)[:number]


class _View:
    def __init__(self, sort: Sort, segment: Segment) -> None:
        self._sort = sort
        self._segment = segment
        catalog = segment.catalog
        if sort == "place":
            self._order = catalog.in_place
        else:  # where scores are equal, the newest come first
            self._order = catalog.oldest if sort == "oldest" else catalog.newest

    def first(
        self, docs: AbstractSet[int], after: Place | None, number: int, score: float = 0.0
    ) -> list[Chosen]:
        start = self._end_of(after, score) if after else 0
        behind = (doc for doc in islice(self._order, start, None) if doc in docs)
        return [self._chosen(doc, score) for doc in islice(behind, number)]

    def best(
        self, docs: AbstractSet[int], scores: list[float], after: Place | None, number: int
    ) -> list[Chosen]:
        scored = list(zip(docs, scores, strict=True))
        if after:
            limit = -float(after[0])
            passed = set(self._order[: self._end_of(after, limit)])
            scored = [
                (doc, score)
                for doc, score in scored
                if score < limit or (score == limit and doc not in passed)
            ]
        least = min(nlargest(number, (score for _, score in scored)), default=0.0)
        above = [self._chosen(doc, score) for doc, score in scored if score > least]
        equal = {doc for doc, score in scored if score == least}
        return above + self.first(equal, None, number, least)

    def _end_of(self, after: Place, score: float) -> int:
        """Return the index in the order after `after`, if all have this score."""
        return bisect_right(self._order, after, key=lambda doc: self._chosen(doc, score).place)

    def _chosen(self, doc: int, score: float) -> Chosen:
        catalog = self._segment.catalog
        at = place(
            self._sort,
            score=score,
            created=catalog.created[doc],
            document=catalog.documents[doc],
            start=catalog.starts[doc],
            key=catalog.keys[doc],
        )
        return Chosen(at, self._segment, doc, score)
