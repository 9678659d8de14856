"""Writing commentary: post, create and edit. What is acceptable stands in `drafts`.

Nothing here commits: the caller's transaction does, and with it the outbox row that tells the
search index. What an annotation was made on is never rewritten. Posts of new accounts, posts with
many links, and words said often may wait for a moderator, as the site's settings have it.

A client that got no answer cannot know whether its comment was stored. It gives each comment a key
of its own making (`Idempotency-Key`), and sends it again under that key: what is sent twice is
stored once. Keys are an author's own, and are kept a day.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete as delete_rows
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from annotator import markup
from annotator.auth.permissions import MODERATORS, may_read, require
from annotator.auth.viewer import Viewer
from annotator.config import Limits
from annotator.db import insert_into, now
from annotator.errors import (
    Conflict,
    Gone,
    Malformed,
    NotFound,
    PostedAlready,
    Repeated,
    Unacceptable,
)
from annotator.models import Account, Annotation, Posting, Tag, Target, Version
from annotator.schemas.annotations import Draft
from annotator.services.accounts import accounts
from annotator.services.annotations import comment_html, drafts
from annotator.services.annotations.store import new_id, store, tag_rows, tags_of
from annotator.services.editions import editions
from annotator.services.placement.placer import relist
from annotator.services.site import switches

REPEATED_WITHIN = timedelta(days=1)
MOST_PLACES = 5
KEYS_KEPT = timedelta(days=1)
LONGEST_KEY = 100
SHORT = 40  # code points: "I agree." may be said anywhere


def post(
    session: Session, viewer: Viewer, draft: Draft, limits: Limits, key: str | None
) -> tuple[str, bool]:
    """Store an annotation unless it is stored already; return its id, and whether it is new.

    Raises what `create` does, Repeated too; PostedAlready where the key stands for
    other words, and Malformed where it is no key.
    """
    if not key or not viewer.known:
        return create(session, viewer, draft, limits, refuse_repeats=True), True
    if len(key) > LONGEST_KEY or not (key.isascii() and key.isprintable()):
        raise Malformed(
            f"An idempotency key has at most {LONGEST_KEY} printable ASCII characters.",
            field="Idempotency-Key",
        )
    digest = hashlib.sha256(repr(draft).encode()).hexdigest()
    row = {"account_id": viewer.account, "key": key, "digest": digest, "created": now()}
    new = insert_into(session, Posting).values(row).on_conflict_do_nothing()
    # PostgreSQL waits here for another that takes the same key at the same moment.
    if session.scalar(new.returning(Posting.key)) is None:
        found = session.get_one(Posting, (viewer.account, key))
        if found.digest != digest or found.annotation_id is None:
            raise PostedAlready(
                "This has been posted already, in other words. Edit what is posted, or post this "
                "as a comment of its own.",
                annotation=found.annotation_id,
            )
        return found.annotation_id, False
    ident = create(session, viewer, draft, limits, refuse_repeats=True)
    mine = (Posting.account_id == viewer.account) & (Posting.key == key)
    session.execute(update(Posting).where(mine).values(annotation_id=ident))
    return ident, True


def forget_keys(session: Session, moment: datetime) -> None:
    """Forget the keys that are more than a day older than `moment`."""
    session.execute(delete_rows(Posting).where(Posting.created < moment - KEYS_KEPT))


def create(
    session: Session, viewer: Viewer, draft: Draft, limits: Limits, *, refuse_repeats: bool = False
) -> str:
    """Store an annotation and return its id; some wait for a moderator.

    Raises NotSignedIn, NotAllowed, NotFound (document, edition, pid, parent), QuoteMismatch,
    QuoteAmbiguous, Conflict (a reply to what is deleted) and Unacceptable with the field at fault;
    with `refuse_repeats` Repeated where its author has said the same within a day.
    """
    targets: list[Target] = []
    if draft.in_reply_to is not None:
        require(viewer, "annotation.reply")
        parent = _answered(session, viewer, draft)
        document_id, edition_id, thread_id = parent.document_id, parent.edition_id, parent.thread_id
    else:
        require(viewer, "annotation.create")
        if not draft.document:
            raise Malformed("Say which document this is about.", field="document")
        loaded = editions.labelled(session, draft.document, draft.edition)
        document_id, edition_id, thread_id = loaded.document_id, loaded.edition_id, None
        targets = drafts.targets(loaded, draft.targets, limits)
    motivation, ident, moment = drafts.motivation(draft), new_id(), now()
    row = Annotation(
        id=ident, thread_id=thread_id or ident, in_reply_to=draft.in_reply_to,
        document_id=document_id, edition_id=edition_id, author_id=viewer.account,
        motivation=motivation, body=drafts.body(draft.body, motivation, limits),
        created=moment, modified=moment, deleted=None, visibility="visible",
    )  # fmt: skip
    comment_html.fill(row)
    tags = drafts.tags(draft.tags, limits)
    said_at = _said_at(session, row, targets, refuse=refuse_repeats)
    if viewer.role not in MODERATORS and _must_wait(session, row, said_at + 1):
        row.visibility = "held"
    for ordinal, target in enumerate(targets):
        target.annotation_id, target.ordinal = ident, ordinal
    store(session, [row], [*targets, *tag_rows(ident, tags)])
    accounts.require_present(session, viewer.account)  # not deleted while this was stored
    return ident


def _answered(session: Session, viewer: Viewer, draft: Draft) -> Annotation:
    """Return what a reply answers; raises as `create` does."""
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
    return parent


def _said_at(session: Session, row: Annotation, targets: Sequence[Target], *, refuse: bool) -> int:
    """Count the places where its author has said the same within a day; 0 for a few words.

    With `refuse`, raise Repeated for the same at the same place, or at too many. What is deleted
    may be said again.
    """
    same = (
        Annotation.author_id == row.author_id,
        Annotation.created > now() - REPEATED_WITHIN,
        Annotation.deleted.is_(None),
        Annotation.body.is_not_distinct_from(row.body),
    )
    if refuse:
        here = select(Annotation.id).where(
            *same,
            Annotation.in_reply_to.is_not_distinct_from(row.in_reply_to),
            Annotation.motivation == row.motivation,
            Annotation.edition_id == row.edition_id,
        )
        mine = [(it.start, it.end, it.whole) for it in targets]
        columns = select(Target.start, Target.end, Target.whole).order_by(Target.ordinal)
        for ident in session.scalars(here.order_by(Annotation.id)):
            theirs = session.execute(columns.where(Target.annotation_id == ident))
            if [tuple(each) for each in theirs] == mine:
                raise Repeated("You have posted this comment here already.", annotation=ident)
    if len(row.body or "") < SHORT:
        return 0
    count = session.scalar(select(func.count()).select_from(Annotation).where(*same)) or 0
    if refuse and count >= MOST_PLACES:
        raise Repeated(
            f"You have said this at {MOST_PLACES} places today. Say at each place what concerns "
            "it, or answer one comment with a link to another."
        )
    return count


def _must_wait(session: Session, row: Annotation, said_at: int) -> bool:
    """Return whether the site's settings have a new post wait for a moderator."""
    site = switches.configured(session)
    if switches.is_on(session, "approve_everything") or _many_links(session, row):
        return True
    if site.hold_repeats and said_at >= site.hold_repeats:
        return True
    if not site.hold_first_posts:
        return False
    mine = Annotation.author_id == row.author_id, Annotation.visibility == "visible"
    shown = select(Annotation.id).where(*mine).limit(site.hold_first_posts)
    return len(session.scalars(shown).all()) < site.hold_first_posts


def _many_links(session: Session, row: Annotation, but: int = 0) -> bool:
    """Return whether a comment has so many links that it waits, and more than `but`."""
    most = switches.configured(session).hold_links
    return bool(most) and _links(row) >= max(most, but + 1)


def _links(row: Annotation | Version) -> int:
    return markup.links(row.body or "", row.html or "")


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
    old_tags: Sequence[str] = tags_of(session, row.id)
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
    trusted = row.visibility != "visible" or viewer.role in MODERATORS
    if not trusted and _many_links(session, row, but=_links(before)):
        row.visibility = "held"
    session.execute(delete_rows(Tag).where(Tag.annotation_id == row.id))
    session.add_all(tag_rows(row.id, new_tags))
    relist(session, row)


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
