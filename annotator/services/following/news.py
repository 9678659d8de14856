"""The news of an account: lists, how many are unread, and marking them as read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, or_, select, update
from sqlalchemy.orm import Session

from annotator import cursors
from annotator.auth.permissions import Viewer, require
from annotator.models import Annotation, Edition, Follow, News
from annotator.schemas.annotations import AnnotationValue
from annotator.services.annotations import annotation_loader
from annotator.services.editions import editions
from annotator.services.editions.editions import Loaded

MOST_COUNTED = 100  # the header shows no larger number


@dataclass(frozen=True, slots=True)
class NewsItem:
    """A piece of news, with the annotation, or the edition and the one before it, that it is of."""

    row: News
    annotation: AnnotationValue | None
    edition: Loaded | None
    before: str
    follow: Follow | None


def page(
    session: Session, viewer: Viewer, cursor: str | None = None, limit: int = 50
) -> tuple[list[NewsItem], str | None]:
    """Return the viewer's news of what can still be read, newest first, and the next page's cursor.

    Raises NotSignedIn, NotAllowed and Malformed (cursor).
    """
    require(viewer, "news.see_own", viewer.account)
    query = _readable(select(News)).where(News.account_id == viewer.account)
    if cursor is not None:
        query = query.where(News.id < cursors.read(cursor, "news", (int,))[0])
    rows = session.scalars(query.order_by(News.id.desc()).limit(limit + 1)).all()
    more = len(rows) > limit
    return items(session, rows[:limit]), cursors.write(
        "news", (rows[limit - 1].id,)
    ) if more else None


def items(session: Session, rows: Sequence[News]) -> list[NewsItem]:
    """Return news with what it is of."""
    ids = list(dict.fromkeys(row.annotation_id for row in rows if row.annotation_id))
    found = annotation_loader.with_answered(session, annotation_loader.read(session, ids))
    annotations = {each.id: each for each in found}
    wanted = {row.follow_id for row in rows if row.follow_id}
    follows = {row.id: row for row in session.scalars(select(Follow).where(Follow.id.in_(wanted)))}
    loaded: dict[int | None, tuple[Loaded | None, str]] = {None: (None, "")}
    for ident in {row.edition_id for row in rows if row.edition_id}:
        edition = editions.load(session, session.get_one(Edition, ident))
        loaded[ident] = edition, edition.labels[max(edition.sequence - 1, 0)]
    return [
        NewsItem(row, annotations.get(row.annotation_id or ""), *loaded[row.edition_id],
                 follows.get(row.follow_id or 0))
        for row in rows
    ]  # fmt: skip


def _readable(query: Select[Any]) -> Select[Any]:
    """Leave out news of annotations that are not shown."""
    query = query.outerjoin(Annotation, Annotation.id == News.annotation_id)
    return query.where(or_(News.annotation_id.is_(None), Annotation.shown))


def unread(session: Session, viewer: Viewer) -> int:
    """Count the viewer's unread news, up to MOST_COUNTED."""
    query = select(News.id).where(News.account_id == viewer.account, News.read.is_(False))
    counted = _readable(query).limit(MOST_COUNTED).subquery()
    return session.scalar(select(func.count()).select_from(counted)) or 0


def mark_read(session: Session, viewer: Viewer, ids: Sequence[int] | None = None) -> None:
    """Mark these of the viewer's news as read, or all. Raises NotSignedIn and NotAllowed."""
    require(viewer, "news.see_own", viewer.account)
    unread = News.account_id == viewer.account, News.read.is_(False)
    statement = update(News).where(*unread, *([] if ids is None else [News.id.in_(ids)]))
    session.execute(statement.values(read=True))
