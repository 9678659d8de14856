"""Change the index: take in changes, join segments, build a new one. One commit each."""

from __future__ import annotations

import time
from itertools import chain
from typing import TYPE_CHECKING, Any

from annotator.search.engines.whoosh.build import write_segment
from annotator.search.engines.whoosh.folder import unreadable
from annotator.search.engines.whoosh.tiers import to_join
from annotator.search.record import Record

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from annotator.search.engines.whoosh.folder import IndexFolder, LiveSegment
    from annotator.search.record import Change

JOINED_IN_PASSING = 500  # records written again along with a change: a fifth of a second
JOINED_WHEN_IDLE = 2_000  # the same in one step of `tidy`: half a second
# A segment is written again without what was deleted from it once it is so old: the words of a
# deleted record are out of the files within a day, and no segment is written more often for that.
PURGED_AFTER_SECONDS = 24 * 3600
PORTION_RECORDS = 50_000  # in one segment of a new index: what bounds the memory that it takes
PORTION_CHARACTERS = 40_000_000


def apply(folder: IndexFolder, changes: Iterable[Change]) -> None:
    """Take in the changes as one commit."""
    latest = {change.key: change for change in changes}
    if latest:
        with folder.writing():
            _commit(folder, latest, JOINED_IN_PASSING)


def tidy(folder: IndexFolder) -> bool:
    """Join small segments if there are too many, or purge one; tell whether there was need to."""
    parts = folder.snapshot().parts
    joining = to_join([part.size for part in parts], 0, JOINED_WHEN_IDLE)
    purging = [] if joining else _stale(parts)[:1]
    if not (joining or purging):
        return False
    with folder.writing():
        _commit(folder, {}, JOINED_WHEN_IDLE, purging)
    return True


def _stale(parts: Sequence[LiveSegment]) -> list[str]:
    """Return the ids of the segments that have held deleted records for too long, as it may be."""
    before = time.time() - PURGED_AFTER_SECONDS
    return [part.segment.id for part in parts if part.deleted and part.segment.written < before]


def rebuild(folder: IndexFolder, records: Iterable[Record]) -> int:
    """Put an index of these records in force and return their number."""
    with folder.writing():
        name = folder.create()
        storage = folder.storage(name)
        segments = [write_segment(storage, portion) for portion in _portions(records)]
        folder.commit(name, 0, segments)
        folder.put_in_force(name)
        return sum(segment.doc_count() for segment in segments)


def _commit(
    folder: IndexFolder, changes: Mapping[str, Change], limit: int, purging: Sequence[str] = ()
) -> None:
    """Put the changes into force and join segments, writing no more than `limit` again.

    The segments whose ids are in `purging` are written again too, without what is deleted.
    """
    snapshot = folder.snapshot()
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
    kept = [each for i, each in enumerate(described) if sizes[i] and i not in joined]
    if added or joined:
        again = (_records(snapshot.parts[i], changes) for i in joined)
        kept.append(write_segment(folder.storage(name), chain(added, *again)))
    folder.commit(name, snapshot.generation + 1, kept)
    if not snapshot.name:
        folder.put_in_force(name)


def _delete(part: LiveSegment, described: Any, keys: Iterable[str]) -> bool:
    """Mark what stands under these keys as deleted; tell whether anything did."""
    number_of = part.segment.catalog.number_of
    numbers = [number_of[key] for key in keys if key in number_of]
    standing = [number for number in numbers if number not in part.deleted]
    for number in standing:
        described.delete_document(number)
    return bool(standing)


def _records(part: LiveSegment, without: Mapping[str, object] | None = None) -> Iterator[Record]:
    """Yield the records of a part that are not deleted, nor among the keys `without`."""
    for doc, key in enumerate(part.segment.catalog.keys):
        if doc not in part.deleted and not (without and key in without):
            yield part.segment.record(doc)


def _portions(records: Iterable[Record]) -> Iterator[list[Record]]:
    """Yield the records in lists that are not too large for the memory."""
    portion: list[Record] = []
    characters = 0
    for record in records:
        portion.append(record)
        characters += len(record.body) + len(record.quote)
        if len(portion) == PORTION_RECORDS or characters > PORTION_CHARACTERS:
            yield portion
            portion, characters = [], 0
    if portion:
        yield portion
