"""Deletion of annotations by their authors, and its undo within an hour.

Deleted annotations disappear from every page, list, search and export at once. Their content is
kept in a separate table for an hour, only for `restore`.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta

from sqlalchemy import delete as delete_rows
from sqlalchemy import not_, select
from sqlalchemy.orm import Session

from annotator.auth.permissions import Viewer, allowed, may_read, require
from annotator.db import now
from annotator.errors import Conflict, Gone, NotFound
from annotator.models import Annotation, Tag, Version, Withdrawn
from annotator.schemas.annotations import read_stamp, stamp
from annotator.services.annotations import store
from annotator.services.annotations.annotations import changeable
from annotator.services.annotations.store import forget_original, tag_rows, tags_of
from annotator.services.placement.placer import relist

KEPT = timedelta(hours=1)


def delete(session: Session, viewer: Viewer, annotation_id: str) -> None:
    """Delete the viewer's annotation; an empty placeholder remains while it has replies.

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
            {"number": version.number, "body": version.body, "tags": json.loads(version.tags),
             "replaced": stamp(version.replaced), "removed_by": version.removed_by}
            for version in session.scalars(versions)
        ],
    ))  # fmt: skip
    row.body, row.deleted, row.modified = None, moment, max(moment, row.modified)
    session.execute(delete_rows(Tag).where(Tag.annotation_id == row.id))
    session.execute(delete_rows(Version).where(Version.annotation_id == row.id))
    forget_original(session, [row.id])
    relist(session, row)


def restorable(session: Session, viewer: Viewer, annotation_id: str) -> bool:
    """Return whether the viewer may still restore this annotation."""
    row = session.get(Annotation, annotation_id)
    withdrawn = session.get(Withdrawn, annotation_id)
    return bool(row and withdrawn and allowed(viewer, "annotation.restore", row.author_id)
                and _is_kept(withdrawn, now()))  # fmt: skip


def restore(session: Session, viewer: Viewer, annotation_id: str) -> None:
    """Restore an annotation deleted within the hour, with its tags and earlier versions.

    Raises NotFound, NotSignedIn, NotAllowed, Conflict (not deleted) and Gone (too late).
    """
    row = session.get(Annotation, annotation_id)
    if row is None or (row.visibility == "held" and not (row.deleted or may_read(viewer, row))):
        raise NotFound(f"There is no annotation {annotation_id!r}.")
    require(viewer, "annotation.restore", row.author_id)
    if not row.deleted:
        raise Conflict("This annotation is not deleted; there is nothing to restore.")
    withdrawn = session.get(Withdrawn, annotation_id)
    if withdrawn is None or not _is_kept(withdrawn, now()):
        raise Gone("This was deleted more than an hour ago and cannot be restored.")
    row.body, row.deleted, row.modified = withdrawn.body, None, withdrawn.modified
    store.fill_html(row, store.render_or_escape)
    session.add_all(tag_rows(row.id, withdrawn.tags))
    for each in withdrawn.versions:
        version = Version(
            annotation_id=row.id, number=each["number"], body=each["body"],
            tags=json.dumps(each["tags"], ensure_ascii=False),
            replaced=read_stamp(each["replaced"]), removed_by=each.get("removed_by"),
        )  # fmt: skip
        store.fill_html(version, store.render_or_escape)
        session.add(version)
    session.delete(withdrawn)
    relist(session, row)


def _is_kept(withdrawn: Withdrawn, moment: datetime) -> bool:
    return abs(moment - withdrawn.deleted) <= KEPT


def purge(session: Session, moment: datetime) -> None:
    """Remove for good what was deleted more than an hour before, or after, `moment`."""
    recent = Withdrawn.deleted.between(moment - KEPT, moment + KEPT)
    session.execute(delete_rows(Withdrawn).where(not_(recent)))
