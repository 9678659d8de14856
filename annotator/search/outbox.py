"""The outbox: changes that the search index does not have yet."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from annotator.models import IndexedChanges, Outbox

BATCH = 500
EVERYTHING = "everything"  # the kind of a row that requests a rebuild of the index
FED = select(
    select(Outbox.kind).order_by(Outbox.id).limit(1).scalar_subquery(), IndexedChanges.index
)


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


def first(session: Session, *, but: Collection[int] = ()) -> Sequence[Outbox]:
    """Read the oldest rows, at most BATCH, except those with ids in `but`."""
    query = select(Outbox).order_by(Outbox.id).limit(BATCH)
    return session.scalars(query.where(Outbox.id.not_in(but)) if but else query).all()


def ids(session: Session) -> Sequence[int]:
    """Return the ids of all rows, oldest first."""
    return session.scalars(select(Outbox.id).order_by(Outbox.id)).all()


def rows(session: Session, ids: Sequence[int]) -> Sequence[Outbox]:
    """Read the rows with these ids that are still there, oldest first."""
    return session.scalars(select(Outbox).where(Outbox.id.in_(ids)).order_by(Outbox.id)).all()


def needs_rebuild(session: Session, index: str) -> bool:
    """Return whether an index belongs to another database, or changes went to another index."""
    oldest, fed = session.execute(FED).one()
    return oldest == EVERYTHING or fed not in ("", index)


def done(session: Session, ids: Sequence[int], index: str, *, rebuilt: bool = False) -> None:
    """Delete applied rows; an index that was `rebuilt` has all earlier ones too."""
    deleting = delete(Outbox).where(Outbox.id.in_(ids)).returning(Outbox.id)
    number = len(session.scalars(deleting).all())
    fed = index if rebuilt else func.coalesce(func.nullif(IndexedChanges.index, ""), index)
    counted = IndexedChanges.number + number
    session.execute(update(IndexedChanges).values(number=counted, index=fed))
