"""The outbox: changes that the search index does not have yet."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from annotator.models import IndexedChanges, Outbox

BATCH = 500
EVERYTHING = "everything"  # the kind of a row after which the index is built anew


def waiting(session: Session) -> int:
    """Count the changes that the index does not have yet."""
    return session.execute(select(func.count()).select_from(Outbox)).scalar_one()


def version(session: Session) -> int:
    """Return how many changes were ever written, as this session sees the database.

    Every change of a record writes a row, so of two sessions with one consistent view each, that
    with the higher number sees the newer records. (Ids cannot tell: PostgreSQL hands them out
    before a transaction ends, and a later id may be seen before an earlier one.)
    """
    written = select(func.count()).select_from(Outbox).scalar_subquery()
    return session.execute(select(IndexedChanges.number + written)).scalar_one()


def first(
    session: Session, most: int | None = BATCH, *, but: Collection[int] = ()
) -> Sequence[Outbox]:
    """Read the oldest rows, at most `most`, without those whose ids are in `but`."""
    query = select(Outbox).order_by(Outbox.id).limit(most)
    return session.scalars(query.where(Outbox.id.not_in(but)) if but else query).all()


def needs_rebuild(session: Session) -> bool:
    """Return whether the index belongs to another database and must be rebuilt."""
    oldest = select(Outbox.kind).order_by(Outbox.id).limit(1)
    return session.scalar(oldest) == EVERYTHING


def done(session: Session, ids: Sequence[int]) -> None:
    """Delete rows that the index has."""
    for at in range(0, len(ids), BATCH):
        deleting = delete(Outbox).where(Outbox.id.in_(ids[at : at + BATCH])).returning(Outbox.id)
        number = len(session.scalars(deleting).all())
        counted = IndexedChanges.number + number
        session.execute(update(IndexedChanges).values(number=counted))
