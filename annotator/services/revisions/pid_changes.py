"""Changing the pids of provisions after a correction, in their edition and in its successors.

Targets, restatements and replaced pids (`Pid.became`) follow.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from annotator import documents
from annotator.models import (
    Alignment,
    Annotation,
    Correction,
    Edition,
    Pid,
    Provision,
    Restatement,
    Target,
)
from annotator.services.editions import editions
from annotator.services.editions.editions import Loaded


def own_name(session: Session, loaded: Loaded, ordinal: int) -> str:
    """Return the pid that a provision had before a correction took it, else a new one."""
    return _replaced(session, loaded, ordinal) or _fresh(session, loaded.document_id)


def _replaced(session: Session, loaded: Loaded, ordinal: int) -> str | None:
    """Return the pid that a correction took from a provision and that is now in no edition."""
    former = editions.former(session, loaded.document_id)
    query = select(Correction).where(Correction.edition_id == loaded.edition_id)
    for correction in session.scalars(query.order_by(Correction.id)):
        for row in [*correction.before, *correction.after]:
            if row["ordinal"] == ordinal and row["new"] in former:
                return str(row["new"])
    return None


def _fresh(session: Session, document_id: int) -> str:
    used = set(session.scalars(select(Pid.pid)))
    (pid,) = documents.mint(random.SystemRandom(), used, 1)
    session.execute(insert(Pid), [{"pid": pid, "document_id": document_id}])
    return pid


def rename(session: Session, loaded: Loaded, names: Mapping[int, str]) -> None:
    """Change the pids of provisions of an edition, by ordinal, and of their successors."""
    replaced = {
        former: pid for at, pid in names.items() if (former := _replaced(session, loaded, at))
    }
    changes = {loaded.pids[at]: pid for at, pid in names.items() if loaded.pids[at] != pid}
    steps = select(Alignment.old_edition_id, Alignment.edition_id).distinct()
    children = session.execute(steps).all()
    within = [loaded.edition_id]  # and every edition that inherited from it
    for at in within:
        within += [after for before, after in children if before == at and after not in within]
    for old, new in _in_turn(session, loaded.document_id, changes):
        _rename(session, within, old, new)
    successors = replaced | changes
    pids = {*successors, *successors.values()}
    living = set(session.scalars(select(Provision.pid).where(Provision.pid.in_(pids))))
    for pid in pids:
        became = None if pid in living else successors.get(pid)
        session.execute(update(Pid).where(Pid.pid == pid).values(became=became))
    document_id = loaded.document_id  # a new revision, so that no process uses what it has cached
    for edition in session.scalars(select(Edition).where(Edition.document_id == document_id)):
        edition.revision += 1
        editions.mark_changed(session, edition.id)
    session.flush()


def _in_turn(
    session: Session, document_id: int, changes: Mapping[str, str]
) -> Iterable[tuple[str, str]]:
    """Order changes so that each new pid is free when it is assigned; a cycle takes a spare pid."""
    pending = dict(changes)
    while pending:
        ready = next((old for old, new in pending.items() if new not in pending), None)
        if ready is None:
            old, new = pending.popitem()
            spare = _fresh(session, document_id)
            yield old, spare
            pending[spare] = new
        else:
            yield ready, pending.pop(ready)


def _rename(session: Session, within: list[int], old: str, new: str) -> None:
    made_there = select(Annotation.id).where(Annotation.edition_id.in_(within))
    for table, there in (
        (Provision, Provision.edition_id.in_(within)),
        (Target, Target.annotation_id.in_(made_there)),
        (Restatement, Restatement.edition_id.in_(within)),
    ):
        session.execute(
            update(table)
            .where(table.pid == old, there)
            .values(pid=new)
            .execution_options(synchronize_session=False)
        )
    session.expire_all()
