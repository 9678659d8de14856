"""The default engine: an embedded index, stored by Whoosh in one folder.

Any number of processes and threads read; a writer holds a lock. A commit is one segment and one
table of contents, on the disk before it is in use, so a process that is killed at any moment leaves
the old or the new index.

    folder    the current index and its parts
    segment   a segment, written and read; `codec` is its posting lists, `catalog` what stays in
              memory of it
    matching  the documents that a query finds, their ranking, and those of a page
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from heapq import merge
from itertools import chain
from pathlib import Path
from typing import Any

from annotator.search.engine import FACETS, apply_each, log_refused, most_frequent, unreadable
from annotator.search.engines.pages import FoundHit, FoundPage, PageRequest, PagingEngine, portions
from annotator.search.engines.whoosh.folder import IndexFolder, LiveSegment
from annotator.search.engines.whoosh.matching import Deadline, Matcher, choose, rarities, score
from annotator.search.engines.whoosh.segment import write_segment
from annotator.search.nodes import Query
from annotator.search.record import Change, Record

SECONDS = 2.0  # after which a search is stopped
JOINED_IN_PASSING = 500  # records written again along with a change: a fifth of a second
JOINED_WHEN_IDLE = 2_000  # the same in one step of `tidy`: half a second
# A segment is written again without what was deleted from it once it is so old: the words of a
# deleted record are out of the files within a day, and no segment is written more often for that.
PURGED_AFTER_SECONDS = 24 * 3600
PORTION_RECORDS = 50_000  # in one segment of a new index: what bounds the memory that it takes
PORTION_CHARACTERS = 40_000_000
TIER_WIDTH = 4  # so many segments of one tier become one of the next; a power of 2


class WhooshEngine(PagingEngine):
    """Implements `search.engine.Engine`, see there, with an index in `folder`."""

    index = "whoosh"  # beside the database that it is of

    def __init__(self, folder: Path, seconds: float = SECONDS) -> None:
        self._folder = IndexFolder(folder)
        self._seconds = seconds

    def find(self, request: PageRequest) -> FoundPage:
        """Return the hits of a page."""
        with self._folder.reading():
            matchers = self._matchers()
            doc_sets = [matcher.hits(request.root) for matcher in matchers]
            weights = request.weights(lambda leaves: rarities(matchers, leaves))
            scores = score(matchers, doc_sets, weights)
            chosen = choose(request, matchers, doc_sets, scores)
            counts: dict[str, Counter[str]] = {
                field: Counter() for field in FACETS if request.facets
            }
            for matcher, docs in zip(matchers, doc_sets, strict=True):
                for field, count in matcher.segment.catalog.count_values(counts, docs).items():
                    counts[field].update(count)
            hits = []
            for place, segment, doc, points in chosen:
                record = segment.record(doc) if request.snippets else None
                texts = (record.body, record.quote) if record else None
                hits.append(FoundHit(place, segment.catalog.keys[doc], points, texts))
        facets = {field: most_frequent(field, count) for field, count in counts.items()}
        return FoundPage(hits, sum(map(len, doc_sets)), weights, facets)

    def keys(self, query: Query) -> Iterator[str]:
        """Yield the keys of all hits."""
        with self._folder.reading():
            yield from sorted(
                matcher.segment.catalog.keys[doc]
                for matcher in self._matchers()
                for doc in matcher.hits(query.root)
            )

    def _matchers(self) -> list[Matcher]:
        deadline = Deadline(self._seconds)
        parts = self._folder.snapshot().parts
        return [Matcher(part.segment, part.deleted, deadline) for part in parts]

    def revisions(self) -> Iterator[tuple[str, str]]:
        """Yield every record's key and revision."""
        return merge(*map(_revisions, self._folder.snapshot().parts))

    def count(self) -> int:
        """Return how many records are held."""
        return sum(part.size for part in self._folder.snapshot().parts)

    def ready(self) -> bool:
        """Return whether there is an index that can be read."""
        return self._folder.ready()

    def verify(self) -> bool:
        """Read the whole index through."""
        return self._folder.verify()

    def close(self) -> None:
        """Close all files."""
        self._folder.close()

    def apply(self, changes: Iterable[Change]) -> Mapping[str, str]:
        """Apply the changes as one commit."""
        latest = {change.key: change for change in changes}
        if not latest:
            return {}
        with self._folder.writing():
            self._folder.described(self._folder.snapshot())  # raises if damaged: no record's fault
            return apply_each(self._commit, [*latest.values()])

    def tidy(self) -> bool:
        """Join small segments if there are too many, or purge one."""
        parts = self._folder.snapshot().parts
        joining = to_join([part.size for part in parts], 0, JOINED_WHEN_IDLE)
        before = time.time() - PURGED_AFTER_SECONDS
        stale = [p.segment.id for p in parts if p.deleted and p.segment.written < before]
        if not (joining or stale):
            return False
        with self._folder.writing():
            self._commit((), JOINED_WHEN_IDLE, [] if joining else stale[:1])
        return True

    def rebuild(self, records: Iterable[Record], version: Callable[[], int] = int) -> int:
        """Build a new index and switch to it; the lock keeps every other change out."""
        with self._folder.writing():
            name = self._folder.create()
            storage = self._folder.storage(name)
            segments: list[Any] = []
            refused: dict[str, str] = {}
            for portion in portions(records, _size, PORTION_CHARACTERS, PORTION_RECORDS):
                refused |= apply_each(
                    lambda part: segments.append(write_segment(storage, part)), portion
                )
            log_refused(refused)
            self._folder.commit(name, 0, segments)
            self._folder.put_in_force(name)
        return sum(segment.doc_count() for segment in segments)

    def _commit(
        self, new: Sequence[Change], limit: int = JOINED_IN_PASSING, purging: Sequence[str] = ()
    ) -> None:
        """Commit the changes and join segments, rewriting no more than `limit` records.

        The segments whose ids are in `purging` are rewritten too, without their deleted records.
        """
        changes = {change.key: change for change in new}
        folder, snapshot = self._folder, self._folder.snapshot()
        described = folder.described(snapshot)
        deleted = [_delete(*each, changes) for each in zip(snapshot.parts, described, strict=True)]
        sizes = [segment.doc_count() for segment in described]
        added = [change for change in changes.values() if isinstance(change, Record)]
        purged = [i for i, part in enumerate(snapshot.parts) if part.segment.id in purging]
        joined = [i for i in {*to_join(sizes, len(added), limit), *purged} if sizes[i]]
        if not (added or joined or purged or any(deleted)):
            return
        if not snapshot.name and folder.had_index:  # a new one would hold these changes and no more
            raise unreadable()
        name = snapshot.name or folder.create()
        segments = [each for i, each in enumerate(described) if sizes[i] and i not in joined]
        if added or joined:
            with folder.reading():
                again = [*chain(*(_records(snapshot.parts[i], changes) for i in joined))]
            segments.append(write_segment(folder.storage(name), [*added, *again]))
        folder.commit(name, snapshot.generation + 1, segments)
        if not snapshot.name:
            folder.put_in_force(name)


