"""Lists of annotations: pages, single ones, threads, exports.

A page is a scan of one index: of `coverage` for a document or provision, of `annotations` for all
documents. A cursor is (sort key, id), and `total` is the number of rows one can page to. The sorts
by thread (`recent`, `replied`) scan the whole list, since any reply may change the order.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from typing import Any

from sqlalchemy import (
    Select,
    SQLColumnExpression,
    and_,
    bindparam,
    exists,
    func,
    or_,
    select,
    tuple_,
)
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from annotator import cursors
from annotator.auth.permissions import NOBODY, Viewer, may_read
from annotator.db import one_of, strings
from annotator.errors import NotFound, Unacceptable
from annotator.models import (
    WHOLE_DOCUMENT,
    Act,
    Agreement,
    Annotation,
    Change,
    Coverage,
    Document,
    Edition,
    Target,
    Version,
)
from annotator.schemas.annotations import (
    LOG,
    Annotations,
    AnnotationValue,
    VersionValue,
)
from annotator.schemas.queries import SORTS
from annotator.services.annotations import annotation_loader, filters, store
from annotator.services.annotations.filters import Filter
from annotator.services.editions import editions
from annotator.services.editions.editions import Loaded

OF_A_DOCUMENT = ("place", "recent", "replied", "agreements")
SHAPES: dict[str, tuple[type, ...]] = {
    "place": (int, str, str), "recent": (datetime, str, str), "replied": (int, str, str),
    "agreements": (int, str, str), "newest": (datetime, str), "oldest": (datetime, str),
}  # fmt: skip
EXPORT_BATCH = 1_000
_Keys = tuple[SQLColumnExpression[Any], ...]


HIDDEN = (
    select(Annotation.id)
    .join(Act, and_(Act.annotation_id == Annotation.id, Act.id == Annotation.hidden_by))
    .join(Target, Target.annotation_id == Annotation.thread_id)
    .where(
        Act.document_id == bindparam("document"),
        Annotation.visibility == "hidden",
        Annotation.deleted.is_(None),
        ~Annotation.listed,
        one_of(Target.pid, strings("pids")),
    )
    .distinct()
    .order_by(Annotation.id)
    .limit(bindparam("most"))
)


# How many comments a provision has, and all documents, without counting them.
STORED = select(func.sum(Change.annotations))
LATER = aliased(Edition)
EVERYWHERE = STORED.join(Edition, Edition.id == Change.edition_id).where(
    Change.provision == WHOLE_DOCUMENT,
    ~exists().where(LATER.document_id == Edition.document_id, LATER.sequence > Edition.sequence),
)


@dataclass(frozen=True, slots=True)
class _ListingWalk:
    """A sorted query: `rows` selects the sort key `keys`, whose last column is the id.

    The first `down` keys descend. `where` are conditions on the table of `ident`. `total` is the
    query of the number of rows, where it is stored.
    """

    ident: InstrumentedAttribute[str]
    rows: Select[Any]
    keys: _Keys
    down: int
    where: tuple[SQLColumnExpression[bool], ...]
    loaded: Loaded | None
    total: Select[Any] | None = None

    def ordered(self) -> Select[Any]:
        order = [key.desc() if at < self.down else key.asc() for at, key in enumerate(self.keys)]
        return self.rows.order_by(*order)

    def count(self, session: Session) -> int:
        if self.total is not None:
            return session.execute(self.total).scalar() or 0
        query = select(func.count()).select_from(self.ident.class_).where(*self.where)
        return session.execute(query).scalar_one()

    def after(self, values: Sequence[Any]) -> SQLColumnExpression[bool]:
        falling, rising = self.keys[: self.down], self.keys[self.down :]
        above, below = values[: self.down], values[self.down :]
        if not falling:
            return tuple_(*rising) > tuple_(*below)
        if not rising:
            return tuple_(*falling) < tuple_(*above)
        key, bound = tuple_(*falling), tuple_(*above)
        return or_(key < bound, and_(key == bound, tuple_(*rising) > tuple_(*below)))


def page(
    session: Session,
    narrow: Filter,
    sort: str = "oldest",
    cursor: str | None = None,
    limit: int = 50,
    total: int | None = None,
) -> Annotations:
    """Return a page of annotations; replies are items too, after the head of their thread.

    They are counted unless the caller knows their `total`.

    Raises NotFound (document, edition, provision, author), Malformed for a cursor of another list,
    Unacceptable for a sort that needs a document.
    """
    walk = _walk(session, narrow, sort)
    query = walk.ordered().limit(limit + 1)
    if cursor is not None:
        query = query.where(walk.after(cursors.read(cursor, sort, SHAPES[sort])))
    rows = session.connection().execute(query).all()
    ids = [row[-1] for row in rows[:limit]]
    more = cursors.write(sort, rows[limit - 1]) if len(rows) > limit else None
    items = annotation_loader.read(session, ids, walk.loaded)
    return Annotations(
        total=walk.count(session) if total is None else total,
        items=_threaded(items) if sort in OF_A_DOCUMENT else items,
        next=more,
    )


def _threaded(items: Sequence[AnnotationValue]) -> list[AnnotationValue]:
    """Sort each thread by time, its head first. Ids do not do: imported ones are not by time."""

    def order(annotation: AnnotationValue) -> tuple[bool, datetime, str]:
        return annotation.in_reply_to is not None, annotation.created, annotation.id

    threads = groupby(items, key=attrgetter("thread"))
    return [annotation for _, thread in threads for annotation in sorted(thread, key=order)]


def ids(session: Session, narrow: Filter, sort: str, limit: int) -> list[str]:
    """Return the ids of the annotations of a first page."""
    walk = _walk(session, narrow, sort)
    return [row[-1] for row in session.execute(walk.ordered().limit(limit))]


def first(session: Session, narrow: Filter, sort: str, limit: int) -> list[AnnotationValue]:
    """Return the annotations of a first page, without their total."""
    found = ids(session, narrow, sort, limit)
    home = narrow.document and editions.labelled(session, narrow.document, narrow.edition)
    return annotation_loader.read(session, found, home or None)


def everything(session: Session, narrow: Filter, sort: str = "oldest") -> Iterator[AnnotationValue]:
    """Yield all annotations of a filter with earlier versions, EXPORT_BATCH in memory at a time."""
    walk = _walk(session, narrow, sort)
    query = walk.ordered().execution_options(yield_per=EXPORT_BATCH)
    for rows in session.execute(query).partitions():
        annotations = annotation_loader.read(session, [row[-1] for row in rows], walk.loaded)
        yield from annotation_loader.with_past(session, annotations)


def count(session: Session, narrow: Filter) -> int:
    """Count the annotations of a filter."""
    return _walk(session, narrow, "oldest").count(session)


def latest(session: Session) -> dict[str, datetime]:
    """Return when the newest annotation on each document was made, by slug."""
    query = (
        select(Document.slug, func.max(Annotation.created))
        .join(Annotation, Annotation.document_id == Document.id)
        .where(Annotation.shown)
        .group_by(Document.slug)
    )
    return {row[0]: row[1] for row in session.execute(query)}


def get(
    session: Session, annotation_id: str, edition: str | None = None, viewer: Viewer = NOBODY
) -> AnnotationValue:
    """Return an annotation, placed in `edition` (None: the newest), as the viewer may read it.

    A deleted one has no content, nor has a hidden one except for its author and moderators. Raises
    NotFound, also for a held one.
    """
    found = annotation_loader.read(session, [annotation_id], edition=edition, viewer=viewer)
    if not found or (found[0].held and found[0].veiled):
        raise NotFound(f"There is no annotation {annotation_id!r}.")
    return found[0]


def thread(
    session: Session, annotation_id: str, edition: str | None = None, viewer: Viewer = NOBODY
) -> list[AnnotationValue]:
    """Return the thread of an annotation: its head, then replies by time.

    Held and hidden ones are included with their content for those who may read it; for others,
    hidden ones are placeholders.
    """
    head = get(session, annotation_id, edition, viewer)
    query = select(Annotation).where(Annotation.thread_id == head.thread)
    ids = [
        row.id for row in session.scalars(query.order_by(Annotation.id))
        if row.listed or row.id == head.id or may_read(viewer, row)
        or (row.visibility == "hidden" and not row.deleted)
    ]  # fmt: skip
    return _threaded(annotation_loader.read(session, ids, edition=edition, viewer=viewer))


def withheld(session: Session, viewer: Viewer, most: int = 100) -> list[AnnotationValue]:
    """Return the viewer's held and hidden annotations with their content, newest first."""
    query = select(Annotation.id).where(
        Annotation.author_id == viewer.account,
        Annotation.visibility != "visible",
        Annotation.deleted.is_(None),
    )
    ids = session.scalars(query.order_by(Annotation.id.desc()).limit(most)).all()
    return annotation_loader.read(session, ids, unveiled=ids)


