"""Essays become commentary: posting what `proposing` proposes, and keeping it up to date.

A revised essay changes its own annotations and no others; the same essay again changes nothing. The
essay's own text is not kept.
"""

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from rapidfuzz.distance import Indel
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from annotator.auth.permissions import allowed, require
from annotator.auth.viewer import NOBODY, Viewer
from annotator.config import Limits
from annotator.db import now
from annotator.errors import Gone, NotFound, Unacceptable
from annotator.models import Account, Annotation, Document, Essay, EssayAnnotation
from annotator.quotations import Budget
from annotator.schemas.annotations import AnnotationValue, Draft, DraftTarget, EssayValue
from annotator.services.annotations import annotation_loader, annotations, deletion, drafts, store
from annotator.services.editions import editions
from annotator.services.essays import proposals
from annotator.services.essays.proposals import EssaySubmission, Proposed

LONGEST_URL = 2_000
ALIKE = 0.5  # how much of two bodies is the same where one is taken for the other's revision
WEB_ADDRESS = re.compile(r"https?://[^\s/?#@\[\]]+([/?#]\S*)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Published:
    """What publishing did to an essay's annotations, in numbers."""

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
    written: EssaySubmission,
    limits: Limits,
    budget: Budget | None = None,
) -> Published:
    """Post an essay's annotations as their author's, or bring those that it has up to date.

    The essay is the same as an earlier one of its author on the document with the same address or,
    without an address, the same title. Raises NotSignedIn, NotAllowed, Unacceptable (no title, an
    address that is none, nothing to post) and what proposing and `annotations.create` raise.
    """
    require(viewer, "essay.publish")
    found = proposals.propose(session, slug, written, limits, budget)
    title, url = _title(found.title), web_address(written.source_url)
    posted = found.ready
    if not posted:
        raise Unacceptable(
            "There is nothing to post: no paragraph says something about a quotation of the "
            "document.",
            field="essay",
        )
    row = _same(session, viewer, found.report.loaded.document_id, title, url)
    digest = _digest([title, url, *(f"{it.edition}\0{_passages(it)}\0{it.body}" for it in posted)])
    if row is not None and row.sha256 == digest:
        return Published(row.id, 0, 0, len(posted), 0)
    if row is None:
        row = Essay(id=store.new_id(), document_id=found.report.loaded.document_id,
                    author_id=viewer.account, created=now(), sha256="")  # fmt: skip
        session.add(row)
    row.title, row.source_url, row.sha256, row.modified = title, url, digest, now()
    session.flush()
    return _bring_up_to_date(session, viewer, row, slug, posted, limits)


def _title(title: str) -> str:
    if not title:
        raise Unacceptable("Give the essay a title.", field="title")
    drafts.refuse_controls(title, "title")
    return title


def web_address(url: str) -> str:
    """Return the address where an essay can be read, "" for none. Raises Unacceptable."""
    url = url.strip()
    if not url:
        return ""
    drafts.refuse_controls(url, "source_url")
    if len(url) > LONGEST_URL or not WEB_ADDRESS.fullmatch(url):
        raise Unacceptable(
            "The essay's address must begin with https:// or http:// and contain no spaces.",
            field="source_url",
        )
    return url


def _same(session: Session, viewer: Viewer, document_id: int, title: str, url: str) -> Essay | None:
    mine = (Essay.document_id == document_id, Essay.author_id == viewer.account,
            Essay.removed.is_(None))  # fmt: skip
    by = Essay.source_url == url if url else Essay.title == title
    return session.scalars(select(Essay).where(*mine, by).order_by(Essay.created)).first()


def _bring_up_to_date(
    session: Session, viewer: Viewer, row: Essay, slug: str, posted: Sequence[Proposed],
    limits: Limits,
) -> Published:  # fmt: skip
    old = _annotations(session, row.id)
    pairs = _paired(session, old, posted)
    added = changed = unchanged = removed = 0
    for ordinal, it in enumerate(posted):
        known = pairs.get(ordinal)
        if known is None:
            ident = annotations.create(session, viewer, _draft(slug, it), limits)
            session.add(EssayAnnotation(annotation_id=ident, essay_id=row.id, ordinal=ordinal,
                                    passages=_passages(it)))  # fmt: skip
            added += 1
            continue
        known.ordinal = ordinal
        before = session.get_one(Annotation, known.annotation_id)
        if before.deleted or before.body == it.body:  # what its author took back stays away
            unchanged += 1
            continue
        annotations.edit(session, viewer, known.annotation_id, body=it.body, limits=limits)
        changed += 1
    for gone in set(old) - set(pairs.values()):
        removed += _take_away(session, viewer, gone)
    return Published(row.id, added, changed, unchanged, removed)


