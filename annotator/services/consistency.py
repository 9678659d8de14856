"""Is everything as it should be? Compares what is stored with what can be derived anew."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from annotator.models import (
    Alignment,
    Annotation,
    Coverage,
    Document,
    Edition,
    Pid,
    Placement,
    Target,
)
from annotator.search import outbox
from annotator.search.engine import Engine
from annotator.search.gather import everything
from annotator.services import editions
from annotator.services.editions import Loaded


@dataclass(frozen=True)
class IndexState:
    """How the index compares with the database; the sets hold keys of records."""

    expected: int
    held: int
    waiting: int
    missing: frozenset[str]
    stale: frozenset[str]
    extra: frozenset[str]

    @property
    def differs(self) -> bool:
        """Tell whether anything is not as it should be."""
        return bool(self.waiting or self.missing or self.stale or self.extra)


def compare_index(session: Session, engine: Engine) -> IndexState:
    """Compare every record that the index should hold with what it holds."""
    wanted = {record.key: record.revision for record in everything(session)}
    held = engine.revisions()
    return IndexState(
        expected=len(wanted),
        held=len(held),
        waiting=outbox.waiting(session),
        missing=frozenset(wanted.keys() - held.keys()),
        stale=frozenset(key for key in wanted.keys() & held.keys() if wanted[key] != held[key]),
        extra=frozenset(held.keys() - wanted.keys()),
    )


def faults(session: Session, engine: Engine) -> Iterator[str]:
    """Yield a line for everything that is not as it should be."""
    loaded = {
        item.edition_id: item
        for document_id in session.scalars(select(Document.id).order_by(Document.id)).all()
        for item in editions.every(session, document_id)
    }
    yield from _edition_faults(session, loaded)
    yield from _alignment_faults(session, loaded)
    yield from _former_faults(session, loaded)
    yield from _target_faults(session, loaded)
    yield from _placement_faults(session, loaded)
    yield from _thread_faults(session)
    yield from _coverage_faults(session)
    yield from _index_faults(session, engine)


def _edition_faults(session: Session, loaded: dict[int, Loaded]) -> Iterator[str]:
    owners = dict(session.execute(select(Pid.pid, Pid.document_id)).all())
    for item in loaded.values():
        name = f"{item.slug}@{item.label}"
        if item.parsed.sha256 != item.sha256:
            yield f"{name}: the text is not the one its sha256 was taken of"
        if len(set(item.pids)) != len(item.pids):
            yield f"{name}: a pid names two provisions"
        for pid in item.pids:
            if owners.get(pid) != item.document_id:
                yield f"{name}: the pid {pid} belongs to another document"
    related = set(session.scalars(select(Alignment.edition_id).distinct()))
    for item in loaded.values():
        if item.sequence and item.edition_id not in related:
            yield f"{item.slug}@{item.label}: not lined up with the edition before"


def _alignment_faults(session: Session, loaded: dict[int, Loaded]) -> Iterator[str]:
    """Each provision of both editions stands in the alignment, retired or new if nothing else."""
    query = select(Alignment.edition_id, Alignment.old_edition_id, Alignment.old, Alignment.new)
    held: dict[tuple[int, int], tuple[set[int], set[int]]] = {}
    for edition_id, before_id, old, new in session.execute(query):
        olds, news = held.setdefault((edition_id, before_id), (set(), set()))
        olds.update([] if old is None else [old])
        news.update([] if new is None else [new])
    for ids, sides in held.items():
        for edition_id, ordinals in zip(reversed(ids), sides, strict=True):
            item = loaded[edition_id]
            if ordinals != set(range(len(item.pids))):
                label = f"{item.slug}@{item.label}"
                yield f"{label}: not every provision stands in the alignment {ids[1]}-{ids[0]}"


def _former_faults(session: Session, loaded: dict[int, Loaded]) -> Iterator[str]:
    """A pid that a correction replaced stands in no edition, and leads to one that does."""
    living: dict[int, set[str]] = {}
    for item in loaded.values():
        living.setdefault(item.document_id, set()).update(item.pids)
    for document_id, pids in living.items():
        for pid, now in editions.former(session, document_id).items():
            if pid in pids:
                yield f"the pid {pid} is still in force, and was replaced by {now}"
            if now not in pids:
                yield f"the pid {pid} leads to {now}, which is in no edition"


def _target_faults(session: Session, loaded: dict[int, Loaded]) -> Iterator[str]:
    query = select(Target, Annotation.edition_id).join(
        Annotation, Annotation.id == Target.annotation_id
    )
    for target, edition_id in session.execute(query.execution_options(yield_per=1000)):
        item = loaded[edition_id]
        stands = item.parsed.text[target.start : target.end]
        if target.whole:
            ordinal = item.ordinals.get(target.pid)
            span = (target.start, target.end)
            provision = item.parsed.provisions[ordinal] if ordinal is not None else None
            if provision is None or (provision.start, provision.end) != span:
                yield f"annotation {target.annotation_id}: {target.pid} stands elsewhere"
        elif stands != target.exact:
            yield f"annotation {target.annotation_id}: its quote does not stand at its offsets"


def _placement_faults(session: Session, loaded: dict[int, Loaded]) -> Iterator[str]:
    query = select(Placement, Target.exact, Target.whole).join(
        Target,
        (Target.annotation_id == Placement.annotation_id) & (Target.ordinal == Placement.ordinal),
    )
    for placement, exact, whole in session.execute(query.execution_options(yield_per=1000)):
        item = loaded[placement.edition_id]
        where = f"annotation {placement.annotation_id} in {item.slug}@{item.label}"
        if (placement.start is None) != (placement.verdict == "lost"):
            yield f"{where}: a verdict {placement.verdict} that does not fit its place"
        elif placement.start is None or placement.end is None:
            continue
        elif not 0 <= placement.start < placement.end <= len(item.parsed.text):
            yield f"{where}: placed outside the text"
        elif whole or placement.verdict == "edited":
            continue
        elif item.parsed.text[placement.start : placement.end] != exact:
            yield f"{where}: {placement.verdict}, but other words stand there"


def _thread_faults(session: Session) -> Iterator[str]:
    parent = Annotation.__table__.alias("parent")
    query = (
        select(Annotation.id)
        .join(parent, parent.c.id == Annotation.in_reply_to)
        .where(parent.c.thread_id != Annotation.thread_id)
    )
    for ident in session.scalars(query):
        yield f"annotation {ident}: it is not in the thread of what it answers"


def _coverage_faults(session: Session) -> Iterator[str]:
    """Each listed annotation stands in each edition of its document, and no other does."""
    listed = select(Annotation.id, Edition.id).join(
        Edition, Edition.document_id == Annotation.document_id
    )
    wanted = set(session.execute(listed.where(Annotation.listed)))
    covered = select(Coverage.annotation_id, Coverage.edition_id).where(Coverage.provision == -1)
    held = set(session.execute(covered))
    for ident, edition_id in sorted(wanted - held):
        yield f"annotation {ident}: it has no place in edition {edition_id}"
    for ident, edition_id in sorted(held - wanted):
        yield f"annotation {ident}: it should have no place in edition {edition_id}"


def _index_faults(session: Session, engine: Engine) -> Iterator[str]:
    state = compare_index(session, engine)
    if state.waiting:
        return  # a running server is at it; what differs now need not differ in a moment
    for name in ("missing", "stale", "extra"):
        for key in sorted(getattr(state, name)):
            yield f"the index: {key} is {name}"
