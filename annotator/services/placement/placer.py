"""Where annotations stand: their placements and coverage, in each edition.

Both tables are derived from the targets and can be rebuilt at any time; nothing here rewrites what
an author wrote. The moving of spans itself is `annotator.relocation.relocate`.

What is not shown is on no list, unless it has replies that are. Every output walks over what is
listed, so that a hidden annotation leaves all of them at once.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import Any

from rapidfuzz.distance import Levenshtein
from sqlalchemy import delete, exists, insert, select
from sqlalchemy.orm import Session

from annotator.documents import Parsed
from annotator.models import (
    VERDICT_BITS,
    WHOLE_DOCUMENT,
    Annotation,
    Coverage,
    Placement,
    Restatement,
    Target,
)
from annotator.relocation.diff import same_wording
from annotator.relocation.relocate import Relocated, Relocator
from annotator.services.editions.editions import Loaded, every, memory
from annotator.services.placement import changes, succession

BATCH = 1000


@dataclass(frozen=True, slots=True)
class Placeable:
    """An annotation as far as placing needs it.

    `targets` are those of its thread's head, `restated` what its author has said of them since.
    """

    id: str
    thread_id: str
    edition_id: int
    author_id: int
    created: datetime
    targets: tuple[Target, ...]
    restated: tuple[Restatement, ...] = ()


def place(
    session: Session, document_id: int, annotations: Iterable[Placeable], only: Loaded | None = None
) -> Counter[str]:
    """Write placements and coverage of `annotations` in every edition of a document, or in one.

    Counts the verdicts, by target. What stood there before must be gone.
    """
    verdicts: Counter[str] = Counter()
    placements: list[dict[str, Any]] = []
    coverage: list[dict[str, Any]] = []
    changed: set[tuple[int, int]] = set()
    for placed, covered in derive(session, document_id, annotations, only):
        placements += placed
        coverage += covered
        verdicts.update(row["verdict"] for row in placed)
        changed.update((row["edition_id"], row["provision"]) for row in covered)
        if len(coverage) > BATCH:
            _insert(session, placements, coverage)
    _insert(session, placements, coverage)
    changes.note_provisions(session, changed)
    return verdicts


def _insert(
    session: Session, placements: list[dict[str, Any]], coverage: list[dict[str, Any]]
) -> None:
    for table, rows in ((Placement, placements), (Coverage, coverage)):
        if rows:
            session.execute(insert(table), rows)
        rows.clear()


def derive(
    session: Session, document_id: int, annotations: Iterable[Placeable], only: Loaded | None = None
) -> Iterator[tuple[list[dict[str, Any]], list[dict[str, Any]]]]:
    """Yield the rows of `placements` and of `coverage` that follow from the targets.

    For each annotation and each edition of its document, or for one edition. Replies have no
    placements, and the coverage of their thread: each provision that it is commentary on, with
    where it begins there.
    """
    held = {loaded.edition_id: loaded for loaded in every(session, document_id)}
    for annotation in annotations:
        for into in (only,) if only else held.values():
            placements: list[dict[str, Any]] = []
            starts: dict[int, int] = {}
            verdicts = 0
            for target in annotation.targets:
                at, basis = _relocated(session, held, annotation, target, into)
                placements.append({
                    "annotation_id": annotation.id,
                    "edition_id": into.edition_id,
                    "ordinal": target.ordinal,
                    "start": at.start,
                    "end": at.end,
                    "provision": at.near,
                    "verdict": at.verdict,
                    "score": at.score,
                    "basis": basis,
                    "whole": target.whole,
                })  # fmt: skip
                verdicts |= VERDICT_BITS[at.verdict]
                if at.near != WHOLE_DOCUMENT:
                    start = into.parsed.provisions[at.near].start if at.start is None else at.start
                    for ordinal in touched(into.parsed, at, whole=target.whole):
                        starts[ordinal] = min(start, starts.get(ordinal, start))
            starts[WHOLE_DOCUMENT] = min(starts.values(), default=0)
            common = {
                "edition_id": into.edition_id,
                "thread_id": annotation.thread_id,
                "annotation_id": annotation.id,
                "created": annotation.created,
                "author_id": annotation.author_id,
                "verdicts": verdicts,
            }
            yield (
                placements if annotation.id == annotation.thread_id else [],
                [common | {"provision": at, "start": start} for at, start in starts.items()],
            )


def _relocated(
    session: Session,
    held: Mapping[int, Loaded],
    annotation: Placeable,
    target: Target,
    into: Loaded,
) -> tuple[Relocated, str]:
    """Follow a target into an edition from where its author last said that it stands.

    Returns whose word it is, too: computed, confirmed or restated.
    """
    origin = made_in = held[annotation.edition_id]
    word: Target | Restatement = target
    basis = "computed"
    for said in annotation.restated:
        home = held[said.edition_id]
        later = made_in.sequence < home.sequence or word.start is None
        if said.ordinal == target.ordinal and later and home.sequence <= into.sequence:
            made_in, word = home, said
            basis = "confirmed" if said.confirmed else "restated"
    if word.start is None or word.end is None or word.pid is None:
        return Relocated(None, None, "lost", 0.0, WHOLE_DOCUMENT), basis
    if made_in.edition_id == into.edition_id:
        near = into.ordinals[word.pid]
        if not word.whole:
            near = innermost(into.parsed, word.start, word.end)
        found = Relocated(word.start, word.end, "exact", 1.0, near)
    elif word.whole:
        found = relocator(session, made_in, into).provision(made_in.ordinals[word.pid])
    else:
        found = relocator(session, made_in, into).span(word.start, word.end)
    if found.start is None or found.end is None:
        return found, basis
    judged = origin.edition_id == into.edition_id or found.verdict not in ("exact", "moved")
    if word is target and (target.whole or judged):
        return found, basis
    # The verdict is on the original words, though the author has moved the annotation since, or a
    # space at their edge was left behind when they were followed.
    made_on = target.exact or origin.parsed.text[target.start : target.end]
    words = into.parsed.text[found.start : found.end]
    if not same_wording(words, made_on):
        score = Levenshtein.normalized_similarity(made_on, words)
        found = Relocated(found.start, found.end, "edited", score, found.near)
    return found, basis


def touched(parsed: Parsed, place: Relocated, *, whole: bool) -> set[int]:
    """Name the provisions that words at `place` are commentary on, by ordinal.

    A range counts for each provision it overlaps; a whole provision, and lost words, for the
    provision and those that contain it, not for the ones inside it.
    """
    ordinals = [place.near]
    if not whole and place.start is not None and place.end is not None:
        blocks = parsed.blocks
        first = bisect_right(blocks, place.start, key=attrgetter("start")) - 1
        last = bisect_left(blocks, place.end, key=attrgetter("start"))
        spanned = blocks[max(first, 0) : last]
        ordinals = [block.provision for block in spanned if block.end > place.start]
    found: set[int] = set()
    for ordinal in ordinals:
        at: int | None = ordinal
        while at is not None and at not in found:
            found.add(at)
            at = parsed.provisions[at].parent
    return found


def innermost(parsed: Parsed, start: int, end: int) -> int:
    """Find the innermost provision that holds the whole range, else the one in which it begins."""
    found = parsed.innermost(start, end)
    if found is not None:
        return found
    at = bisect_right(parsed.blocks, start, key=attrgetter("start")) - 1
    return parsed.blocks[max(at, 0)].provision


def relocator(session: Session, old: Loaded, new: Loaded) -> Relocator:
    """Return what moves spans from one edition into another; it is made once in a process."""
    cache = memory(session, old.edition_id, new.edition_id)
    key = (
        *("relocator", old.edition_id, old.sha256, old.revision),
        *(new.edition_id, new.sha256, new.revision),
    )
    if key not in cache:
        cache[key] = Relocator(old.parsed, new.parsed, succession.corresponding(session, old, new))
    found: Relocator = cache[key]
    return found


def placeables(session: Session, document_id: int) -> Iterator[Placeable]:
    """Yield the listed annotations of a document, in the order of their ids."""
    listed = (Annotation.document_id == document_id, Annotation.listed)
    query = select(Annotation.id).where(*listed).order_by(Annotation.id).limit(BATCH)
    ids = session.scalars(query).all()
    while ids:
        yield from placeables_of(session, ids)
        ids = session.scalars(query.where(Annotation.id > ids[-1])).all()


def placeables_of(session: Session, ids: Sequence[str]) -> Iterator[Placeable]:
    """Yield the annotations with these ids, a thousand at most, in the order of their ids."""
    columns = (Annotation.id, Annotation.thread_id, Annotation.edition_id, Annotation.author_id,
               Annotation.created)  # fmt: skip
    query = select(*columns).where(Annotation.id.in_(ids)).order_by(Annotation.id)
    rows = session.execute(query).all()
    heads = {row.thread_id for row in rows}
    targets: dict[str, list[Target]] = defaultdict(list)
    made_on = select(Target).where(Target.annotation_id.in_(heads))
    for target in session.scalars(made_on.order_by(Target.ordinal)):
        targets[target.annotation_id].append(target)
    restated: dict[str, list[Restatement]] = defaultdict(list)
    said = select(Restatement).where(Restatement.annotation_id.in_(heads))
    for each in session.scalars(said.order_by(Restatement.edition_id)):
        restated[each.annotation_id].append(each)
    for row in rows:
        yield Placeable(*row, tuple(targets[row.thread_id]), tuple(restated[row.thread_id]))


def replace(session: Session, annotation_id: str) -> None:
    """Place an annotation and its replies anew in every edition."""
    row = session.get_one(Annotation, annotation_id)
    listed = select(Annotation.id).where(Annotation.thread_id == row.thread_id, Annotation.listed)
    thread = list(session.scalars(listed.order_by(Annotation.id)))
    for ident in thread:
        remove(session, ident)
    place(session, row.document_id, placeables_of(session, thread))


def relist(session: Session, row: Annotation) -> None:
    """Put a changed annotation on the lists, or take it off, as it is shown and answered now.

    What it answers follows: an empty place is kept only as long as something stands under it.
    """
    session.flush()
    at: Annotation | None = row
    while at is not None:
        answered = exists().where(Annotation.in_reply_to == at.id, Annotation.listed)
        wanted = at.shown or bool(session.scalar(select(answered)))
        if wanted == at.listed and at is not row:
            break
        if wanted != at.listed:
            at.listed = wanted
            session.flush()
            if wanted:
                place(session, at.document_id, placeables_of(session, [at.id]))
            else:
                remove(session, at.id)
        at = session.get(Annotation, at.in_reply_to) if at.in_reply_to else None
    changes.note_annotations(session, [row])


def remove(session: Session, annotation_id: str) -> None:
    """Remove an annotation from every edition: nobody can page to it any more."""
    changes.note_coverage(session, Coverage.annotation_id == annotation_id)
    session.execute(delete(Placement).where(Placement.annotation_id == annotation_id))
    session.execute(delete(Coverage).where(Coverage.annotation_id == annotation_id))


def rebuild(session: Session, document_id: int, only: Loaded | None = None) -> Counter[str]:
    """Drop and write anew the placements of a document, in one edition or all; count verdicts."""
    anew = [each.edition_id for each in ([only] if only else every(session, document_id))]
    changes.note_coverage(session, Coverage.edition_id.in_(anew))
    for table in (Placement, Coverage):
        session.execute(delete(table).where(table.edition_id.in_(anew)))
    return place(session, document_id, placeables(session, document_id), only)
