"""Differences between two editions by provision, and what happened to the comments."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import pairwise

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from annotator import documents
from annotator.documents.parsed import own_words
from annotator.errors import Unacceptable
from annotator.models import Alignment, Annotation, Coverage, Edition, Placement
from annotator.relocation.word_diff import DiffPiece, word_diff
from annotator.schemas.annotations import AnnotationValue
from annotator.services.annotations import annotation_loader
from annotator.services.editions import editions
from annotator.services.editions.editions import Loaded
from annotator.services.editions.provisions import ProvisionView, view


@dataclass(frozen=True)
class ProvisionChange:
    """One provision before and after; `old` or `new` is None where it is new or retired.

    `pieces` are its own words compared: without those of the provisions inside it.
    """

    verdict: str
    score: float
    old: ProvisionView | None
    new: ProvisionView | None
    pieces: tuple[DiffPiece, ...]


@dataclass(frozen=True)
class EditionDiff:
    """The changes from one edition to another; `rows` in the order of the newer text."""

    old: Loaded
    new: Loaded
    counts: Counter[str]
    rows: tuple[ProvisionChange, ...]


def between(
    session: Session, slug: str, old: str, new: str, *, all_rows: bool = False
) -> EditionDiff:
    """Compare two editions; return changed provisions, or all with `all_rows`.

    Raises NotFound for an unknown edition and Unacceptable where both are one.
    """
    before, after = (editions.labelled(session, slug, label) for label in (old, new))
    if before.edition_id == after.edition_id:
        raise Unacceptable(f"{old} and {new} are one edition; name two.", field="edition")
    relation = _relation(session, before, after)
    rows = tuple(
        _row(before, after, pair) for pair in relation if all_rows or pair.verdict != "same"
    )
    return EditionDiff(before, after, Counter(pair.verdict for pair in relation), rows)


def revisions(session: Session, slug: str) -> tuple[EditionDiff, ...]:
    """Compare each edition of a document with the one before it, newest first.

    Cached until an edition is added or corrected. Raises NotFound.
    """
    labels = editions.newest(session, slug).labels
    every = [editions.labelled(session, slug, label) for label in labels]
    state = [(loaded.edition_id, loaded.revision) for loaded in every]
    cache = session.info["cache"]
    cached_state, diffs = cache.get(("revisions", slug), (None, ()))
    if cached_state != state:
        pairs = pairwise(labels[::-1])
        diffs = tuple(between(session, slug, old, new) for new, old in pairs)
        cache["revisions", slug] = (state, diffs)
    return diffs  # type: ignore[no-any-return]  # the cache is untyped


def _relation(session: Session, old: Loaded, new: Loaded) -> list[documents.Aligned]:
    """Return the stored alignment of neighbours; align others."""
    query = select(Alignment).where(
        Alignment.edition_id == new.edition_id, Alignment.old_edition_id == old.edition_id
    )
    recorded = session.scalars(query.order_by(Alignment.id)).all()
    if recorded:
        return [documents.Aligned(row.old, row.new, row.verdict, row.score) for row in recorded]  # type: ignore[arg-type]  # the table holds what align wrote
    return documents.align_editions(old.parsed, new.parsed)


def _row(before: Loaded, after: Loaded, pair: documents.Aligned) -> ProvisionChange:
    old = None if pair.old is None else view(before, pair.old)
    new = None if pair.new is None else view(after, pair.new)
    words = (
        "" if at is None else own_words(loaded.parsed.text, loaded.parsed.provisions, at)
        for loaded, at in ((before, pair.old), (after, pair.new))
    )  # fmt: skip
    return ProvisionChange(pair.verdict, pair.score, old, new, tuple(word_diff(*words)))


@dataclass(frozen=True)
class Fates:
    """The commentary that a revision touched: counts of verdicts, and the annotations."""

    old: Loaded
    new: Loaded
    counts: Counter[str]
    items: tuple[AnnotationValue, ...]


def fates(session: Session, slug: str, old: str, new: str, most: int = 500) -> Fates:
    """Return the commented passages that changed between two editions, in the newer text's order.

    Items are the first `most` annotations that are edited, moved or lost. Raises NotFound.
    """
    before, after = (editions.labelled(session, slug, label) for label in (old, new))
    verdicts = select(Placement.verdict).where(Placement.edition_id == after.edition_id)
    touched = (
        select(Placement.annotation_id)
        .join(
            Coverage,
            (Coverage.annotation_id == Placement.annotation_id)
            & (Coverage.edition_id == Placement.edition_id)
            & (Coverage.provision == -1),
        )
        .where(Placement.edition_id == after.edition_id, Placement.verdict != "exact")
        .order_by(Coverage.start, Placement.annotation_id)
        .limit(most)
    )
    ids = list(dict.fromkeys(session.scalars(touched)))
    return Fates(
        before,
        after,
        Counter(session.scalars(verdicts)),
        tuple(annotation_loader.read(session, ids, after)),
    )


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