def hidden_at(
    session: Session, loaded: Loaded, ordinal: int, most: int = 100
) -> list[AnnotationValue]:
    """Return placeholders of hidden annotations made on a provision or inside it, oldest first.

    Those listed because they have replies are left out.
    """
    at = loaded.parsed.provisions[ordinal]
    within = [pid for pid, provision in zip(loaded.pids, loaded.parsed.provisions, strict=True)
              if at.start <= provision.start and provision.end <= at.end]  # fmt: skip
    sought = {"document": loaded.document_id, "pids": within, "most": most}
    ids = session.connection().execute(HIDDEN, sought).scalars().all()
    return annotation_loader.read(session, ids, loaded)


def versions(session: Session, annotation_id: str) -> list[VersionValue]:
    """Return an annotation's earlier versions, oldest first."""
    rows = session.scalars(
        select(Version).where(Version.annotation_id == annotation_id).order_by(Version.number)
    )
    return [
        VersionValue(
            number=row.number + 1,
            body=row.body,
            tags=json.loads(row.tags),
            replaced=row.replaced,
            removed=f"{LOG}/{row.removed_by}" if row.removed_by else None,
            html=store.current_html(row.body, row.html, row.stamp),
        )
        for row in rows
    ]


def _walk(session: Session, narrow: Filter, sort: str) -> _ListingWalk:
    if sort not in SORTS:
        raise Unacceptable(f"Unknown sort {sort!r}. Use one of {', '.join(SORTS)}.", field="sort")
    if narrow.document is None:
        return _walk_everywhere(session, narrow, sort)
    loaded = editions.labelled(session, narrow.document, narrow.edition)
    located = filters.located_in(loaded, narrow.provision, narrow.section)
    where = [*located, *filters.covering(session, loaded, narrow)]
    total = None
    if narrow == Filter(narrow.document, narrow.edition, narrow.provision):
        at = WHOLE_DOCUMENT if narrow.provision is None else loaded.ordinals[narrow.provision]
        total = STORED.where(Change.edition_id == loaded.edition_id, Change.provision == at)
    if sort in ("recent", "replied", "agreements"):
        return _walk_threads(sort, tuple(where), loaded)
    if sort == "place":
        keys: _Keys = (Coverage.start, Coverage.thread_id, Coverage.annotation_id)
    else:
        keys = (Coverage.created, Coverage.annotation_id)
    down = len(keys) if sort == "newest" else 0
    rows = select(*keys).where(*where)
    return _ListingWalk(Coverage.annotation_id, rows, keys, down, tuple(where), loaded, total)


