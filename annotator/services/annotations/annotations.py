"""Create, edit, delete and restore annotations; `drafts` validates them.

Targets are never rewritten. Posts by new accounts, posts with many links and repeated comments may
be held for review, depending on the site's settings.

A client that got no response sends its comment again with the same `Idempotency-Key`, and it is
stored once. Keys belong to an author and are kept for a day.

Deleted annotations disappear from every page, list, search and export at once. Their content is
kept in a separate table for an hour, only for `restore`.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import bindparam, func, not_, select, update
from sqlalchemy import delete as delete_rows
from sqlalchemy.orm import Session

from annotator import markup
from annotator.auth.permissions import MODERATORS, Viewer, allowed, may_read, require
from annotator.config import Limits
from annotator.db import insert_into, now, one_of, strings
from annotator.errors import (
    Conflict,
    Gone,
    Malformed,
    NotFound,
    PostedAlready,
    Repeated,
    Unacceptable,
)
from annotator.models import (
    Account,
    Adoption,
    Agreement,
    Annotation,
    Answered,
    CampaignMember,
    DeskMark,
    Happening,
    Posting,
    Suggestion,
    Tag,
    Target,
    Version,
    Withdrawn,
)
from annotator.schemas.annotations import Draft, read_stamp, stamp
from annotator.services.accounts import accounts
from annotator.services.annotations import drafts, suggestions
from annotator.services.annotations.store import (
    fill_html,
    forget_original,
    new_id,
    render_or_escape,
    store,
    tag_rows,
    tags_of,
)
from annotator.services.editions import editions
from annotator.services.placement.placer import relist
from annotator.services.site import switches

REPEATED_WITHIN = timedelta(days=1)
MOST_PLACES = 5
KEYS_KEPT = timedelta(days=1)
LONGEST_KEY = 100
SHORT = 40  # code points; shorter comments ("I agree.") may be repeated anywhere
# The statements of every post are built once: building one takes longer than running it.
SAME = select(Annotation.id, Annotation.in_reply_to, Annotation.motivation, Annotation.edition_id)
SAME = SAME.order_by(Annotation.id).where(
    Annotation.author_id == bindparam("author"),
    Annotation.created > bindparam("since"),
    Annotation.deleted.is_(None),
    Annotation.body.is_not_distinct_from(bindparam("body")),
)
RANGES = select(Target.annotation_id, Target.start, Target.end, Target.whole)
RANGES = RANGES.where(one_of(Target.annotation_id, strings("ids"))).order_by(Target.ordinal)
VISIBLE = select(Annotation.id).where(
    Annotation.author_id == bindparam("author"), Annotation.visibility == "visible"
)
KEPT = timedelta(hours=1)  # the words of a deleted annotation


def post(
    session: Session, viewer: Viewer, draft: Draft, limits: Limits, key: str | None
) -> tuple[str, bool]:
    """Create an annotation unless its key is used already; return its id and whether it is new.

    Raises as `create` with `refuse_repeats`; PostedAlready if the key belongs to another draft,
    Malformed if it is not valid.
    """
    if not key or not viewer.known:
        return create(session, viewer, draft, limits, refuse_repeats=True), True
    if len(key) > LONGEST_KEY or not (key.isascii() and key.isprintable()):
        raise Malformed(
            f"Send an idempotency key of at most {LONGEST_KEY} printable ASCII characters.",
            field="Idempotency-Key",
        )
    digest = hashlib.sha256(repr(draft).encode()).hexdigest()
    row = {"account_id": viewer.account, "key": key, "digest": digest, "created": now()}
    new = insert_into(session, Posting).values(row).on_conflict_do_nothing()
    # PostgreSQL waits here for a concurrent request with the same key.
    if session.scalar(new.returning(Posting.key)) is None:
        posting = session.get_one(Posting, (viewer.account, key))
        if posting.digest != digest or posting.annotation_id is None:
            raise PostedAlready(
                "You posted another version of this comment. Edit that one, or post this as new.",
                annotation=posting.annotation_id,
            )
        return posting.annotation_id, False
    ident = create(session, viewer, draft, limits, refuse_repeats=True)
    same = (Posting.account_id == viewer.account) & (Posting.key == key)
    session.execute(update(Posting).where(same).values(annotation_id=ident))
    return ident, True


def forget_keys(session: Session, moment: datetime) -> None:
    """Delete idempotency keys more than a day older than `moment`."""
    session.execute(delete_rows(Posting).where(Posting.created < moment - KEYS_KEPT))


def create(
    session: Session, viewer: Viewer, draft: Draft, limits: Limits, *, refuse_repeats: bool = False
) -> str:
    """Store an annotation, held for review if the settings say so, and return its id.

    Raises NotSignedIn, NotAllowed, NotFound (document, edition, pid, parent), QuoteMismatch,
    QuoteAmbiguous, Conflict (a reply to a deleted annotation) and Unacceptable with the field; with
    `refuse_repeats` Repeated if its author posted the same within a day.
    """
    targets: list[Target] = []
    if draft.in_reply_to is not None:
        require(viewer, "annotation.reply")
        parent = _parent(session, viewer, draft)
        document_id, edition_id, thread_id = parent.document_id, parent.edition_id, parent.thread_id
    else:
        require(viewer, "annotation.create")
        if not draft.document:
            raise Malformed("The document is missing. Send its slug.", field="document")
        loaded = editions.labelled(session, draft.document, draft.edition)
        document_id, edition_id, thread_id = loaded.document_id, loaded.edition_id, None
        targets = drafts.targets(loaded, draft.targets, limits)
    suggested = []
    if draft.suggestion is not None:
        if draft.in_reply_to is not None:
            raise Unacceptable("A reply cannot be a suggestion. Post it on the text itself.",
                               field="suggestion")  # fmt: skip
        suggested.append(suggestions.row(session, loaded, targets, draft))
    motivation = drafts.motivation(draft)
    body = drafts.words_of(draft, motivation, limits)
    tags = drafts.tags(draft.tags, limits)
    ident, moment = new_id(), now()
    row = Annotation(
        id=ident, thread_id=thread_id or ident, in_reply_to=draft.in_reply_to,
        document_id=document_id, edition_id=edition_id, author_id=viewer.account,
        motivation=motivation, body=body, created=moment, modified=moment, deleted=None,
        visibility="visible",
    )  # fmt: skip
    fill_html(row)
    repeats = _count_repeats(session, row, targets, suggested, refuse=refuse_repeats)
    if viewer.role not in MODERATORS and _must_wait(session, row, repeats + 1):
        row.visibility = "held"
    for ordinal, target in enumerate(targets):
        target.annotation_id, target.ordinal = ident, ordinal
    for suggestion in suggested:
        suggestion.annotation_id = ident
    store(session, [row], [*targets, *tag_rows(ident, tags), *suggested])
    session.add(Happening(kind="posted", annotation_id=ident))
    accounts.require_present(session, viewer.account)  # not deleted while this was stored
    return ident


def _parent(session: Session, viewer: Viewer, draft: Draft) -> Annotation:
    parent = session.get(Annotation, draft.in_reply_to)
    if parent is None or not (parent.deleted or may_read(viewer, parent)):
        raise NotFound(f"There is no annotation {draft.in_reply_to!r}.", field="in_reply_to")
    if parent.visibility != "visible":
        raise Conflict(
            "You cannot reply to a comment that is hidden or waiting for review.",
            field="in_reply_to",
        )
    if parent.deleted:
        raise Conflict("The comment you reply to has been deleted.", field="in_reply_to")
    if draft.targets:
        raise Unacceptable("A reply has no target of its own. Leave it out.", field="targets")
    return parent


def _count_repeats(
    session: Session,
    row: Annotation,
    targets: Sequence[Target],
    suggested: Sequence[Suggestion],
    *,
    refuse: bool,
) -> int:
    """Count how often its author posted the same body within a day, 0 for a short one.

    With `refuse`, raise Repeated at the same target (of suggestions: for the same wording) or after
    MOST_PLACES. Deleted ones don't count.
    """
    values = {"author": row.author_id, "since": row.created - REPEATED_WITHIN, "body": row.body}
    connection = session.connection()
    same = connection.execute(SAME, values).all()
    here = (row.in_reply_to, row.motivation, row.edition_id)
    ids = [ident for ident, *place in same if tuple(place) == here] if refuse else []
    for each in suggested:
        alike = select(Suggestion.annotation_id).where(
            Suggestion.act == each.act, Suggestion.wording == each.wording
        )
        ids = list(session.scalars(alike.where(one_of(Suggestion.annotation_id, ids))))
    if ids:
        ranges: dict[str, list[object]] = defaultdict(list)
        for ident, *limits in connection.execute(RANGES, {"ids": ids}):
            ranges[ident].append(tuple(limits))
        for ident in ids:
            if ranges[ident] == [(target.start, target.end, target.whole) for target in targets]:
                raise Repeated("You have already posted this comment here.", annotation=ident)
    if len(row.body or "") < SHORT:
        return 0
    if refuse and len(same) >= MOST_PLACES:
        raise Repeated(
            f"You have posted this in {MOST_PLACES} places today. Write what is specific to this "
            "place, or link to one of them."
        )
    return len(same)


def _must_wait(session: Session, row: Annotation, times_posted: int) -> bool:
    """Return whether the site's settings hold a new comment for review."""
    site = switches.current(session)
    most = site.hold_links
    if site.approve_everything or (most and markup.links(row.body, row.html) >= most):
        return True
    if site.hold_repeats and times_posted >= site.hold_repeats:
        return True
    most = site.hold_first_posts
    if not most:
        return False
    posted = session.connection().execute(VISIBLE.limit(most), {"author": row.author_id}).all()
    return len(posted) < most


