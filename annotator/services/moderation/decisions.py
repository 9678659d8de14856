"""Every decision of a moderator, from whichever door: what is done, and what it is about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from annotator.errors import Malformed, Unacceptable
from annotator.models import Act
from annotator.schemas.actions import ACTS, KINDS
from annotator.search.engine import Engine
from annotator.services.moderation import (
    annotation_actions,
    bulk_actions,
    reversals,
    sanctions,
)
from annotator.services.moderation.actions import Decision, Moderator
from annotator.services.moderation.bulk_actions import Wanted


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


def carry_out(session: Session, engine: Engine, by: Moderator, order: Order) -> list[Act]:
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
        return bulk_actions.decide(session, engine, by, decision, order.wanted, order.state or "")
    if not order.annotations:
        raise Malformed("Name the annotations.", field="annotations")
    return [
        annotation_actions.decide(session, by, decision, ident, state)
        for ident, state in order.annotations
    ]
