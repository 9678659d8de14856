"""An editor's corrections of how an edition was lined up with the one before it.

A correction says which provisions correspond; verdicts, pids and placements follow from that. Each
is a row of `corrections`. What the provisions concerned corresponded to until then they do no more.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any, Literal

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from annotator import documents
from annotator.db import now
from annotator.documents import Aligned
from annotator.errors import Unacceptable
from annotator.models import Alignment, Correction, Document
from annotator.services.editions import editions, provisions
from annotator.services.placement import changes, placer
from annotator.services.revisions import add_edition, edition_pairs, pid_changes
from annotator.services.revisions.edition_pairs import Pair, PairedProvision

LONGEST_REASON = 2_000
Act = Literal["map", "join", "split", "part"]


@dataclass(frozen=True)
class Corrected:
    """What a correction did: the relations concerned as they were and as they are now.

    `placements` counts the verdicts on annotations' targets in each edition, by label.
    """

    act: str
    edition: str
    before: tuple[PairedProvision, ...]
    after: tuple[PairedProvision, ...]
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
    """Record what became of the older provisions `olds`, by pid: exactly `news`, and those of them.

    `news` are ordinals or addresses in the edition. A provision that was mapped, or joined of
    several, has the pid of one of them; of the parts of a split one, that most like it has its pid,
    unless one has it already; a part of its own continues none.

    Raises NotFound, Malformed and Unacceptable for what cannot be.
    """
    query = select(Document.id).where(Document.slug == slug)
    session.execute(query.with_for_update())  # no other correction begins before this ends
    both = edition_pairs.pair(session, slug, label)
    old = {edition_pairs.old_ordinal(session, both, pid) for pid in olds}
    new = {edition_pairs.new_ordinal(both, each) for each in news}
    if len({"join": old, "split": new}.get(act, "any")) < 2:
        raise Unacceptable(f"To {act} takes at least two provisions; use map for one.", field=act)
    return _correct(session, both, act, old, new, reason, by)


def corrections(session: Session, slug: str, label: str | None = None) -> list[Correction]:
    """List what was corrected in an edition, the earliest first. Raises NotFound."""
    edition_id = editions.labelled(session, slug, label).edition_id
    query = select(Correction).where(Correction.edition_id == edition_id)
    return list(session.scalars(query.order_by(Correction.id)))


def _correct(
    session: Session,
    both: Pair,
    act: str,
    olds: Collection[int],
    news: Collection[int],
    reason: str,
    by: str,
) -> Corrected:
    """Let exactly `olds` correspond to `news`, and everything follow."""
    _check(both, olds, news, reason)
    held = both.pairs()
    kept = {(old, new) for old, new in held if old not in olds and new not in news}
    wanted = kept | set(product(olds, news))
    relation = documents.relate(both.before.parsed, both.after.parsed, wanted)
    concerned = _concerned(both, held ^ wanted, wanted, olds, news)
    names = _names(session, both, relation, concerned[1])
    if held == wanted and all(both.after.pids[at] == pid for at, pid in names.items()):
        raise Unacceptable("They already correspond; there is nothing to correct.", field=act)
    edition_id = both.after.edition_id
    session.execute(delete(Alignment).where(Alignment.edition_id == edition_id))
    add_edition.store_alignment(session, edition_id, both.before.edition_id, relation)
    pid_changes.rename(session, both.after, names)
    now_both = edition_pairs.pair(session, both.after.slug, both.after.label)
    before, after = (_rows(each, concerned) for each in (both, now_both))
    session.add(
        Correction(
            edition_id=edition_id,
            act=act,
            before=[_recorded(both, row) for row in before],
            after=[_recorded(now_both, row) for row in after],
            reason=reason.strip(),
            by=by,
            created=now(),
        )
    )
    session.flush()
    return Corrected(
        act,
        both.after.label,
        tuple(both.line(row) for row in before),
        tuple(now_both.line(row) for row in after),
        _place_all(session, both.after.document_id),
    )


def _check(both: Pair, olds: Iterable[int], news: Iterable[int], reason: str) -> None:
    if not 0 < len(reason.strip()) <= LONGEST_REASON:
        raise Unacceptable(
            f"A correction has a reason, of at most {LONGEST_REASON:,} characters.", field="reason"
        )
    for old, new in product(olds, news):
        one, other = (both.before.parsed.provisions[old], both.after.parsed.provisions[new])
        if (one.kind == "section") != (other.kind == "section"):
            raise Unacceptable(
                f"{both.before.pids[old]} is a {one.kind}, and "
                f"{provisions.view(both.after, new).address} a {other.kind}; a section is never "
                "the same as what stands in one.",
                field="address",
            )


Concerned = tuple[set[int], set[int]]


def _concerned(
    both: Pair,
    changed: set[tuple[int, int]],
    wanted: set[tuple[int, int]],
    olds: Iterable[int],
    news: Iterable[int],
) -> Concerned:
    """Name the old and new ordinals whose relations or names a correction may change."""
    all_olds = {*olds, *(old for old, _ in changed)}
    all_news = {*news, *(new for _, new in changed)}
    all_news |= {new for old, new in wanted if old in all_olds}
    holding = (both.after.ordinals.get(both.before.pids[old]) for old in all_olds)
    return all_olds, all_news | {at for at in holding if at is not None}


def _names(
    session: Session, both: Pair, relation: list[Aligned], news: Collection[int]
) -> dict[int, str]:
    """Return which pid each of `news` has: its own, or that of an old one that it continues."""
    old_pids = both.before.pids
    continues = {(row.new, old_pids[row.old]) for row in relation if row.old is not None}
    present = {at: both.after.pids[at] for at in news}
    names = {at: pid for at, pid in present.items() if (at, pid) in continues}
    heirs = documents.inheritance(relation, len(both.after.pids))
    given = set(names.values())
    for at in sorted(set(news) - set(names)):
        heir = heirs[at]
        if heir is not None and old_pids[heir] not in given:
            names[at] = old_pids[heir]
        elif present[at] not in old_pids:
            names[at] = present[at]
        else:
            names[at] = pid_changes.own_name(session, both.after, at)
    return names


def _rows(both: Pair, concerned: Concerned) -> list[Aligned]:
    olds, news = concerned
    return [row for row in both.relation if row.old in olds or row.new in news]


def _recorded(both: Pair, row: Aligned) -> dict[str, Any]:
    return {
        "old": None if row.old is None else both.before.pids[row.old],
        "new": None if row.new is None else both.after.pids[row.new],
        "ordinal": row.new,
        "verdict": row.verdict,
    }


def _place_all(session: Session, document_id: int) -> dict[str, Counter[str]]:
    """Place all commentary of a document anew in every edition, and tell the search index."""
    every = editions.every(session, document_id)
    counts = {item.label: placer.rebuild(session, document_id, item) for item in every}
    changes.note_all_of(session, document_id=document_id)
    return counts
