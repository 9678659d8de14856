"""Placements and coverage: the positions of annotations in each edition.

Both tables are derived from the targets and can be rebuilt at any time; `relocation.relocate` moves
the spans. Annotations that are not shown are not listed, unless they have listed replies; every
output reads listed annotations only.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from rapidfuzz.distance import Levenshtein
from sqlalchemy import (
    Row,
    Select,
    SQLColumnExpression,
    bindparam,
    delete,
    exists,
    func,
    insert,
    literal,
    select,
    update,
)
from sqlalchemy.orm import Session

from annotator.db import insert_into, insert_rows, one_of, strings
from annotator.documents import Parsed
from annotator.models import (
    VERDICT_BITS,
    WHOLE_DOCUMENT,
    Annotation,
    Change,
    Coverage,
    Document,
    Edition,
    Happening,
    Outbox,
    Placement,
    Restatement,
    Target,
)
from annotator.relocation.diff import same_wording
from annotator.relocation.relocate import Relocated, Relocator
from annotator.services.editions import editions
from annotator.services.editions.editions import Loaded, every, memory
from annotator.services.placement import adoptions, succession

NEXT_STATE = (
    update(Document)
    .where(Document.id == bindparam("document"))
    .values(state=Document.state + 1)
    .returning(Document.state)
)
BATCH = 1000
PLACED_BY = ("annotation_id", "ordinal", "whole", "pid", "start", "end", "exact")  # of a target
PLACED: Select[Any] = (
    select(*(getattr(Annotation, name)
             for name in ("id", "thread_id", "edition_id", "author_id", "created")))
    .where(one_of(Annotation.id, strings("ids")))
    .order_by(Annotation.id)
)  # fmt: skip
TARGETS: Select[Any] = (
    select(*(getattr(Target, name) for name in PLACED_BY))
    .where(one_of(Target.annotation_id, strings("ids")))
    .order_by(Target.annotation_id, Target.ordinal)
)
RESTATED: Select[Any] = (
    select(Restatement)
    .where(one_of(Restatement.annotation_id, strings("ids")))
    .order_by(Restatement.edition_id)
)


class ProvisionCounts(NamedTuple):
    """The change of the counts of a provision: annotations, and those whose words are lost."""

    annotations: int
    lost: int

    def plus(self, more: ProvisionCounts) -> ProvisionCounts:
        """Return the sums."""
        return ProvisionCounts(self.annotations + more.annotations, self.lost + more.lost)


NONE = ProvisionCounts(0, 0)
_Changed = defaultdict[int, dict[tuple[int, int], ProvisionCounts]]  # by document


def next_state(session: Session, document_id: int) -> int:
    """Return the state of a document from this transaction on.

    Locks it until the transaction ends, so that a reader at a state sees all changes up to it.
    """
    session.connection()  # begins a transaction if necessary
    transaction = session.get_nested_transaction() or session.get_transaction()
    states: dict[object, int] = session.info.setdefault("states", {})
    if (transaction, document_id) not in states:
        grown = session.execute(NEXT_STATE, {"document": document_id})
        states[transaction, document_id] = state = grown.scalar_one()
        editions.advance(session, document_id, state)
    return states[transaction, document_id]


def note_annotations(session: Session, rows: Sequence[Annotation]) -> None:
    """Record that annotations have changed."""
    note_ids(session, [row.id for row in rows])
    for document_id in sorted({row.document_id for row in rows}):
        next_state(session, document_id)


def note_ids(session: Session, ids: Sequence[str]) -> None:
    """Record for the search index that annotations have changed."""
    noted = [{"kind": "annotation", "key": ident} for ident in ids]
    insert_rows(session.connection(), Outbox.__table__, noted)


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
    rows = [{"edition_id": edition_id, "provision": ordinal, "state": state,
             "annotations": added.annotations, "lost": added.lost}
            for (edition_id, ordinal), added in sorted(changed.items())]  # fmt: skip
    new = insert_into(session, Change)
    newer = new.on_conflict_do_update(
        index_elements=["edition_id", "provision"],
        set_={
            "state": new.excluded.state,
            "annotations": Change.annotations + new.excluded.annotations,
            "lost": Change.lost + new.excluded.lost,
        },
    )
    session.connection().execute(newer, rows)


@dataclass(frozen=True, slots=True)
class Placeable:
    """The parts of an annotation that placement needs; a reply has the targets of its thread."""

    id: str
    thread_id: str
    edition_id: int
    author_id: int
    created: datetime
    targets: tuple[Target | Row[Any], ...]
    restated: tuple[Restatement, ...] = ()


def place(
    session: Session, document_id: int, annotations: Iterable[Placeable], only: Loaded | None = None
) -> Counter[str]:
    """Insert placements and coverage of annotations in every edition of a document, or in one.

    Returns the number of each verdict, by target. Earlier rows must have been deleted. Locks the
    document first, so that what is posted while an edition is added is placed in it too.
    """
    next_state(session, document_id)
    verdicts: Counter[str] = Counter()
    placements: list[dict[str, Any]] = []
    coverage: list[dict[str, Any]] = []
    covered_by: Counter[tuple[int, int]] = Counter()
    lost: Counter[tuple[int, int]] = Counter()
    for placed, covered in derive(session, document_id, annotations, only):
        placements += placed
        coverage += covered
        verdicts.update(row["verdict"] for row in placed)
        covered_by.update((row["edition_id"], row["provision"]) for row in covered)
        lost.update(
            {(row["edition_id"], row["provision"]) for row in placed if row["start"] is None}
        )
        if len(coverage) > BATCH:
            _insert(session, placements, coverage)
    _insert(session, placements, coverage)
    note_provisions(
        session,
        document_id,
        {at: ProvisionCounts(number, lost[at]) for at, number in covered_by.items()},
    )
    return verdicts


def _insert(
    session: Session, placements: list[dict[str, Any]], coverage: list[dict[str, Any]]
) -> None:
    for table, rows in ((Placement, placements), (Coverage, coverage)):
        insert_rows(session.connection(), table.__table__, rows)
        rows.clear()


def derive(
    session: Session, document_id: int, annotations: Iterable[Placeable], only: Loaded | None = None
) -> Iterator[tuple[list[dict[str, Any]], list[dict[str, Any]]]]:
    """Yield the rows of `placements` and `coverage` of each annotation in each edition, or in one.

    Replies have no placements, and the coverage of their thread: each provision that it comments
    on, with its start there.
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
    target: Target | Row[Any],
    into: Loaded,
) -> tuple[Relocated, str]:
    """Relocate a target, or its last restatement up to that edition, into an edition.

    Returns the basis too: computed, confirmed or restated.
    """
    origin = made_in = held[annotation.edition_id]
    word: Target | Row[Any] | Restatement = target
    basis = "computed"
    for restatement in annotation.restated:
        home = held[restatement.edition_id]
        later = made_in.sequence < home.sequence or word.start is None
        if restatement.ordinal == target.ordinal and later and home.sequence <= into.sequence:
            made_in, word = home, restatement
            basis = "confirmed" if restatement.confirmed else "restated"
    if word.start is None or word.end is None or word.pid is None:
        return Relocated(None, None, "lost", 0.0, WHOLE_DOCUMENT), basis
    if made_in.edition_id == into.edition_id:
        place = Relocated(word.start, word.end, "exact", 1.0, into.ordinals[word.pid])
    elif word.whole:
        place = relocator(session, made_in, into).provision(made_in.ordinals[word.pid])
    else:
        place = relocator(session, made_in, into).span(word.start, word.end)
    if place.start is None or place.end is None:
        return place, basis
    judged = origin.edition_id == into.edition_id or place.verdict not in ("exact", "moved")
    if word is target and (target.whole or judged):
        return place, basis
    # The verdict compares with the original words, even after a restatement, or if relocation
    # dropped a space at their edge.
    made_on = target.exact or origin.parsed.text[target.start : target.end]
    words = into.parsed.text[place.start : place.end]
    if not same_wording(words, made_on):
        score = Levenshtein.normalized_similarity(made_on, words)
        place = Relocated(place.start, place.end, "edited", score, place.near)
    return place, basis


