"""Deleting one's own commentary, and taking that back.

What is deleted is off every page, list, search and export at once. For an hour its words are kept
apart, where nothing but `restore` reads them; then they are gone for good.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta

from sqlalchemy import delete as delete_rows
from sqlalchemy import not_, select
from sqlalchemy.orm import Session

from annotator.auth.permissions import allowed, may_read, require
from annotator.auth.viewer import Viewer
from annotator.db import now
from annotator.errors import Conflict, Gone, NotFound
from annotator.models import Annotation, Tag, Version, Withdrawn
from annotator.schemas.annotations import read_stamp, stamp
from annotator.services.annotations import comment_html
from annotator.services.annotations.annotations import changeable
from annotator.services.annotations.store import forget_original, tag_rows, tags_of
from annotator.services.placement.placer import relist

KEPT = timedelta(hours=1)


def delete(session: Session, viewer: Viewer, annotation_id: str) -> None:
    """Delete one's own annotation; its words go, and its place is kept while it has replies.

    Raises NotFound, Gone, NotSignedIn, NotAllowed.
    """
    row = changeable(session, viewer, "annotation.delete", annotation_id)
    moment = now()
    purge(session, moment)
    versions = select(Version).where(Version.annotation_id == row.id).order_by(Version.number)
    session.add(Withdrawn(
        annotation_id=row.id, body=row.body, modified=row.modified, deleted=moment,
        tags=tags_of(session, row.id),
        versions=[
            {"number": it.number, "body": it.body, "tags": json.loads(it.tags),
             "replaced": stamp(it.replaced), "removed_by": it.removed_by}
            for it in session.scalars(versions)
        ],
    ))  # fmt: skip
    row.body, row.deleted, row.modified = None, moment, max(moment, row.modified)
    session.execute(delete_rows(Tag).where(Tag.annotation_id == row.id))
    session.execute(delete_rows(Version).where(Version.annotation_id == row.id))
    forget_original(session, [row.id])
    relist(session, row)


def restorable(session: Session, viewer: Viewer, annotation_id: str) -> bool:
    """Return whether the viewer has deleted this within the hour and may take that back."""
    row = session.get(Annotation, annotation_id)
    kept = session.get(Withdrawn, annotation_id)
    return bool(row and kept and allowed(viewer, "annotation.restore", row.author_id)
                and _is_kept(kept, now()))  # fmt: skip


def restore(session: Session, viewer: Viewer, annotation_id: str) -> None:
    """Bring back what one has deleted within the hour, as it was: words, tags, earlier versions.

    Raises NotFound, NotSignedIn, NotAllowed, Conflict (it is not deleted) and Gone (too late).
    """
    row = session.get(Annotation, annotation_id)
    if row is None or (row.visibility == "held" and not (row.deleted or may_read(viewer, row))):
        raise NotFound(f"There is no annotation {annotation_id!r}.")
    require(viewer, "annotation.restore", row.author_id)
    if not row.deleted:
        raise Conflict("This annotation is not deleted.")
    kept = session.get(Withdrawn, annotation_id)
    if kept is None or not _is_kept(kept, now()):
        raise Gone("This was deleted more than an hour ago, and its words are gone.")
    row.body, row.deleted, row.modified = kept.body, None, kept.modified
    comment_html.refill(row)
    session.add_all(tag_rows(row.id, kept.tags))
    for each in kept.versions:
        version = Version(
            annotation_id=row.id, number=each["number"], body=each["body"],
            tags=json.dumps(each["tags"], ensure_ascii=False),
            replaced=read_stamp(each["replaced"]), removed_by=each.get("removed_by"),
        )  # fmt: skip
        comment_html.refill(version)
        session.add(version)
    session.delete(kept)
    relist(session, row)


def _is_kept(kept: Withdrawn, moment: datetime) -> bool:
    return abs(moment - kept.deleted) <= KEPT


def purge(session: Session, moment: datetime) -> None:
    """Delete for good what was deleted more than an hour from `moment`, by whichever clock."""
    kept = Withdrawn.deleted.between(moment - KEPT, moment + KEPT)
    session.execute(delete_rows(Withdrawn).where(not_(kept)))