def edit(
    session: Session,
    viewer: Viewer,
    annotation_id: str,
    *,
    body: str | None = None,
    tags: Sequence[str] | None = None,
    limits: Limits,
) -> None:
    """Change the body or tags (None: unchanged) of the viewer's annotation; keep the old version.

    Raises NotFound, Gone, NotSignedIn, NotAllowed and Unacceptable.
    """
    row = changeable(session, viewer, "annotation.edit", annotation_id)
    old_tags: Sequence[str] = tags_of(session, row.id)
    new_body = row.body if body is None else drafts.body(body, row.motivation, limits)
    new_tags: Sequence[str] = old_tags if tags is None else drafts.tags(tags, limits)
    if (new_body, new_tags) == (row.body, old_tags):
        return
    number = _count_versions(session, row.id)
    row.modified = max(now(), row.modified)  # the clock may have been set back
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
        fill_html(row)
    if row.visibility == "visible" and viewer.role not in MODERATORS:
        most, earlier = switches.current(session).hold_links, markup.links(before.body, before.html)
        if most and markup.links(row.body, row.html) >= max(most, earlier + 1):
            row.visibility = "held"
    session.execute(delete_rows(Tag).where(Tag.annotation_id == row.id))
    session.add_all(tag_rows(row.id, new_tags))
    relist(session, row)


