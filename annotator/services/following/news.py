"""The news of an account: lists, how many are unread, and marking them as read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Select, func, or_, select, update
from sqlalchemy.orm import Session

from annotator import cursors
from annotator.auth.permissions import Viewer, require
from annotator.errors import Unacceptable
from annotator.models import Annotation, Edition, Follow, News
from annotator.schemas.annotations import AnnotationValue
from annotator.schemas.following import (
    CLASSES,
    Because,
    ChangedWords,
    NewsAnnotation,
    NewsValue,
    class_of,
)
from annotator.services.annotations import annotation_loader
from annotator.services.editions import editions
from annotator.services.editions.editions import Loaded

MAX_COUNTED = 100  # the header shows no larger number
SNIPPET = 300  # characters of a comment


@dataclass(frozen=True, slots=True)
class NewsItem:
    """A piece of news, with the annotation, or the edition and the one before it, that it is of."""

    row: News
    annotation: AnnotationValue | None
    edition: Loaded | None
    before: str
    follow: Follow | None


class NewsPage(NamedTuple):
    """A page of news: its items, the next cursor, and how many there are in all, if counted."""

    items: list[NewsItem]
    next: str | None
    total: int


def page(
    session: Session,
    viewer: Viewer,
    cursor: str | None = None,
    limit: int = 50,
    *,
    since: datetime | None = None,
    cls: str | None = None,
    counted: bool = False,
) -> NewsPage:
    """Return the viewer's news about readable things, newest first; if `counted`, with the total.

    Raises NotSignedIn, NotAllowed, Malformed (cursor) and Unacceptable (class).
    """
    require(viewer, "news.see_own", viewer.account)
    if cls not in (None, *CLASSES):
        raise Unacceptable(f"class must be one of {', '.join(CLASSES)}.", field="class")
    query = readable(select(News)).where(News.account_id == viewer.account)
    if since is not None:
        query = query.where(News.created >= since)
    if cls is not None:
        query = query.where((News.kind == "followed") == (cls == "followed"))
    total = session.scalar(query.with_only_columns(func.count())) or 0 if counted else 0
    if cursor is not None:
        query = query.where(News.id < cursors.read(cursor, "news", (int,))[0])
    rows = session.scalars(query.order_by(News.id.desc()).limit(limit + 1)).all()
    following = cursors.write("news", (rows[limit - 1].id,)) if rows[limit:] else None
    return NewsPage(items(session, rows[:limit]), following, total)


def items(session: Session, rows: Sequence[News]) -> list[NewsItem]:
    """Return news with the annotations and editions that it is about."""
    ids = list(dict.fromkeys(row.annotation_id for row in rows if row.annotation_id))
    found = annotation_loader.with_answered(session, annotation_loader.read(session, ids))
    annotations = {each.id: each for each in found}
    follow_ids = {row.follow_id for row in rows if row.follow_id}
    follows = {
        row.id: row for row in session.scalars(select(Follow).where(Follow.id.in_(follow_ids)))
    }
    loaded: dict[int | None, tuple[Loaded | None, str]] = {None: (None, "")}
    for ident in {row.edition_id for row in rows if row.edition_id}:
        edition = editions.load(session, session.get_one(Edition, ident))
        loaded[ident] = edition, edition.labels[max(edition.sequence - 1, 0)]
    return [
        NewsItem(row, annotations.get(row.annotation_id or ""), *loaded[row.edition_id],
                 follows.get(row.follow_id or 0))
        for row in rows
    ]  # fmt: skip


def value(item: NewsItem) -> NewsValue:
    """Return news as the API has it."""
    row, of, edition = item.row, item.annotation, item.edition
    annotation = None
    if of is not None:
        annotation = NewsAnnotation(id=of.id, address=(of.head or of).address, author=of.author,
                                    snippet=(of.body or "")[:SNIPPET])  # fmt: skip
    return NewsValue(
        id=row.id, kind=row.kind, cls=class_of(row.kind),
        because=Because(follow=item.follow.kind if item.follow else None), annotation=annotation,
        document=of.document if of else edition.slug if edition else None,
        edition=edition.label if edition else None,
        changed=None if row.changed is None else ChangedWords(count=row.changed, of=row.of),
        entry=row.act_id, created=row.created, read=row.read,
    )  # fmt: skip


def readable(query: Select[Any]) -> Select[Any]:
    """Leave out news of annotations that are not shown; joins them to a query of news."""
    query = query.outerjoin(Annotation, Annotation.id == News.annotation_id)
    return query.where(or_(News.annotation_id.is_(None), Annotation.shown))


def unread(session: Session, viewer: Viewer) -> int:
    """Count the viewer's unread news, up to MAX_COUNTED."""
    query = select(News.id).where(News.account_id == viewer.account, News.read.is_(False))
    counted = readable(query).limit(MAX_COUNTED).subquery()
    return session.scalar(select(func.count()).select_from(counted)) or 0


def mark_read(session: Session, viewer: Viewer, ids: Sequence[int] | None = None) -> None:
    """Mark these of the viewer's news as read, or all. Raises NotSignedIn and NotAllowed."""
    require(viewer, "news.mark_own", viewer.account)
    unread = News.account_id == viewer.account, News.read.is_(False)
    statement = update(News).where(*unread, *([] if ids is None else [News.id.in_(ids)]))
    session.execute(statement.values(read=True))
