"""Containers of the W3C Web Annotation Protocol: the site, a document or a provision, in pages.

A page has PAGE places. On the pages of the site and of a document, places are ids: a deleted
annotation leaves its place empty, so that no page shifts. Reading a page walks an index from its
first key. The first keys, and how many annotations are shown before them, are cached and counted
again after each change; earlier first keys are kept unless an older id came in.
"""

from __future__ import annotations

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
    """The commentary of the site, of the document of `loaded`, or on its provision `ordinal`."""

    loaded: Loaded | None = None
    ordinal: int = WHOLE_DOCUMENT

    @property
    def name(self) -> tuple[int, int, int]:
        """The cache key; a correction of pids changes it."""
        if self.loaded is None:
            return (0, 0, 0)
        if self.ordinal == WHOLE_DOCUMENT:
            return (self.loaded.document_id, 0, WHOLE_DOCUMENT)
        return (self.loaded.edition_id, self.loaded.revision, self.ordinal)


@dataclass(frozen=True, slots=True)
class ContainerCount:
    """The counts at a `state`; `modified` is when an annotation last changed.

    `starts` has the key of each page's first place, `before` the number of annotations shown on the
    pages before it, and `total` last.
    """

    state: int
    modified: datetime | None
    starts: tuple[_Key, ...]
    before: tuple[int, ...]

    @property
    def total(self) -> int:
        """The number of annotations shown."""
        return self.before[-1]

    @property
    def pages(self) -> list[int]:
        """The numbers of the pages that show something."""
        return [at for at, (count, after) in enumerate(pairwise(self.before)) if count < after]


def of_provision(session: Session, slug: str, pid: str) -> Container:
    """Return the container of a provision in the newest edition that has it. Raises NotFound."""
    loaded = editions.holding(session, slug, pid)
    return Container(loaded, loaded.ordinals[pid])


def survey(session: Session, container: Container) -> ContainerCount:
    """Return the counts of a container, cached until something changes."""
    states = select(func.coalesce(func.sum(Document.state), 0))
    if container.loaded is not None:
        states = states.where(Document.id == container.loaded.document_id)
    state = session.scalars(states).one()
    cache, key = session.info["cache"], ("container", container.name)
    cached: ContainerCount | None = cache.get(key)
    if cached is None or cached.state < state:
        cache[key] = cached = _counted(session, container, state, cached)
    return cached


def page(surveyed: ContainerCount, number: int) -> tuple[int, tuple[int | None, int | None]]:
    """Return the index of a page's first annotation, and the previous and next non-empty page.

    Raises NotFound past the last page.
    """
    if number >= max(1, len(surveyed.starts)):
        raise NotFound(f"There is no page {number}; start with the first.", field="page")
    shown = surveyed.pages
    before = max((at for at in shown if at < number), default=None)
    after = min((at for at in shown if at > number), default=None)
    return surveyed.before[number], (before, after)


def ids(session: Session, container: Container, surveyed: ContainerCount, number: int) -> list[str]:
    """Return the ids of the annotations of a page."""
    if number >= len(surveyed.starts):
        return []
    keys, rows = _walk(container)
    key, starts = tuple_(*keys), surveyed.starts[number : number + 2]
    query = rows.where(key >= tuple_(*starts[0]), Annotation.shown)
    if len(starts) > 1:
        query = query.where(key < tuple_(*starts[1]))
    return list(session.scalars(query.order_by(*keys)))


def _walk(container: Container) -> tuple[list[InstrumentedAttribute[Any]], Select[Any]]:
    """Return the sort keys of a container, and a query of its ids."""
    loaded = container.loaded
    if loaded is not None and container.ordinal != WHOLE_DOCUMENT:
        rows = select(Coverage.annotation_id).join(
            Annotation, Annotation.id == Coverage.annotation_id
        )
        rows = rows.where(
            Coverage.edition_id == loaded.edition_id, Coverage.provision == container.ordinal
        )
        return [Coverage.created, Coverage.annotation_id], rows
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
    place = func.row_number().over(order_by=keys)
    shown_before = func.sum(shown).over(order_by=keys, rows=(None, -1))
    every = rows.with_only_columns(
        *keys, func.coalesce(shown_before, 0).label("before"), place.label("place")
    ).subquery()
    *columns, number = every.c
    query = select(*columns).where(number % PAGE == 1).order_by(number)
    starts = session.execute(query).all()
    before = (*(int(row[-1]) for row in starts), int(count))
    return ContainerCount(state, modified, tuple(tuple(row[:-1]) for row in starts), before)


def _counted_by_ids(
    session: Session, container: Container, state: int, earlier: ContainerCount | None
) -> ContainerCount:
    """Count where places are ids; every query reads an index."""
    _, rows = _walk(container)
    places = session.scalar(rows.with_only_columns(func.count(Annotation.id))) or 0
    starts = _continued(session, rows, earlier, places)
    if starts is None:
        number = func.row_number().over(order_by=Annotation.id).label("place")
        every = rows.with_only_columns(Annotation.id, number).subquery()
        query = select(every.c.id).where(every.c.place % PAGE == 1).order_by(every.c.id)
        starts = list(session.scalars(query))
    begins = one_of(Annotation.id, starts)
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
    """Return where pages begin if all newer ids follow those of `earlier`, else None."""
    if earlier is None or not earlier.starts:
        return None
    *full, last = (key[0] for key in earlier.starts)
    newer = places - len(full) * PAGE
    query = rows.where(Annotation.id >= last).order_by(Annotation.id).limit(newer + 1)
    behind = list(session.scalars(query))
    return [*full, *behind[::PAGE]] if len(behind) == newer else None


def _modified(session: Session, container: Container) -> datetime | None:
    """Return when an annotation last changed, from the index of each document."""
    latest = select(func.max(Annotation.modified)).where(Annotation.document_id == Document.id)
    moments = select(latest.correlate(Document).scalar_subquery().label("moment"))
    if container.loaded is not None:
        moments = moments.where(Document.id == container.loaded.document_id)
    else:
        moments = moments.select_from(Document)
    return max(filter(None, session.scalars(moments)), default=None)
