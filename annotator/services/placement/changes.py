"""Records of changes for the search index and for cached pages.

`documents.state` grows by one in each transaction that changes a document's commentary.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import (
    Select,
    SQLColumnExpression,
    bindparam,
    delete,
    func,
    insert,
    literal,
    select,
    update,
)
from sqlalchemy.orm import Session

from annotator.connections import insert_rows
from annotator.db import insert_into
from annotator.models import Annotation, Change, Coverage, Document, Edition, Outbox, Placement
from annotator.services.editions import editions


class ProvisionCounts(NamedTuple):
    """Annotations on a provision, and those of them whose words are lost, added or taken away."""

    annotations: int
    lost: int

    def plus(self, more: ProvisionCounts) -> ProvisionCounts:
        """Return the sums."""
        return ProvisionCounts(self.annotations + more.annotations, self.lost + more.lost)


NONE = ProvisionCounts(0, 0)
_Changed = defaultdict[int, dict[tuple[int, int], ProvisionCounts]]  # by document

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
        states[transaction, document_id] = state = grown.scalar_one()
        editions.advance(session, document_id, state)
    return states[transaction, document_id]


def note_annotations(session: Session, rows: Sequence[Annotation]) -> None:
    """Record that annotations have changed."""
    noted = [{"kind": "annotation", "key": row.id} for row in rows]
    insert_rows(session.connection(), Outbox.__table__, noted)
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
    changed: _Changed = defaultdict(dict)
    for document_id, edition_id, ordinal in session.execute(covered):
        changed[document_id][edition_id, ordinal] = NONE
    for document_id in sorted(changed):
        note_provisions(session, document_id, changed[document_id])


def remove(session: Session, ids: Sequence[str] | Select[str]) -> None:
    """Delete the placements and the coverage of annotations in every edition."""
    removed: _Changed = defaultdict(lambda: defaultdict(lambda: NONE))
    lost = func.count(Placement.annotation_id.distinct())
    for table, number, more in (
        (Coverage, func.count(), Coverage.start.is_not(None)),
        (Placement, lost, Placement.start.is_(None)),
    ):
        at = Edition.document_id, table.edition_id, table.provision
        query = select(*at, number).join(Edition, Edition.id == table.edition_id).group_by(*at)
        rows = session.execute(query.where(table.annotation_id.in_(ids), more)).all()
        for document_id, edition_id, ordinal, many in rows:
            counts = removed[document_id]
            less = ProvisionCounts(-many, 0) if table is Coverage else ProvisionCounts(0, -many)
            counts[edition_id, ordinal] = counts[edition_id, ordinal].plus(less)
    for table in (Placement, Coverage):
        session.execute(delete(table).where(table.annotation_id.in_(ids)))
    for document_id in sorted(removed):
        note_provisions(session, document_id, removed[document_id])


def note_provisions(
    session: Session, document_id: int, changed: Mapping[tuple[int, int], ProvisionCounts]
) -> None:
    """Record that the commentary on provisions, each (edition id, ordinal), has changed.

    `changed` has what is added to their counts.
    """
    if not changed:
        return
    state = next_state(session, document_id)
    new = insert_into(session, Change)
    newer = new.on_conflict_do_update(
        index_elements=["edition_id", "provision"],
        set_={
            "state": new.excluded.state,
            "annotations": Change.annotations + new.excluded.annotations,
            "lost": Change.lost + new.excluded.lost,
        },
    )
    rows = [{"edition_id": edition_id, "provision": ordinal, "state": state,
             "annotations": added.annotations, "lost": added.lost}
            for (edition_id, ordinal), added in sorted(changed.items())]  # fmt: skip
    session.connection().execute(newer, rows)
