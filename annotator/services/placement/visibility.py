"""Who sees an annotation: anyone, or only its author and moderators while it is held or hidden.

`settle` makes the lists follow: what is not shown is on no list, unless it has replies that are.
Every output walks over what is listed, so that a hidden annotation leaves all of them at once.
"""

from __future__ import annotations

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from annotator.auth.permissions import allowed
from annotator.auth.viewer import Viewer
from annotator.models import Annotation
from annotator.services.editions import editions
from annotator.services.placement import placer


def may_read(viewer: Viewer, row: Annotation) -> bool:
    """Return whether the viewer may read an annotation's words."""
    if row.shown or row.deleted:
        return row.shown
    own = allowed(viewer, "annotation.see_own", row.author_id)
    return own or allowed(viewer, "annotation.see_withheld")


def settle(session: Session, row: Annotation) -> None:
    """Put an annotation on the lists, or take it off them, as it is shown and answered now.

    What it answers follows: an empty place is kept only as long as something stands under it.
    """
    session.flush()
    at: Annotation | None = row
    while at is not None:
        wanted = at.shown or _answered(session, at)
        if wanted == at.listed and at is not row:
            return
        _list(session, at, wanted)
        at = session.get(Annotation, at.in_reply_to) if at.in_reply_to else None


def _answered(session: Session, row: Annotation) -> bool:
    listed = exists().where(Annotation.in_reply_to == row.id, Annotation.listed)
    return bool(session.scalar(select(listed)))


def _list(session: Session, row: Annotation, wanted: bool) -> None:
    if wanted == row.listed:
        return
    row.listed = wanted
    session.flush()
    if wanted:
        into = editions.every(session, row.document_id)
        placer.place(session, [placer.placeable(session, row.id)], into)
    else:
        placer.remove(session, row.id)
