"""Asking that an annotation be hidden: anyone may, once each, on a ground of the charter."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from annotator.auth.permissions import require
from annotator.auth.viewer import Viewer
from annotator.db import now
from annotator.errors import Conflict, Gone, Hidden, NotAllowed, NotFound, Unacceptable
from annotator.models import Annotation, Flag
from annotator.schemas import charter
from annotator.services.annotations import drafts

LONGEST_WORDS = 2000


def flag(session: Session, viewer: Viewer, annotation_id: str, rule: str, words: str) -> Flag:
    """Report an annotation, with a reason, so that moderators look at it.

    Raises NotSignedIn, NotAllowed (also for one's own), NotFound, Gone, Hidden, Conflict (flagged
    before) and Unacceptable.
    """
    require(viewer, "flag.create")
    row = flaggable(session, viewer, annotation_id)
    found = charter.ground(rule)
    made = Flag(
        annotation_id=row.id,
        account_id=viewer.account,
        rule=found.key,
        words=said(words, "words"),
        created=now(),
        decision_id=None,
    )
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


def said(words: str, field: str) -> str:
    """Return what somebody says to the moderators. Raises Unacceptable: empty, or too long."""
    clean = words.replace("\r\n", "\n").strip()
    if not clean:
        raise Unacceptable("Say why, in a sentence or two.", field=field)
    if len(clean) > LONGEST_WORDS:
        raise Unacceptable(f"At most {LONGEST_WORDS:,} characters are taken.", field=field)
    drafts.refuse_controls(clean, field)
    return clean
