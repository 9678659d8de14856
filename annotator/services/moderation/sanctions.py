"""Sanctions on accounts: suspend, ban, reinstate.

A suspended account keeps its name and annotations. It can read, download, delete and appeal.
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from annotator.auth.permissions import MODERATORS, Viewer
from annotator.db import now
from annotator.errors import Conflict, Gone, NotAllowed, NotFound, Unacceptable
from annotator.models import Account, AccountSanction, Act, Annotation
from annotator.schemas.annotations import read_stamp, stamp
from annotator.services.accounts.accounts import barred_until
from annotator.services.moderation import actions
from annotator.services.moderation.actions import LONGEST_SUSPENSION, Decision


def state_of(session: Session, account_id: int) -> str:
    """Return a tag that changes with each decision about an account."""
    sanction = session.get(AccountSanction, account_id)
    return str(sanction.act_id if sanction else 0)


def decide(
    session: Session,
    by: Viewer,
    decision: Decision,
    name: str,
    *,
    state: str | None = None,
    annotation_id: str | None = None,
) -> Act:
    """Apply a decision to an account, on the occasion of an annotation, if any.

    Raises NotFound, Gone, NotAllowed (`may_decide`), Conflict (decided by another meanwhile, or
    nothing to decide) and Unacceptable.
    """
    account = session.scalar(select(Account).where(Account.name == name).with_for_update())
    if account is None:
        raise NotFound(f"There is no account named {name}.", field="account")
    if account.left:
        raise Gone(f"The account {name} was deleted.")
    may_decide(by, account)
    if state is not None and state != state_of(session, account.id):
        raise Conflict(
            f"Another moderator has decided about {name}. Reload and decide again.",
            account=name,
            state=state_of(session, account.id),
        )
    occasion = session.get(Annotation, annotation_id) if annotation_id else None
    if occasion is not None and occasion.author_id == account.id:
        actions.impartial(session, by, occasion)
    else:
        occasion = None
    sanction = session.get(AccountSanction, account.id)
    until = None
    if decision.act == "suspend":
        if decision.days is None or not 1 <= decision.days <= LONGEST_SUSPENSION:
            raise Unacceptable(f"Choose 1 to {LONGEST_SUSPENSION} days.", field="days")
        until = now() + timedelta(days=decision.days)
    if decision.act == "reinstate" and not barred_until(sanction):
        raise Conflict(f"{account.name} is neither suspended nor banned.", account=account.name)
    act = actions.record(session, by, decision, annotation=occasion, account=account.id)
    act.until = until
    act.before = {"standing": None}
    if sanction:
        ends = sanction.suspended_until
        act.before = {"standing": {"banned": sanction.banned, "act": sanction.act_id,
                                   "until": stamp(ends) if ends else None}}  # fmt: skip
    sanction = sanction or AccountSanction(account_id=account.id)
    sanction.banned = decision.act == "ban"
    sanction.suspended_until = until
    sanction.act_id = act.id
    session.add(sanction)
    actions.tell(session, act, [account.id], "author")
    return act


def may_decide(by: Viewer, account: Account) -> None:
    """Raise NotAllowed for one's own account, and for a moderator's unless by an administrator."""
    if by.account == account.id:
        raise NotAllowed("This is your own account. Leave it to another moderator.")
    if account.role in MODERATORS and by.role != "administrator":
        raise NotAllowed("Only administrators can decide about moderators.")


def revert(session: Session, act: Act, undoing: Act) -> None:
    """Restore an account's sanction before `act`. Raises Conflict after a later decision."""
    sanction = session.get_one(AccountSanction, act.account_id)
    if sanction.act_id != act.id:
        message = f"Undo the later decision #{sanction.act_id} first."
        raise Conflict(message, act=sanction.act_id)
    before = act.before["standing"] or {"banned": False, "until": None}
    sanction.banned = before["banned"]
    sanction.suspended_until = read_stamp(before["until"]) if before["until"] else None
    sanction.act_id = before.get("act", undoing.id)
