"""What an account follows and mutes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from annotator.auth.permissions import Viewer, may_read, require
from annotator.db import insert_into, now
from annotator.errors import Malformed, NotFound, Unacceptable
from annotator.models import Account, Annotation, Document, Follow, Mute, Pid
from annotator.schemas.following import FOLLOWED, FollowValue
from annotator.search import query as language
from annotator.services.accounts import accounts
from annotator.services.annotations import annotation_loader
from annotator.services.editions import editions
from annotator.services.editions.editions import Loaded
from annotator.services.placement import succession

MUTED = ("thread", "person")
MAX_FOLLOWS = 1_000  # chosen by an account; the threads it posted in do not count
MAX_TAG = 200
ON_DOCUMENTS = ("thread", "provision", "document")


def add(
    session: Session,
    account_id: int,
    kind: str,
    key: str,
    moment: datetime,
    *,
    heads: bool = False,
    posted: bool = False,
) -> None:
    """Store that an account follows something from `moment` on, unless it does already."""
    row = {"account_id": account_id, "kind": kind, "key": key, "created": moment,
           "heads": heads, "posted": posted}  # fmt: skip
    session.execute(insert_into(session, Follow).values(row).on_conflict_do_nothing())


def stored_keys(session: Session, viewer: Viewer, kind: str, key: str) -> Sequence[str]:
    """Return the keys of what the viewer names.

    It is named by an annotation's id, a pid, a slug, a tag, a name or a query. A passage that the
    newest edition does not have has the keys of its successors there. Raises NotFound, and
    Unacceptable with the field.
    """
    key = key.strip()
    if kind not in FOLLOWED:
        choices = ", ".join(FOLLOWED)
        raise Unacceptable(f"kind must be one of {choices}, not {kind!r}.", field="kind")
    if not 0 < len(key) <= Follow.key.type.length:
        raise Unacceptable(
            f"Name what to follow, in at most {Follow.key.type.length:,} characters.", field="key"
        )
    if kind == "thread":
        row = session.get(Annotation, key)
        if row is None or not (row.deleted or may_read(viewer, row)):
            raise NotFound(f"There is no annotation {key!r}.", field="key")
        key = row.thread_id
    elif kind == "document":
        key = editions.document(session, key).slug
    elif kind == "person":
        key = str(accounts.named(session, key).id)
    elif kind == "tag" and len(key) > MAX_TAG:
        raise Unacceptable(f"A tag has at most {MAX_TAG} characters.", field="key")
    elif kind == "search":
        try:
            language.parse(key)
        except Malformed as error:
            raise Unacceptable(error.message, field="key") from error
    elif kind == "provision":
        return _heirs(session, key)
    return [key]


def _heirs(session: Session, pid: str) -> Sequence[str]:
    """Return a pid, or those of its successors in the newest edition. Raises NotFound."""
    slug = session.scalar(
        select(Document.slug).join(Pid, Pid.document_id == Document.id).where(Pid.pid == pid)
    )
    if slug is None:
        raise NotFound(f"There is no passage {pid!r}.", field="key")
    newest = editions.newest(session, slug)
    if pid in newest.ordinals:
        return [newest.pids[newest.ordinals[pid]]]
    home = editions.holding(session, slug, pid)
    heirs = succession.fate(session, home, home.ordinals[pid], newest).ordinals
    if not heirs:
        raise NotFound("This passage is no longer in the text. Follow the section around it.",
                       field="key")  # fmt: skip
    return [newest.pids[at] for at in heirs]


def follow(
    session: Session, viewer: Viewer, kind: str, key: str, *, heads: bool = False
) -> list[FollowValue]:
    """Let the viewer follow something, with `heads` only new threads; return the follows.

    Raises NotSignedIn, NotAllowed, NotFound and Unacceptable.
    """
    require(viewer, "follow.own", viewer.account)
    own = Follow.account_id == viewer.account
    number = session.scalar(select(func.count()).where(own, ~Follow.posted)) or 0
    if number >= MAX_FOLLOWS:
        raise Unacceptable(
            f"You follow {MAX_FOLLOWS:,} things already. Unfollow some first.", field="key"
        )
    keys = stored_keys(session, viewer, kind, key)
    for each in keys:
        add(session, viewer.account or 0, kind, each, now())
    same = select(Follow).where(own, Follow.kind == kind, Follow.key.in_(keys))
    rows = session.scalars(same).all()
    for row in rows:
        row.heads = heads
    return values(session, rows)


def end(session: Session, viewer: Viewer, kind: str, key: str) -> None:
    """Let the viewer no longer follow something. Raises as `follow`."""
    require(viewer, "follow.own", viewer.account)
    same = Follow.kind == kind, Follow.key.in_(stored_keys(session, viewer, kind, key))
    session.execute(delete(Follow).where(Follow.account_id == viewer.account, *same))


def of_viewer(session: Session, viewer: Viewer) -> list[FollowValue]:
    """Return what the viewer follows, newest first. Raises NotSignedIn and NotAllowed."""
    require(viewer, "follow.own", viewer.account)
    query = select(Follow).where(Follow.account_id == viewer.account).order_by(Follow.id.desc())
    return values(session, session.scalars(query).all())


def present(session: Session, viewer: Viewer, kind: str, key: str) -> FollowValue | None:
    """Return the viewer's follow of something; None without one. Raises as `follow`."""
    own = Follow.account_id == viewer.account, Follow.kind == kind
    query = select(Follow).where(*own, Follow.key.in_(stored_keys(session, viewer, kind, key)))
    return next(iter(values(session, session.scalars(query.limit(1)).all())), None)


