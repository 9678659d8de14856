"""Publish essays: post the comments of a proposal, and update them.

A revised essay changes its own annotations only; the same essay again is a no-op. The text of an
essay is not stored.
"""

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from rapidfuzz.distance import Indel
from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from annotator.auth.permissions import NOBODY, Viewer, allowed, require
from annotator.config import Limits
from annotator.db import now
from annotator.errors import Gone, NotFound, Unacceptable
from annotator.models import Account, Annotation, Document, Essay, EssayAnnotation
from annotator.schemas.annotations import AnnotationValue, Draft, DraftTarget, EssayValue
from annotator.services.annotations import annotation_loader, annotations, drafts, store
from annotator.services.editions import editions

if TYPE_CHECKING:
    from annotator.quotations import Budget
    from annotator.services.essays.proposals import EssaySubmission, Proposed

MAX_URL = 2_000
WEB_ADDRESS = re.compile(r"https?://[^\s/?#@\[\]]+([/?#]\S*)?", re.IGNORECASE)
_count = select(func.count(Essay.id.distinct())).where(
    Essay.document_id == bindparam("document"), Essay.removed.is_(None),
    EssayAnnotation.essay_id == Essay.id, EssayAnnotation.annotation_id == Annotation.id,
    Annotation.shown,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Published:
    """The numbers of an essay's annotations that publishing added, changed, kept and removed."""

    id: str
    added: int
    changed: int
    unchanged: int
    removed: int


@dataclass(frozen=True, slots=True)
class Listed:
    """An essay in a list."""

    id: str
    document: str
    title: str
    author: str
    source_url: str
    created: datetime
    modified: datetime
    annotations: int


def publish(
    session: Session,
    viewer: Viewer,
    slug: str,
    written: "EssaySubmission",
    limits: Limits,
    budget: "Budget | None" = None,
) -> Published:
    """Post an essay's annotations as the viewer's, or update those of an earlier version.

    An essay of the same author on the same document with the same address, or without an address
    the same title, is an earlier version. Raises NotSignedIn, NotAllowed, Unacceptable (no title,
    an invalid address, nothing to post) and what `propose` and `annotations.create` raise.
    """
    from annotator.services.essays import proposals  # slow to import; a list needs none

    require(viewer, "essay.publish")
    proposal = proposals.propose(session, slug, written, limits, budget)
    title, url = _title(proposal.title), web_address(written.source_url)
    posted = proposal.ready
    if not posted:
        raise Unacceptable(
            "There is nothing to post: no paragraph says anything about a quotation from the "
            "document.",
            field="essay",
        )
    document_id = proposal.report.loaded.document_id
    earlier = select(Essay).where(
        Essay.document_id == document_id, Essay.author_id == viewer.account,
        Essay.removed.is_(None), Essay.source_url == url if url else Essay.title == title,
    )  # fmt: skip
    row = session.scalars(earlier.order_by(Essay.created)).first()
    digest = _digest(
        [title, url, *(f"{part.edition}\0{_passages(part)}\0{part.body}" for part in posted)]
    )
    if row is not None and row.sha256 == digest:
        return Published(row.id, 0, 0, len(posted), 0)
    if row is None:
        row = Essay(id=store.new_id(), document_id=document_id, author_id=viewer.account,
                    created=now(), sha256="")  # fmt: skip
        session.add(row)
    row.title, row.source_url, row.sha256, row.modified = title, url, digest, now()
    session.flush()
    return _update_annotations(session, viewer, row, slug, posted, limits)


def _title(title: str) -> str:
    if not title:
        raise Unacceptable("The essay needs a title.", field="title")
    drafts.refuse_controls(title, "title")
    return title


def web_address(url: str) -> str:
    """Return the address where an essay can be read, "" for none. Raises Unacceptable."""
    url = url.strip()
    if not url:
        return ""
    drafts.refuse_controls(url, "source_url")
    if len(url) > MAX_URL or not WEB_ADDRESS.fullmatch(url):
        raise Unacceptable(
            "The essay's address must begin with https:// or http:// and contain no spaces.",
            field="source_url",
        )
    return url


def _update_annotations(
    session: Session, viewer: Viewer, row: Essay, slug: str, posted: Sequence["Proposed"],
    limits: Limits,
) -> Published:  # fmt: skip
    old = _annotations(session, row.id)
    pairs = _paired(session, old, posted)
    added = changed = unchanged = removed = 0
    for ordinal, part in enumerate(posted):
        earlier = pairs.get(ordinal)
        if earlier is None:
            targets = tuple(DraftTarget(each.match.start, each.match.end) for each in part.places)
            draft = Draft(document=slug, edition=part.edition, targets=targets, body=part.body,
                          motivation="commenting")  # fmt: skip
            ident = annotations.create(session, viewer, draft, limits)
            session.add(EssayAnnotation(annotation_id=ident, essay_id=row.id, ordinal=ordinal,
                                    passages=_passages(part)))  # fmt: skip
            added += 1
            continue
        earlier.ordinal = ordinal
        before = session.get_one(Annotation, earlier.annotation_id)
        if before.deleted or before.body == part.body:  # what its author deleted stays deleted
            unchanged += 1
            continue
        annotations.edit(session, viewer, earlier.annotation_id, body=part.body, limits=limits)
        changed += 1
    for gone in set(old) - set(pairs.values()):
        removed += _delete_part(session, viewer, gone)
    return Published(row.id, added, changed, unchanged, removed)


def _annotations(session: Session, essay_id: str) -> list[EssayAnnotation]:
    query = select(EssayAnnotation).where(EssayAnnotation.essay_id == essay_id)
    return list(session.scalars(query.order_by(EssayAnnotation.ordinal)))


def _paired(
    session: Session, old: Sequence[EssayAnnotation], posted: Sequence["Proposed"]
) -> dict[int, EssayAnnotation]:
    """Return for each part to be posted the most similar annotation that quotes the same."""
    pairs: dict[int, EssayAnnotation] = {}
    bodies = {part.annotation_id: session.get_one(Annotation, part.annotation_id).body or ""
              for part in old}  # fmt: skip
    scores = (
        (Indel.normalized_similarity(bodies[earlier.annotation_id], part.body), ordinal, earlier)
        for ordinal, part in enumerate(posted)
        for earlier in old
        if earlier.passages == _passages(part)
    )
    for _, ordinal, earlier in sorted(scores, key=lambda row: (-row[0], row[1], row[2].ordinal)):
        if ordinal not in pairs and earlier not in pairs.values():
            pairs[ordinal] = earlier
    return pairs


def _passages(part: "Proposed") -> str:
    return passages(place.match.exact for place in part.places)


def passages(quoted: Iterable[str]) -> str:
    """Return the digest of what a part quotes; parts with equal digests are paired."""
    return _digest(quoted)


def restored(imported: EssayValue, document_id: int, author_id: int) -> Essay:
    """Return the row of an imported essay. Raises Unacceptable.

    It has no digest, so that publishing it again compares each of its annotations.
    """
    return Essay(id=imported.id, document_id=document_id, author_id=author_id,
                 title=_title(imported.title), source_url=web_address(imported.source_url),
                 sha256="", created=imported.created, modified=imported.modified)  # fmt: skip


def _digest(pieces: Iterable[str]) -> str:
    digest = hashlib.sha256()
    for piece in pieces:
        digest.update(piece.encode() + b"\0\0")
    return digest.hexdigest()


def _delete_part(session: Session, viewer: Viewer, part: EssayAnnotation) -> bool:
    """Delete an annotation of an essay; return False if its author has deleted it already."""
    living = session.get_one(Annotation, part.annotation_id).deleted is None
    if living:
        annotations.delete(session, viewer, part.annotation_id)
    session.delete(part)
    return living


def remove(session: Session, viewer: Viewer, essay_id: str) -> int:
    """Remove one's own essay with all its annotations; return their number.

    Raises NotFound, Gone, NotSignedIn and NotAllowed.
    """
    row = living(session, essay_id)
    require(viewer, "essay.remove", row.author_id)
    row.removed, row.title, row.source_url = now(), "", ""
    return sum(_delete_part(session, viewer, part) for part in _annotations(session, essay_id))


def living(session: Session, essay_id: str) -> Essay:
    """Return an essay's row. Raises NotFound, and Gone if it was removed."""
    row = session.get(Essay, essay_id)
    if row is None:
        raise NotFound(f"There is no essay {essay_id!r}.")
    if row.removed:
        raise Gone("This essay was removed by its author.")
    return row


def listed(session: Session, slug: str) -> list[Listed]:
    """List the essays on a document that have a public annotation, newest first.

    Raises NotFound.
    """
    document_id = editions.document(session, slug).id
    return [row for row in _listed(session, Essay.document_id == document_id) if row.annotations]


def count(session: Session, document_id: int) -> int:
    """Count the essays that `listed` lists."""
    return session.execute(_count, {"document": document_id}).scalar_one()


def with_comments(
    session: Session, essay_id: str, viewer: Viewer = NOBODY
) -> tuple[Listed, list[AnnotationValue]]:
    """Return an essay and its public comments, in its order.

    Raises Gone, and NotFound, also if it has no public comment and the viewer is neither its author
    nor a moderator.
    """
    row = living(session, essay_id)
    (head,) = _listed(session, Essay.id == essay_id)
    if not (head.annotations or allowed(viewer, "annotation.see_own", row.author_id)
            or allowed(viewer, "annotation.see_withheld")):  # fmt: skip
        raise NotFound(f"There is no essay {essay_id!r}.")
    query = (
        select(EssayAnnotation.annotation_id)
        .join(Annotation, Annotation.id == EssayAnnotation.annotation_id)
        .where(EssayAnnotation.essay_id == essay_id, Annotation.shown)
        .order_by(EssayAnnotation.ordinal)
    )
    return head, annotation_loader.read(session, session.scalars(query).all())


def _listed(session: Session, *where: object) -> list[Listed]:
    shown = (
        select(func.count())
        .select_from(EssayAnnotation)
        .join(Annotation, Annotation.id == EssayAnnotation.annotation_id)
        .where(EssayAnnotation.essay_id == Essay.id, Annotation.shown)
        .scalar_subquery()
    )
    query = (
        select(Essay, Document.slug, Account.name, shown)
        .join(Document, Document.id == Essay.document_id)
        .join(Account, Account.id == Essay.author_id)
        .where(Essay.removed.is_(None), *where)  # type: ignore[arg-type]  # conditions of SQLAlchemy
        .order_by(Essay.created.desc(), Essay.id)
    )
    return [
        Listed(row.id, slug, row.title, author, row.source_url, row.created, row.modified, many)
        for row, slug, author, many in session.execute(query)
    ]


def author_of(session: Session, essay_id: str) -> str:
    """Return the name of an essay's author. Raises NotFound, and Gone if it was removed."""
    return session.get_one(Account, living(session, essay_id).author_id).name


def document_of(session: Session, essay_id: str) -> str:
    """Return the slug of the document that an essay is about. Raises NotFound, Gone."""
    return editions.slug_of(session, living(session, essay_id).document_id)