def _draft(slug: str, it: Proposed) -> Draft:
    targets = tuple(DraftTarget(place.match.start, place.match.end) for place in it.places)
    return Draft(document=slug, edition=it.edition, targets=targets, body=it.body,
                 motivation="commenting")  # fmt: skip


def _annotations(session: Session, essay_id: str) -> list[EssayAnnotation]:
    query = select(EssayAnnotation).where(EssayAnnotation.essay_id == essay_id)
    return list(session.scalars(query.order_by(EssayAnnotation.ordinal)))


def _paired(
    session: Session, old: Sequence[EssayAnnotation], posted: Sequence[Proposed]
) -> dict[int, EssayAnnotation]:
    """Return for each annotation to be posted the most alike of those that quote the same."""
    pairs: dict[int, EssayAnnotation] = {}
    bodies = {it.annotation_id: session.get_one(Annotation, it.annotation_id).body or ""
              for it in old}  # fmt: skip
    alike = (
        (Indel.normalized_similarity(bodies[known.annotation_id], it.body), ordinal, known)
        for ordinal, it in enumerate(posted)
        for known in old
        if known.passages == _passages(it)
    )
    for _, ordinal, known in sorted(alike, key=lambda each: (-each[0], each[1], each[2].ordinal)):
        if ordinal not in pairs and known not in pairs.values():
            pairs[ordinal] = known
    return pairs


def _passages(it: Proposed) -> str:
    return passages(place.match.exact for place in it.places)


def passages(quoted: Iterator[str]) -> str:
    """Return the digest of what a part quotes, by which a revised essay knows it again."""
    return _digest(quoted)


def restored(said: EssayValue, document_id: int, author_id: int) -> Essay:
    """Return the row of an essay that a file names. Raises Unacceptable.

    What it consisted of is not known: publishing it again looks at each of its annotations.
    """
    return Essay(id=said.id, document_id=document_id, author_id=author_id,
                 title=_title(said.title), source_url=web_address(said.source_url), sha256="",
                 created=said.created, modified=said.modified)  # fmt: skip


def _digest(pieces: Sequence[str] | Iterator[str]) -> str:
    digest = hashlib.sha256()
    for piece in pieces:
        digest.update(piece.encode() + b"\0\0")
    return digest.hexdigest()


def _take_away(session: Session, viewer: Viewer, known: EssayAnnotation) -> bool:
    living = session.get_one(Annotation, known.annotation_id).deleted is None
    if living:
        deletion.delete(session, viewer, known.annotation_id)
    session.delete(known)
    return living


def remove(session: Session, viewer: Viewer, essay_id: str) -> int:
    """Remove one's own essay with all its annotations; tell how many those were.

    Raises NotFound, Gone, NotSignedIn and NotAllowed.
    """
    row = living(session, essay_id)
    require(viewer, "essay.remove", row.author_id)
    row.removed, row.title, row.source_url = now(), "", ""
    return sum(_take_away(session, viewer, known) for known in _annotations(session, essay_id))


def living(session: Session, essay_id: str) -> Essay:
    """Return an essay's row. Raises NotFound, and Gone where it was removed."""
    row = session.get(Essay, essay_id)
    if row is None:
        raise NotFound(f"There is no essay {essay_id!r}.")
    if row.removed:
        raise Gone("This essay was removed by its author.")
    return row


def listed(session: Session, slug: str) -> list[Listed]:
    """List the essays on a document of which anyone may read something, the newest first.

    Raises NotFound.
    """
    document = editions.document(session, slug)
    return [it for it in _listed(session, Essay.document_id == document.id) if it.annotations]


def one(
    session: Session, essay_id: str, viewer: Viewer = NOBODY
) -> tuple[Listed, list[AnnotationValue]]:
    """Return an essay and its comments that anyone may read, in its order.

    Raises Gone, and NotFound, also where nothing of it is shown and the viewer is neither its
    author nor a moderator.
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
    """Return the name of an essay's author. Raises NotFound, and Gone where it was removed."""
    return session.get_one(Account, living(session, essay_id).author_id).name


def document_of(session: Session, essay_id: str) -> str:
    """Return the slug of the document that an essay is about. Raises NotFound, Gone."""
    return editions.slug_of(session, living(session, essay_id).document_id)
