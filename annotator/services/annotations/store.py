"""Storing annotations, one that is posted or many that are imported, with all that follows.

That is their places in every edition, the lists, the search index and the states of documents.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Select, insert, inspect, select, update
from sqlalchemy.orm import Session

from annotator.db import Base
from annotator.models import (
    Annotation,
    EssayAnnotation,
    Origin,
    Restatement,
    Tag,
    Target,
    Version,
)
from annotator.services.placement import changes, placer
from annotator.services.placement.placer import relist

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
Belonging = Target | Version | Restatement | Tag | Origin | EssayAnnotation


@dataclass(frozen=True, slots=True)
class NewRows:
    """An annotation that is ready to be stored, with what belongs to it."""

    row: Annotation
    belongings: Sequence[Belonging]


def new_id() -> str:
    """Make an opaque id of 16 characters; ids made later sort later, to the millisecond."""
    return written_id((time.time_ns() // 1_000_000 << 32) | secrets.randbits(32))


def written_id(number: int) -> str:
    """Write a number of 80 bits as an id."""
    return "".join(ALPHABET[number >> shift & 31] for shift in range(75, -1, -5))


def store(session: Session, made: Sequence[NewRows]) -> None:
    """Write annotations, those that are answered before their answers."""
    if not made:
        return
    rows = {each.row.id: each.row for each in made}
    for row in rows.values():
        row.listed = row.shown
    for row in reversed(rows.values()):  # what is answered comes before its answers
        parent = rows.get(row.in_reply_to or "")
        if row.listed and parent is not None:
            parent.listed = True
    _write(session, Annotation, rows.values())
    for table in (Target, Version, Restatement, Tag, Origin, EssayAnnotation):
        _write(session, table, (row for each in made for row in each.belongings
                                if isinstance(row, table)))  # fmt: skip
    for document_id in {row.document_id for row in rows.values()}:
        ids = [row.id for row in rows.values() if row.document_id == document_id and row.listed]
        placer.place(session, document_id, placer.placeables_of(session, ids))
    changes.note_annotations(session, list(rows.values()))
    answered = {row.in_reply_to for row in rows.values() if row.listed} - rows.keys()
    parents = select(Annotation).where(Annotation.id.in_(answered), ~Annotation.listed)
    for parent in session.scalars(parents).all():
        relist(session, parent)


def _write(session: Session, table: type[Base], rows: Iterable[Base]) -> None:
    """Insert rows in one statement; they do not become part of the session."""
    names = [column.key for column in inspect(table).column_attrs]
    values = [{name: getattr(row, name) for name in names} for row in rows]
    if values:
        session.execute(insert(table), values)


def tag_rows(annotation_id: str, tags: Sequence[str]) -> list[Tag]:
    """Make the rows of an annotation's tags."""
    return [Tag(annotation_id=annotation_id, ordinal=ordinal, tag=tag)
            for ordinal, tag in enumerate(tags)]  # fmt: skip


def tags_of(session: Session, annotation_id: str) -> list[str]:
    """Return an annotation's tags, in the order its author gave."""
    query = select(Tag.tag).where(Tag.annotation_id == annotation_id)
    return list(session.scalars(query.order_by(Tag.ordinal)))


def forget_original(session: Session, ids: Select[str] | Sequence[str]) -> None:
    """Drop what imported annotations looked like elsewhere, because their words are in it.

    The names that one posted here has elsewhere are kept: there is no target beside them.
    """
    whole = Origin.annotation_id.in_(ids), Origin.original.contains('"target": ')
    session.execute(
        update(Origin).where(*whole).values(original=None)
        .execution_options(synchronize_session=False)
    )  # fmt: skip
