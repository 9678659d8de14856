"""After a revision: an author confirms where an annotation stands, or restates it on other words.

What the comment was made on is never rewritten; from the edition on in which its author spoke, it
is followed from there. Withdrawing it is deleting it.
"""

from sqlalchemy import select
from sqlalchemy.orm import Session

from annotator.auth.viewer import Viewer
from annotator.config import Limits
from annotator.db import now
from annotator.errors import Conflict, NotFound
from annotator.models import Annotation, Placement, Restatement, Target
from annotator.schemas.annotations import DraftTarget
from annotator.services.annotations import annotations, drafts
from annotator.services.editions import editions
from annotator.services.placement import changes, placer


def confirm(session: Session, viewer: Viewer, annotation_id: str, ordinal: int = 0) -> None:
    """Confirm that an annotation still stands where it was placed in the newest edition.

    Raises NotFound, Gone, NotSignedIn, NotAllowed, and Conflict where its words are lost.
    """
    restate(session, viewer, annotation_id, None, Limits(), ordinal)


def restate(
    session: Session,
    viewer: Viewer,
    annotation_id: str,
    words: DraftTarget | None,
    limits: Limits,
    ordinal: int = 0,
) -> None:
    """Put an annotation on other words of the newest edition; None are those that it stands on.

    Raises NotFound, Gone, NotSignedIn, NotAllowed, and what a new target raises.
    """
    row = annotations.changeable(session, viewer, "annotation.edit", annotation_id)
    loaded = editions.of_document(session, row.document_id)
    made_on = session.get(Target, (annotation_id, ordinal))
    found = session.get(Placement, (annotation_id, loaded.edition_id, ordinal))
    if made_on is None or (words is None and found is None):
        raise NotFound(f"Annotation {annotation_id!r} has no target {ordinal}.", field="target")
    confirmed = words is None
    if words is None and found is not None:
        if found.start is None or found.end is None:
            raise Conflict("Its words are lost; restate it on other words, or delete it.")
        words = DraftTarget(start=found.start, end=found.end)
        if made_on.whole:
            words = DraftTarget(pid=loaded.pids[found.provision])
    target = drafts.target(loaded, words or DraftTarget(), limits, "target")
    if loaded.edition_id == row.edition_id and made_on.start is not None:
        raise Conflict("The comment was made on this edition; there is nothing to restate.")
    if target.pid is None or target.start is None or target.end is None:
        raise Conflict("These words have no place in the text.")
    key = {"annotation_id": row.id, "ordinal": ordinal, "edition_id": loaded.edition_id}
    said = session.get(Restatement, key) or Restatement(**key)
    said.confirmed, said.created = confirmed, now()
    said.whole, said.exact = target.whole, target.exact
    said.pid, said.start, said.end = target.pid, target.start, target.end
    session.add(said)
    session.flush()
    placer.replace(session, row.id)
    thread = select(Annotation).where(Annotation.thread_id == row.thread_id, Annotation.listed)
    changes.note_annotations(session, session.scalars(thread).all())