def touched(parsed: Parsed, place: Relocated, *, whole: bool) -> set[int]:
    """Return the ordinals of the provisions that a placement is commentary on.

    A range belongs to each provision it overlaps; a whole provision and lost words belong to the
    provision and those that contain it, not to those inside.
    """
    ordinals = [place.near]
    if not whole and place.start is not None and place.end is not None:
        spanned = (parsed.blocks[at] for at in parsed.block_range(place.start, place.end))
        ordinals = [block.provision for block in spanned if block.end > place.start]
    return {at for ordinal in ordinals for at in parsed.and_ancestors(ordinal)}


def relocator(session: Session, old: Loaded, new: Loaded) -> Relocator:
    """Return the relocator from one edition to another, cached in the process."""
    cache = memory(session, old.edition_id, new.edition_id)
    key = ("relocator", old.edition_id, old.sha256, old.revision,
           new.edition_id, new.sha256, new.revision)  # fmt: skip
    if key not in cache:
        cache[key] = Relocator(old.parsed, new.parsed, succession.corresponding(session, old, new))
    cached: Relocator = cache[key]
    return cached


def placeables(session: Session, document_id: int) -> Iterator[Placeable]:
    """Yield the listed annotations of a document by id."""
    listed = (Annotation.document_id == document_id, Annotation.listed)
    query = select(Annotation.id).where(*listed).order_by(Annotation.id).limit(BATCH)
    ids = session.scalars(query).all()
    while ids:
        yield from placeables_of(session, ids)
        ids = session.scalars(query.where(Annotation.id > ids[-1])).all()


