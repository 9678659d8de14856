"""What annotations said before their edits, and where their authors have put them since."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from annotator.models import Edition, Restatement, Version
from annotator.schemas.annotations import AnnotationValue, DraftTarget, Earlier, Restated


def with_past(session: Session, annotations: Sequence[AnnotationValue]) -> list[AnnotationValue]:
    """Return the annotations, those that may be read with their past."""
    shown = [annotation.id for annotation in annotations if not annotation.veiled]
    earlier, restated = _earlier(session, shown), _restated(session, shown)
    return [
        annotation.but(
            earlier=tuple(earlier[annotation.id]),
            restated=tuple(restated[annotation.id]),
        )
        if annotation.id in earlier or annotation.id in restated
        else annotation
        for annotation in annotations
    ]


def _earlier(session: Session, ids: Sequence[str]) -> dict[str, list[Earlier]]:
    query = select(Version.annotation_id, Version.body, Version.tags, Version.replaced)
    found: dict[str, list[Earlier]] = defaultdict(list)
    for row in session.execute(
        query.where(Version.annotation_id.in_(ids)).order_by(Version.annotation_id, Version.number)
    ):
        found[row.annotation_id].append(
            Earlier(row.body, tuple(json.loads(row.tags)), row.replaced)
        )
    return found


def _restated(session: Session, ids: Sequence[str]) -> dict[str, list[Restated]]:
    query = (
        select(Restatement, Edition.label)
        .join(Edition, Edition.id == Restatement.edition_id)
        .where(Restatement.annotation_id.in_(ids))
        .order_by(Restatement.annotation_id, Edition.sequence, Restatement.ordinal)
    )
    found: dict[str, list[Restated]] = defaultdict(list)
    for row, label in session.execute(query):
        words = DraftTarget(row.start, row.end, row.exact, pid=row.pid)
        if row.whole:
            words = DraftTarget(pid=row.pid)
        found[row.annotation_id].append(
            Restated(row.ordinal, label, row.confirmed, words, row.created)
        )
    return found
