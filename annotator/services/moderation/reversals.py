"""Reversal of acts: undo, and answers to appeals.

An act is undone once, only while no later act depends on it, and never if it removed a version. The
flags and appeals that it answered are open again. An undo cannot be undone; decide again instead.
"""

from __future__ import annotations

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from annotator.auth.permissions import Viewer
from annotator.errors import Conflict, NotAllowed, NotFound
from annotator.models import Account, Act, Annotation, Appeal, Flag
from annotator.schemas.charter import KINDS, MOVING, is_about
from annotator.services.moderation import actions, sanctions
from annotator.services.moderation.actions import UNDONE, Decision
from annotator.services.placement.placer import relist


def undo(session: Session, by: Viewer, act_id: int, reason: str, rule: str = "mistake") -> Act:
    """Undo an act.

    Raises NotFound, Gone, NotAllowed, Unacceptable, and Conflict if it is undone already, cannot
    be, or a later act is in force.
    """
    act = locked(session, act_id)
    if final(act.act, act.undoes):
        raise Conflict("This action cannot be undone. Decide again instead.", act=act.id)
    row = _annotation(session, by, act)
    decision = Decision("undo", rule, reason)
    undoing = actions.record(
        session, by, decision, annotation=row, account=act.account_id, undoes=act
    )
    revert(session, act, undoing, row)
    # The undo answers pending appeals of the act.
    pending = select(Appeal).where(Appeal.act_id == act.id, Appeal.decision_id.is_(None))
    appeals = session.scalars(pending).all()
    for appeal in appeals:
        appeal.decision_id = undoing.id
    appellants = [appeal.account_id for appeal in appeals if appeal.account_id != act.account_id]
    actions.tell(session, undoing, appellants, "appellant")
    return undoing


def final(act: str, undoes: int | None) -> bool:
    """Return whether an act of this kind that undoes another (None: no other) cannot be undone."""
    return KINDS[act].final or undoes is not None


def undo_batch(session: Session, by: Viewer, batch: str, reason: str, rule: str) -> list[Act]:
    """Undo all acts of a bulk action that are in force. Raises NotFound, and as `undo`."""
    query = select(Act.id).where(Act.batch == batch, Act.id.not_in(UNDONE)).order_by(Act.id)
    act_ids = session.scalars(query).all()
    if not act_ids:
        raise NotFound("This bulk action does not exist or has already been undone.", field="batch")
    return [undo(session, by, act_id, reason, rule) for act_id in act_ids]


def locked(session: Session, act_id: int) -> Act:
    """Return an act in force, locked. Raises NotFound, and Conflict if it is undone."""
    act = session.scalar(select(Act).where(Act.id == act_id).with_for_update())
    if act is None:
        raise NotFound(f"There is no log entry {act_id}.", field="undo")
    undone = session.scalar(select(Act.id).where(Act.undoes == act_id))
    if undone is not None:
        raise Conflict(f"This action has already been undone, by #{undone}.", act=undone)
    return act


def _annotation(session: Session, by: Viewer, act: Act) -> Annotation | None:
    """Return an act's annotation, locked; None for an act on an account. Raises NotAllowed."""
    if act.annotation_id is None or is_about(act.act, "account"):
        sanctions.may_decide(by, session.get_one(Account, act.account_id))
        return None
    row = actions.locked(session, act.annotation_id)
    actions.impartial(session, by, row)
    return row


def revert(session: Session, act: Act, undoing: Act, row: Annotation | None) -> None:
    """Restore the state before `act`: visibility or sanction, open flags, an open appeal."""
    if is_about(act.act, "account"):
        sanctions.revert(session, act, undoing)
    elif row is not None:
        row.act_id = undoing.id
        if act.act in MOVING:
            later = later_act(session, act, undoing)
            if later is not None:
                raise Conflict(f"Undo the later decision #{later} first.", act=later)
            row.visibility, row.hidden_by = act.before["visibility"], act.before["hidden_by"]
            relist(session, row)
    flags = act.before.get("flags", [])
    session.execute(update(Flag).where(Flag.id.in_(flags)).values(decision_id=None))
    reopened = update(Appeal).where(Appeal.id == act.before.get("appeal"))
    session.execute(reopened.values(decision_id=None))
    if act.account_id is not None:
        actions.tell(session, undoing, [act.account_id], "author")


