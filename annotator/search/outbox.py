"""The outbox: changes that the search index does not have yet."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from annotator.models import Outbox

BATCH = 500
EVERYTHING = "everything"  # the kind of a row after which the index is built anew


def waiting(session: Session) -> int:
    """Count the changes that the index does not have yet."""
    return session.execute(select(func.count()).select_from(Outbox)).scalar_one()


def first(session: Session, most: int | None = BATCH) -> Sequence[Outbox]:
    """Read the oldest rows, at most `most`."""
    return session.scalars(select(Outbox).order_by(Outbox.id).limit(most)).all()


def needs_rebuild(session: Session) -> bool:
    """Return whether the index belongs to another database and must be rebuilt."""
    oldest = select(Outbox.kind).order_by(Outbox.id).limit(1)
    return session.scalar(oldest) == EVERYTHING


def done(session: Session, ids: Sequence[int]) -> None:
    """Delete rows that the index has."""
    for at in range(0, len(ids), BATCH):
        session.execute(delete(Outbox).where(Outbox.id.in_(ids[at : at + BATCH])))
