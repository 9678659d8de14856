"""Saying that a decision was wrong. The answer is another moderator's: `undoing.answer`."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from annotator.auth.permissions import require
from annotator.auth.viewer import Viewer
from annotator.db import now
from annotator.errors import Conflict, Gone, NotAllowed, NotFound, Unacceptable
from annotator.models import Act, Annotation, Appeal, Flag
from annotator.schemas.actions import KINDS
from annotator.services.moderation import flags

WITHIN = timedelta(days=60)
ANSWERED_WITHIN = timedelta(days=10)


def appeal(session: Session, viewer: Viewer, act_id: int, words: str) -> Appeal:
    """Appeal a decision. Raises as `appealable` does, and Unacceptable without words."""
    act = appealable(session, viewer, act_id)
    made = Appeal(
        act_id=act.id,
        account_id=viewer.account,
        words=flags.said(words, "words"),
        created=now(),
        decision_id=None,
    )
    session.add(made)
    session.flush()
    return made


def appealable(session: Session, viewer: Viewer, act_id: int) -> Act:
    """Find an act that the viewer may appeal: one against them, or that refused their request.

    Raises NotFound, NotSignedIn, NotAllowed, Gone (the annotation is deleted), Conflict (undone, or
    appealed before) and Unacceptable (after sixty days).
    """
    act = session.get(Act, act_id)
    if act is None:
        raise NotFound(f"The log has no entry {act_id}.")
    require(viewer, "appeal.create", viewer.account)
    if not _concerns(session, viewer, act):
        raise NotAllowed(
            "A decision is appealed by those it was made against, or whose request it refused."
        )
    annotation = session.get(Annotation, act.annotation_id) if act.annotation_id else None
    if annotation is not None and annotation.deleted:
        raise Gone("The comment has been deleted; there is nothing to decide.")
    if now() - act.created > WITHIN:
        raise Unacceptable(f"A decision is appealed within {WITHIN.days} days.", field="act")
    if session.scalar(select(Act.id).where(Act.undoes == act.id)) is not None:
        raise Conflict("This decision has already been undone.", act=act.id)
    before = select(Appeal.id).where(Appeal.act_id == act.id, Appeal.account_id == viewer.account)
    if session.scalar(before) is not None:
        raise Conflict("You have appealed this decision; you will hear what comes of it.")
    return act


def _concerns(session: Session, viewer: Viewer, act: Act) -> bool:
    by = KINDS[act.act].appealed_by
    if by == "author":
        return act.account_id == viewer.account
    refused = select(Flag.id).where(Flag.decision_id == act.id, Flag.account_id == viewer.account)
    return by == "flagger" and session.scalar(refused) is not None


def due(session: Session, appeal: Appeal) -> datetime:
    """Return when an answer to an appeal is due: ten days after it, or after word of a delay."""
    act = session.get_one(Act, appeal.act_id)
    same = Act.annotation_id == act.annotation_id
    if act.annotation_id is None:
        same = Act.account_id == act.account_id
    undone = select(Act.undoes).where(Act.undoes.is_not(None))
    delays = session.scalars(select(Act).where(same, Act.act == "delay", Act.id.not_in(undone)))
    said = [it.created for it in delays if it.before.get("delays") == appeal.id]
    return max([appeal.created, *said]) + ANSWERED_WITHIN


def act_about(session: Session, viewer: Viewer, annotation_id: str) -> int:
    """Find the act about an annotation that the viewer would appeal. Raises NotFound."""
    row = session.get(Annotation, annotation_id)
    if row is not None and row.author_id == viewer.account and row.hidden_by:
        return row.hidden_by
    asked = select(Flag.decision_id).where(
        Flag.annotation_id == annotation_id, Flag.account_id == viewer.account
    )
    refused = session.scalar(asked)
    if row is None or refused is None:
        raise NotFound("There is no decision on this comment that you could appeal.")
    return refused
