"""Corrections that an editor makes to the alignment of an edition with the one before it.

A correction names the provisions that correspond; it replaces what they corresponded to before, and
verdicts, pids and placements follow. Each is a row of `corrections`.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any, Literal

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from annotator import documents
from annotator.db import now
from annotator.documents import Aligned
from annotator.errors import Unacceptable
from annotator.models import (
    Alignment,
    Annotation,
    Correction,
    Document,
    Edition,
    Pid,
    Provision,
    Restatement,
    Target,
)
from annotator.services.editions import editions, provisions
from annotator.services.editions.editions import Loaded
from annotator.services.placement import placer
from annotator.services.revisions import add_edition, edition_pairs
from annotator.services.revisions.edition_pairs import EditionDiff, ProvisionChange

LONGEST_REASON = 2_000
Act = Literal["map", "join", "split", "part"]


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
    document_id = loaded.document_id  # a new revision invalidates the caches of all processes
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


@dataclass(frozen=True)
class Corrected:
    """The result of a correction: the relations concerned, before and after.

    `placements` counts the verdicts on annotations' targets in each edition, by label.
    """

    act: str
    edition: str
    before: tuple[ProvisionChange, ...]
    after: tuple[ProvisionChange, ...]
    placements: Mapping[str, Counter[str]]


def correct(
    session: Session,
    slug: str,
    label: str,
    act: Act,
    olds: Iterable[str],
    news: Iterable[int | str],
    *,
    reason: str,
    by: str,
) -> Corrected:
    """Make the older provisions `olds`, by pid, correspond to exactly `news`.

    `news` are ordinals or addresses in the edition. A mapped or joined provision gets the pid of an
    old one; of the parts of a split one, the most similar gets its pid unless one has it already;
    `part` continues no old one. Raises NotFound, Malformed and Unacceptable.
    """
    query = select(Document.id).where(Document.slug == slug)
    session.execute(query.with_for_update())  # one correction at a time
    both = edition_pairs.pair(session, slug, label)
    old = {edition_pairs.old_ordinal(session, both, pid) for pid in olds}
    new = {edition_pairs.new_ordinal(both, each) for each in news}
    _check(both, act, old, new, reason)
    held = both.pairs()
    unconcerned = {pair for pair in held if pair[0] not in old and pair[1] not in new}
    corrected = unconcerned | set(product(old, new))
    relation = documents.relate(both.old.parsed, both.new.parsed, corrected)
    # The provisions whose relations or pids may change.
    old_ones = {*old, *(at for at, _ in held ^ corrected)}
    new_ones = {*new, *(at for _, at in held ^ corrected)}
    new_ones |= {after for before, after in corrected if before in old_ones}
    pids = (both.old.pids[at] for at in old_ones)
    new_ones |= {both.new.ordinals[pid] for pid in pids if pid in both.new.ordinals}
    names = _names(session, both, relation, new_ones)
    if held == corrected and all(both.new.pids[at] == pid for at, pid in names.items()):
        raise Unacceptable(
            "These provisions already correspond; there is nothing to correct.", field=act
        )
    edition_id = both.new.edition_id
    session.execute(delete(Alignment).where(Alignment.edition_id == edition_id))
    add_edition.store_alignment(session, edition_id, both.old.edition_id, relation)
    rename(session, both.new, names)
    now_both = edition_pairs.pair(session, both.new.slug, both.new.label)
    before, after = (
        [row for row in pair.relation if row.old in old_ones or row.new in new_ones]
        for pair in (both, now_both)
    )
    session.add(Correction(
        edition_id=edition_id, act=act, before=[_recorded(both, row) for row in before],
        after=[_recorded(now_both, row) for row in after], reason=reason.strip(), by=by,
        created=now(),
    ))  # fmt: skip
    session.flush()
    document_id = both.new.document_id
    placements = {loaded.label: placer.rebuild(session, document_id, loaded)
                  for loaded in editions.every(session, document_id)}  # fmt: skip
    placer.note_all_of(session, document_id=document_id)
    return Corrected(act, both.new.label, tuple(map(both.line, before)),
                     tuple(map(now_both.line, after)), placements)  # fmt: skip


def corrections(session: Session, slug: str, label: str | None = None) -> list[Correction]:
    """List the corrections of an edition, oldest first. Raises NotFound."""
    edition_id = editions.labelled(session, slug, label).edition_id
    query = select(Correction).where(Correction.edition_id == edition_id)
    return list(session.scalars(query.order_by(Correction.id)))


def _check(both: EditionDiff, act: Act, olds: set[int], news: set[int], reason: str) -> None:
    if len({"join": olds, "split": news}.get(act, "any")) < 2:
        raise Unacceptable(f"{act} needs at least two provisions; use map for one.", field=act)
    if not 0 < len(reason.strip()) <= LONGEST_REASON:
        raise Unacceptable(
            f"A correction needs a reason of at most {LONGEST_REASON:,} characters.", field="reason"
        )
    for old, new in product(olds, news):
        kinds = (both.old.parsed.provisions[old].kind, both.new.parsed.provisions[new].kind)
        if kinds.count("section") == 1:
            raise Unacceptable(
                f"{both.old.pids[old]} is a {kinds[0]}, and "
                f"{provisions.view(both.new, new).address} a {kinds[1]}; a section can only "
                "correspond to a section.",
                field="address",
            )


def _names(
    session: Session, both: EditionDiff, relation: list[Aligned], news: Collection[int]
) -> dict[int, str]:
    """Return the pid of each of `news`: its own, or that of an old provision that it continues."""
    old_pids = both.old.pids
    continues = {(row.new, old_pids[row.old]) for row in relation if row.old is not None}
    present = {at: both.new.pids[at] for at in news}
    names = {at: pid for at, pid in present.items() if (at, pid) in continues}
    heirs = documents.inheritance(relation, len(both.new.pids))
    used = set(names.values())
    for at in sorted(set(news) - set(names)):
        heir = heirs[at]
        if heir is not None and old_pids[heir] not in used:
            names[at] = old_pids[heir]
        elif present[at] not in old_pids:
            names[at] = present[at]
        else:
            former = _replaced(session, both.new, at)
            names[at] = former or _fresh(session, both.new.document_id)
    return names


def _recorded(both: EditionDiff, row: Aligned) -> dict[str, Any]:
    return {
        "old": None if row.old is None else both.old.pids[row.old],
        "new": None if row.new is None else both.new.pids[row.new],
        "ordinal": row.new,
        "verdict": row.verdict,
    }
