"""What somebody has said already: the same at the same place, or the same words at many.

Looked for among an author's own remarks of the last day. What is deleted may be said again.
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
        *_same(row),
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
    if len(row.body or "") >= SHORT and places(session, row) > MOST_PLACES:
        raise Repeated(
            f"You have said this at {MOST_PLACES} places today. Say at each place what concerns "
            "it, or answer one remark with a link to another."
        )


def places(session: Session, row: Annotation) -> int:
    """Count the places where its author has said the same words within a day, this one too."""
    return session.scalar(select(func.count()).select_from(Annotation).where(*_same(row))) or 0


def _same(row: Annotation) -> tuple[ColumnElement[bool], ...]:
    body = Annotation.body.is_(None) if row.body is None else Annotation.body == row.body
    since = Annotation.created > now() - WITHIN
    return (Annotation.author_id == row.author_id, since, Annotation.deleted.is_(None), body)


def _targets(session: Session, annotation_id: str) -> list[tuple[object, ...]]:
    columns = (Target.start, Target.end, Target.whole)
    mine = Target.annotation_id == annotation_id
    return [
        tuple(each)
        for each in session.execute(select(*columns).where(mine).order_by(Target.ordinal))
    ]
