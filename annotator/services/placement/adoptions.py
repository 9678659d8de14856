"""What each later edition has in the place of a suggestion. Derived, like placements."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from annotator.db import insert_rows
from annotator.models import Adoption, Annotation, Edition, Suggestion, Target
from annotator.services.editions.editions import Loaded, every
from annotator.services.placement import succession
from annotator.suggestions.adoption import AdoptionJudge
from annotator.suggestions.changes import ProposedChange


def rebuild(session: Session, document_id: int, only: Loaded | None = None) -> Counter[str]:
    """Judge the suggestions on a document in each later edition, or in one; count the verdicts."""
    editions = {loaded.edition_id: loaded for loaded in every(session, document_id)}
    into = [only.edition_id] if only else [*editions]
    session.execute(delete(Adoption).where(Adoption.edition_id.in_(into)))
    rows = derive(session, document_id, editions, into)
    if rows:
        insert_rows(session.connection(), Adoption.__table__, rows)
    return Counter(row["verdict"] for row in rows)


def add(session: Session, document_id: int, idents: Sequence[str]) -> None:
    """Judge new suggestions, made on an older edition, in the later ones."""
    editions = {loaded.edition_id: loaded for loaded in every(session, document_id)}
    rows = derive(session, document_id, editions, [*editions], idents)
    if rows:
        insert_rows(session.connection(), Adoption.__table__, rows)


def derive(
    session: Session,
    document_id: int,
    editions: dict[int, Loaded],
    into: Sequence[int],
    idents: Sequence[str] | None = None,
) -> list[dict[str, Any]]:
    """Return the rows of `adoptions` of all suggestions of a document, or of some."""
    query = (
        select(Suggestion, Annotation.edition_id, Annotation.created, Target.start, Target.end)
        .join(Annotation, Annotation.id == Suggestion.annotation_id)
        .join(Target, Target.annotation_id == Suggestion.annotation_id)
        .where(Annotation.document_id == document_id, Target.start.is_not(None))
        .order_by(Suggestion.annotation_id)
    )
    if idents is not None:
        query = query.where(Suggestion.annotation_id.in_(idents))
    by_edition: dict[int, list[Any]] = defaultdict(list)
    for row in session.execute(query):
        by_edition[row.edition_id].append(row)
    times = select(Edition.id, Edition.added).where(Edition.id.in_(into))
    added = {row.id: row.added for row in session.execute(times)}
    rows: list[dict[str, Any]] = []
    for made_in, suggestions in sorted(by_edition.items()):
        old = editions[made_in]
        for edition_id in into:
            new = editions[edition_id]
            if new.sequence <= old.sequence:
                continue
            pairs = succession.corresponding(session, old, new)
            judge = AdoptionJudge(old.parsed, new.parsed, pairs)
            for each in suggestions:
                change = ProposedChange(
                    each.Suggestion.act, each.start, each.end, each.Suggestion.wording
                )
                later = each.created > added[edition_id]
                found = judge.judge(change, later=later)
                rows.append({
                    "annotation_id": each.Suggestion.annotation_id, "edition_id": edition_id,
                    "verdict": found.verdict, "score": found.score,
                })  # fmt: skip
    return rows
