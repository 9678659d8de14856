"""Writing commentary: create and edit. What is acceptable stands in `drafts`.

Nothing here commits: the caller's transaction does, and with it the outbox row that tells the
search index. What an annotation was made on is never rewritten.
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Sequence

from sqlalchemy import Select, func, select, update
from sqlalchemy import delete as delete_rows
from sqlalchemy.orm import Session

from annotator.auth.permissions import require
from annotator.auth.viewer import Viewer
from annotator.config import Limits
from annotator.db import now
from annotator.errors import Conflict, Gone, Malformed, NotFound, Unacceptable
from annotator.models import Account, Annotation, Document, Origin, Outbox, Tag, Target, Version
from annotator.schemas.annotations import Draft
from annotator.services.accounts import accounts
from annotator.services.annotations import comment_html, drafts, pre_moderation
from annotator.services.editions import editions
from annotator.services.placement.visibility import may_read, settle

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


def new_id() -> str:
    """Make an opaque id of 16 characters; ids made later sort later, to the millisecond."""
    number = (time.time_ns() // 1_000_000 << 32) | secrets.randbits(32)
    return "".join(ALPHABET[number >> shift & 31] for shift in range(75, -1, -5))


def create(session: Session, viewer: Viewer, draft: Draft, limits: Limits) -> str:
    """Store an annotation and return its id; some wait for a moderator (see `holding`).

    Raises NotSignedIn, NotAllowed, NotFound (document, edition, pid), QuoteMismatch,
    QuoteAmbiguous, Conflict (a reply to what is deleted) and Unacceptable with the field at fault.
    """
    if draft.in_reply_to is not None:
        return _reply(session, viewer, draft, limits)
    require(viewer, "annotation.create")
    if not draft.document:
        raise Malformed("Say which document this is about.", field="document")
    loaded = editions.labelled(session, draft.document, draft.edition)
    row = _row(viewer, draft, limits, loaded.document_id, loaded.edition_id)
    row.thread_id = row.id
    row.visibility = pre_moderation.visibility(session, viewer, row)
    store(
        session, row, drafts.tags(draft.tags, limits), drafts.targets(loaded, draft.targets, limits)
    )
    return row.id


def _reply(session: Session, viewer: Viewer, draft: Draft, limits: Limits) -> str:
    require(viewer, "annotation.reply")
    parent = session.get(Annotation, draft.in_reply_to)
    if parent is None or not (parent.deleted or may_read(viewer, parent)):
        raise NotFound(f"There is no annotation {draft.in_reply_to!r}.", field="in_reply_to")
    if parent.visibility != "visible":
        raise Conflict(
            "What you reply to is hidden, or waits for a moderator.", field="in_reply_to"
        )
    if parent.deleted:
        raise Conflict("What you reply to has been deleted.", field="in_reply_to")
    if draft.targets:
        raise Unacceptable("A reply has no target of its own; leave it out.", field="targets")
    row = _row(viewer, draft, limits, parent.document_id, parent.edition_id)
    row.thread_id, row.in_reply_to = parent.thread_id, parent.id
    row.visibility = pre_moderation.visibility(session, viewer, row)
    store(session, row, drafts.tags(draft.tags, limits), [])
    return row.id


def _row(
    viewer: Viewer, draft: Draft, limits: Limits, document_id: int, edition_id: int
) -> Annotation:
    motivation = drafts.motivation(draft)
    body = drafts.body(draft.body, motivation, limits)
    moment = now()
    row = Annotation(
        id=new_id(),
        document_id=document_id,
        edition_id=edition_id,
        author_id=viewer.account,
        motivation=motivation,
        body=body,
        created=moment,
        modified=moment,
        deleted=None,
        listed=False,
        visibility="visible",
        in_reply_to=None,
    )
    comment_html.fill(row)
    return row


def store(
    session: Session, row: Annotation, tags: Sequence[str], targets: Sequence[Target]
) -> None:
    """Write a new annotation with everything that follows from it: tags, places, outbox.

    Raises NotSignedIn where its author has deleted the account in the meantime.
    """
    session.add(row)
    session.flush()
    accounts.require_present(session, row.author_id)
    for ordinal, target in enumerate(targets):
        target.annotation_id, target.ordinal = row.id, ordinal
    session.add_all(targets)
    write_tags(session, row.id, tags)
    settle(session, row)
    touch(session, row)


def touch(session: Session, row: Annotation) -> None:
    """Tell the search index and the caches of pages that an annotation has changed."""
    session.add(Outbox(kind="annotation", key=row.id))
    session.execute(
        update(Document).where(Document.id == row.document_id).values(state=Document.state + 1)
    )


def edit(
    session: Session,
    viewer: Viewer,
    annotation_id: str,
    *,
    body: str | None = None,
    tags: Sequence[str] | None = None,
    limits: Limits,
) -> None:
    """Change the words or tags of one's own annotation; None leaves them. Keeps earlier words.

    Raises NotFound, Gone, NotSignedIn, NotAllowed and Unacceptable.
    """
    row = changeable(session, viewer, "annotation.edit", annotation_id)
    old_tags: Sequence[str] = list(session.scalars(tags_query(row.id)))
    new_body = row.body if body is None else drafts.body(body, row.motivation, limits)
    new_tags: Sequence[str] = old_tags if tags is None else drafts.tags(tags, limits)
    if (new_body, new_tags) == (row.body, old_tags):
        return
    number = session.scalar(
        select(func.count()).select_from(Version).where(Version.annotation_id == row.id)
    )
    row.modified = max(now(), row.modified)  # whatever has become of the clock
    before = Version(
        annotation_id=row.id,
        number=number,
        body=row.body,
        html=row.html,
        stamp=row.stamp,
        tags=json.dumps(old_tags, ensure_ascii=False),
        replaced=row.modified,
    )
    session.add(before)
    if new_body != row.body:
        row.body = new_body
        comment_html.fill(row)
    if row.visibility == "visible" and pre_moderation.adds_links(session, viewer, before, row):
        row.visibility = "held"
    session.execute(delete_rows(Tag).where(Tag.annotation_id == row.id))
    write_tags(session, row.id, new_tags)
    settle(session, row)
    touch(session, row)


def edits(session: Session, annotation_id: str) -> int:
    """Count the edits of an annotation; nobody edits it until this transaction ends.

    What was made from an earlier count was made from other words.
    """
    session.get(Annotation, annotation_id, with_for_update=True)
    mine = Version.annotation_id == annotation_id
    return session.scalar(select(func.count()).select_from(Version).where(mine)) or 0


def owner_of(session: Session, annotation_id: str) -> Account:
    """Return the account that wrote an annotation. Raises NotFound."""
    row = session.get(Annotation, annotation_id)
    if row is None:
        raise NotFound(f"There is no annotation {annotation_id!r}.")
    return session.get_one(Account, row.author_id)


def changeable(session: Session, viewer: Viewer, act: str, annotation_id: str) -> Annotation:
    """Return a living annotation that the viewer may do `act` to.

    Raises NotFound, also for one that waits for review where the viewer may not read it, Gone,
    NotSignedIn and NotAllowed.
    """
    row = session.get(Annotation, annotation_id)
    if row is None or (row.visibility == "held" and not (row.deleted or may_read(viewer, row))):
        raise NotFound(f"There is no annotation {annotation_id!r}.")
    if row.deleted:
        raise Gone("This annotation has been deleted.")
    require(viewer, act, row.author_id)
    return row


def forget_original(session: Session, ids: Select[str] | Sequence[str]) -> None:
    """Drop what imported annotations looked like elsewhere, because their words are in it.

    The names that one posted here has elsewhere are kept: there is no target beside them.
    """
    whole = Origin.annotation_id.in_(ids), Origin.original.contains('"target": ')
    session.execute(
        update(Origin).where(*whole).values(original=None)
        .execution_options(synchronize_session=False)
    )  # fmt: skip


def tags_query(annotation_id: str) -> Select[str]:
    """Ask for an annotation's tags, in the order its author gave."""
    return select(Tag.tag).where(Tag.annotation_id == annotation_id).order_by(Tag.ordinal)


def write_tags(session: Session, annotation_id: str, tags: Sequence[str]) -> None:
    """Store an annotation's tags; those that it had must be gone."""
    session.add_all(
        Tag(annotation_id=annotation_id, ordinal=ordinal, tag=tag)
        for ordinal, tag in enumerate(tags)
    )
