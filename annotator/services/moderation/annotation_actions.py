"""Moderation actions on annotations: approve, hide, restore, ask, warn, remove a version.

Each has a reason and a rule, is in the public log, notifies the author and those who flagged, and
can be undone, except the removal of a version. A decision names the `state` that the moderator saw;
if it has changed since, nothing happens.
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete as delete_rows
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from annotator.auth.permissions import Viewer
from annotator.db import now
from annotator.errors import Conflict, Gone, NotFound, Unacceptable
from annotator.models import Act, Annotation, Flag, Tag, Version
from annotator.services.annotations.annotations import edits
from annotator.services.annotations.store import forget_original
from annotator.services.moderation import actions
from annotator.services.moderation.actions import UNDONE, Decision
from annotator.services.placement.placer import relist

CORRECTED_WITHIN = timedelta(days=14)


def state_of(session: Session, row: Annotation) -> str:
    """Return a tag that changes with the annotation, its acts and its flags."""
    newest = select(func.max(Flag.id)).where(
        Flag.annotation_id == row.id, Flag.decision_id.is_(None)
    )
    moment = int(row.modified.timestamp() * 1000)
    return f"{row.act_id or 0}-{moment}-{session.scalar(newest) or 0}"


def locked(session: Session, annotation_id: str) -> Annotation:
    """Return an annotation, locked against other decisions. Raises NotFound and Gone."""
    query = select(Annotation).where(Annotation.id == annotation_id).with_for_update()
    row = session.scalar(query.execution_options(populate_existing=True))
    if row is None:
        raise NotFound(f"There is no annotation {annotation_id!r}.")
    if row.deleted:
        raise Gone("The author has deleted this comment. There is nothing to decide.")
    return row


def decide(
    session: Session,
    by: Viewer,
    decision: Decision,
    annotation_id: str,
    state: str | None = None,
    batch: str | None = None,
) -> Act:
    """Apply a decision to an annotation; `state` is the one the moderator saw (None: any).

    Raises NotFound, Gone, NotAllowed (`actions.impartial`), Conflict (decided by another meanwhile,
    or nothing to decide) and Unacceptable (reason, rule, version).
    """
    row = locked(session, annotation_id)
    actions.impartial(session, by, row)
    if state is not None and state != state_of(session, row):
        last = session.get(Act, row.act_id) if row.act_id else None
        decided = f" Last action: {last.act} by {last.by} (#{last.id})." if last else ""
        raise Conflict(
            f"This comment has changed since you opened it.{decided} Reload and decide again.",
            annotation=row.id,
            state=state_of(session, row),
            act=row.act_id,
        )
    before = {"visibility": row.visibility, "hidden_by": row.hidden_by, "act": row.act_id}
    act = actions.record(session, by, decision, annotation=row, batch=batch)
    if act.act == "remove-version":
        _remove_version(session, row, act, decision)
    _apply(session, row, act)
    row.act_id = act.id
    flags = actions.answer_flags(session, act, row.id) if decision.act != "restore" else []
    act.before = before | {"flags": flags}
    actions.tell(session, act, [row.author_id], "author")
    relist(session, row)
    return act


def _apply(session: Session, row: Annotation, act: Act) -> None:
    hidden = row.visibility == "hidden"
    if act.act == "approve":
        if hidden:
            raise Conflict("This comment is hidden. Restore it instead.", annotation=row.id)
        if row.visibility == "visible" and row.act_id and not actions.open_flags(session, row.id):
            raise Conflict("This comment is already approved.", annotation=row.id)
        row.visibility = "visible"
    elif act.act == "hide":
        if hidden:
            raise Conflict("This comment is already hidden.", annotation=row.id, act=row.hidden_by)
        ripe(session, row, act.rule)
        row.visibility, row.hidden_by = "hidden", act.id
    elif act.act == "restore":
        if not hidden:
            raise Conflict("This comment is not hidden.", annotation=row.id)
        if row.body is None and session.get_one(Act, row.hidden_by).act == "remove-version":
            raise Conflict("The words were removed permanently. The comment cannot be restored.")
        row.visibility, row.hidden_by = "visible", None


def ripe(session: Session, row: Annotation, rule: str) -> None:
    """Raise Unacceptable for a false quotation until 14 days after an act `ask` under this rule."""
    if rule != "false-quotation":
        return
    requests = (Act.annotation_id == row.id) & (Act.act == "ask") & (Act.rule == rule)
    since = session.scalar(select(func.min(Act.created)).where(requests, Act.id.not_in(UNDONE)))
    if since is None:
        raise Unacceptable(
            "Ask the author to correct the quotation first. You can hide the comment on this "
            f"ground after {CORRECTED_WITHIN.days} days.",
            field="rule",
        )
    if now() - since < CORRECTED_WITHIN:
        last = since + CORRECTED_WITHIN
        message = f"The author has until {last:%Y-%m-%d} to correct the quotation. Wait until then."
        raise Unacceptable(message, field="rule")


def _remove_version(session: Session, row: Annotation, act: Act, decision: Decision) -> None:
    present = edits(session, row.id)
    if decision.version is None or not 1 <= decision.version <= present + 1:
        message = f"Choose a version from 1 to {present + 1}; the last is the current one."
        raise Unacceptable(message, field="version")
    act.version = number = decision.version - 1
    forget_original(session, [row.id])
    if number == present:
        row.body, row.visibility, row.hidden_by = None, "hidden", act.id
        session.execute(delete_rows(Tag).where(Tag.annotation_id == row.id))
        return
    version = session.get_one(Version, (row.id, number))
    if version.removed_by is not None:
        raise Conflict("This version has already been removed.", act=version.removed_by)
    actions.reason(decision.reason, version.body)
    version.body, version.tags, version.removed_by = None, "[]", act.id
