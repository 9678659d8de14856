"""What somebody has said already: the same at the same place, or the same words at many.

Looked for among an author's own annotations of the last day. What is deleted may be said again.
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from annotator.db import now
from annotator.errors import Repeated
from annotator.models import Annotation, Target

WITHIN = timedelta(days=1)
MOST_PLACES = 5
SHORT = 40  # code points: "I agree." may be said anywhere


def refuse(session: Session, annotation_id: str) -> None:
    """Raise Repeated if the annotation just stored repeats another; the caller rolls it back."""
    row = session.get_one(Annotation, annotation_id)
    same_place = Annotation.in_reply_to == row.in_reply_to
    if row.in_reply_to is None:
        same_place = Annotation.in_reply_to.is_(None)
    query = select(Annotation.id).where(
        *_same(row.author_id, row.body),
        same_place,
        Annotation.motivation == row.motivation,
        Annotation.document_id == row.document_id,
        Annotation.edition_id == row.edition_id,
        Annotation.id != row.id,
    )
    mine = _targets(session, row.id)
    for ident in session.scalars(query.order_by(Annotation.id)):
        if _targets(session, ident) == mine:
            raise Repeated("You have said this here already.", annotation=ident)
    if places(session, row.author_id, row.body) > MOST_PLACES:
        raise Repeated(
            f"You have said this at {MOST_PLACES} places today. Say at each place what concerns "
            "it, or answer one comment with a link to another."
        )


def places(session: Session, author_id: int | None, body: str | None) -> int:
    """Count the places where somebody has said the same words within a day; 0 for short ones."""
    if len(body or "") < SHORT:
        return 0
    query = select(func.count()).select_from(Annotation).where(*_same(author_id, body))
    return session.scalar(query) or 0


def _same(author_id: int | None, body: str | None) -> tuple[ColumnElement[bool], ...]:
    same = Annotation.body.is_(None) if body is None else Annotation.body == body
    since = Annotation.created > now() - WITHIN
    return (Annotation.author_id == author_id, since, Annotation.deleted.is_(None), same)


def _targets(session: Session, annotation_id: str) -> list[tuple[object, ...]]:
    columns = (Target.start, Target.end, Target.whole)
    mine = Target.annotation_id == annotation_id
    return [
        tuple(each)
        for each in session.execute(select(*columns).where(mine).order_by(Target.ordinal))
    ]
