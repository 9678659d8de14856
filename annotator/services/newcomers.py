"""What an annotation of a file becomes here: its row, and all that belongs to it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence

from sqlalchemy.orm import Session

from annotator.anchoring.selectors import CONTEXT
from annotator.config import Limits
from annotator.errors import AnnotatorError, Conflict, Malformed, Unacceptable
from annotator.formats.remark import DraftTarget, Incoming
from annotator.models import (
    Annotation,
    Essay,
    EssayRemark,
    Origin,
    Restatement,
    Tag,
    Target,
    Version,
)
from annotator.services import drafts, essays, rendering
from annotator.services.editions import Loaded
from annotator.services.homes import Homes, sought
from annotator.services.known import IDENT

MOST_PARTS = 1_000_000
Belonging = Target | Version | Restatement | Tag | Origin | EssayRemark


def targets(
    session: Session, loaded: Loaded, given: Sequence[DraftTarget], limits: Limits
) -> list[Target]:
    """Place each target, or keep its words as lost. Raises Unacceptable for too many."""
    if len(given) > limits.targets:
        raise Unacceptable(f"At most {limits.targets} targets are taken.", field="targets")
    return [_target(session, loaded, each, limits) for each in given]


def _target(session: Session, loaded: Loaded, given: DraftTarget, limits: Limits) -> Target:
    try:
        return drafts.target(loaded, given, limits, "target")
    except AnnotatorError:
        span = sought(session, loaded, given)
    if span is not None and span.end - span.start <= limits.span:
        return drafts.target(loaded, DraftTarget(span.start, span.end), limits, "target")
    if not given.exact and given.pid is None:
        raise Malformed("A target quotes words, or names a provision.", field="target.exact")
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
    ident: str, item: Incoming, homes: Homes, made_on: Sequence[Target], limits: Limits
) -> list[Belonging]:
    """Give all rows that belong to an annotation. Raises Unacceptable."""
    for ordinal, target in enumerate(made_on):
        target.annotation_id, target.ordinal = ident, ordinal
    kept: list[Belonging] = list(made_on)
    if not item.deleted:
        kept += _tags(ident, drafts.tags(item.draft.tags, limits))
        kept += _versions(ident, item, limits)
        kept += _restated(ident, item, homes, len(made_on), limits)
    if item.via:
        kept.append(Origin(annotation_id=ident, via=item.via, original=item.original))
    return kept


def _tags(ident: str, tags: Iterable[str]) -> Iterator[Tag]:
    for ordinal, tag in enumerate(tags):
        yield Tag(annotation_id=ident, ordinal=ordinal, tag=tag)


def _versions(ident: str, item: Incoming, limits: Limits) -> Iterator[Version]:
    for number, earlier in enumerate(item.earlier):
        body = earlier.body
        if body is not None:
            body = drafts.body(body, "commenting", limits)
        tags = json.dumps(drafts.tags(earlier.tags, limits), ensure_ascii=False)
        version = Version(annotation_id=ident, number=number, body=body, tags=tags,
                          replaced=earlier.replaced, removed_by=None)  # fmt: skip
        rendering.fill(version)
        yield version


def _restated(
    ident: str, item: Incoming, homes: Homes, many: int, limits: Limits
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
) -> list[EssayRemark]:
    """Make a remark a part of the essay that the file says it is of, which may not be here yet.

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
    return [EssayRemark(annotation_id=row.id, essay_id=said.id, ordinal=said.ordinal,
                        passages=essays.passages(it.exact or "" for it in made_on))]  # fmt: skip
