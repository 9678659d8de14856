"""Reports and appeals: asking that an annotation be hidden, and saying that a decision was wrong.

Anyone may report an annotation, once, on a ground of the charter. An appeal is answered by another
moderator (`reversals.answer`).
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from annotator.auth.permissions import require
from annotator.auth.viewer import Viewer
from annotator.db import now
from annotator.errors import Conflict, Gone, Hidden, NotAllowed, NotFound, Unacceptable
from annotator.models import Act, Annotation, Appeal, Flag
from annotator.schemas import charter
from annotator.schemas.actions import KINDS
from annotator.services.annotations import drafts
from annotator.services.moderation.actions import UNDONE

LONGEST_WORDS = 2000
WITHIN = timedelta(days=60)
ANSWERED_WITHIN = timedelta(days=10)


def flag(session: Session, viewer: Viewer, annotation_id: str, rule: str, words: str) -> Flag:
    """Report an annotation, with a reason, so that moderators look at it.

    Raises NotSignedIn, NotAllowed (also for one's own), NotFound, Gone, Hidden, Conflict (flagged
    before) and Unacceptable.
    """
    require(viewer, "flag.create")
    row = flaggable(session, viewer, annotation_id)
    made = Flag(annotation_id=row.id, account_id=viewer.account, rule=charter.ground(rule).key,
                words=said(words), created=now())  # fmt: skip
    session.add(made)
    session.flush()
    return made


def flaggable(session: Session, viewer: Viewer, annotation_id: str) -> Annotation:
    """Find an annotation that the viewer may flag; raises as `flag` does."""
    row = session.get(Annotation, annotation_id)
    if row is None or row.visibility == "held":
        raise NotFound(f"There is no annotation {annotation_id!r}.")
    if row.deleted:
        raise Gone("Its author has deleted this comment.")
    if row.visibility == "hidden":
        raise Hidden("This comment is already hidden.", log=f"/moderation/log/{row.hidden_by}")
    if row.author_id == viewer.account:
        raise NotAllowed("This is your own comment; change or delete it.")
    before = select(Flag.id).where(Flag.annotation_id == row.id, Flag.account_id == viewer.account)
    if session.scalar(before) is not None:
        raise Conflict("You have flagged this comment before; you will hear what comes of it.")
    return row


def said(words: str) -> str:
    """Return what somebody says to the moderators. Raises Unacceptable: empty, or too long."""
    clean = words.replace("\r\n", "\n").strip()
    if not clean:
        raise Unacceptable("Say why, in a sentence or two.", field="words")
    if len(clean) > LONGEST_WORDS:
        raise Unacceptable(f"At most {LONGEST_WORDS:,} characters are taken.", field="words")
    drafts.refuse_controls(clean, "words")
    return clean


def appeal(session: Session, viewer: Viewer, act_id: int, words: str) -> Appeal:
    """Appeal a decision. Raises as `appealable` does, and Unacceptable without words."""
    act = appealable(session, viewer, act_id)
    made = Appeal(act_id=act.id, account_id=viewer.account, words=said(words), created=now())
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
    by = KINDS[act.act].appealed_by
    refused = select(Flag.id).where(Flag.decision_id == act.id, Flag.account_id == viewer.account)
    against = by == "author" and act.account_id == viewer.account
    if not against and not (by == "flagger" and session.scalar(refused) is not None):
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


def due(session: Session, appeal: Appeal) -> datetime:
    """Return when an answer to an appeal is due: ten days after it, or after word of a delay."""
    act = session.get_one(Act, appeal.act_id)
    same = (Act.account_id == act.account_id if act.annotation_id is None
            else Act.annotation_id == act.annotation_id)  # fmt: skip
    delays = session.scalars(select(Act).where(same, Act.act == "delay", Act.id.not_in(UNDONE)))
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
