"""The default engine: an embedded index, kept by Whoosh in one folder.

Any number of processes and threads read; whoever writes holds a lock. A commit is one segment and
one table of contents, on the disk before it is in force, so a process that is killed at any moment
leaves the index as it was or as it should be. `build` writes segments, `folder` knows which are in
force, `matching`, `scoring` and `selection` answer a query.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from annotator.search.engine import FACETS, Hit, HitPage
from annotator.search.engines.whoosh import writing
from annotator.search.engines.whoosh.folder import IndexFolder
from annotator.search.engines.whoosh.matching import Deadline, Matcher
from annotator.search.engines.whoosh.scoring import score
from annotator.search.engines.whoosh.selection import choose
from annotator.search.facets import most_frequent
from annotator.search.nodes import narrowed, sought
from annotator.search.paging import check_page, read_cursor, write_cursor
from annotator.search.snippets import Highlighter

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from collections.abc import Set as AbstractSet
    from pathlib import Path

    from annotator.search.engine import FacetCount, SnippetFragment, Sort
    from annotator.search.engines.whoosh.selection import Chosen
    from annotator.search.nodes import Node, Prefix, Query, WordsNode
    from annotator.search.paging import Place
    from annotator.search.record import Change, Kind, Record

SECONDS = 2.0  # after which a search is given up


class WhooshEngine:
    """Fulfils `annotator.search.engine.Engine` with an index in `folder`."""

    def __init__(self, folder: Path, seconds: float = SECONDS) -> None:
        self._folder = IndexFolder(folder)
        self._seconds = seconds

    def apply(self, changes: Iterable[Change]) -> None:
        """Take in the changes as one commit; see the protocol."""
        writing.apply(self._folder, changes)

    def tidy(self) -> bool:
        """Join small segments, if there are too many; see the protocol."""
        return writing.tidy(self._folder)

    def search(
        self,
        query: Query,
        *,
        document: str | None = None,
        kinds: Collection[Kind] | None = None,
        sort: Sort = "relevance",
        after: str | None = None,
        limit: int = 20,
        facets: bool = True,
        snippets: bool = True,
    ) -> HitPage:
        """Return one page of hits; see the protocol."""
        check_page(sort, limit)
        behind = read_cursor(sort, after)
        root = narrowed(query.root, document, kinds)
        with self._folder.reading():
            return self._page(root, behind, sort, limit, facets=facets, snippets=snippets)

    def _page(
        self,
        root: Node,
        behind: Place | None,
        sort: Sort,
        limit: int,
        *,
        facets: bool,
        snippets: bool,
    ) -> HitPage:
        matchers = self._matchers()
        hits = [matcher.hits(root) for matcher in matchers]
        leaves = sought(root) if sort == "relevance" else ()
        found = zip(
            [matcher.segment for matcher in matchers],
            hits,
            _score(matchers, hits, leaves) if leaves else [None] * len(hits),
            strict=True,
        )
        chosen = choose(sort, found, behind, limit + 1)
        return HitPage(
            hits=tuple(_shown(chosen[:limit], root if snippets else None)),
            total=sum(map(len, hits)),
            facets=_facets(matchers, hits) if facets else {},
            next=write_cursor(sort, chosen[limit - 1].place) if len(chosen) > limit else None,
        )

    def keys(
        self,
        query: Query,
        *,
        document: str | None = None,
        kinds: Collection[Kind] | None = None,
    ) -> frozenset[str]:
        """Return the keys of all hits; see the protocol."""
        root = narrowed(query.root, document, kinds)
        with self._folder.reading():
            return frozenset(
                matcher.segment.catalog.keys[doc]
                for matcher in self._matchers()
                for doc in matcher.hits(root)
            )

    def revisions(self) -> dict[str, str]:
        """Return every record's revision by its key; see the protocol."""
        found: dict[str, str] = {}
        for part in self._folder.snapshot().parts:
            catalog = part.segment.catalog
            for doc, key in enumerate(catalog.keys):
                if doc not in part.deleted:
                    found[key] = catalog.revisions[doc]
        return found

    def ready(self) -> bool:
        """Return whether there is an index that can be read; see the protocol."""
        return self._folder.ready()

    def verify(self) -> bool:
        """Read the whole index through; see the protocol."""
        return self._folder.verify()

    def count(self) -> int:
        """Return how many records are held; see the protocol."""
        return sum(part.size for part in self._folder.snapshot().parts)

    def rebuild(self, records: Iterable[Record]) -> int:
        """Build a new index aside and put it in force; see the protocol."""
        return writing.rebuild(self._folder, records)

    def close(self) -> None:
        """Let go of all files; see the protocol."""
        self._folder.close()

    def _matchers(self) -> list[Matcher]:
        deadline = Deadline(self._seconds)
        parts = self._folder.snapshot().parts
        return [Matcher(part.segment, part.deleted, deadline) for part in parts]


def _score(
    matchers: Sequence[Matcher],
    hits: Sequence[AbstractSet[int]],
    leaves: Sequence[WordsNode | Prefix],
) -> list[list[float]]:
    """Return the score of every hit, segment by segment."""
    found = [[matcher.found(leaf) for matcher in matchers] for leaf in leaves]
    return score(hits, found, sum(matcher.segment.catalog.size for matcher in matchers))


def _shown(chosen: Sequence[Chosen], root: Node | None) -> list[Hit]:
    """Return the hits as they are shown, with snippets if there is a query to make them for."""
    highlighter = Highlighter(root) if root else None
    hits = []
    for _, segment, doc, points in chosen:
        snippet: tuple[SnippetFragment, ...] = ()
        if highlighter:
            stored = segment.stored(doc)
            snippet = highlighter.snippet(stored["body"], stored["quote"])
        hits.append(Hit(segment.catalog.keys[doc], points, snippet))
    return hits


def _facets(
    matchers: Sequence[Matcher], hits: Sequence[AbstractSet[int]]
) -> dict[str, tuple[FacetCount, ...]]:
    """Return the most frequent values over all hits."""
    counts: dict[str, Counter[str]] = {field: Counter() for field in FACETS}
    for matcher, found in zip(matchers, hits, strict=True):
        for field, count in matcher.segment.catalog.count_values(FACETS, found).items():
            counts[field].update(count)
    return {field: most_frequent(field, count) for field, count in counts.items()}