def values(session: Session, rows: Sequence[Follow]) -> list[FollowValue]:
    """Return follows as their account sees them: people by name, passages with their document."""
    keys = {kind: [row.key for row in rows if row.kind == kind] for kind in FOLLOWED}
    names = _names(session, keys["person"])
    documents = select(Pid.pid, Document.slug).join(Document, Document.id == Pid.document_id)
    homes = dict(session.execute(documents.where(Pid.pid.in_(keys["provision"]))).all())
    heads = {
        annotation.id: annotation.document
        for annotation in annotation_loader.read(session, keys["thread"])
    }
    homes |= heads | {slug: slug for slug in keys["document"]}
    return [
        FollowValue(
            kind=row.kind, key=names[row.key] if row.kind == "person" else row.key,
            document=homes.get(row.key) if row.kind in ON_DOCUMENTS else None,
            heads=row.heads, posted=row.posted, created=row.created,
        )
        for row in rows
    ]  # fmt: skip


def _names(session: Session, ids: Sequence[str]) -> dict[str, str]:
    query = select(Account.id, Account.name).where(Account.id.in_(list(map(int, ids))))
    return {str(ident): name for ident, name in session.execute(query)}


def move_to_heirs(session: Session, old: Loaded, new: Loaded) -> None:
    """Let those who follow a passage that an edition has no longer follow its successors there."""
    retired = [pid for pid in old.pids if pid not in new.ordinals]
    query = select(Follow).where(Follow.kind == "provision", Follow.key.in_(retired))
    for row in session.scalars(query).all():
        for at in succession.fate(session, old, old.ordinals[row.key], new).ordinals:
            add(session, row.account_id, row.kind, new.pids[at], row.created, heads=row.heads)
        session.delete(row)


def mute(session: Session, viewer: Viewer, kind: str, key: str, *, on: bool) -> None:
    """Mute a thread or person, or end that. Raises as `follow`."""
    require(viewer, "follow.own", viewer.account)
    if kind not in MUTED:
        raise Unacceptable("Choose a thread or a person to mute.", field="kind")
    (key,) = stored_keys(session, viewer, kind, key)
    row = {"account_id": viewer.account, "kind": kind, "key": key}
    if on:
        session.execute(insert_into(session, Mute).values(row).on_conflict_do_nothing())
    else:
        session.execute(delete(Mute).filter_by(**row))


def muted(session: Session, viewer: Viewer) -> list[tuple[str, str]]:
    """Return the kind and key, or name, of what the viewer mutes."""
    query = select(Mute).where(Mute.account_id == viewer.account).order_by(Mute.kind, Mute.key)
    rows = session.scalars(query).all()
    names = _names(session, [row.key for row in rows if row.kind == "person"])
    return [(row.kind, names.get(row.key, row.key)) for row in rows]
