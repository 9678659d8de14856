"""Choose the hits of one page, in the order of each sort, without ordering all of them."""

from __future__ import annotations

from bisect import bisect_right
from heapq import nlargest
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from annotator.search.paging import Place, place

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
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
        order: Sequence[int] = (
            self._catalog.in_place if self._sort == "place" else self._catalog.newest
        )
        start = bisect_right(order, after, key=self._place) if after else 0
        behind = (doc for doc in islice(order, start, None) if doc in docs)
        return map(self._chosen, islice(behind, number))

    def best(
        self, docs: list[int], scores: list[float], after: Place | None, number: int
    ) -> list[Chosen]:
        """Return the hits with the highest scores behind `after`, unordered; with ties, more."""
        if after:
            limit = -float(after[0])
            at_most = [(d, s) for d, s in zip(docs, scores, strict=True) if s <= limit]
            behind = [(d, s) for d, s in at_most if s < limit or self._place(d, s) > after]
            docs, scores = [d for d, _ in behind], [s for _, s in behind]
        least = min(nlargest(number, scores), default=0.0)
        best = [at for at, score in enumerate(scores) if score >= least]
        return [self._chosen(docs[at], scores[at]) for at in best]

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
