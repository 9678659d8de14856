"""Where a document is quoted: in published essays, and in the bodies of annotations.

The comments of an essay have what it quotes as targets. What other annotations quote is derived in
the background, when the indexer handles them; words within their own target do not count.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    CompoundSelect,
    Row,
    Select,
    and_,
    bindparam,
    delete,
    null,
    select,
    union_all,
)
from sqlalchemy.orm import Session

from annotator.db import Database, one_of, strings
from annotator.errors import TooLarge, Unacceptable
from annotator.models import (
    WHOLE_DOCUMENT,
    Annotation,
    Essay,
    EssayAnnotation,
    Placement,
    Quoting,
    Target,
)
from annotator.schemas.annotations import AnnotationValue
from annotator.services.annotations import annotation_loader
from annotator.services.editions import editions, provisions
from annotator.services.editions.editions import Loaded
from annotator.services.essays import essays, quotation_report
from annotator.services.essays.essays import Listed
from annotator.services.reading.reading_page import Tally

# A body without quotation marks and block quotes holds no quotation; apostrophes in words are none.
MAY_QUOTE = re.compile(r"[\"“”„‟«»‹›‘「『]|(?<!\w)['’]|['’](?!\w)|(?m:^[ ]{0,3}>)")
MOST_SHOWN = 50
# What quotes some provisions, and the parts of essays on a document, which quote where they stand.
# These are few, and come first: a join from the targets would begin with all of those.
QUOTES: CompoundSelect[Any] = union_all(
    select(Quoting.pid, Quoting.annotation_id, null().label("essay_id"))
    .where(one_of(Quoting.pid, strings("pids")))
    .distinct(),
    select(Target.pid, EssayAnnotation.annotation_id, EssayAnnotation.essay_id)
    .join(Essay, Essay.id == EssayAnnotation.essay_id)
    .outerjoin(
        Target,
        and_(
            Target.annotation_id == EssayAnnotation.annotation_id,
            one_of(Target.pid, strings("pids")),
        ),
    )
    .where(Essay.document_id == bindparam("document")),
)
BODIES: Select[Any] = (
    select(*(getattr(Annotation, name) for name in ("id", "document_id", "thread_id", "body")))
    .outerjoin(EssayAnnotation, EssayAnnotation.annotation_id == Annotation.id)
    .where(one_of(Annotation.id, strings("ids")))
    .where(Annotation.body.is_not(None), EssayAnnotation.annotation_id.is_(None))
)
SHOWN = (
    select(Annotation.id, Annotation.author_id)
    .where(one_of(Annotation.id, strings("ids")), Annotation.shown)
    .order_by(Annotation.id.desc())
)


@dataclass(frozen=True, slots=True)
class QuotedIn:
    """The essays that quote a provision, with the number of their parts, and the annotations."""

    essays: tuple[tuple[Listed, int], ...]
    annotations: tuple[AnnotationValue, ...]
    total: int


def note(db: Database, ids: Sequence[str]) -> None:
    """Find and store the quotations in the bodies of some annotations."""
    if not ids:
        return
    with db.reading() as session:
        written = session.connection().execute(BODIES, {"ids": ids}).all()
        rows = [row for each in written if MAY_QUOTE.search(each.body)
                for row in _quotings(session, each)]  # fmt: skip
        among_ids = one_of(Quoting.annotation_id, ids)
        stored = session.scalars(select(Quoting.annotation_id).where(among_ids).limit(1)).first()
    if not rows and stored is None:
        return
    with db.transaction() as session:
        session.execute(delete(Quoting).where(one_of(Quoting.annotation_id, ids)))
        query = select(Annotation.id).where(one_of(Annotation.id, ids))
        existing = set(session.scalars(query))  # a restore may have removed some meanwhile
        session.add_all(row for row in rows if row.annotation_id in existing)


def _quotings(session: Session, row: Row[Any]) -> Iterator[Quoting]:
    slug = editions.slug_of(session, row.document_id)
    try:
        report = quotation_report.report(session, slug, row.body, "markdown")
    except (TooLarge, Unacceptable):  # it takes too long
        return
    matches = [match for item in report.quotations for match in item.quotation.matches]
    if not matches:
        return
    places = select(Placement.start, Placement.end).where(
        Placement.annotation_id == row.thread_id,
        Placement.edition_id == report.loaded.edition_id,
        Placement.verdict != "lost",
    )
    own = [(start or 0, end or 0) for start, end in session.execute(places)]
    for ordinal, match in enumerate(matches):
        loaded = report.editions[match.edition]
        within = any(start <= match.start and match.end <= end for start, end in own)
        if within and loaded.edition_id == report.loaded.edition_id:
            continue
        at = loaded.parsed.provision_at(match.start, match.end)
        yield Quoting(annotation_id=row.id, ordinal=ordinal, edition_id=loaded.edition_id,
                      start=match.start, end=match.end, pid=loaded.pids[at])  # fmt: skip


def of_provision(session: Session, loaded: Loaded, ordinal: int) -> QuotedIn:
    """Return what quotes a provision or one inside it, in any edition, newest first."""
    quotes, parts = _quotes(session, loaded, provisions.pids_within(loaded, ordinal))
    shown = _shown(session, {ident for _, ident in quotes})
    ids = [ident for ident in shown if ident not in parts]
    counts = Counter(parts[ident] for ident in shown if ident in parts)
    every = essays.listed(session, loaded.slug) if counts else []
    quoting = tuple((essay, counts[essay.id]) for essay in every if essay.id in counts)
    items = annotation_loader.read(session, ids[:MOST_SHOWN], loaded)
    return QuotedIn(quoting, tuple(items), len(ids) + len(quoting))


def tallies(session: Session, loaded: Loaded) -> dict[int, Tally]:
    """Count by ordinal the annotations that quote each provision, and their authors.

    WHOLE_DOCUMENT has the sum.
    """
    quotes, _ = _quotes(session, loaded, loaded.ordinals)
    shown = _shown(session, {ident for _, ident in quotes})
    sources: dict[int, set[str]] = defaultdict(set)
    for pid, ident in quotes:
        if ident in shown:
            sources[WHOLE_DOCUMENT].add(ident)
            for at in loaded.parsed.and_ancestors(loaded.ordinals[pid]):
                sources[at].add(ident)
    return {at: Tally(len(ids), len({shown[ident] for ident in ids}))
            for at, ids in sources.items()}  # fmt: skip


def _quotes(
    session: Session, loaded: Loaded, pids: Collection[str]
) -> tuple[list[tuple[str, str]], dict[str, str]]:
    """Return (pid, id) of what quotes, and the essay of each part of one on the document."""
    parameters = {"document": loaded.document_id, "pids": list(pids)}
    rows = session.connection().execute(QUOTES, parameters).all()
    parts = {ident: essay for _, ident, essay in rows if essay is not None}
    return [(pid, ident) for pid, ident, _ in rows if pid is not None], parts


def _shown(session: Session, ids: Collection[str]) -> dict[str, int]:
    """Return the author of each public annotation, newest first."""
    if not ids:
        return {}
    return dict(session.connection().execute(SHOWN, {"ids": ids}).all())