def later_act(session: Session, act: Act, but: Act) -> int | None:
    """Return the newest later act in force, except `but`, that hid or showed the annotation."""
    query = select(Act.id).where(
        Act.annotation_id == act.annotation_id,
        Act.id > act.id,
        Act.id != but.id,
        Act.act.in_(MOVING),
        Act.id.not_in(UNDONE),
    )
    return session.scalar(query.order_by(Act.id.desc()).limit(1))


def answer(session: Session, by: Viewer, appeal_id: int, *, grant: bool, reason: str) -> Act:
    """Answer an appeal under the rule that was cited; granting it undoes the act.

    Where the act refused a flag, granting hides the annotation. Raises NotFound, Gone, NotAllowed
    (`by` took part in the decision), Unacceptable, and Conflict if it is answered already.
    """
    appeal, act, row, rule = _open_appeal(session, by, appeal_id)
    refused_request = grant and act.act == "approve"
    decision = Decision("grant" if grant else "uphold", rule, reason)
    undoes = act if grant and not refused_request else None
    answered = actions.record(
        session, by, decision, annotation=row, account=act.account_id, undoes=undoes
    )
    answered.before = {"appeal": appeal.id}
    if row is not None:
        answered.before |= {"visibility": row.visibility, "hidden_by": row.hidden_by}
    if undoes is not None:
        revert(session, act, answered, row)
    elif refused_request:
        if row is None or later_act(session, act, answered) is not None:
            raise Conflict("A later decision is in force. Reload the comment.", act=act.id)
        actions.require_rewording_deadline(session, row, answered.rule)
        row.visibility, row.hidden_by, row.act_id = "hidden", answered.id, answered.id
        actions.tell(session, answered, [row.author_id], "author")
        relist(session, row)
    elif row is not None:
        row.act_id = answered.id
    appeal.decision_id = answered.id
    actions.tell(session, answered, [appeal.account_id], "appellant")
    return answered


def delay(session: Session, by: Viewer, appeal_id: int, reason: str) -> Act:
    """Record why an answer takes longer; its ten days begin again. Raises as `answer` does."""
    appeal, act, row, rule = _open_appeal(session, by, appeal_id)
    decision = Decision("delay", rule, reason)
    delayed = actions.record(session, by, decision, annotation=row, account=act.account_id)
    delayed.before = {"delays": appeal.id}
    actions.tell(session, delayed, [appeal.account_id], "appellant")
    return delayed


def _open_appeal(
    session: Session, by: Viewer, appeal_id: int
) -> tuple[Appeal, Act, Annotation | None, str]:
    """Lock and return an appeal that `by` may answer, its act, annotation and rule or ground."""
    appeal = session.scalar(select(Appeal).where(Appeal.id == appeal_id).with_for_update())
    if appeal is None:
        raise NotFound(f"There is no appeal {appeal_id}.", field="appeal")
    if appeal.decision_id is not None:
        raise Conflict("This appeal has already been answered.", act=appeal.decision_id)
    act = locked(session, appeal.act_id)
    if actions.decided(act, by) or by.account == appeal.account_id:
        raise NotAllowed("You took part in this decision. Leave the appeal to another moderator.")
    flag_rule = select(Flag.rule).where(
        Flag.decision_id == act.id, Flag.account_id == appeal.account_id
    )
    refused = session.scalar(flag_rule) if act.act == "approve" else None
    return appeal, act, _annotation(session, by, act), refused or act.rule
