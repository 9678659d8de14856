"""Storing many annotations at once with all that follows: places, lists, outbox, states.

`annotations.store` does the same for one that is posted. Here everything goes over in bulk.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import insert, inspect, select, update
from sqlalchemy.orm import Session

from annotator.db import Base
from annotator.models import (
    Annotation,
    Document,
    EssayAnnotation,
    Origin,
    Outbox,
    Restatement,
    Tag,
    Target,
    Version,
)
from annotator.services.editions import editions
from annotator.services.placement import placer
from annotator.services.placement.visibility import settle


@dataclass(frozen=True, slots=True)
class NewRows:
    """An annotation that is ready to be stored, with what belongs to it, its targets too."""

    row: Annotation
    targets: Sequence[Target]
    belongings: Sequence[Target | Version | Restatement | Tag | Origin | EssayAnnotation]


def store(session: Session, made: Sequence[NewRows]) -> None:
    """Write annotations, those that are answered before their answers."""
    if not made:
        return
    _write(session, Annotation, (each.row for each in made))
    for table in (Target, Version, Restatement, Tag, Origin, EssayAnnotation):
        _write(session, table, (row for each in made for row in each.belongings
                                if isinstance(row, table)))  # fmt: skip
    _place(session, made)
    _settle(session, made)
    session.execute(insert(Outbox), [{"kind": "annotation", "key": each.row.id} for each in made])


def _write(session: Session, table: type[Base], rows: Iterable[Base]) -> None:
    """Insert rows in one statement; they do not become part of the session."""
    names = [column.key for column in inspect(table).column_attrs]
    values = [{name: getattr(row, name) for name in names} for row in rows]
    if values:
        session.execute(insert(table), values)


def _place(session: Session, made: Sequence[NewRows]) -> None:
    by_document: dict[int, list[str]] = {}
    for each in made:
        by_document.setdefault(each.row.document_id, []).append(each.row.id)
    for document_id, ids in by_document.items():
        found = placer.placeables_of(session, ids)
        placer.place(session, found, editions.every(session, document_id))
        session.execute(
            update(Document).where(Document.id == document_id).values(state=Document.state + 1)
        )


def _settle(session: Session, made: Sequence[NewRows]) -> None:
    """Take what is not shown and nobody answers off the lists; put back what is answered now."""
    parents = {each.row.in_reply_to for each in made if each.row.in_reply_to}
    unlisted = select(Annotation.id).where(Annotation.id.in_(parents), ~Annotation.listed)
    doubtful = {each.row.id for each in made if not each.row.shown}
    doubtful.update(session.scalars(unlisted))
    for row in session.scalars(select(Annotation).where(Annotation.id.in_(doubtful))).all():
        settle(session, row)
