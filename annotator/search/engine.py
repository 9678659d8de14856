"""The protocol of search engines, and the values that they take and return.

An engine holds records (`annotator.search.record`) and can be deleted and rebuilt at any time: the
database is the truth. All engines return the same hits for the same query, since they share one
query language (`query`), one analysis (`analysis`) and one order for each sort; only the scores may
differ. `tests/search` checks this for every engine.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from heapq import nsmallest
from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias, get_args

from annotator.search.analysis import fold_field

if TYPE_CHECKING:
    from annotator.search.query import Query
    from annotator.search.record import Change, Record

Sort: TypeAlias = Literal["relevance", "newest", "place"]
SORTS: tuple[Sort, ...] = get_args(Sort)

FACETS = ("kind", "document", "section", "author", "tag")
FACET_VALUES = 20  # what a reader takes in at a glance; the rest is reached by narrowing
MAX_LIMIT = 200


@dataclass(frozen=True, slots=True)
class SnippetFragment:
    """A piece of a snippet, as plain text that a page must escape."""

    text: str
    is_hit: bool = False


@dataclass(frozen=True, slots=True)
class Hit:
    """One record found. `score` is comparable only within one page; `snippet` may be empty."""

    key: str
    score: float
    snippet: tuple[SnippetFragment, ...] = ()


@dataclass(frozen=True, slots=True)
class FacetCount:
    """The number of hits that have `value`, spelt as in the records.

    The query narrowed by the facet's name and the value in quotation marks finds as many.
    """

    value: str
    count: int


@dataclass(frozen=True, slots=True)
class HitPage:
    """One page of hits.

    total: all hits on all pages; following `next` to its end reaches exactly as many.
    facets: for each name in FACETS the most frequent values over all hits, at most FACET_VALUES.
    next: the cursor for the next page, or None.
    notes: sentences for the reader about the result.
    """

    hits: tuple[Hit, ...]
    total: int
    facets: Mapping[str, tuple[FacetCount, ...]] = field(default_factory=dict)
    next: str | None = None
    notes: tuple[str, ...] = ()


class Engine(Protocol):
    """A search engine. Any thread and process may read; one process at a time writes."""

    def apply(self, changes: Iterable[Change]) -> None:
        """Apply the changes in order as one durable commit; readers see it at once.

        Applying the same changes again is a no-op. Raises Unavailable if another process is writing
        or the disk is full; then nothing is applied.
        """

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
        """Return one page of hits; `nodes.narrowed` narrows a query.

        `after` is the `next` of the page before, of the same query and sort; `limit` is 1 to
        MAX_LIMIT. Raises Malformed for another cursor or limit, and Unavailable if the search takes
        too long.
        """

    def keys(self, query: Query) -> frozenset[str]:
        """Return the keys of all hits of `query`, without a limit."""

    def revisions(self) -> dict[str, str]:
        """Return the revision of every record by its key, to compare with the database."""

    def ready(self) -> bool:
        """Return whether there is a readable index; an empty one counts."""

    def verify(self) -> bool:
        """Read the whole index; return whether it is undamaged.

        A damaged index is no longer used: `ready` is false until it is rebuilt.
        """

    def count(self) -> int:
        """Count the records."""

    def rebuild(self, records: Iterable[Record]) -> int:
        """Build a new index of `records` alone, replace the old one, and return their number.

        Readers see the old index until the new one is complete, and never a mixture. No other
        process changes the index from the moment when the first record is requested to the end, so
        a view of the database that begins with that record misses no change.
        """

    def tidy(self) -> bool:
        """Do one step of the maintenance that keeps searching fast; return whether one was needed.

        A step takes no longer than a reader would wait for a change that arrives meanwhile.
        """

    def close(self) -> None:
        """Release files and memory; the engine cannot be used afterwards."""


def most_frequent(field: str, counts: Mapping[str, int]) -> tuple[FacetCount, ...]:
    """Return the most frequent values first, at most FACET_VALUES; equal counts by value.

    Values that a query finds together, such as a tag in two cases, count together, under the
    spelling that sorts first.
    """
    folded: Counter[str] = Counter()
    spelling: dict[str, str] = {}
    for value, count in counts.items():
        same = fold_field(field, value)
        folded[same] += count
        spelling[same] = min(spelling.get(same, value), value)
    named = [FacetCount(spelling[same], count) for same, count in folded.items()]
    return tuple(nsmallest(FACET_VALUES, named, key=lambda facet: (-facet.count, facet.value)))
