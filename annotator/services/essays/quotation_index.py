"""Where a document is quoted: in essays that became commentary, and in the bodies of annotations.

An essay's comments stand on what it quotes. What other comments quote is noted when the search
index hears of them, in the background, so that nobody waits for it; it is derived, and words within
a annotation's own target do not count.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from annotator.db import Database, one_of
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
from annotator.relocation.selectors import Span
from annotator.schemas.annotations import AnnotationValue
from annotator.services.annotations import annotation_loader
from annotator.services.editions import editions, provisions
from annotator.services.editions.editions import Loaded
from annotator.services.essays import essays, quotation_report
from annotator.services.essays.essays import Listed
from annotator.services.placement import placer
from annotator.services.reading.reading_page import Tally

# What cannot hold a quotation is not looked at twice: it has no mark, and no line set off.
MAY_QUOTE = re.compile(r"[\"“”„‟«»‹›‘’'「『]|(?m:^[ ]{0,3}>)")
MOST_SHOWN = 50


@dataclass(frozen=True, slots=True)
class QuotedIn:
    """What quotes a provision: essays, each with the number of its annotations, and annotations."""

    essays: tuple[tuple[Listed, int], ...]
    annotations: tuple[AnnotationValue, ...]
    total: int


def note(db: Database, ids: Sequence[str]) -> None:
    """Store what some annotations quote, found anew."""
    if not ids:
        return
    with db.reading() as session:
        found = [row for ident in ids for row in _quotings(session, ident)]
        here = one_of(session, Quoting.annotation_id, ids)
        known = session.scalars(select(Quoting.annotation_id).where(here).limit(1)).first()
    if not found and known is None:
        return
    with db.transaction() as session:
        session.execute(delete(Quoting).where(one_of(session, Quoting.annotation_id, ids)))
        query = select(Annotation.id).where(one_of(session, Annotation.id, ids))
        there = set(session.scalars(query))  # a site that is restored may have lost some meanwhile
        session.add_all(row for row in found if row.annotation_id in there)


def _quotings(session: Session, ident: str) -> Iterator[Quoting]:
    row = session.get(Annotation, ident)
    if row is None or not row.body or not MAY_QUOTE.search(row.body):
        return
    if session.get(EssayAnnotation, ident) is not None:
        return
    slug = editions.slug_of(session, row.document_id)
    try:
        report = quotation_report.report(session, slug, row.body, "markdown")
    except (TooLarge, Unacceptable):  # it takes too long
        return
    places = select(Placement.start, Placement.end).where(
        Placement.annotation_id == row.thread_id,
        Placement.edition_id == report.loaded.edition_id,
        Placement.verdict != "lost",
    )
    own = [Span(start or 0, end or 0) for start, end in session.execute(places)]
    matches = [match for it in report.quotations for match in it.quotation.matches]
    for ordinal, match in enumerate(matches):
        loaded = report.editions[match.edition]
        within = any(it.start <= match.start and match.end <= it.end for it in own)
        if within and loaded.edition_id == report.loaded.edition_id:
            continue
        at = placer.innermost(loaded.parsed, match.start, match.end)
        yield Quoting(annotation_id=ident, ordinal=ordinal, edition_id=loaded.edition_id,
                      start=match.start, end=match.end, pid=loaded.pids[at])  # fmt: skip


def of_provision(session: Session, loaded: Loaded, ordinal: int) -> QuotedIn:
    """Return what quotes a provision or one inside it, in whichever edition; the newest first."""
    parts = _parts(session, loaded)
    quotes = _quotes(session, parts, provisions.pids_within(loaded, ordinal))
    shown = _shown(session, {ident for _, ident in quotes})
    ids = [ident for ident in shown if ident not in parts]
    counts = Counter(parts[ident] for ident in shown if ident in parts)
    every = essays.listed(session, loaded.slug) if counts else []
    found = tuple((it, counts[it.id]) for it in every if it.id in counts)
    items = annotation_loader.read(session, ids[:MOST_SHOWN], loaded)
    return QuotedIn(found, tuple(items), len(ids) + len(found))


def tallies(session: Session, loaded: Loaded) -> dict[int, Tally]:
    """Count by ordinal what quotes each provision, and of how many people; -1 is all of it."""
    quotes = _quotes(session, _parts(session, loaded), loaded.ordinals)
    shown = _shown(session, {ident for _, ident in quotes})
    sources: dict[int, set[str]] = defaultdict(set)
    for pid, ident in quotes:
        if ident in shown:
            for at in _around(loaded, pid):
                sources[at].add(ident)
    return {at: Tally(len(ids), len({shown[ident] for ident in ids}))
            for at, ids in sources.items()}  # fmt: skip


def _parts(session: Session, loaded: Loaded) -> dict[str, str]:
    """Return the essay of each annotation that is a part of one on the document.

    They are few, and asked for by themselves: a join would begin with all annotations.
    """
    query = (
        select(EssayAnnotation.annotation_id, EssayAnnotation.essay_id)
        .join(Essay, Essay.id == EssayAnnotation.essay_id)
        .where(Essay.document_id == loaded.document_id)
    )
    return dict(session.execute(query).all())


def _quotes(
    session: Session, parts: Collection[str], pids: Collection[str]
) -> list[tuple[str, str]]:
    """Return each quoted pid with the annotation that quotes it."""
    within = one_of(session, Quoting.pid, pids)
    others = select(Quoting.pid, Quoting.annotation_id).where(within).distinct()
    own = select(Target.pid, Target.annotation_id).where(
        one_of(session, Target.annotation_id, parts), one_of(session, Target.pid, pids)
    )
    rows = chain(session.execute(others), session.execute(own))
    return [(pid, ident) for pid, ident in rows if pid is not None]


def _shown(session: Session, ids: Collection[str]) -> dict[str, int]:
    """Return the annotations that anyone may read, each with its author, the newest first."""
    query = select(Annotation.id, Annotation.author_id).where(
        one_of(session, Annotation.id, ids), Annotation.shown
    )
    return dict(session.execute(query.order_by(Annotation.id.desc())).all()) if ids else {}


def _around(loaded: Loaded, pid: str) -> Iterator[int]:
    """Yield a provision of an edition, all that it stands in, and the whole document."""
    yield WHOLE_DOCUMENT
    at: int | None = loaded.ordinals[pid]
    while at is not None:
        yield at
        at = loaded.parsed.provisions[at].parent
