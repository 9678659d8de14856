"""Commentary as containers of the W3C's protocol: a site's, a document's, a provision's, in pages.

A page is a stretch of PAGE places. On the site's pages and a document's, a place belongs to an
annotation for ever, by its id: who is deleted leaves it empty, and no page shifts. What a page
holds is one walk along an index from where it begins. Where pages begin, and how many annotations
are shown on those before, is counted once after each change, in a process; where pages began before
the change they begin after it, unless something has come in among what is older.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from sqlalchemy import Select, SQLColumnExpression, case, func, or_, select, tuple_
from sqlalchemy.orm import InstrumentedAttribute, Session

from annotator.db import one_of
from annotator.errors import NotFound
from annotator.models import WHOLE_DOCUMENT, Annotation, Coverage, Document
from annotator.services.editions import editions
from annotator.services.editions.editions import Loaded

PAGE = 100
_Key = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Container:
    """All commentary; or that on a document, `loaded` being any edition; or on a provision of it.

    `ordinal` names the provision in that edition.
    """

    loaded: Loaded | None = None
    ordinal: int = WHOLE_DOCUMENT

    @property
    def name(self) -> tuple[int, int, int]:
        """What tells it from others, and from itself after a correction of pids."""
        if self.loaded is None:
            return (0, 0, 0)
        if self.ordinal == WHOLE_DOCUMENT:
            return (self.loaded.document_id, 0, WHOLE_DOCUMENT)
        return (self.loaded.edition_id, self.loaded.revision, self.ordinal)


@dataclass(frozen=True, slots=True)
class ContainerCount:
    """What was counted at a `state`: how many annotations are shown, and when the last changed.

    `starts` has the key of each page's first place; `before` the number of annotations shown on
    the pages before it, and after the last of them, `total`.
    """

    state: int
    modified: datetime | None
    starts: tuple[_Key, ...]
    before: tuple[int, ...]

    @property
    def total(self) -> int:
        """How many annotations one can page to."""
        return self.before[-1]

    @property
    def pages(self) -> list[int]:
        """The numbers of the pages that show something."""
        return [at for at, (here, after) in enumerate(pairwise(self.before)) if here < after]


def of_provision(session: Session, slug: str, pid: str) -> Container:
    """Return the container of a provision in the newest edition that has it. Raises NotFound."""
    loaded = editions.holding(session, slug, pid)
    return Container(loaded, loaded.ordinals[pid])


def survey(session: Session, container: Container) -> ContainerCount:
    """Count what a container holds, unless nothing has changed since that was done."""
    states = select(func.coalesce(func.sum(Document.state), 0))
    if container.loaded is not None:
        states = states.where(Document.id == container.loaded.document_id)
    state = session.scalars(states).one()
    cache, key = session.info["cache"], ("container", container.name)
    found: ContainerCount | None = cache.get(key)
    if found is None or found.state < state:
        found = _counted(session, container, state, found)
        cache[key] = found
    return found


def page(surveyed: ContainerCount, number: int) -> tuple[int, tuple[int | None, int | None]]:
    """Return the place of a page's first annotation among all, and the pages before and after it.

    Those are the next that show something. Raises NotFound past the last page.
    """
    if number >= max(1, len(surveyed.starts)):
        raise NotFound(f"There is no page {number}; start with the first.", field="page")
    shown = surveyed.pages
    before = max((at for at in shown if at < number), default=None)
    after = min((at for at in shown if at > number), default=None)
    return surveyed.before[number], (before, after)


def ids(session: Session, container: Container, surveyed: ContainerCount, number: int) -> list[str]:
    """Name the annotations of a page."""
    if number >= len(surveyed.starts):
        return []
    keys, rows = _walk(container)
    here, there = tuple_(*keys), surveyed.starts[number : number + 2]
    query = rows.where(here >= tuple_(*there[0]), Annotation.shown)
    if len(there) > 1:
        query = query.where(here < tuple_(*there[1]))
    return list(session.scalars(query.order_by(*keys)))


def _walk(container: Container) -> tuple[list[InstrumentedAttribute[Any]], Select[Any]]:
    """Return the keys in whose order a container's places stand, and a query of the ids there."""
    loaded = container.loaded
    if loaded is not None and container.ordinal != WHOLE_DOCUMENT:
        rows = select(Coverage.annotation_id).join(
            Annotation, Annotation.id == Coverage.annotation_id
        )
        here = Coverage.edition_id == loaded.edition_id, Coverage.provision == container.ordinal
        return [Coverage.created, Coverage.annotation_id], rows.where(*here)
    rows = select(Annotation.id)
    if loaded is not None:
        rows = rows.where(Annotation.document_id == loaded.document_id)
    return [Annotation.id], rows


