"""The outbox: what has changed and the index has not heard of yet."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from annotator.models import Outbox

BATCH = 500
EVERYTHING = "everything"  # the kind of a row after which the index is built anew


def waiting(session: Session) -> int:
    """Count what the index has still to hear of."""
    return session.execute(select(func.count()).select_from(Outbox)).scalar_one()


def first(session: Session, most: int | None = BATCH) -> Sequence[Outbox]:
    """Read the oldest rows, at most `most`."""
    return session.scalars(select(Outbox).order_by(Outbox.id).limit(most)).all()


def needs_rebuild(session: Session) -> bool:
    """Return whether the index is of other rows than these: nothing older waits."""
    oldest = select(Outbox.kind).order_by(Outbox.id).limit(1)
    return session.scalar(oldest) == EVERYTHING


def done(session: Session, ids: Sequence[int]) -> None:
    """Strike out rows that the index has taken in."""
    for at in range(0, len(ids), BATCH):
        session.execute(delete(Outbox).where(Outbox.id.in_(ids[at : at + BATCH])))