def placeables_of(session: Session, ids: Sequence[str]) -> Iterator[Placeable]:
    """Yield the annotations with these ids, at most BATCH, by id."""
    session.flush()
    connection = session.connection()
    rows = connection.execute(PLACED, {"ids": ids}).all()
    heads = {"ids": [*{row.thread_id for row in rows}]}
    targets: dict[str, list[Row[Any]]] = defaultdict(list)
    for target in connection.execute(TARGETS, heads).all():
        targets[target.annotation_id].append(target)
    restated: dict[str, list[Restatement]] = defaultdict(list)
    for each in session.scalars(RESTATED, heads):
        restated[each.annotation_id].append(each)
    for row in rows:
        thread = row.thread_id
        yield Placeable(row.id, thread, row.edition_id, row.author_id, row.created,
                        tuple(targets[thread]), tuple(restated[thread]))  # fmt: skip


def replace(session: Session, annotation_id: str) -> None:
    """Rebuild the placements of an annotation and its replies in every edition."""
    row = session.get_one(Annotation, annotation_id)
    listed = select(Annotation.id).where(Annotation.thread_id == row.thread_id, Annotation.listed)
    thread = list(session.scalars(listed.order_by(Annotation.id)))
    remove(session, thread)
    place(session, row.document_id, placeables_of(session, thread))


def relist(session: Session, row: Annotation) -> None:
    """Add a changed annotation to the lists, or remove it, and then its parents.

    An annotation is listed if it is shown or has listed replies. Who follows a shown one, and has
    not been told of it, will be.
    """
    if row.shown:
        session.add(Happening(kind="shown", annotation_id=row.id))
    session.flush()
    at: Annotation | None = row
    while at is not None:
        answered = exists().where(Annotation.in_reply_to == at.id, Annotation.listed)
        listed = at.shown or bool(session.scalar(select(answered)))
        if listed == at.listed and at is not row:
            break
        if listed != at.listed:
            at.listed = listed
            session.flush()
            if listed:
                place(session, at.document_id, placeables_of(session, [at.id]))
            else:
                remove(session, [at.id])
        at = session.get(Annotation, at.in_reply_to) if at.in_reply_to else None
    note_annotations(session, [row])


def rebuild(session: Session, document_id: int, only: Loaded | None = None) -> Counter[str]:
    """Rebuild a document's placements in all editions or one; return the number of each verdict."""
    edition_ids = [each.edition_id for each in ([only] if only else every(session, document_id))]
    note_coverage(session, Coverage.edition_id.in_(edition_ids))
    for table in (Placement, Coverage):
        session.execute(delete(table).where(table.edition_id.in_(edition_ids)))
    emptied = update(Change).where(Change.edition_id.in_(edition_ids))
    session.execute(emptied.values(annotations=0, lost=0))
    adoptions.rebuild(session, document_id, only)
    return place(session, document_id, placeables(session, document_id), only)
