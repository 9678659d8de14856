"""Choose the hits of one page, in the order of each sort, without ordering all of them."""

from __future__ import annotations

from bisect import bisect_right
from heapq import nlargest
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from annotator.search.paging import Place, place

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

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
    hits: Iterable[tuple[Segment, set[int], dict[int, float]]],
    after: Place | None,
    number: int,
) -> list[Chosen]:
    """Return the first `number` hits behind `after`.

    Each segment comes with its hits and, for relevance, their scores; without scores all are equal.
    """
    chosen: list[Chosen] = []
    for segment, docs, scores in hits:
        view = _View(sort, segment, scores)
        chosen += view.best_scored(after, number) if scores else view.first(docs, after, number)
    return sorted(chosen)[:number]


class _View:
    """One segment in the order of one sort."""

    def __init__(self, sort: Sort, segment: Segment, scores: dict[int, float]) -> None:
        self._sort = sort
        self._segment = segment
        self._catalog = segment.catalog
        self._scores = scores

    def first(self, docs: set[int], after: Place | None, number: int) -> Iterator[Chosen]:
        """Yield the first hits in the catalog's own order; where scores are equal, the newest."""
        order: Sequence[int] = (
            self._catalog.in_place if self._sort == "place" else self._catalog.newest
        )
        start = bisect_right(order, after, key=self._place) if after else 0
        behind = (doc for doc in islice(order, start, None) if doc in docs)
        return map(self._chosen, islice(behind, number))

    def best_scored(self, after: Place | None, number: int) -> Iterator[Chosen]:
        """Yield the hits with the highest scores behind `after`, unordered; ties may be more."""
        scores = self._scores
        pool: Iterable[int] = scores
        if after:
            limit = -float(after[0])
            pool = [doc for doc, score in scores.items() if score <= limit]
            pool = [doc for doc in pool if scores[doc] < limit or self._place(doc) > after]
        best = nlargest(number, (scores[doc] for doc in pool))
        least = best[-1] if best else 0.0
        return (self._chosen(doc) for doc in pool if scores[doc] >= least)

    def _place(self, doc: int) -> Place:
        catalog = self._catalog
        return place(
            self._sort,
            score=self._scores.get(doc, 0.0),
            created=catalog.created[doc],
            document=catalog.documents[doc],
            start=catalog.starts[doc],
            key=catalog.keys[doc],
        )

    def _chosen(self, doc: int) -> Chosen:
        return Chosen(self._place(doc), self._segment, doc, self._scores.get(doc, 0.0))
