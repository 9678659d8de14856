"""The protocol of search engines, with its parameters and results.

An engine holds records (`annotator.search.record`) and can be deleted and rebuilt at any time: the
database is the truth. All engines return the same hits for the same query, since they share one
query language (`query`), one analysis (`analysis`) and one order for each sort; only the scores may
differ. `tests/search` checks this for every engine.
"""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from heapq import nsmallest
from typing import TYPE_CHECKING, ClassVar, Literal, TypeAlias, TypeVar, get_args

from annotator.errors import AnnotatorError, Unavailable
from annotator.search.analysis import fold_field

log = logging.getLogger(__name__)

if TYPE_CHECKING:  # commands that only read need neither
    from annotator.search.nodes import Query
    from annotator.search.record import Change, Deletion, Record

    C = TypeVar("C", Record, Deletion, Change)

Sort: TypeAlias = Literal["relevance", "newest", "oldest", "place"]
SORTS: tuple[Sort, ...] = get_args(Sort)

FACETS = ("kind", "document", "section", "author", "tag")
FACET_VALUES = 20  # what people read at a glance; filters reach the rest
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
    """The number of hits that have `value`, spelled as in the records.

    The query with a filter by the facet's name and the quoted value finds as many hits.
    """

    value: str
    count: int


@dataclass(frozen=True, slots=True)
class HitPage:
    """One page of hits.

    total: all hits on all pages; following `next` to its end reaches exactly as many.
    facets: for each name in FACETS the most frequent values over all hits, at most FACET_VALUES.
    facets_exact: whether their counts are exact; those of an engine in several parts may be less.
    next: the cursor for the next page, or None.
    """

    hits: tuple[Hit, ...]
    total: int
    facets: Mapping[str, tuple[FacetCount, ...]] = field(default_factory=dict)
    facets_exact: bool = True
    next: str | None = None


class Engine(ABC):
    """A search engine. Any thread and process may read; one process at a time writes.

    shared: whether several hosts may use one index; if not, its files belong to one host. A shared
    engine compares the version of each change with that of what it holds, deleted records
    included, and ignores an older one: so that a paused process cannot write stale records.
    index: names the index among all that the site could have. The database records which one took
    the last changes, so that another one, which lacks them, is rebuilt before it is searched.
    """

    shared: ClassVar[bool] = False
    index: str = ""

    @abstractmethod
    def apply(self, changes: Iterable[Change]) -> Mapping[str, str]:
        """Apply the changes in order as one durable commit; readers see it at once.

        Returns, by key, the reasons of records that the engine cannot store; all others are
        applied. Applying the same changes again is a no-op. Raises Unavailable if the engine cannot
        be written just now, such as when another process is writing or the disk is full; then
        nothing counts as applied.
        """

    @abstractmethod
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
        MAX_LIMIT. Following `next` reaches every unchanged record exactly
        once: a cursor by relevance contains what the scores of its listing depend on
        (`paging.Start`). Raises Malformed for another cursor or limit, and Unavailable if the
        search takes too long.
        """

    @abstractmethod
    def keys(self, query: Query) -> Iterator[str]:
        """Yield the keys of all hits of `query` in ascending order, without a limit."""

    @abstractmethod
    def revisions(self) -> Iterator[tuple[str, str]]:
        """Yield the key and the revision of every record, in ascending order of the keys."""

    @abstractmethod
    def ready(self) -> bool:
        """Return whether there is a readable index; an empty one counts.

        Raises Unavailable if that cannot be known, or if a newer program made it.
        """

    @abstractmethod
    def count(self) -> int:
        """Count the records."""

    @abstractmethod
    def rebuild(self, records: Iterable[Record], version: Callable[[], int] = int) -> int:
        """Build a new index of `records` alone, replace the old one, and return their number.

        Readers see the old index until the new one is complete, and never a mixture. `version` is
        that of the view of the database from which the records come, called after the first was
        requested: changes with a higher one that are applied meanwhile are in the new index too,
        and older ones are ignored from then on. An engine that is not shared holds its lock
        instead, from before it requests the first record.
        Records that it cannot store are logged and skipped.
        """

    def verify(self) -> bool:
        """Read the whole index; return whether it is intact.

        A damaged index is not used: `ready` is false until it is rebuilt.
        """
        return self.ready()

    def tidy(self) -> bool:
        """Do one step of maintenance that keeps searches fast; return whether one was needed.

        A step is short enough that new changes do not wait noticeably.
        """
        return False

    def close(self) -> None:  # noqa: B027 # not every engine has resources
        """Release files and memory; the engine cannot be used afterwards."""


def apply_each(commit: Callable[[Sequence[C]], object], changes: Sequence[C]) -> dict[str, str]:
    """Commit the changes in as few parts as possible; return the reasons of those that fail alone.

    AnnotatorErrors and OSErrors are not caused by a single change, and are raised.
    """
    try:
        commit(changes)
    except (AnnotatorError, OSError):
        raise
    except Exception as error:  # noqa: BLE001 # whatever a record makes an engine raise
        if len(changes) == 1:
            return {changes[0].key: f"{type(error).__name__}: {error}"}
        log.warning("%s changes are indexed in parts, since one fails (%s)", len(changes), error)
        half = len(changes) // 2
        return apply_each(commit, changes[:half]) | apply_each(commit, changes[half:])
    return {}


def unreadable() -> Unavailable:
    """Return the error for an index that is missing or cannot be read."""
    return Unavailable(
        "The search index cannot be read. A running server rebuilds it automatically; otherwise "
        "run: annotator index rebuild"
    )


def too_slow(seconds: float) -> Unavailable:
    """Return the error for a search that takes too long."""
    return Unavailable(
        f"The search was stopped after {seconds:g} seconds. Use rarer words, or write more "
        "letters before a *."
    )


def refuse_newer(stored: int, own: int) -> None:
    """Raise Unavailable if the index has a later format than this program's."""
    if stored > own:
        raise Unavailable(
            "The search index was made by a newer version of this program, which other hosts "
            "run. Nothing was changed; restart this host with that version."
        )


def log_refused(refused: Mapping[str, str]) -> None:
    """Log the records that an engine cannot store."""
    for key, reason in refused.items():
        log.error("the search index cannot store %s: %s", key, reason)


def most_frequent(field: str, counts: Mapping[str, int]) -> tuple[FacetCount, ...]:
    """Return the most frequent values first, at most FACET_VALUES; equal counts by value.

    Values that a query does not distinguish, such as a tag in two cases, are counted together,
    under the spelling that sorts first.
    """
    folded: Counter[str] = Counter()
    spelling: dict[str, str] = {}
    for value, count in counts.items():
        same = fold_field(field, value)
        folded[same] += count
        spelling[same] = min(spelling.get(same, value), value)
    named = [FacetCount(spelling[same], count) for same, count in folded.items()]
    return tuple(nsmallest(FACET_VALUES, named, key=lambda facet: (-facet.count, facet.value)))