def edits(session: Session, annotation_id: str) -> int:
    """Count an annotation's edits and lock it until the transaction ends."""
    session.get(Annotation, annotation_id, with_for_update=True)
    return _count_versions(session, annotation_id)


def _count_versions(session: Session, annotation_id: str) -> int:
    query = select(func.count()).select_from(Version)
    return session.scalar(query.where(Version.annotation_id == annotation_id)) or 0


def owner_of(session: Session, annotation_id: str) -> Account:
    """Return the account that wrote an annotation. Raises NotFound."""
    row = session.get(Annotation, annotation_id)
    if row is None:
        raise NotFound(f"There is no annotation {annotation_id!r}.")
    return session.get_one(Account, row.author_id)


def changeable(session: Session, viewer: Viewer, act: str, annotation_id: str) -> Annotation:
    """Return an annotation, not deleted, that the viewer may do `act` to.

    Raises NotFound, also for a held one the viewer may not read, Gone, NotSignedIn, NotAllowed.
    """
    row = session.get(Annotation, annotation_id)
    if row is None or (row.visibility == "held" and not (row.deleted or may_read(viewer, row))):
        raise NotFound(f"There is no annotation {annotation_id!r}.")
    if row.deleted:
        raise Gone("This annotation has been deleted.")
    require(viewer, act, row.author_id)
    return row


