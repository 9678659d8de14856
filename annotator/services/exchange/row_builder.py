"""What an annotation of a file becomes here: its row, and all that belongs to it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace

from sqlalchemy.orm import Session

from annotator.config import Limits
from annotator.errors import (
    AnnotatorError,
    Conflict,
    Malformed,
    QuoteAmbiguous,
    QuoteMismatch,
    Unacceptable,
)
from annotator.models import (
    Annotation,
    Essay,
    EssayAnnotation,
    Origin,
    Restatement,
    Target,
    Version,
)
from annotator.relocation import foreign_quotation
from annotator.relocation.selectors import CONTEXT
from annotator.schemas.annotations import DraftTarget, Incoming
from annotator.services.annotations import comment_html, drafts
from annotator.services.annotations.store import Belonging, tag_rows
from annotator.services.editions.editions import Loaded
from annotator.services.essays import essays
from annotator.services.exchange.edition_resolver import EditionResolver
from annotator.services.exchange.existing_rows import IDENT

MOST_PARTS = 1_000_000
SHOWN_OF_LOST = 80


def targets(
    loaded: Loaded, given: Sequence[DraftTarget], limits: Limits
) -> tuple[list[Target], str]:
    """Place each target, or keep its words as lost; return why the first of those is.

    Raises Unacceptable for too many targets, Malformed for one that says nothing.
    """
    if len(given) > limits.targets:
        raise Unacceptable(f"At most {limits.targets} targets are taken.", field="targets")
    placed: list[Target] = []
    lost = ""
    for each in given:
        try:
            placed.append(drafts.target(loaded, _as_it_stands(loaded, each), limits, "target"))
        except AnnotatorError as error:
            if not each.exact and each.pid is None:
                raise Malformed(
                    "A target quotes words, or names a provision.", field="target.exact"
                ) from error
            placed.append(_unplaced(loaded, each, limits))
            lost = lost or _why(each, error)
    return placed, lost


def _as_it_stands(loaded: Loaded, given: DraftTarget) -> DraftTarget:
    """Return where quoted words stand; without one clear place, only the words, to be refused."""
    if not given.exact or given.pid in loaded.ordinals:
        return given
    span = foreign_quotation.find_one(loaded.parsed.text, drafts.quotation(given))
    if span is not None:
        return DraftTarget(span.start, span.end)
    return replace(given, start=None, end=None, pid=None)


def _why(given: DraftTarget, error: AnnotatorError) -> str:
    """Return in a line why no place was found for the words of a target."""
    words = (given.exact or f"¶ {given.pid}")[:SHOWN_OF_LOST]
    reason = error.message
    if isinstance(error, QuoteAmbiguous):
        reason = "they stand in several places"
    elif isinstance(error, QuoteMismatch):
        reason = "they do not stand in the text"
    return f"no place was found for {words!r}: {reason}"


def _unplaced(loaded: Loaded, given: DraftTarget, limits: Limits) -> Target:
    return Target(
        whole=False,
        pid=None,
        start=None,
        end=None,
        exact=(given.exact or f"¶ {given.pid}")[: limits.span],
        prefix=given.prefix[-CONTEXT:],
        suffix=given.suffix[:CONTEXT],
        address=f"{loaded.slug}@{loaded.label}",
    )


def belongings(
    ident: str, item: Incoming, homes: EditionResolver, made_on: Sequence[Target], limits: Limits
) -> list[Belonging]:
    """Return all rows that belong to an annotation. Raises Unacceptable."""
    for ordinal, target in enumerate(made_on):
        target.annotation_id, target.ordinal = ident, ordinal
    kept: list[Belonging] = list(made_on)
    if not item.deleted:
        kept += tag_rows(ident, drafts.tags(item.draft.tags, limits))
        kept += _versions(ident, item, limits)
        kept += _restated(ident, item, homes, len(made_on), limits)
    if item.via:
        kept.append(Origin(annotation_id=ident, via=item.via, original=item.original))
    return kept


def _versions(ident: str, item: Incoming, limits: Limits) -> Iterator[Version]:
    for number, earlier in enumerate(item.earlier):
        body = earlier.body
        if body is not None:
            body = drafts.body(body, "commenting", limits)
        tags = json.dumps(drafts.tags(earlier.tags, limits), ensure_ascii=False)
        version = Version(annotation_id=ident, number=number, body=body, tags=tags,
                          replaced=earlier.replaced, removed_by=None)  # fmt: skip
        comment_html.fill(version)
        yield version


def _restated(
    ident: str, item: Incoming, homes: EditionResolver, many: int, limits: Limits
) -> Iterator[Restatement]:
    """Yield what the author said later of its targets; what does not stand there is left out."""
    for said in item.restated:
        loaded = homes.of(item)
        later = homes.named(loaded.slug, said.edition)
        if said.target >= many or later.label != said.edition:
            continue
        try:
            place = drafts.target(later, said.words, limits, "restated")
        except AnnotatorError:
            continue
        yield Restatement(annotation_id=ident, ordinal=said.target, edition_id=later.edition_id,
                          confirmed=said.confirmed, whole=place.whole, pid=place.pid,
                          start=place.start, end=place.end, exact=place.exact,
                          created=said.created)  # fmt: skip


def part(
    session: Session, row: Annotation, item: Incoming, made_on: Sequence[Target]
) -> list[EssayAnnotation]:
    """Make an annotation a part of the essay that the file names, which may not be here yet.

    Raises Unacceptable, and Conflict where that essay is another's here, or on another document,
    or was removed.
    """
    said = item.essay
    if said is None or item.deleted:
        return []
    if not (IDENT.match(said.id) and 0 <= said.ordinal < MOST_PARTS):
        raise Unacceptable(f"{said.id!r} is no essay's id, or its part has no number.",
                           field="essay")  # fmt: skip
    known = session.get(Essay, said.id)
    if known is None:
        known = essays.restored(said, row.document_id, row.author_id)
        session.add(known)
        session.flush()
    same = (known.document_id, known.author_id) == (row.document_id, row.author_id)
    if known.removed or not same:
        raise Conflict(f"The essay {said.id!r} is another's here, or was removed.", field="essay")
    return [EssayAnnotation(annotation_id=row.id, essay_id=said.id, ordinal=said.ordinal,
                        passages=essays.passages(it.exact or "" for it in made_on))]  # fmt: skip
