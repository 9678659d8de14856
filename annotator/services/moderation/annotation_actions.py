"""Deciding about an annotation: approve, hide, restore, ask to reword, warn, remove a version.

Every act gives a reason and cites a rule, stands in the public log, is told to the author and to
those who flagged, and can be undone, but for the removal of words. What is decided on is named with
the `state` that the moderator saw: if it has changed since, nothing happens and they are told.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import delete as delete_rows
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from annotator.auth.viewer import Viewer
from annotator.db import now
from annotator.errors import Conflict, Gone, NotFound, Unacceptable
from annotator.models import Act, Annotation, Flag, Tag, Version
from annotator.services.annotations.store import forget_original
from annotator.services.moderation import actions
from annotator.services.moderation.actions import UNDONE, Decision
from annotator.services.placement.placer import relist

CORRECTED_WITHIN = timedelta(days=14)


def state_of(session: Session, row: Annotation) -> str:
    """Name all that a decision about an annotation rests on: its words, the acts, the flags."""
    newest = select(func.max(Flag.id)).where(
        Flag.annotation_id == row.id, Flag.decision_id.is_(None)
    )
    moment = int(row.modified.timestamp() * 1000)
    return f"{row.act_id or 0}-{moment}-{session.scalar(newest) or 0}"


def locked(session: Session, annotation_id: str) -> Annotation:
    """Find an annotation and keep others from deciding about it. Raises NotFound and Gone."""
    query = select(Annotation).where(Annotation.id == annotation_id).with_for_update()
    row = session.scalar(query.execution_options(populate_existing=True))
    if row is None:
        raise NotFound(f"There is no annotation {annotation_id!r}.")
    if row.deleted:
        raise Gone("Its author has deleted this comment; there is nothing to decide.")
    return row


def decide(
    session: Session,
    by: Viewer,
    decision: Decision,
    annotation_id: str,
    state: str | None = None,
    batch: str | None = None,
) -> Act:
    """Do an act upon an annotation; `state` is what the moderator saw (None: whatever it is now).

    Raises NotFound, Gone, NotAllowed (one's own annotation, a discussion one took part in),
    Conflict (decided by another meanwhile, or nothing to decide) and Unacceptable (reason, rule,
    version).
    """
    row = locked(session, annotation_id)
    actions.impartial(session, by, row)
    if state is not None and state != state_of(session, row):
        last = session.get(Act, row.act_id) if row.act_id else None
        decided = f" {last.by} has decided ({last.act}, #{last.id})." if last else ""
        raise Conflict(
            f"This comment has changed since you looked.{decided} Nothing was done; look again.",
            annotation=row.id,
            state=state_of(session, row),
            act=row.act_id,
        )
    before = {"visibility": row.visibility, "hidden_by": row.hidden_by, "act": row.act_id}
    act = actions.record(session, by, decision, annotation=row, batch=batch)
    if decision.act in EFFECTS:
        EFFECTS[decision.act](session, row, act, decision)
    row.act_id = act.id
    flags = actions.answer_flags(session, act, row.id) if decision.act != "restore" else []
    act.before = before | {"flags": flags}
    actions.tell(session, act, [row.author_id], "author")
    relist(session, row)
    return act


def _approve(session: Session, row: Annotation, act: Act, decision: Decision) -> None:
    """Let an annotation stand: one that waits is shown, flags are refused, a first one is seen."""
    if row.visibility == "hidden":
        raise Conflict("This comment is hidden; restore it.", annotation=row.id)
    if row.visibility == "visible" and row.act_id and not actions.open_flags(session, row.id):
        raise Conflict(
            "This comment is already approved, and nobody has reported it since.", annotation=row.id
        )
    row.visibility = "visible"


def _hide(session: Session, row: Annotation, act: Act, decision: Decision) -> None:
    if row.visibility == "hidden":
        raise Conflict("This comment is already hidden.", annotation=row.id, act=row.hidden_by)
    ripe(session, row, act.rule)
    row.visibility, row.hidden_by = "hidden", act.id


def ripe(session: Session, row: Annotation, rule: str) -> None:
    """Raise Unacceptable for a false quotation whose author has not had fourteen days to mend it.

    They begin with an act `ask` under this rule that is in force.
    """
    if rule != "false-quotation":
        return
    asked = (Act.annotation_id == row.id) & (Act.act == "ask") & (Act.rule == rule)
    since = session.scalar(select(func.min(Act.created)).where(asked, Act.id.not_in(UNDONE)))
    if since is None:
        raise Unacceptable(
            "Ask the author to correct the quotation first, under this rule. A comment is hidden "
            f"on this ground after {CORRECTED_WITHIN.days} days without a correction.",
            field="rule",
        )
    if now() - since < CORRECTED_WITHIN:
        last = since + CORRECTED_WITHIN
        raise Unacceptable(
            f"The author was asked on {since:%Y-%m-%d} to correct the quotation, and has until "
            f"{last:%Y-%m-%d} for that.",
            field="rule",
        )


def _restore(session: Session, row: Annotation, act: Act, decision: Decision) -> None:
    if row.visibility != "hidden":
        raise Conflict("This comment is not hidden.", annotation=row.id)
    if row.body is None and session.get_one(Act, row.hidden_by).act == "remove-version":
        raise Conflict("Its words were removed for good, so it cannot be shown again.")
    row.visibility, row.hidden_by = "visible", None


def _remove_version(session: Session, row: Annotation, act: Act, decision: Decision) -> None:
    """Remove the words of a version for good; without those of the present one it is hidden."""
    many = session.scalar(
        select(func.count()).select_from(Version).where(Version.annotation_id == row.id)
    ) or 0  # fmt: skip
    if decision.version is None or not 1 <= decision.version <= many + 1:
        raise Unacceptable(
            f"Choose a version from 1 to {many + 1}; {many + 1} is the present words.",
            field="version",
        )
    act.version = number = decision.version - 1
    forget_original(session, [row.id])
    if number == many:
        row.body = None
        row.visibility, row.hidden_by = "hidden", act.id
        session.execute(delete_rows(Tag).where(Tag.annotation_id == row.id))
        return
    version = session.get_one(Version, (row.id, number))
    if version.removed_by is not None:
        raise Conflict("This version has already been removed.", act=version.removed_by)
    actions.reason(decision.reason, version.body)
    version.body, version.tags, version.removed_by = None, "[]", act.id


EFFECTS: dict[str, Callable[[Session, Annotation, Act, Decision], None]] = {
    "approve": _approve,
    "hide": _hide,
    "restore": _restore,
    "remove-version": _remove_version,
}