def _counted(
    session: Session, container: Container, state: int, earlier: ContainerCount | None
) -> ContainerCount:
    if container.ordinal == WHOLE_DOCUMENT:
        return _counted_by_ids(session, container, state, earlier)
    keys, rows = _walk(container)
    shown: SQLColumnExpression[int] = case((Annotation.shown, 1), else_=0)
    count, modified = session.execute(
        rows.with_only_columns(func.coalesce(func.sum(shown), 0), func.max(Annotation.modified))
    ).one()
    starts = list(_starts(session, keys, rows, shown))
    before = (*(int(row[-1]) for row in starts), int(count))
    return ContainerCount(state, modified, tuple(tuple(row[:-1]) for row in starts), before)


def _counted_by_ids(
    session: Session, container: Container, state: int, earlier: ContainerCount | None
) -> ContainerCount:
    """Count where places are ids. All is read from indexes; the database tells what comes first."""
    _, rows = _walk(container)
    places = session.scalar(rows.with_only_columns(func.count(Annotation.id))) or 0
    starts = _continued(session, rows, earlier, places)
    if starts is None:
        number = func.row_number().over(order_by=Annotation.id).label("place")
        every = rows.with_only_columns(Annotation.id, number).subquery()
        query = select(every.c.id).where(every.c.place % PAGE == 1).order_by(every.c.id)
        starts = list(session.scalars(query))
    begins = one_of(session, Annotation.id, starts)
    query = rows.where(or_(~Annotation.shown, begins)).add_columns(begins, Annotation.shown)
    before: list[int] = []
    missing = 0
    for _, is_start, is_shown in session.execute(query.order_by(Annotation.id)):
        if is_start:
            before.append(len(before) * PAGE - missing)
        missing += not is_shown
    keys = tuple((ident,) for ident in starts)
    return ContainerCount(state, _modified(session, container), keys, (*before, places - missing))


def _continued(
    session: Session, rows: Select[Any], earlier: ContainerCount | None, places: int
) -> list[str] | None:
    """Return where pages begin if all that came since `earlier` stands behind what was there."""
    if earlier is None or not earlier.starts:
        return None
    *full, last = (key[0] for key in earlier.starts)
    newer = places - len(full) * PAGE
    query = rows.where(Annotation.id >= last).order_by(Annotation.id).limit(newer + 1)
    behind = list(session.scalars(query))
    return [*full, *behind[::PAGE]] if len(behind) == newer else None


def _modified(session: Session, container: Container) -> datetime | None:
    """Return when an annotation changed last: each document's index knows it."""
    latest = select(func.max(Annotation.modified)).where(Annotation.document_id == Document.id)
    moments = select(latest.correlate(Document).scalar_subquery().label("moment"))
    if container.loaded is not None:
        moments = moments.where(Document.id == container.loaded.document_id)
    else:
        moments = moments.select_from(Document)
    return max(filter(None, session.scalars(moments)), default=None)


def _starts(
    session: Session,
    keys: list[InstrumentedAttribute[Any]],
    rows: Select[Any],
    shown: SQLColumnExpression[int],
) -> Iterator[Any]:
    """Return the key of every PAGEth place, and how many annotations are shown before it."""
    place = func.row_number().over(order_by=keys)
    before = func.sum(shown).over(order_by=keys, rows=(None, -1))
    every = rows.with_only_columns(
        *keys, func.coalesce(before, 0).label("before"), place.label("place")
    ).subquery()
    *columns, number = every.c
    query = select(*columns).where(number % PAGE == 1).order_by(number)
    return iter(session.execute(query).all())