def _delete(part: LiveSegment, described: Any, keys: Iterable[str]) -> bool:
    """Mark the records with these keys as deleted; return whether there were any."""
    number_of = part.segment.catalog.number_of
    numbers = {number_of[key] for key in keys if key in number_of} - part.deleted
    for number in numbers:
        described.delete_document(number)
    return bool(numbers)


def _revisions(part: LiveSegment) -> Iterator[tuple[str, str]]:
    catalog = part.segment.catalog
    living = (doc for doc in range(catalog.size) if doc not in part.deleted)
    for doc in sorted(living, key=catalog.keys.__getitem__):
        yield catalog.keys[doc], catalog.revisions[doc]


def _records(part: LiveSegment, without: Mapping[str, Change]) -> Iterator[Record]:
    """Yield the records of a part that are neither deleted nor among the keys `without`."""
    for doc, key in enumerate(part.segment.catalog.keys):
        if doc not in part.deleted and key not in without:
            yield part.segment.record(doc)


def _size(record: Record) -> int:
    return len(record.body) + len(record.quote)


def to_join(sizes: Sequence[int], adding: int, limit: int) -> list[int]:
    """Return which segments, by index, to rewrite together with `adding` new records.

    Few segments are fast to search, but no post must wait long for joining them. Sizes are numbers
    of records. Tiers are powers of TIER_WIDTH; once one is full, its segments are joined into one
    of a higher tier, the smallest first, as long as no more than `limit` records are written.
    """
    joined: list[int] = []
    total = adding
    for tier in range(_tier(limit) + 1):
        members = [i for i, size in enumerate(sizes) if _tier(size) == tier]
        carried = total > 0 and _tier(total) <= tier
        if len(members) + carried < TIER_WIDTH:
            continue
        fitting, whole = [], total
        for index in sorted(members, key=sizes.__getitem__):
            if whole + sizes[index] > limit:
                break
            fitting.append(index)
            whole += sizes[index]
        if _tier(whole) > tier:
            joined += fitting
            total = whole
    return joined


def _tier(size: int) -> int:
    return max(size.bit_length() - 1, 0) // (TIER_WIDTH.bit_length() - 1)
