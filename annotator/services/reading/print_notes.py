"""Commentary as numbered notes to an edition's text, for a commentary edition."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from annotator.db import one_of
from annotator.documents.parsed import Block
from annotator.models import Placement
from annotator.schemas.annotations import AnnotationValue
from annotator.services.annotations import listings
from annotator.services.annotations.filters import Filter
from annotator.services.editions.editions import Loaded

MOST = 1000  # annotations in one commentary edition: some two hundred pages


@dataclass(frozen=True, slots=True)
class NotePlace:
    """Where a note belongs: its mark follows the code point before `at`, in a provision.

    Both are None for an annotation on the document as a whole. `verdict` is that of the placement.
    """

    at: int | None = None
    ordinal: int | None = None
    verdict: str = "exact"


@dataclass(frozen=True, slots=True)
class Note:
    """A thread, or what a filter leaves of it; notes are numbered from 1 as their marks follow."""

    number: int
    place: NotePlace
    thread: list[AnnotationValue]


@dataclass(frozen=True, slots=True)
class Notes:
    """The notes, of how many annotations they are, and how many annotations there are."""

    notes: list[Note]
    shown: int
    total: int


def collect(session: Session, loaded: Loaded, narrow: Filter, most: int = MOST) -> Notes:
    """Return the first `most` annotations that `narrow` asks for, in the order of the text.

    What is hidden or deleted is an empty place in its thread. Raises as `listing.page` does.
    """
    found = listings.page(session, narrow, "place", limit=most)
    threads: dict[str, list[AnnotationValue]] = {}
    for item in found.items:
        threads.setdefault(item.thread, []).append(item)
    places = _places(session, loaded, narrow, list(threads))
    ordered = sorted(threads, key=lambda thread: places[thread].at or 0)
    notes = [Note(number, places[thread], threads[thread])
             for number, thread in enumerate(ordered, 1)]  # fmt: skip
    return Notes(notes, len(found.items), found.total)


def _places(
    session: Session, loaded: Loaded, narrow: Filter, threads: Sequence[str]
) -> dict[str, NotePlace]:
    """Find the place of each thread: of several the first that touches the provision asked for."""
    at = loaded.ordinals.get(narrow.provision or "")
    asked = None if at is None else loaded.parsed.provisions[at]
    first, last = (0, len(loaded.parsed.text)) if asked is None else (asked.start, asked.end)
    query = select(
        Placement.annotation_id, Placement.end, Placement.provision, Placement.whole,
        Placement.verdict, func.coalesce(Placement.start, -1).label("start"),
    ).where(
        Placement.edition_id == loaded.edition_id, one_of(session, Placement.annotation_id, threads)
    )  # fmt: skip
    blocks = loaded.parsed.blocks

    def block_at(offset: int) -> Block:
        """Return the block that an offset is in, or which ends before it."""
        return blocks[bisect_right(blocks, offset, key=lambda it: it.start) - 1]

    places: dict[str, NotePlace] = {}
    for row in session.execute(query.order_by(Placement.start.is_(None), Placement.ordinal)):
        it = loaded.parsed.provisions[row.provision]
        start, end = (it.start, it.end) if row.end is None else (row.start, row.end)
        if start < last and end > first:
            # A note on a whole provision follows its first block: a heading, all of a paragraph.
            behind = block_at(it.start).end if row.end is None or row.whole else row.end
            behind = min(max(behind, first + 1), last)
            block = block_at(behind - 1)
            found = NotePlace(min(behind, block.end), block.provision, row.verdict)
            places.setdefault(row.annotation_id, found)
    return {thread: places.get(thread, NotePlace()) for thread in threads}
