"""Records of changes for the search index and for cached pages.

`documents.state` grows by one in each transaction that changes a document's commentary.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence

from sqlalchemy import SQLColumnExpression, bindparam, insert, literal, select, update
from sqlalchemy.orm import Session

from annotator.db import insert_into
from annotator.models import Annotation, Change, Coverage, Document, Edition, Outbox

NEXT_STATE = (
    update(Document)
    .where(Document.id == bindparam("document"))
    .values(state=Document.state + 1)
    .returning(Document.state)
)


def next_state(session: Session, document_id: int) -> int:
    """Return the state of a document from this transaction on.

    Locks it until the transaction ends, so that a reader at a state sees all changes up to it.
    """
    session.connection()  # begins a transaction if there is none
    transaction = session.get_nested_transaction() or session.get_transaction()
    states: dict[object, int] = session.info.setdefault("states", {})
    if (transaction, document_id) not in states:
        grown = session.execute(NEXT_STATE, {"document": document_id})
        states[transaction, document_id] = grown.scalar_one()
        session.info.pop("loaded", None)  # editions loaded before have the old state
    return states[transaction, document_id]


def note_annotations(session: Session, rows: Sequence[Annotation]) -> None:
    """Record that annotations have changed."""
    noted = [{"kind": "annotation", "key": row.id} for row in rows]
    session.connection().execute(insert(Outbox), noted)
    for document_id in sorted({row.document_id for row in rows}):
        next_state(session, document_id)


def note_all_of(
    session: Session, *, document_id: int | None = None, author_id: int | None = None
) -> None:
    """Record that all commentary on a document, or all by an author, may have changed."""
    if document_id is not None:
        session.add(Outbox(kind="document", key=str(document_id)))
        where = (Annotation.document_id == document_id) & Annotation.listed
        documents: Iterable[int] = [document_id]
    else:
        where = (Annotation.author_id == author_id) & Annotation.deleted.is_(None)
        own = select(Annotation.document_id).where(Annotation.author_id == author_id)
        documents = session.scalars(own.distinct())
    changed = select(literal("annotation"), Annotation.id).where(where)
    session.execute(insert(Outbox).from_select(["kind", "key"], changed))
    for ident in sorted(documents):
        next_state(session, ident)


def note_coverage(session: Session, where: SQLColumnExpression[bool]) -> None:
    """Record that the commentary on the provisions of some rows of coverage changes."""
    query = select(Edition.document_id, Coverage.edition_id, Coverage.provision).distinct()
    covered = query.join(Edition, Edition.id == Coverage.edition_id).where(where)
    changed: dict[int, set[tuple[int, int]]] = defaultdict(set)
    for document_id, edition_id, ordinal in session.execute(covered):
        changed[document_id].add((edition_id, ordinal))
    for document_id in sorted(changed):
        note_provisions(session, document_id, changed[document_id])


def note_provisions(
    session: Session, document_id: int, changed: Collection[tuple[int, int]]
) -> None:
    """Record that the commentary on provisions, each (edition id, ordinal), has changed."""
    if not changed:
        return
    state = next_state(session, document_id)
    new = insert_into(session, Change)
    newer = new.on_conflict_do_update(
        index_elements=["edition_id", "provision"], set_={"state": new.excluded.state}
    )
    rows = [{"edition_id": edition_id, "provision": ordinal, "state": state}
            for edition_id, ordinal in sorted(changed)]  # fmt: skip
    session.connection().execute(newer, rows)
