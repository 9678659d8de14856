"""Where annotations stand: their placements and coverage, in each edition.

Both tables are derived from the targets and can be rebuilt at any time; nothing here rewrites what
an author wrote. The moving of spans itself is `annotator.relocation.relocate`.

What is not shown is on no list, unless it has replies that are. Every output walks over what is
listed, so that a hidden annotation leaves all of them at once.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rapidfuzz.distance import Levenshtein
from sqlalchemy import Row, delete, exists, insert, select
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
from annotator.relocation.relocate import Relocated, Relocator
from annotator.relocation.tokens import same_wording
from annotator.services.editions.editions import Loaded, every, memory
from annotator.services.placement import changes, succession

BATCH = 1000
_PLACEABLE = (
    Annotation.id,
    Annotation.thread_id,
    Annotation.edition_id,
    Annotation.author_id,
    Annotation.created,
)


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


@dataclass(frozen=True, slots=True)
class PlacedTarget:
    """Where a target stands, and whose word it is: computed, confirmed or restated."""

    at: Relocated
    basis: str


def place(
    session: Session, annotations: Iterable[Placeable], editions: Sequence[Loaded]
) -> Counter[str]:
    """Write placements and coverage of `annotations` in `editions` of one document.

    Counts the verdicts, by target. What stood there before must be gone.
    """
    verdicts: Counter[str] = Counter()
    placements: list[dict[str, Any]] = []
    coverage: list[dict[str, Any]] = []
    changed: set[tuple[int, int]] = set()
    for annotation, into, found in relocated(session, annotations, editions):
        rows = coverage_rows(annotation, into, found)
        changed.update((into.edition_id, row["provision"]) for row in rows)
        coverage += rows
        if annotation.id == annotation.thread_id:
            placements += placement_rows(annotation, into, found)
            verdicts.update(place.at.verdict for place in found)
        if len(coverage) > BATCH:
            _write(session, placements, coverage)
    _write(session, placements, coverage)
    changes.note_provisions(session, changed)
    return verdicts


def relocated(
    session: Session, annotations: Iterable[Placeable], editions: Sequence[Loaded]
) -> Iterator[tuple[Placeable, Loaded, list[PlacedTarget]]]:
    """Yield where the targets of each annotation stand in each edition."""
    mover = _Mover(session, editions)
    for annotation in annotations:
        for into in editions:
            yield (
                annotation,
                into,
                [mover.relocated(annotation, target, into) for target in annotation.targets],
            )


def _write(
    session: Session, placements: list[dict[str, Any]], coverage: list[dict[str, Any]]
) -> None:
    for table, rows in ((Placement, placements), (Coverage, coverage)):
        if rows:
            session.execute(insert(table), rows)
        rows.clear()


def placement_rows(
    annotation: Placeable, into: Loaded, found: Sequence[PlacedTarget]
) -> list[dict[str, Any]]:
    """Return the rows of `placements` for the targets of the head of a thread."""
    return [
        {
            "annotation_id": annotation.id,
            "edition_id": into.edition_id,
            "ordinal": ordinal,
            "start": place.at.start,
            "end": place.at.end,
            "provision": place.at.near,
            "verdict": place.at.verdict,
            "score": place.at.score,
            "basis": place.basis,
            "whole": annotation.targets[ordinal].whole,
        }
        for ordinal, place in enumerate(found)
    ]


def coverage_rows(
    annotation: Placeable, into: Loaded, found: Sequence[PlacedTarget]
) -> list[dict[str, Any]]:
    """Name each provision that the annotation is commentary on, with where it begins there."""
    starts: dict[int, int] = {}
    for target, place in zip(annotation.targets, found, strict=True):
        if place.at.near == WHOLE_DOCUMENT:
            continue
        near = into.parsed.provisions[place.at.near]
        at = near.start if place.at.start is None else place.at.start
        for ordinal in touched(into.parsed, place.at, whole=target.whole):
            starts[ordinal] = min(at, starts.get(ordinal, at))
    starts[WHOLE_DOCUMENT] = min(starts.values(), default=0)
    verdicts = sum({VERDICT_BITS.get(place.at.verdict, 0) for place in found})
    return [
        {
            "edition_id": into.edition_id,
            "provision": ordinal,
            "start": start,
            "thread_id": annotation.thread_id,
            "annotation_id": annotation.id,
            "created": annotation.created,
            "author_id": annotation.author_id,
            "verdicts": verdicts,
        }
        for ordinal, start in starts.items()
    ]


def touched(parsed: Parsed, place: Relocated, *, whole: bool) -> set[int]:
    """Name the provisions that words at `place` are commentary on, by ordinal.

    A range counts for each provision it overlaps; a whole provision, and lost words, for the
    provision and those that contain it, not for the ones inside it.
    """
    if whole or place.start is None or place.end is None:
        return set(_upwards(parsed, place.near))
    blocks = parsed.blocks
    first = bisect_right(blocks, place.start, key=lambda block: block.start) - 1
    last = bisect_left(blocks, place.end, key=lambda block: block.start)
    return {
        ordinal
        for block in blocks[max(first, 0) : last]
        if block.end > place.start
        for ordinal in _upwards(parsed, block.provision)
    }


def _upwards(parsed: Parsed, ordinal: int) -> Iterator[int]:
    at: int | None = ordinal
    while at is not None:
        yield at
        at = parsed.provisions[at].parent


def innermost(parsed: Parsed, start: int, end: int) -> int:
    """Find the innermost provision that holds the whole range, else the one in which it begins."""
    found = parsed.innermost(start, end)
    if found is not None:
        return found
    at = bisect_right(parsed.blocks, start, key=lambda block: block.start) - 1
    return parsed.blocks[max(at, 0)].provision


class _Mover:
    """Relocates targets between the editions of one document, keeping what it has worked out."""

    def __init__(self, session: Session, editions: Sequence[Loaded]) -> None:
        self._session = session
        self._editions = {loaded.edition_id: loaded for loaded in editions}
        self._document_id = editions[0].document_id if editions else None

    def relocated(self, annotation: Placeable, target: Target, into: Loaded) -> PlacedTarget:
        """Follow a target into an edition from where its author last said that it stands."""
        origin = made_in = self._edition(annotation.edition_id)
        word: Target | Restatement = target
        basis = "computed"
        for said in annotation.restated:
            home = self._edition(said.edition_id)
            later = made_in.sequence < home.sequence or word.start is None
            if said.ordinal == target.ordinal and later and home.sequence <= into.sequence:
                made_in, word = home, said
                basis = "confirmed" if said.confirmed else "restated"
        found = self._followed(made_in, word, into)
        if word is target and (target.whole or found.verdict not in ("exact", "moved")):
            return PlacedTarget(found, basis)
        made_on = target.exact or origin.parsed.text[target.start : target.end]
        return PlacedTarget(_honest(found, made_on, into), basis)

    def _followed(self, made_in: Loaded, word: Target | Restatement, into: Loaded) -> Relocated:
        if word.start is None or word.end is None or word.pid is None:
            return Relocated(None, None, "lost", 0.0, WHOLE_DOCUMENT)
        if made_in.edition_id == into.edition_id:
            near = (
                into.ordinals[word.pid]
                if word.whole
                else innermost(into.parsed, word.start, word.end)
            )
            return Relocated(word.start, word.end, "exact", 1.0, near)
        mover = relocator(self._session, made_in, into)
        if word.whole:
            return mover.provision(made_in.ordinals[word.pid])
        return mover.span(word.start, word.end)

    def _edition(self, edition_id: int) -> Loaded:
        if edition_id not in self._editions and self._document_id is not None:
            self._editions |= {x.edition_id: x for x in every(self._session, self._document_id)}
        return self._editions[edition_id]


def _honest(found: Relocated, original: str, into: Loaded) -> Relocated:
    """Return the verdict on the original words, though the author has moved the annotation since.

    Or though a space at their edge was left behind when they were followed.
    """
    if found.start is None or found.end is None:
        return found
    words = into.parsed.text[found.start : found.end]
    if same_wording(words, original):
        return found
    score = Levenshtein.normalized_similarity(original, words)
    return Relocated(found.start, found.end, "edited", score, found.near)


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


def placeables(session: Session, document_id: int, after: str = "") -> Iterator[Placeable]:
    """Yield the listed annotations of a document, in the order of their ids."""
    while True:
        rows = session.execute(
            select(*_PLACEABLE)
            .where(Annotation.document_id == document_id, Annotation.listed, Annotation.id > after)
            .order_by(Annotation.id)
            .limit(BATCH)
        ).all()
        if not rows:
            return
        yield from _placeables(session, rows)
        after = rows[-1].id


def placeables_of(session: Session, ids: Sequence[str]) -> Iterator[Placeable]:
    """Yield the annotations with these ids, a few hundred at most."""
    query = select(*_PLACEABLE).where(Annotation.id.in_(ids))
    return _placeables(session, session.execute(query).all())


def _placeables(
    session: Session, rows: Sequence[Row[str, str, int, int, datetime]]
) -> Iterator[Placeable]:
    heads = {row.thread_id for row in rows}
    targets: dict[str, list[Target]] = defaultdict(list)
    query = select(Target).where(Target.annotation_id.in_(heads))
    for target in session.scalars(query.order_by(Target.ordinal)):
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
    place(session, placeables_of(session, thread), every(session, row.document_id))


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
                place(session, placeables_of(session, [at.id]), every(session, at.document_id))
            else:
                remove(session, at.id)
        at = session.get(Annotation, at.in_reply_to) if at.in_reply_to else None
    changes.note_annotations(session, [row])


def remove(session: Session, annotation_id: str) -> None:
    """Remove an annotation from every edition: nobody can page to it any more."""
    changes.note_coverage(session, Coverage.annotation_id == annotation_id)
    session.execute(delete(Placement).where(Placement.annotation_id == annotation_id))
    session.execute(delete(Coverage).where(Coverage.annotation_id == annotation_id))


def rebuild(session: Session, document_id: int, editions: Sequence[Loaded]) -> Counter[str]:
    """Drop and write anew every placement of a document in `editions`; count the verdicts."""
    changes.note_coverage(session, Coverage.edition_id.in_([each.edition_id for each in editions]))
    for table in (Placement, Coverage):
        for loaded in editions:
            session.execute(delete(table).where(table.edition_id == loaded.edition_id))
    return place(session, placeables(session, document_id), editions)
