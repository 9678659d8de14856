"""What happened to the comments between two editions."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, aliased

from annotator.db import one_of
from annotator.models import VERDICT_BITS, Adoption, Annotation, Edition, Placement
from annotator.relocation.diff import DiffPiece, same_wording, word_diff
from annotator.schemas.annotations import AnnotationValue
from annotator.services.annotations import annotation_loader
from annotator.services.editions import editions
from annotator.services.editions.editions import Loaded
from annotator.services.placement import placer


@dataclass(frozen=True, slots=True)
class CommentedPassage:
    """A target of an annotation before and after a revision.

    `old` and `new` are its words in the two editions, and `at` its ordinal in the newer; `new` is
    empty and `at` the ordinal where it was where the words are lost.
    """

    verdict: str
    basis: str
    old: str
    new: str
    at: int


@dataclass(frozen=True)
class RevisionReport:
    """The comments made before a revision and its effects on them; `counts` are by verdict.

    `annotations` are a page of those that it edited, moved or lost, in the order of the newer text;
    `passages` are theirs, by id. `touched` counts all of them. `adoptions` counts the suggestions
    among those made before, by what the newer edition has of them.
    """

    old: Loaded
    new: Loaded
    counts: Counter[str]
    touched: int
    annotations: list[AnnotationValue]
    passages: dict[str, list[CommentedPassage]]
    adoptions: Counter[str]


def report(
    session: Session,
    slug: str,
    old: str,
    new: str,
    *,
    author: int | None = None,
    verdict: str | None = None,
    start: int = 0,
    most: int = 100,
) -> RevisionReport:
    """Return what happened between two editions to the comments made up to the older one.

    A comment has the worst verdict of its targets; those lost before are not counted. `author` (an
    account) narrows all of it, `verdict` the page. Raises NotFound for an unknown edition.
    """
    before, after = (editions.labelled(session, slug, label) for label in (old, new))
    query = _carried(before, after)
    if author is not None:
        query = query.where(Annotation.author_id == author)
    counted = query.with_only_columns(func.count(Annotation.id.distinct())).order_by(None)
    verdict_of = select(Adoption.verdict, func.count()).group_by(Adoption.verdict)
    made = query.with_only_columns(Annotation.id).order_by(None)
    adopted = verdict_of.where(Adoption.edition_id == after.edition_id,
                               Adoption.annotation_id.in_(made))  # fmt: skip
    worst = _worst(session, before, after, query)
    others = session.execute(counted).scalar_one() - len(worst)
    touched = [ident for ident, fate in worst.items() if fate != "exact"]
    chosen = [ident for ident in touched if verdict in (None, worst[ident])][start : start + most]
    return RevisionReport(
        before, after, Counter(worst.values()) + Counter(exact=others), len(touched),
        annotation_loader.read(session, chosen, after),
        _passages(session, before, after, query.where(one_of(Annotation.id, chosen))),
        Counter(dict(session.execute(adopted).all())),
    )  # fmt: skip


def changed_by_author(
    session: Session, before: Loaded, after: Loaded
) -> dict[int, tuple[int, int]]:
    """Return how many comments of each author `report` has as edited or lost, and how many in all.

    The keys are accounts.
    """
    query = _carried(before, after)
    worst = _worst(session, before, after, query)
    changed = [ident for ident, verdict in worst.items() if verdict in ("edited", "lost")]
    authors = select(Annotation.author_id, func.count()).group_by(Annotation.author_id)
    number = dict(session.execute(authors.where(one_of(Annotation.id, changed))).all())
    every = query.with_only_columns(Annotation.author_id, func.count(Annotation.id.distinct()))
    found = session.execute(every.order_by(None).group_by(Annotation.author_id))
    return {author: (number.get(author, 0), many) for author, many in found}


def _carried(before: Loaded, after: Loaded) -> Select[*tuple[Any, ...]]:
    """Return the query of the targets that an edition has, made up to it, with their new places."""
    then, now = aliased(Placement), aliased(Placement)
    return (
        select(then.annotation_id, Edition.id.label("made_in"), then.start.label("old_start"),
               then.end.label("old_end"), then.provision.label("old_provision"), now.start, now.end,
               now.provision, now.verdict, now.basis, now.whole)
        .join(now, (now.annotation_id == then.annotation_id) & (now.ordinal == then.ordinal))
        .join(Annotation, Annotation.id == then.annotation_id)
        .join(Edition, Edition.id == Annotation.edition_id)
        .where(then.edition_id == before.edition_id, now.edition_id == after.edition_id,
               then.start.is_not(None), Edition.sequence <= before.sequence, Annotation.shown)
        .order_by(now.provision, now.start, then.annotation_id, then.ordinal)
    )  # fmt: skip


def _worst(
    session: Session, before: Loaded, after: Loaded, query: Select[*tuple[Any, ...]]
) -> dict[str, str]:
    """Return the worst verdict on the targets of each annotation.

    What was made on the older edition and is exact has a verdict already, and is left out.
    """
    verdict = query.selected_columns.verdict
    is_exact = (Edition.id == before.edition_id) & (verdict == "exact")
    found = _passages(session, before, after, query.where(~is_exact))
    return {ident: max((each.verdict for each in targets), key=VERDICT_BITS.__getitem__)
            for ident, targets in found.items()}  # fmt: skip


def _passages(
    session: Session, before: Loaded, after: Loaded, query: Select[*tuple[Any, ...]]
) -> dict[str, list[CommentedPassage]]:
    """Return the targets that a query of `report` finds, by annotation."""
    passages: dict[str, list[CommentedPassage]] = defaultdict(list)
    for row in session.execute(query):
        passage = CommentedPassage(
            _verdict(session, before, after, row), row.basis,
            before.parsed.text[row.old_start : row.old_end],
            "" if row.start is None else after.parsed.text[row.start : row.end], row.provision,
        )  # fmt: skip
        passages[row.annotation_id].append(passage)
    return passages


def _verdict(session: Session, before: Loaded, after: Loaded, row: Any) -> str:
    """Return the verdict on a passage of `before`; a placement's is on the words of its target."""
    if row.start is None or row.made_in == before.edition_id:
        return str(row.verdict)
    was = before.parsed.text[row.old_start : row.old_end]
    if not same_wording(was, after.parsed.text[row.start : row.end]):
        return "edited"
    relocator = placer.relocator(session, before, after)
    place = (relocator.provision(row.old_provision) if row.whole
             else relocator.span(row.old_start, row.old_end))  # fmt: skip
    return "moved" if place.verdict == "moved" else "exact"