def delete(session: Session, viewer: Viewer, annotation_id: str) -> None:
    """Delete the viewer's annotation; an empty placeholder remains while it has replies.

    Raises NotFound, Gone, NotSignedIn, NotAllowed.
    """
    row = changeable(session, viewer, "annotation.delete", annotation_id)
    moment = now()
    purge(session, moment)
    versions = select(Version).where(Version.annotation_id == row.id).order_by(Version.number)
    session.add(Withdrawn(
        annotation_id=row.id, body=row.body, modified=row.modified, deleted=moment,
        tags=tags_of(session, row.id),
        versions=[
            {"number": version.number, "body": version.body, "tags": json.loads(version.tags),
             "replaced": stamp(version.replaced), "removed_by": version.removed_by}
            for version in session.scalars(versions)
        ],
    ))  # fmt: skip
    row.body, row.deleted, row.modified = None, moment, max(moment, row.modified)
    session.execute(delete_rows(Tag).where(Tag.annotation_id == row.id))
    session.execute(delete_rows(Version).where(Version.annotation_id == row.id))
    forget_original(session, [row.id])
    relist(session, row)


def restorable(session: Session, viewer: Viewer, annotation_id: str) -> bool:
    """Return whether the viewer may still restore this annotation."""
    row = session.get(Annotation, annotation_id)
    withdrawn = session.get(Withdrawn, annotation_id)
    return bool(row and withdrawn and allowed(viewer, "annotation.restore", row.author_id)
                and _is_kept(withdrawn, now()))  # fmt: skip


def restore(session: Session, viewer: Viewer, annotation_id: str) -> None:
    """Restore an annotation deleted within the hour, with its tags and earlier versions.

    Raises NotFound, NotSignedIn, NotAllowed, Conflict (not deleted) and Gone (too late).
    """
    row = session.get(Annotation, annotation_id)
    if row is None or (row.visibility == "held" and not (row.deleted or may_read(viewer, row))):
        raise NotFound(f"There is no annotation {annotation_id!r}.")
    require(viewer, "annotation.restore", row.author_id)
    if not row.deleted:
        raise Conflict("This annotation is not deleted; there is nothing to restore.")
    withdrawn = session.get(Withdrawn, annotation_id)
    if withdrawn is None or not _is_kept(withdrawn, now()):
        raise Gone("This was deleted more than an hour ago and cannot be restored.")
    row.body, row.deleted, row.modified = withdrawn.body, None, withdrawn.modified
    fill_html(row, render_or_escape)
    session.add_all(tag_rows(row.id, withdrawn.tags))
    for each in withdrawn.versions:
        version = Version(
            annotation_id=row.id, number=each["number"], body=each["body"],
            tags=json.dumps(each["tags"], ensure_ascii=False),
            replaced=read_stamp(each["replaced"]), removed_by=each.get("removed_by"),
        )  # fmt: skip
        fill_html(version, render_or_escape)
        session.add(version)
    session.delete(withdrawn)
    relist(session, row)


def _is_kept(withdrawn: Withdrawn, moment: datetime) -> bool:
    return abs(moment - withdrawn.deleted) <= KEPT


def purge(session: Session, moment: datetime) -> None:
    """Remove permanently what was deleted more than an hour before, or after, `moment`."""
    recent = Withdrawn.deleted.between(moment - KEPT, moment + KEPT)
    session.execute(delete_rows(Withdrawn).where(not_(recent)))
    gone = select(Annotation.id).where(
        Annotation.deleted.is_not(None), Annotation.id.not_in(select(Withdrawn.annotation_id))
    )
    for kind in (Adoption, Agreement, Answered, CampaignMember, DeskMark, Suggestion):
        session.execute(
            delete_rows(kind)
            .where(kind.annotation_id.in_(gone))
            .execution_options(synchronize_session=False)
        )
