"""What waits for a moderator: appeals, flags, held posts, reworded ones, first posts of new people.

Each case comes with the `state` that an act on it must name. Appeals come first, the oldest of each
kind before newer ones.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from annotator import cursors
from annotator.auth.permissions import require
from annotator.auth.viewer import Viewer
from annotator.db import now
from annotator.errors import NotFound
from annotator.models import Account, Act, Annotation, ApiToken, Appeal, Flag, Identity
from annotator.schemas.moderation import QUEUE_KINDS, Queue, QueueItem, Statement
from annotator.services.accounts import accounts
from annotator.services.annotations import annotation_loader
from annotator.services.moderation import actions, annotation_actions, complaints, moderation_log

NEW_FOR = timedelta(days=14)


def page(
    session: Session, viewer: Viewer, cursor: str | None = None, limit: int = 50, kind: str = ""
) -> Queue:
    """Return what waits. Raises NotSignedIn, NotAllowed, and Malformed for a cursor."""
    require(viewer, "moderate")
    keys = list(_keys(session))
    counts = {name: sum(1 for found, _ in keys if found == name) for name in QUEUE_KINDS}
    keys = [key for key in keys if kind in ("", key[0])]
    begin = 0 if cursor is None else cursors.read(cursor, "queue", (int,))[0]
    chosen = keys[max(begin, 0) : begin + limit]
    more = cursors.write("queue", [begin + limit]) if begin + limit < len(keys) else None
    return Queue(total=len(keys), items=_cases(session, viewer, chosen), next=more, counts=counts)


def about(session: Session, viewer: Viewer, annotation_id: str) -> QueueItem:
    """Return one annotation as a case, whether anybody has asked or not. Raises NotFound."""
    require(viewer, "moderate")
    row = session.get(Annotation, annotation_id)
    if row is None or row.deleted:
        raise NotFound(f"There is no annotation {annotation_id!r}.")
    return _cases(session, viewer, [("comment", annotation_id)])[0]


def _keys(session: Session) -> Iterator[tuple[str, str]]:
    """Yield the kind and the id of each case, each annotation once."""
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
    # The first annotation of each new member, as long as nobody has decided about it. Under a name
    # that nobody can sign in with, or write under, is only what was imported.
    somebody = (
        Account.password.is_not(None)
        | exists().where(Identity.account_id == Account.id)
        | exists().where(ApiToken.account_id == Account.id)
    )
    first = (
        select(func.min(Annotation.id))
        .join(Account, Account.id == Annotation.author_id)
        .where(Account.created > now() - NEW_FOR, Account.role == "member", somebody)
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


def _cases(session: Session, viewer: Viewer, keys: Sequence[tuple[str, str]]) -> list[QueueItem]:
    return [(_appealed if kind == "appeal" else _case)(session, viewer, kind, ident)
            for kind, ident in keys]  # fmt: skip


def _appealed(session: Session, viewer: Viewer, kind: str, ident: str) -> QueueItem:
    appeal = session.get_one(Appeal, int(ident))
    entry = moderation_log.one(session, appeal.act_id)
    who = select(accounts.public_name_of(Account)).where(Account.id == appeal.account_id)
    by = session.scalars(who).one()
    decided_by = session.get_one(Act, appeal.act_id).by_id
    annotation, took_part = None, viewer.account in (appeal.account_id, decided_by)
    if entry.annotation is not None:
        ids = [entry.annotation]
        annotation = annotation_loader.read(session, ids, unveiled=ids)[0]
        took_part |= bool(actions.threads_of(session, viewer.account, [annotation.thread]))
    said = (Statement(by=by, words=appeal.words, created=appeal.created),)
    return QueueItem(kind=kind, id=ident, state="open", annotation=annotation, said=said,
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
        state=annotation_actions.state_of(session, row),
        annotation=annotation_loader.read(session, [ident], unveiled=[ident])[0],
        said=tuple(Statement(by=by, words=words, created=created, rule=rule)
                   for by, words, created, rule in flags),
        entry=moderation_log.one(session, row.act_id) if row.act_id else None,
        took_part=bool(actions.threads_of(session, viewer.account, [row.thread_id])),
        hidden_before=session.scalar(select(func.count()).select_from(Act).where(hides)) or 0,
    )  # fmt: skip
