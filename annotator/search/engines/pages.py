"""What the engines do alike: a page of hits, with its cursor and snippets, and BM25."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import log
from typing import NamedTuple, TypeAlias, TypeVar

from annotator.search.engine import Engine, FacetCount, Hit, HitPage, Sort
from annotator.search.nodes import Node, Prefix, Query, WordsNode, sought
from annotator.search.paging import (
    Place,
    Start,
    read_page,
    read_weights,
    write_cursor,
    write_weights,
)
from annotator.search.record import Change
from annotator.search.snippets import Highlighter

Leaf: TypeAlias = WordsNode | Prefix

T = TypeVar("T")

# BM25 (Robertson and Zaragoza, The Probabilistic Relevance Framework, 2009), with the length of a
# text measured against a typical one, so that a score depends on no other record.
_BOUND = 1.2  # k1: how soon more of the same word stops to count
_LENGTH_COUNTS = 0.75  # b: how far a long text is held against a word; 0 not at all, 1 fully
TYPICAL_LENGTH = {"text": 100, "quote": 20}  # words


def norm(field: str, length: int) -> float:
    """Return the BM25 length norm of a text with this number of words."""
    return _BOUND * (1 - _LENGTH_COUNTS + _LENGTH_COUNTS * length / TYPICAL_LENGTH[field])


def rarity(total: int, having: int) -> float:
    """Return the weight of a word that `having` of all records have; it is above 0."""
    return log(1 + (total - having + 0.5) / (having + 0.5))


@dataclass(frozen=True, slots=True)
class PageRequest:
    """The hits to find: the first `number` of those of `root` after `start`, ordered by `sort`."""

    root: Node
    sort: Sort
    start: Start
    number: int  # one more than the page has, which shows whether there is a next one
    facets: bool
    snippets: bool

    def weights(self, weigh: Callable[[Sequence[Leaf]], Sequence[float]]) -> dict[Leaf, float]:
        """Return the weights of the words that rank: on the first page what `weigh` returns."""
        leaves = sought(self.root) if self.sort == "relevance" else ()
        if self.start.place is None:
            return dict(zip(leaves, weigh(leaves), strict=True))
        return dict(zip(leaves, read_weights(self.start.state, len(leaves)), strict=True))


class FoundHit(NamedTuple):
    """A hit with its sort key, and its body and quote if there are to be snippets."""

    place: Place
    key: str
    score: float
    texts: tuple[str, str] | None


@dataclass(frozen=True, slots=True)
class FoundPage:
    """What an engine found for a request; see `HitPage`."""

    hits: Sequence[FoundHit]
    total: int
    weights: Mapping[Leaf, float]
    facets: Mapping[str, tuple[FacetCount, ...]]
    facets_exact: bool = True


class PagingEngine(Engine):
    """An engine that finds hits; their cursors and snippets are made here."""

    @abstractmethod
    def find(self, request: PageRequest) -> FoundPage:
        """Return the hits of a page, and one more if there is another page."""

    def search(
        self,
        query: Query,
        *,
        sort: Sort = "relevance",
        after: str | None = None,
        limit: int = 20,
        facets: bool = True,
        snippets: bool = True,
    ) -> HitPage:
        """Return one page of hits."""
        start = read_page(sort, after, limit)
        found = self.find(PageRequest(query.root, sort, start, limit + 1, facets, snippets))
        highlighter, hits = Highlighter(query.root), found.hits[:limit]
        following = None
        if len(found.hits) > limit:
            following = write_cursor(sort, hits[-1].place, write_weights([*found.weights.values()]))
        return HitPage(
            hits=tuple(
                Hit(hit.key, hit.score, highlighter.snippet(*hit.texts) if hit.texts else ())
                for hit in hits
            ),
            total=found.total,
            facets=found.facets,
            facets_exact=found.facets_exact,
            next=following,
        )


def newest_changes(changes: Iterable[Change]) -> list[Change]:
    """Return the last of the changes of each key that has the highest version."""
    newest: dict[str, Change] = {}
    for change in changes:
        if change.key not in newest or change.version >= newest[change.key].version:
            newest[change.key] = change
    return [*newest.values()]


def portions(
    items: Iterable[T], size: Callable[[T], int], most: int, number: int = 0
) -> Iterator[list[T]]:
    """Yield lists of items: each ends once its size exceeds `most`, or with so many items."""
    portion: list[T] = []
    total = 0
    for item in items:
        portion.append(item)
        total += size(item)
        if total > most or len(portion) == number:
            yield portion
            portion, total = [], 0
    if portion:
        yield portion
