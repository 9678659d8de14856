"""Reports of annotations, once per account and on a ground of the charter, and appeals.

`reversals.answer` answers an appeal.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from annotator.auth.permissions import Viewer, require
from annotator.db import now
from annotator.errors import Conflict, Gone, Hidden, NotAllowed, NotFound, Unacceptable
from annotator.models import Act, Annotation, Appeal, Flag
from annotator.schemas import charter
from annotator.schemas.charter import KINDS
from annotator.services.annotations import drafts
from annotator.services.moderation.actions import UNDONE

MAX_WORDS = 2000
WITHIN = timedelta(days=60)
ANSWERED_WITHIN = timedelta(days=10)


def flag(session: Session, viewer: Viewer, annotation_id: str, rule: str, words: str) -> Flag:
    """Report an annotation to the moderators.

    Raises NotSignedIn, NotAllowed (also for one's own), NotFound, Gone, Hidden, Conflict (flagged
    before) and Unacceptable.
    """
    require(viewer, "flag.create")
    row = flaggable(session, viewer, annotation_id)
    report = Flag(annotation_id=row.id, account_id=viewer.account, rule=charter.ground(rule).key,
                  words=_statement(words), created=now())  # fmt: skip
    session.add(report)
    session.flush()
    return report


def flaggable(session: Session, viewer: Viewer, annotation_id: str) -> Annotation:
    """Return an annotation that the viewer may flag. Raises as `flag` does."""
    row = session.get(Annotation, annotation_id)
    if row is None or row.visibility == "held":
        raise NotFound(f"There is no annotation {annotation_id!r}.")
    if row.deleted:
        raise Gone("The author has deleted this comment.")
    if row.visibility == "hidden":
        raise Hidden("This comment is already hidden.", log=f"/moderation/log/{row.hidden_by}")
    if row.author_id == viewer.account:
        raise NotAllowed("This is your own comment. Edit or delete it instead.")
    before = select(Flag.id).where(Flag.annotation_id == row.id, Flag.account_id == viewer.account)
    if session.scalar(before) is not None:
        raise Conflict(
            "You have already reported this comment. You will find the answer in your news."
        )
    return row


def _statement(words: str) -> str:
    clean = words.replace("\r\n", "\n").strip()
    if not clean:
        raise Unacceptable("Enter a reason, in a sentence or two.", field="words")
    if len(clean) > MAX_WORDS:
        raise Unacceptable(f"Shorten this to {MAX_WORDS:,} characters.", field="words")
    drafts.refuse_controls(clean, "words")
    return clean


def appeal(session: Session, viewer: Viewer, act_id: int, words: str) -> Appeal:
    """Appeal a decision. Raises as `appealable` does, and Unacceptable for the words."""
    act = appealable(session, viewer, act_id)
    row = Appeal(act_id=act.id, account_id=viewer.account, words=_statement(words), created=now())
    session.add(row)
    session.flush()
    return row


def appealable(session: Session, viewer: Viewer, act_id: int) -> Act:
    """Return an act that the viewer may appeal: one against them, or one that refused their flag.

    Raises NotFound, NotSignedIn, NotAllowed, Gone (the annotation is deleted), Conflict (undone, or
    appealed before) and Unacceptable (after 60 days).
    """
    act = session.get(Act, act_id)
    if act is None:
        raise NotFound(f"There is no log entry {act_id}.")
    require(viewer, "appeal.create", viewer.account)
    by = KINDS[act.act].appealed_by
    refused = select(Flag.id).where(Flag.decision_id == act.id, Flag.account_id == viewer.account)
    against = by == "author" and act.account_id == viewer.account
    if not against and not (by == "flagger" and session.scalar(refused) is not None):
        raise NotAllowed("You can appeal decisions on your own comments, account and reports only.")
    annotation = session.get(Annotation, act.annotation_id) if act.annotation_id else None
    if annotation is not None and annotation.deleted:
        raise Gone("The comment has been deleted. There is nothing to decide.")
    if now() - act.created > WITHIN:
        raise Unacceptable(f"The {WITHIN.days} days for an appeal are over.", field="act")
    if session.scalar(select(Act.id).where(Act.undoes == act.id)) is not None:
        raise Conflict("This decision has already been undone.", act=act.id)
    before = select(Appeal.id).where(Appeal.act_id == act.id, Appeal.account_id == viewer.account)
    if session.scalar(before) is not None:
        raise Conflict("You have already appealed. You will find the answer in your news.")
    return act


def due(session: Session, appeal: Appeal) -> datetime:
    """Return when the answer to an appeal is due: ten days after it or after its last delay."""
    act = session.get_one(Act, appeal.act_id)
    same = (Act.account_id == act.account_id if act.annotation_id is None
            else Act.annotation_id == act.annotation_id)  # fmt: skip
    delays = session.scalars(select(Act).where(same, Act.act == "delay", Act.id.not_in(UNDONE)))
    delayed = [delay.created for delay in delays if delay.before.get("delays") == appeal.id]
    return max([appeal.created, *delayed]) + ANSWERED_WITHIN


def act_about(session: Session, viewer: Viewer, annotation_id: str) -> int:
    """Return the id of the act on an annotation that the viewer may appeal. Raises NotFound."""
    row = session.get(Annotation, annotation_id)
    if row is not None and row.author_id == viewer.account and row.hidden_by:
        return row.hidden_by
    decision = select(Flag.decision_id).where(
        Flag.annotation_id == annotation_id, Flag.account_id == viewer.account
    )
    refused = session.scalar(decision)
    if row is None or refused is None:
        raise NotFound("There is no decision on this comment that you can appeal.")
    return refused
