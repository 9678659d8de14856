"""Dispatch of moderators' decisions from pages, API and command line, also on many annotations.

A bulk action names the `state` of its selection; if that has changed since, nothing happens. The
log has an entry for each annotation, and all of them share a `batch`.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from sqlalchemy import select
from sqlalchemy.orm import Session

from annotator.auth.permissions import Viewer
from annotator.errors import Conflict, Malformed, Unacceptable
from annotator.models import Act, Annotation
from annotator.schemas.charter import ACTS, KINDS
from annotator.schemas.moderation import Selection
from annotator.search.engine import Engine
from annotator.services.accounts import accounts
from annotator.services.annotations import selections
from annotator.services.editions import editions
from annotator.services.moderation import actions, reversals, sanctions
from annotator.services.moderation.actions import Decision
from annotator.services.reading import full_text

MOST = 500
FROM = {"hide": ("visible", "held"), "approve": ("held",), "restore": ("hidden",)}


@dataclass(frozen=True, slots=True)
class BulkFilter:
    """The annotations that a bulk action is for: by author or search, of one document or all."""

    act: str
    author: str = ""
    q: str = ""
    document: str = ""


@dataclass(frozen=True, slots=True)
class Order:
    """A moderator's decision and its object.

    `annotations` are pairs of an id and the state seen (None: any). `account` is for acts on
    accounts, on the occasion of the first of `annotations`, if any. `entry` or `batch` is undone,
    `appeal` answered. `bulk` is a selection, seen as `state`.
    """

    decision: Decision
    annotations: Sequence[tuple[str, str | None]] = ()
    account: str = ""
    entry: int | None = None
    batch: str = ""
    appeal: int | None = None
    bulk: BulkFilter | None = None
    state: str | None = None


def carry_out(session: Session, engine: Engine, by: Viewer, order: Order) -> list[Act]:
    """Apply a moderator's order, all of it or nothing.

    Raises Malformed if the object of the act is missing, and as each act does.
    """
    decision = order.decision
    kind = KINDS.get(decision.act)
    if kind is None:
        raise Unacceptable(f"Choose an action: {', '.join(ACTS)}.", field="act")
    if kind.about == "account":
        if not order.account:
            raise Malformed("Enter the name of the account.", field="account")
        occasion = order.annotations[0][0] if order.annotations else None
        return [sanctions.decide(session, by, decision, order.account, state=order.state,
                                 annotation_id=occasion)]  # fmt: skip
    if kind.about == "action":
        rule = decision.rule or "mistake"
        if order.batch:
            return reversals.undo_batch(session, by, order.batch, decision.reason, rule)
        if order.entry is None:
            raise Malformed("Enter the number of the log entry.", field="entry")
        return [reversals.undo(session, by, order.entry, decision.reason, rule)]
    if kind.about == "appeal":
        if order.appeal is None:
            raise Malformed("Enter the number of the appeal.", field="appeal")
        if kind.name == "delay":
            return [reversals.delay(session, by, order.appeal, decision.reason)]
        grant = kind.name == "grant"
        return [reversals.answer(session, by, order.appeal, grant=grant, reason=decision.reason)]
    if order.bulk is not None:
        return _decide_many(session, engine, by, decision, order.bulk, order.state or "")
    if not order.annotations:
        raise Malformed("Choose at least one comment.", field="annotations")
    decide = partial(actions.decide, session, by, decision)
    return [decide(ident, state) for ident, state in order.annotations]


def select_annotations(session: Session, engine: Engine, by: Viewer, bulk: BulkFilter) -> Selection:
    """Return the annotations of a bulk action; raises Unacceptable, NotFound, Malformed (`q`)."""
    if bulk.act not in FROM:
        raise Unacceptable(f"Choose a bulk action: {', '.join(FROM)}.", field="act")
    if not (bulk.author or bulk.q):
        raise Unacceptable("Enter an author or a search.", field="author")
    if bulk.q and bulk.act != "hide":
        raise Unacceptable("A search finds visible comments only. Enter an author.", field="q")
    query = select(Annotation).where(
        Annotation.deleted.is_(None), Annotation.visibility.in_(FROM[bulk.act])
    )
    if bulk.author:
        author = accounts.named(session, bulk.author)
        query = query.where(Annotation.author_id == author.id)
    if bulk.document:
        document = editions.document(session, bulk.document)
        query = query.where(Annotation.document_id == document.id)
    among: Sequence[str] = ()
    if bulk.q:
        among = full_text.among(session, engine, bulk.q, bulk.document or None)
        query = query.where(Annotation.id.in_(among[: MOST + 1]))
    rows = session.scalars(query.order_by(Annotation.id).limit(MOST + 1)).all()
    many = max(len(among), len(rows))
    if many > MOST:
        raise Unacceptable(
            f"The selection has {many:,} or more comments. Narrow it to {MOST}.",
            field="q" if len(among) > MOST else "author",
        )
    own_threads = actions.threads_of(session, by.account, [row.thread_id for row in rows])
    selected = [row for row in rows if row.thread_id not in own_threads]
    states = ((row.id, actions.state_of(session, row)) for row in selected)
    return Selection(total=len(selected), items=[row.id for row in selected],
                     left=len(rows) - len(selected),
                     state=selections.state_of(states, str(bulk)))  # fmt: skip


def _decide_many(
    session: Session, engine: Engine, by: Viewer, decision: Decision, bulk: BulkFilter, state: str
) -> list[Act]:
    selection = select_annotations(session, engine, by, bulk)
    if not selection.items:
        raise Conflict("No comments match. Change the selection.", total=0)
    selections.require_unchanged(state, selection.state, selection.total)
    decide = partial(actions.decide, session, by, decision, batch=secrets.token_hex(8))
    return [decide(ident) for ident in selection.items]
