"""The moderation queue: appeals, flags, held and reworded annotations, first posts of new members.

In this order, the oldest of each kind first. Each item has the `state` that an act on it must name.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from annotator import cursors
from annotator.auth.permissions import Viewer, require
from annotator.db import now
from annotator.errors import NotFound
from annotator.models import Account, Act, Annotation, ApiToken, Appeal, Flag, Identity
from annotator.schemas.moderation import QUEUE_KINDS, Queue, QueueItem, Statement
from annotator.services.accounts import accounts
from annotator.services.annotations import annotation_loader
from annotator.services.moderation import actions, complaints, moderation_log

NEW_FOR = timedelta(days=14)


def page(
    session: Session, viewer: Viewer, cursor: str | None = None, limit: int = 50, kind: str = ""
) -> Queue:
    """Return a page of the queue. Raises NotSignedIn, NotAllowed, and Malformed for a cursor."""
    require(viewer, "moderate")
    keys = list(_keys(session))
    counts = {name: sum(key[0] == name for key in keys) for name in QUEUE_KINDS}
    keys = [key for key in keys if kind in ("", key[0])]
    begin = 0 if cursor is None else cursors.read(cursor, "queue", (int,))[0]
    chosen = keys[max(begin, 0) : begin + limit]
    more = cursors.write("queue", [begin + limit]) if begin + limit < len(keys) else None
    items = [(_appealed if key[0] == "appeal" else _case)(session, viewer, *key) for key in chosen]
    return Queue(total=len(keys), items=items, next=more, counts=counts)


def about(session: Session, viewer: Viewer, annotation_id: str) -> QueueItem:
    """Return any annotation as a queue item. Raises NotSignedIn, NotAllowed and NotFound."""
    require(viewer, "moderate")
    row = session.get(Annotation, annotation_id)
    if row is None or row.deleted:
        raise NotFound(f"There is no annotation {annotation_id!r}.")
    return _case(session, viewer, "comment", annotation_id)


def _keys(session: Session) -> Iterator[tuple[str, str]]:
    """Yield the kind and id of each item, each annotation once."""
    living = Annotation.deleted.is_(None)
    appeals = select(Appeal.id).where(Appeal.decision_id.is_(None)).order_by(Appeal.id)
    flagged = (
        select(Flag.annotation_id)
        .join(Annotation, Annotation.id == Flag.annotation_id)
        .where(Flag.decision_id.is_(None), living)
        .group_by(Flag.annotation_id)
        .order_by(func.min(Flag.id))
    )
    ids = select(Annotation.id).order_by(Annotation.id)
    held = ids.where(Annotation.visibility == "held", living)
    hidden = ids.join(Act, Act.id == Annotation.hidden_by)
    reworded = hidden.where(
        Annotation.visibility == "hidden", living, Annotation.modified > Act.created
    )
    # The first annotation of each new member without a decision. Accounts without any credential
    # have only imported annotations.
    can_sign_in = (
        Account.password.is_not(None)
        | exists().where(Identity.account_id == Account.id)
        | exists().where(ApiToken.account_id == Account.id)
    )
    first = (
        select(func.min(Annotation.id))
        .join(Account, Account.id == Annotation.author_id)
        .where(Account.created > now() - NEW_FOR, Account.role == "member", can_sign_in)
        .group_by(Annotation.author_id)
    )
    new = ids.where(Annotation.id.in_(first), Annotation.shown, Annotation.act_id.is_(None))
    yield from (("appeal", str(number)) for number in session.scalars(appeals))
    seen: set[str] = set()
    waiting = {"flag": flagged, "held": held, "reworded": reworded, "new": new}
    for kind, query in waiting.items():
        for ident in session.scalars(query):
            if ident not in seen:
                seen.add(ident)
                yield kind, ident


def _appealed(session: Session, viewer: Viewer, kind: str, ident: str) -> QueueItem:
    appeal = session.get_one(Appeal, int(ident))
    entry = moderation_log.get(session, appeal.act_id)
    who = select(accounts.public_name_of(Account)).where(Account.id == appeal.account_id)
    by = session.scalars(who).one()
    decided_by = session.get_one(Act, appeal.act_id).by_id
    annotation, took_part = None, viewer.account in (appeal.account_id, decided_by)
    if entry.annotation is not None:
        ids = [entry.annotation]
        annotation = annotation_loader.with_answered(
            session, annotation_loader.read(session, ids, unveiled=ids)
        )[0]
        took_part |= bool(actions.threads_of(session, viewer.account, [annotation.thread]))
    statements = (Statement(by=by, words=appeal.words, created=appeal.created),)
    return QueueItem(kind=kind, id=ident, state="open", annotation=annotation, said=statements,
                     entry=entry, took_part=took_part, hidden_before=0,
                     due=complaints.due(session, appeal))  # fmt: skip


def _case(session: Session, viewer: Viewer, kind: str, ident: str) -> QueueItem:
    row = session.get_one(Annotation, ident)
    flags = session.execute(
        select(accounts.public_name_of(Account), Flag.words, Flag.created, Flag.rule)
        .join(Account, Account.id == Flag.account_id)
        .where(Flag.annotation_id == ident, Flag.decision_id.is_(None))
        .order_by(Flag.id)
    )
    hides = (Act.account_id == row.author_id) & (Act.act == "hide")
    return QueueItem(
        kind=kind,
        id=ident,
        state=actions.state_of(session, row),
        annotation=annotation_loader.with_answered(
            session, annotation_loader.read(session, [ident], unveiled=[ident])
        )[0],
        said=tuple(Statement(by=by, words=words, created=created, rule=rule)
                   for by, words, created, rule in flags),
        entry=moderation_log.get(session, row.act_id) if row.act_id else None,
        took_part=bool(actions.threads_of(session, viewer.account, [row.thread_id])),
        hidden_before=session.scalar(select(func.count()).select_from(Act).where(hides)) or 0,
    )  # fmt: skip
