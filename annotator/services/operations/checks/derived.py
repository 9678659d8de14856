"""What follows from the rest: placements, coverage and the index, against what they follow from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import and_, not_, or_, select
from sqlalchemy.orm import Session

from annotator.db import stream
from annotator.models import (
    VERDICT_BITS,
    WHOLE_DOCUMENT,
    Annotation,
    Coverage,
    Document,
    Edition,
    Outbox,
    Placement,
    Target,
)
from annotator.relocation.relocate import Relocated
from annotator.search import outbox
from annotator.search.engine import Engine
from annotator.search.gather import everything
from annotator.search.record import annotation_key, provision_key
from annotator.services.editions.editions import Loaded
from annotator.services.operations.checks.look import Look
from annotator.services.placement import placer
from annotator.services.placement.placer import Placeable, PlacedTarget

BASES = ("computed", "confirmed", "restated")
BATCH = 500
TRIES = 3
Covered = tuple[object, ...]  # its columns but the annotation, as `Coverage` has them


def placements(look: Look) -> Iterator[str]:
    """A placement stands within its edition, on the words that its verdict speaks of."""
    query = select(Placement, Target.exact, Target.whole).join(
        Target,
        and_(Target.annotation_id == Placement.annotation_id, Target.ordinal == Placement.ordinal),
        isouter=True,
    )
    for placement, exact, whole in stream(look.session, query):
        item = look.editions.get(placement.edition_id)
        look.count("placements")
        if item is None:
            continue
        trouble = _placement(placement, exact, whole, item)
        if trouble:
            yield f"annotation {placement.annotation_id} in {item.slug}@{item.label}: {trouble}"
        look.session.expunge(placement)


def _placement(placement: Placement, exact: str | None, whole: bool | None, item: Loaded) -> str:
    if whole is None:
        return f"a placement of target {placement.ordinal}, which it does not have"
    if placement.verdict not in VERDICT_BITS or placement.basis not in BASES:
        return f"{placement.verdict!r} and {placement.basis!r} are no verdict and its basis"
    nowhere = placement.verdict == "lost" and placement.provision == WHOLE_DOCUMENT
    if not (nowhere or 0 <= placement.provision < len(item.pids)):
        return "placed in a provision that is not there"
    if (placement.start is None) != (placement.verdict == "lost"):
        return f"a verdict {placement.verdict} that does not fit its place"
    if placement.start is None or placement.end is None:
        return ""
    if not 0 <= placement.start < placement.end <= len(item.parsed.text):
        return "placed outside the text"
    stands = item.parsed.text[placement.start : placement.end]
    if not whole and placement.verdict != "edited" and stands != exact:
        return f"{placement.verdict}, but other words stand there"
    return ""


def places(look: Look) -> Iterator[str]:
    """What is listed has its place in each edition of its document, as its placements imply."""
    editions: dict[int, list[Loaded]] = defaultdict(list)
    for item in look.editions.values():
        editions[item.document_id].append(item)
    for document_id, held in editions.items():
        batch: list[Placeable] = []
        for placeable in placer.placeables(look.session, document_id):
            batch.append(placeable)
            if len(batch) == BATCH:
                yield from _places(look, batch, held)
                batch = []
        yield from _places(look, batch, held)
    yield from _leftovers(look)


def _places(look: Look, batch: Sequence[Placeable], held: Sequence[Loaded]) -> Iterator[str]:
    placed = _stored_placements(look.session, {each.thread_id for each in batch})
    covered = _stored_coverage(look.session, [each.id for each in batch])
    for each in batch:
        look.count("annotations in their places")
        for item in held:
            where = f"annotation {each.id} in {item.slug}@{item.label}"
            found = placed.get((each.thread_id, item.edition_id), [])
            if [row.ordinal for row in found] != list(range(len(each.targets))):
                if each.id == each.thread_id:
                    yield f"{where}: not each target has its placement"
                continue
            stored = covered.get((each.id, item.edition_id), set())
            if not stored:
                yield f"{where}: it has no place there"
            elif any(not WHOLE_DOCUMENT <= row.provision < len(item.pids) for row in found):
                continue  # `placements` has said so
            elif stored != _implied(each, item, found):
                yield f"{where}: its coverage is not what its placements imply"


def _implied(each: Placeable, item: Loaded, found: Sequence[Placement]) -> set[Covered]:
    rows = placer.coverage_rows(each, item, [_placed(row) for row in found])
    return {
        (
            row["edition_id"],
            row["provision"],
            row["start"],
            row["thread_id"],
            row["author_id"],
            row["verdicts"],
            row["created"],
        )
        for row in rows
    }


def _placed(row: Placement) -> PlacedTarget:
    at = Relocated(row.start, row.end, row.verdict, row.score, row.provision)  # type: ignore[arg-type]  # `placements` checks the verdict
    return PlacedTarget(at, row.basis)


def _stored_placements(session: Session, heads: set[str]) -> dict[tuple[str, int], list[Placement]]:
    query = select(Placement).where(Placement.annotation_id.in_(heads))
    found: dict[tuple[str, int], list[Placement]] = defaultdict(list)
    for row in session.scalars(query.order_by(Placement.ordinal)):
        found[row.annotation_id, row.edition_id].append(row)
        session.expunge(row)
    return found


def _stored_coverage(session: Session, ids: Sequence[str]) -> dict[tuple[str, int], set[Covered]]:
    columns = (Coverage.edition_id, Coverage.provision, Coverage.start, Coverage.thread_id,
               Coverage.author_id, Coverage.verdicts)  # fmt: skip
    query = select(Coverage.annotation_id, *columns, Coverage.created).where(
        Coverage.annotation_id.in_(ids)
    )
    found: dict[tuple[str, int], set[Covered]] = defaultdict(set)
    for row in session.execute(query):
        found[row.annotation_id, row.edition_id].add(tuple(row)[1:])
    return found


def _leftovers(look: Look) -> Iterator[str]:
    """Find placements and coverage of what is on no list, or of what has none of its own."""
    for table, noun in ((Placement, "placements"), (Coverage, "coverage")):
        query = (
            select(table.annotation_id)
            .join(Annotation, Annotation.id == table.annotation_id)
            .join(Edition, Edition.id == table.edition_id)
        )
        strangers = or_(not_(Annotation.listed), Annotation.document_id != Edition.document_id)
        if table is Placement:
            strangers = or_(strangers, Annotation.in_reply_to.is_not(None))
        for ident in look.session.scalars(query.where(strangers).distinct()):
            yield f"annotation {ident}: it should have no {noun} there"


@dataclass(frozen=True)
class IndexState:
    """How the index compares with the database; the sets hold keys of records.

    `waiting` counts what the index has still to hear of; what that concerns is not counted as
    missing, stale or too much.
    """

    expected: int
    held: int
    waiting: int
    missing: frozenset[str]
    stale: frozenset[str]
    extra: frozenset[str]

    @property
    def wrong(self) -> bool:
        """Return whether something differs that nothing waiting explains."""
        return bool(self.missing or self.stale or self.extra)

    @property
    def differs(self) -> bool:
        """Return whether anything is not as it should be."""
        return bool(self.waiting or self.wrong)


def compare_index(session: Session, engine: Engine) -> IndexState:
    """Compare every record that the index should hold with what it holds."""
    held = engine.revisions()
    expected, number, missing, stale = 0, len(held), set(), set()
    for record in everything(session):
        expected += 1
        revision = held.pop(record.key, None)
        if revision is None:
            missing.add(record.key)
        elif revision != record.revision:
            stale.add(record.key)
    waiting = _waiting(session, {*missing, *stale, *held})
    return IndexState(
        expected=expected,
        held=number,
        waiting=outbox.waiting(session),
        missing=frozenset(missing - waiting),
        stale=frozenset(stale - waiting),
        extra=frozenset(held.keys() - waiting),
    )


def _waiting(session: Session, keys: set[str]) -> set[str]:
    """Tell which records the index has still to hear of."""
    rows = session.execute(select(Outbox.kind, Outbox.key).distinct()).all() if keys else []
    own = {annotation_key(row.key) for row in rows if row.kind == "annotation"}
    whole = tuple(
        provision_key(slug, "")
        for slug in _slugs(session, {int(row.key) for row in rows if row.kind == "document"})
    )
    return {key for key in keys if key in own or (whole and key.startswith(whole))}


def _slugs(session: Session, ids: set[int]) -> Sequence[str]:
    return session.scalars(select(Document.slug).where(Document.id.in_(ids))).all()


def index(look: Look) -> Iterator[str]:
    """The index holds a record of all that it should, as it is now, and nothing else.

    What differs is looked at again: a running server may have changed it in between.
    """
    state = compare_index(look.session, look.engine)
    for _ in range(TRIES):
        if not state.wrong:
            break
        with Session(look.session.get_bind()) as fresh:
            state = compare_index(fresh, look.engine)
    look.count("records in the index", state.expected)
    for name in ("missing", "stale", "extra"):
        for key in sorted(getattr(state, name)):
            yield f"the index: {key} is {name}"