def _walk_threads(
    sort: str, where: tuple[SQLColumnExpression[bool], ...], loaded: Loaded
) -> _ListingWalk:
    """Return the walk by thread: by newest annotation, number of replies or of agreements.

    Only annotations in the list count; equals are sorted by thread, newest first.
    """
    lead: SQLColumnExpression[Any]
    if sort == "agreements":
        agreeing = select(func.count()).where(Agreement.annotation_id == Coverage.thread_id)
        lead = agreeing.correlate(Coverage).scalar_subquery()
    else:
        leading = func.max(Coverage.created) if sort == "recent" else func.count()
        lead = leading.over(partition_by=Coverage.thread_id)
    inner = (
        select(lead.label("lead"), Coverage.thread_id, Coverage.annotation_id)
        .where(*where)
        .subquery()
    )
    keys = (inner.c.lead, inner.c.thread_id, inner.c.annotation_id)
    return _ListingWalk(Coverage.annotation_id, select(*keys), keys, 2, where, loaded)


def _walk_everywhere(session: Session, narrow: Filter, sort: str) -> _ListingWalk:
    needing = ("edition", "provision", "start", "end", "section", "verdict", "adoption")
    field = next((name for name in needing if getattr(narrow, name) is not None), None)
    if field or sort in OF_A_DOCUMENT:
        raise Unacceptable(
            f"{field or f'sort={sort}'} needs a document. Add document=SLUG.", field=field or "sort"
        )
    where = (Annotation.listed, *filters.narrowed(session, narrow))
    keys: _Keys = (Annotation.created, Annotation.id)
    down = len(keys) if sort == "newest" else 0
    rows = select(*keys).where(*where)
    total = None if narrow.narrows else EVERYWHERE
    return _ListingWalk(Annotation.id, rows, keys, down, where, None, total)
