"""Every decision of a moderator, from any door, on one annotation or on many.

A selection of many is looked at first, and acted on only as it was seen: if it has grown or changed
since, nothing happens. The log has an entry for each annotation; all of them share a `batch`.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from annotator.auth.viewer import Viewer
from annotator.errors import Conflict, Malformed, Unacceptable
from annotator.models import Act, Annotation
from annotator.schemas.actions import ACTS, KINDS
from annotator.schemas.moderation import Selection
from annotator.search.engine import Engine
from annotator.services.accounts import accounts
from annotator.services.editions import editions
from annotator.services.moderation import actions, annotation_actions, reversals, sanctions
from annotator.services.moderation.actions import Decision
from annotator.services.reading import full_text

MOST = 500
FROM = {"hide": ("visible", "held"), "approve": ("held",), "restore": ("hidden",)}


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which annotations an act is for: by author or by a search, in one document if it is named."""

    act: str
    author: str = ""
    q: str = ""
    document: str = ""


@dataclass(frozen=True, slots=True)
class Order:
    """What a moderator has sent: a decision, and what it is about.

    `annotations` are pairs of an id and the state seen (None: whatever it is). `account` is named
    for acts on accounts, on the occasion of the first of `annotations` if there is one. `entry` or
    `batch` is undone. `appeal` is answered. `wanted` is a selection, seen as `state`.
    """

    decision: Decision
    annotations: Sequence[tuple[str, str | None]] = ()
    account: str = ""
    entry: int | None = None
    batch: str = ""
    appeal: int | None = None
    wanted: Wanted | None = None
    state: str | None = None


def carry_out(session: Session, engine: Engine, by: Viewer, order: Order) -> list[Act]:
    """Carry out what a moderator has decided; all of it or nothing.

    Raises Malformed where it is not said what the act is about, and what each act raises.
    """
    decision = order.decision
    kind = KINDS.get(decision.act)
    if kind is None:
        raise Unacceptable(f"Choose an action: {', '.join(ACTS)}.", field="act")
    if kind.about == "account":
        if not order.account:
            raise Malformed("Name the account.", field="account")
        occasion = order.annotations[0][0] if order.annotations else None
        return [sanctions.decide(session, by, decision, order.account, state=order.state,
                                 annotation_id=occasion)]  # fmt: skip
    if kind.about == "action":
        rule = decision.rule or "mistake"
        if order.batch:
            return reversals.undo_batch(session, by, order.batch, decision.reason, rule)
        if order.entry is None:
            raise Malformed("Name the entry of the log.", field="entry")
        return [reversals.undo(session, by, order.entry, decision.reason, rule)]
    if kind.about == "appeal":
        if order.appeal is None:
            raise Malformed("Name the appeal.", field="appeal")
        if kind.name == "delay":
            return [reversals.delay(session, by, order.appeal, decision.reason)]
        grant = kind.name == "grant"
        return [reversals.answer(session, by, order.appeal, grant=grant, reason=decision.reason)]
    if order.wanted is not None:
        return _decide_many(session, engine, by, decision, order.wanted, order.state or "")
    if not order.annotations:
        raise Malformed("Name the annotations.", field="annotations")
    return [
        annotation_actions.decide(session, by, decision, ident, state)
        for ident, state in order.annotations
    ]


def select_annotations(session: Session, engine: Engine, by: Viewer, wanted: Wanted) -> Selection:
    """Find what an act would be upon. Raises Unacceptable, NotFound and Malformed (the search)."""
    if wanted.act not in FROM:
        raise Unacceptable(f"Acts on many are {', '.join(FROM)}.", field="act")
    if not (wanted.author or wanted.q):
        raise Unacceptable("Name an author, or search.", field="author")
    if wanted.q and wanted.act != "hide":
        raise Unacceptable("A search finds only what is shown; name the author.", field="q")
    query = select(Annotation).where(
        Annotation.deleted.is_(None), Annotation.visibility.in_(FROM[wanted.act])
    )
    if wanted.author:
        author = accounts.named(session, wanted.author)
        query = query.where(Annotation.author_id == author.id)
    if wanted.document:
        document = editions.document(session, wanted.document)
        query = query.where(Annotation.document_id == document.id)
    among: Sequence[str] = ()
    if wanted.q:
        among = sorted(full_text.among(session, engine, wanted.q, wanted.document or None))
        query = query.where(Annotation.id.in_(among[: MOST + 1]))
    rows = session.scalars(query.order_by(Annotation.id).limit(MOST + 1)).all()
    many = max(len(among), len(rows))
    if many > MOST:
        raise Unacceptable(
            f"These are more than {MOST} at once ({many:,} or more); narrow the selection.",
            field="q" if len(among) > MOST else "author",
        )
    mine = actions.threads_of(session, by.account, [row.thread_id for row in rows])
    kept = [row for row in rows if row.thread_id not in mine]
    states = "\n".join(f"{row.id} {annotation_actions.state_of(session, row)}" for row in kept)
    digest = hashlib.sha256(f"{wanted}\n{states}".encode()).hexdigest()[:24]
    return Selection(total=len(kept), items=tuple(row.id for row in kept),
                     left=len(rows) - len(kept), state=digest)  # fmt: skip


def _decide_many(
    session: Session, engine: Engine, by: Viewer, decision: Decision, wanted: Wanted, state: str
) -> list[Act]:
    """Do one act on all that is wanted, if it is still what was seen.

    Raises Conflict where it is not, or is nothing; and as `select_annotations` and
    `annotation_actions.decide`.
    """
    found = select_annotations(session, engine, by, wanted)
    if not found.items:
        raise Conflict("There is nothing to act on.", total=0)
    if found.state != state:
        raise Conflict(
            f"What you chose has changed since you looked: it is {len(found.items):,} now. Nothing "
            "was done; look again.",
            total=len(found.items),
            state=found.state,
        )
    batch = secrets.token_hex(8)
    return [
        annotation_actions.decide(session, by, decision, ident, batch=batch)
        for ident in found.items
    ]