def awaiting_word(session: Session, account_id: int, most: int = 50) -> list[AnnotationValue]:
    """Return an author's annotations that are edited or lost in the newest edition, oldest first.

    Those whose place the author has confirmed or chosen are left out.
    """
    latest = (
        select(Edition.document_id, func.max(Edition.sequence).label("sequence"))
        .group_by(Edition.document_id)
        .subquery()
    )
    newest = select(Edition.id).join(
        latest,
        (latest.c.document_id == Edition.document_id) & (latest.c.sequence == Edition.sequence),
    )
    query = (
        select(Annotation.id)
        .join(Placement, Placement.annotation_id == Annotation.id)
        .where(
            Annotation.author_id == account_id,
            Annotation.shown,
            Placement.edition_id.in_(newest),
            Placement.verdict.in_(("edited", "lost")),
            Placement.basis == "computed",
        )
        .distinct()
        .order_by(Annotation.id)
        .limit(most)
    )
    return annotation_loader.read(session, session.scalars(query).all())


def change_of(annotation: AnnotationValue, ordinal: int = 0) -> list[DiffPiece]:
    """Compare the words that an annotation was made on with those at its present position."""
    target, placement = annotation.targets[ordinal], annotation.placements[ordinal]
    return word_diff(target.exact or "", placement.exact or "")
