"""Who sees an annotation: anyone, or only its author and moderators while it is held or hidden.

`relist` makes the lists follow: what is not shown is on no list, unless it has replies that are.
Every output walks over what is listed, so that a hidden annotation leaves all of them at once.
"""

from __future__ import annotations

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from annotator.auth.permissions import allowed
from annotator.auth.viewer import Viewer
from annotator.models import Annotation
from annotator.services.editions import editions
from annotator.services.placement import changes, placer


def may_read(viewer: Viewer, row: Annotation) -> bool:
    """Return whether the viewer may read an annotation's words."""
    if row.shown or row.deleted:
        return row.shown
    own = allowed(viewer, "annotation.see_own", row.author_id)
    return own or allowed(viewer, "annotation.see_withheld")


def relist(session: Session, row: Annotation) -> None:
    """Put a changed annotation on the lists, or take it off, as it is shown and answered now.

    What it answers follows: an empty place is kept only as long as something stands under it.
    """
    session.flush()
    at: Annotation | None = row
    while at is not None:
        answered = exists().where(Annotation.in_reply_to == at.id, Annotation.listed)
        wanted = at.shown or bool(session.scalar(select(answered)))
        if wanted == at.listed and at is not row:
            break
        if wanted != at.listed:
            at.listed = wanted
            session.flush()
            if wanted:
                into = editions.every(session, at.document_id)
                placer.place(session, placer.placeables_of(session, [at.id]), into)
            else:
                placer.remove(session, at.id)
        at = session.get(Annotation, at.in_reply_to) if at.in_reply_to else None
    changes.note_annotations(session, [row])
