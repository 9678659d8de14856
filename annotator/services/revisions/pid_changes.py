"""Giving provisions other pids after a correction: in their edition and in those that inherited.

What leads to a provision by its pid follows: targets and restatements made there, and the pids that
stand in no edition any more (`Pid.became`).
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
    """Return a provision the pid it had before it was mapped to an older one, else a fresh one."""
    return _replaced(session, loaded, ordinal) or _fresh(session, loaded.document_id)


def _replaced(session: Session, loaded: Loaded, ordinal: int) -> str | None:
    """Find the pid that a correction took from a provision, and that stands in no edition now."""
    former = editions.former(session, loaded.document_id)
    query = select(Correction).where(Correction.edition_id == loaded.edition_id)
    for correction in session.scalars(query.order_by(Correction.id)):
        for row in [*correction.before, *correction.after]:
            if row["ordinal"] == ordinal and row["new"] in former:
                return str(row["new"])
    return None


def _fresh(session: Session, document_id: int) -> str:
    taken = set(session.scalars(select(Pid.pid)))
    (pid,) = documents.mint(random.SystemRandom(), taken, 1)
    session.execute(insert(Pid), [{"pid": pid, "document_id": document_id}])
    return pid


def rename(session: Session, loaded: Loaded, names: Mapping[int, str]) -> None:
    """Return the provisions of an edition other pids, by ordinal, and their heirs' with them."""
    replaced = {
        former: pid for at, pid in names.items() if (former := _replaced(session, loaded, at))
    }
    changes = {loaded.pids[at]: pid for at, pid in names.items() if loaded.pids[at] != pid}
    within = _descending(session, loaded.edition_id)
    for old, new in _in_turn(session, loaded.document_id, changes):
        _rename(session, within, old, new)
    _remember(session, replaced | changes)
    _renew(session, loaded.document_id)


def _descending(session: Session, edition_id: int) -> list[int]:
    """Name an edition and all that inherited from it."""
    steps = select(Alignment.old_edition_id, Alignment.edition_id).distinct()
    children = session.execute(steps).all()
    found = [edition_id]
    for at in found:
        found += [after for before, after in children if before == at and after not in found]
    return found


def _in_turn(
    session: Session, document_id: int, changes: Mapping[str, str]
) -> Iterable[tuple[str, str]]:
    """Order changes so that each new name is free when it is given; a circle needs a third name."""
    left = dict(changes)
    while left:
        ready = next((old for old, new in left.items() if new not in left), None)
        if ready is None:
            old, new = left.popitem()
            spare = _fresh(session, document_id)
            yield old, spare
            left[spare] = new
        else:
            yield ready, left.pop(ready)


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


def _remember(session: Session, changes: Mapping[str, str]) -> None:
    """Let each pid that stands in no edition any more lead to the one that took its place."""
    both = {*changes, *changes.values()}
    living = set(session.scalars(select(Provision.pid).where(Provision.pid.in_(both))))
    for pid in both:
        became = None if pid in living else changes.get(pid)
        session.execute(update(Pid).where(Pid.pid == pid).values(became=became))


def _renew(session: Session, document_id: int) -> None:
    """Raise the revision of each edition, so that no process goes on with what it remembers."""
    for edition in session.scalars(select(Edition).where(Edition.document_id == document_id)):
        edition.revision += 1
        session.info.setdefault("uncommitted", set()).add(edition.id)
    session.flush()
