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


def first(session: Session, most: int = BATCH) -> Sequence[Outbox]:
    """Read the oldest rows, at most `most`."""
    return session.scalars(select(Outbox).order_by(Outbox.id).limit(most)).all()


def needs_rebuild(session: Session) -> bool:
    """Return whether the index is of other rows than these: nothing older waits."""
    oldest = select(Outbox.kind).order_by(Outbox.id).limit(1)
    return session.scalar(oldest) == EVERYTHING


def ids(session: Session) -> Sequence[int]:
    """Read the ids of all rows, oldest first."""
    return session.scalars(select(Outbox.id).order_by(Outbox.id)).all()


def rows(session: Session, ids: Sequence[int]) -> list[Outbox]:
    """Read the rows with these ids, as far as they are there."""
    batches = (ids[at : at + BATCH] for at in range(0, len(ids), BATCH))
    return [row for batch in batches
            for row in session.scalars(select(Outbox).where(Outbox.id.in_(batch)))]  # fmt: skip


def done(session: Session, ids: Sequence[int]) -> None:
    """Strike out rows that the index has taken in."""
    session.execute(delete(Outbox).where(Outbox.id.in_(ids)))
