"""What the reading page shows of the commentary: counts by provision and merged highlights.

Both are kept in memory for the document's present state, since they walk over all commentary.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from annotator.models import WHOLE_DOCUMENT, Coverage, Placement, Target
from annotator.services.editions import Loaded

DEEPEST = 4
T = TypeVar("T")
Segment = tuple[int, int, int]


def counts(session: Session, loaded: Loaded) -> dict[int, int]:
    """Count the commentary on each provision that has some, by ordinal."""
    query = (
        select(Coverage.provision, func.count())
        .where(Coverage.edition_id == loaded.edition_id, Coverage.provision != WHOLE_DOCUMENT)
        .group_by(Coverage.provision)
    )
    return _kept(session, loaded, "counts", lambda: dict(session.execute(query).all()))


def lost(session: Session, loaded: Loaded) -> dict[int, int]:
    """Count, by ordinal, the remarks whose words are gone, where their provision stood."""
    query = (
        select(Placement.provision, func.count(Placement.annotation_id.distinct()))
        .where(Placement.edition_id == loaded.edition_id, Placement.verdict == "lost")
        .group_by(Placement.provision)
    )
    return _kept(session, loaded, "lost", lambda: dict(session.execute(query).all()))


def segments(session: Session, loaded: Loaded) -> list[Segment]:
    """Give the highlighted ranges (start, end, depth), disjoint and in order; depth is 1 to 4.

    A remark on a whole provision highlights nothing: it counts beside it.
    """
    query = (
        select(Placement.start, Placement.end, func.count())
        .join(
            Target,
            (Target.annotation_id == Placement.annotation_id)
            & (Target.ordinal == Placement.ordinal),
        )
        .where(
            Placement.edition_id == loaded.edition_id, Placement.start.is_not(None), ~Target.whole
        )
        .group_by(Placement.start, Placement.end)
    )
    return _kept(session, loaded, "segments", lambda: merge(session.execute(query)))


def merge(spans: Iterable[tuple[int, int, int]]) -> list[Segment]:
    """Merge ranges (start, end, how many) into disjoint ones with their depth, at most 4."""
    steps: dict[int, int] = {}
    for start, end, many in spans:
        steps[start] = steps.get(start, 0) + many
        steps[end] = steps.get(end, 0) - many
    merged: list[Segment] = []
    depth, since = 0, 0
    for at in sorted(steps):
        shown = min(depth, DEEPEST)
        if shown and merged and merged[-1][1:] == (since, shown):
            merged[-1] = (merged[-1][0], at, shown)
        elif shown:
            merged.append((since, at, shown))
        depth, since = depth + steps[at], at
    return merged


def _kept(session: Session, loaded: Loaded, name: str, make: Callable[[], T]) -> T:
    """Remember what `make` gives as long as the document's commentary does not change."""
    cache = session.info["cache"]
    key = (name, loaded.edition_id)
    state, value = cache.get(key, (None, None))
    if state != loaded.state:
        value = make()
        cache[key] = (loaded.state, value)
    kept: T = value
    return kept
