"""Commentary as numbered notes to an edition's text, for a commentary edition."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from annotator.db import one_of
from annotator.models import Placement
from annotator.schemas.annotations import AnnotationValue
from annotator.services.annotations import listings
from annotator.services.annotations.filters import Filter
from annotator.services.editions.editions import Loaded

MOST = 1000  # annotations in one commentary edition: some two hundred pages


@dataclass(frozen=True, slots=True)
class NotePlace:
    """The place of a note: its mark is before the code point `at`, in the provision `ordinal`.

    Both are None for an annotation on the whole document. `verdict` is that of the placement.
    """

    at: int | None = None
    ordinal: int | None = None
    verdict: str = "exact"


@dataclass(frozen=True, slots=True)
class Note:
    """A thread, or its part that a filter selects; numbered from 1 in the order of the marks."""

    number: int
    place: NotePlace
    thread: list[AnnotationValue]


@dataclass(frozen=True, slots=True)
class Notes:
    """The notes, the number of annotations in them, and the number there are."""

    notes: list[Note]
    shown: int
    total: int


def collect(session: Session, loaded: Loaded, narrow: Filter, most: int = MOST) -> Notes:
    """Return the first `most` annotations that `narrow` selects, in the order of the text.

    A hidden or deleted one is empty in its thread. Raises what `listings.page` does.
    """
    listed = listings.page(session, narrow, "place", limit=most)
    threads: dict[str, list[AnnotationValue]] = {}
    for item in listed.items:
        threads.setdefault(item.thread, []).append(item)
    places = _places(session, loaded, narrow, list(threads))
    ordered = sorted(threads, key=lambda thread: places[thread].at or 0)
    notes = [Note(number, places[thread], threads[thread])
             for number, thread in enumerate(ordered, 1)]  # fmt: skip
    return Notes(notes, len(listed.items), listed.total)


def _places(
    session: Session, loaded: Loaded, narrow: Filter, threads: Sequence[str]
) -> dict[str, NotePlace]:
    """Return the place of each thread, the first that touches the provision of the filter."""
    at = loaded.ordinals.get(narrow.provision or "")
    limits = None if at is None else loaded.parsed.provisions[at]
    first, last = (0, len(loaded.parsed.text)) if limits is None else (limits.start, limits.end)
    query = select(
        Placement.annotation_id, Placement.end, Placement.provision, Placement.whole,
        Placement.verdict, func.coalesce(Placement.start, -1).label("start"),
    ).where(
        Placement.edition_id == loaded.edition_id, one_of(Placement.annotation_id, threads)
    )  # fmt: skip
    blocks, block_at = loaded.parsed.blocks, loaded.parsed.block_at
    places: dict[str, NotePlace] = {}
    for row in session.execute(query.order_by(Placement.start.is_(None), Placement.ordinal)):
        provision = loaded.parsed.provisions[row.provision]
        start, end = (provision.start, provision.end) if row.end is None else (row.start, row.end)
        if start < last and end > first:
            # A note on a whole provision follows its first block: a heading, or the paragraph.
            behind = (
                blocks[block_at(provision.start)].end if row.end is None or row.whole else row.end
            )
            behind = min(max(behind, first + 1), last)
            block = blocks[block_at(behind - 1)]
            place = NotePlace(min(behind, block.end), block.provision, row.verdict)
            places.setdefault(row.annotation_id, place)
    return {thread: places.get(thread, NotePlace()) for thread in threads}
