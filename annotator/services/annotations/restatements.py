"""Restatements: after a revision, authors confirm or change the position of their annotations.

The target is never rewritten; from the edition of a restatement on, placement starts from there.
"""

from sqlalchemy import select
from sqlalchemy.orm import Session

from annotator.auth.permissions import Viewer
from annotator.config import Limits
from annotator.db import now
from annotator.errors import Conflict, NotFound
from annotator.models import Annotation, Placement, Restatement, Target
from annotator.schemas.annotations import DraftTarget
from annotator.services.annotations import annotations, drafts
from annotator.services.editions import editions
from annotator.services.placement import placer


def restate(
    session: Session,
    viewer: Viewer,
    annotation_id: str,
    words: DraftTarget | None,
    limits: Limits,
    ordinal: int = 0,
) -> None:
    """Put an annotation on other words of the newest edition, or confirm its position (None).

    Raises NotFound, Gone, NotSignedIn, NotAllowed, Conflict if there is no position to confirm or
    change, and as `drafts.target`.
    """
    row = annotations.changeable(session, viewer, "annotation.edit", annotation_id)
    loaded = editions.of_document(session, row.document_id)
    made_on = session.get(Target, (annotation_id, ordinal))
    placement = session.get(Placement, (annotation_id, loaded.edition_id, ordinal))
    if made_on is None or (words is None and placement is None):
        raise NotFound(f"Annotation {annotation_id!r} has no target {ordinal}.", field="target")
    confirmed = words is None
    if words is None and placement is not None:
        if placement.start is None or placement.end is None:
            raise Conflict("The words are gone. Choose other words, or delete the comment.")
        words = DraftTarget(start=placement.start, end=placement.end)
        if made_on.whole:
            words = DraftTarget(pid=loaded.pids[placement.provision])
    target = drafts.target(loaded, words or DraftTarget(), limits, "target")
    if loaded.edition_id == row.edition_id and made_on.start is not None:
        raise Conflict("The comment was made on this edition. There is nothing to update.")
    if target.pid is None or target.start is None or target.end is None:
        raise Conflict("These words are not in the text. Choose others.")
    key = {"annotation_id": row.id, "ordinal": ordinal, "edition_id": loaded.edition_id}
    restatement = session.get(Restatement, key) or Restatement(**key)
    restatement.confirmed, restatement.created = confirmed, now()
    restatement.whole, restatement.exact = target.whole, target.exact
    restatement.pid, restatement.start, restatement.end = target.pid, target.start, target.end
    session.add(restatement)
    session.flush()
    placer.replace(session, row.id)
    thread = select(Annotation).where(Annotation.thread_id == row.thread_id, Annotation.listed)
    placer.note_annotations(session, session.scalars(thread).all())
