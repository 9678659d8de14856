"""Choose the hits of one page, in the order of each sort, without ordering all of them."""

from __future__ import annotations

from bisect import bisect_right
from heapq import nlargest
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from annotator.search.paging import Place, place

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from collections.abc import Set as AbstractSet

    from annotator.search.engine import Sort
    from annotator.search.engines.whoosh.segment import Segment


class Chosen(NamedTuple):
    """A hit of the page: where it stands in the order, and which document it is."""

    place: Place
    segment: Segment
    doc: int
    score: float


def choose(
    sort: Sort,
    hits: Iterable[tuple[Segment, AbstractSet[int], list[float] | None]],
    after: Place | None,
    number: int,
) -> list[Chosen]:
    """Return the first `number` hits behind `after`.

    Each segment comes with its hits and, in the order in which their set yields them, their scores;
    without scores all are equal.
    """
    chosen: list[Chosen] = []
    for segment, docs, scores in hits:
        view = _View(sort, segment)
        if scores is None:
            chosen += view.first(docs, after, number)
        else:
            chosen += view.best(list(docs), scores, after, number)
    return sorted(chosen)[:number]


class _View:
    """One segment in the order of one sort."""

    def __init__(self, sort: Sort, segment: Segment) -> None:
        self._sort = sort
        self._segment = segment
        self._catalog = segment.catalog

    def first(self, docs: AbstractSet[int], after: Place | None, number: int) -> Iterator[Chosen]:
        """Yield the first hits in the catalog's own order; where scores are equal, the newest."""
        by_place = self._sort == "place"
        order = self._catalog.in_place if by_place else self._catalog.newest
        start = bisect_right(order, after, key=self._place) if after else 0
        behind = (doc for doc in islice(order, start, None) if doc in docs)
        return (self._chosen(doc) for doc in islice(behind, number))

    def best(
        self, docs: list[int], scores: list[float], after: Place | None, number: int
    ) -> list[Chosen]:
        """Return the hits with the highest scores behind `after`; of equal ones, the newest."""
        if after:
            limit, passed = -float(after[0]), self._passed(after)
            behind = [
                (doc, score)
                for doc, score in zip(docs, scores, strict=True)
                if score < limit or (score == limit and doc not in passed)
            ]
            docs, scores = [doc for doc, _ in behind], [score for _, score in behind]
        least = min(nlargest(number, scores), default=0.0)
        found = [(d, s) for d, s in zip(docs, scores, strict=True) if s >= least]
        chosen = [self._chosen(doc, score) for doc, score in found if score > least]
        equal = {doc for doc, score in found if score == least}
        newest = islice((doc for doc in self._catalog.newest if doc in equal), number)
        return [*chosen, *(self._chosen(doc, least) for doc in newest)]

    def _passed(self, after: Place) -> set[int]:
        """Return the documents up to `after`, a place by relevance, if all scores are as its."""
        catalog = self._catalog
        newest = catalog.newest
        age: Callable[[int], Place] = lambda doc: (-catalog.created[doc], catalog.keys[doc])  # noqa: E731
        return set(newest[: bisect_right(newest, after[1:], key=age)])

    def _place(self, doc: int, score: float = 0.0) -> Place:
        catalog = self._catalog
        return place(
            self._sort,
            score=score,
            created=catalog.created[doc],
            document=catalog.documents[doc],
            start=catalog.starts[doc],
            key=catalog.keys[doc],
        )

    def _chosen(self, doc: int, score: float = 0.0) -> Chosen:
        return Chosen(self._place(doc, score), self._segment, doc, score)
