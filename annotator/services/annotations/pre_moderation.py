"""Which posts wait for a moderator: of new accounts, with many links, said often, or all."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from annotator import markup
from annotator.auth.permissions import MODERATORS
from annotator.auth.viewer import Viewer
from annotator.models import Annotation, Version
from annotator.services.annotations import duplicates
from annotator.services.site import switches


def visibility(session: Session, viewer: Viewer, row: Annotation) -> str:
    """Return whether a new post is `visible` at once or `held`."""
    waits = viewer.role not in MODERATORS and (
        switches.is_on(session, "approve_everything")
        or _many_links(session, row)
        or _new_here(session, viewer)
        or _said_often(session, viewer, row.body)
    )
    return "held" if waits else "visible"


def adds_links(session: Session, viewer: Viewer, old: Version, new: Annotation) -> bool:
    """Return whether an edit makes a post wait that was posted with fewer links."""
    if viewer.role in MODERATORS or not _many_links(session, new):
        return False
    return _links(new) > _links(old)


def _many_links(session: Session, row: Annotation) -> bool:
    most = switches.configured(session).hold_links
    return bool(most) and _links(row) >= most


def _links(row: Annotation | Version) -> int:
    return markup.links(row.body or "", row.html or "")


def _said_often(session: Session, viewer: Viewer, body: str | None) -> bool:
    """Return whether its author has said the same today at as many places as make it wait."""
    most = switches.configured(session).hold_repeats
    return bool(most) and duplicates.places(session, viewer.account, body) + 1 >= most


def _new_here(session: Session, viewer: Viewer) -> bool:
    """Return whether fewer posts of an account than the site wants to see first have been shown."""
    wanted = switches.configured(session).hold_first_posts
    if not wanted:
        return False
    shown = (
        select(Annotation.id)
        .where(Annotation.author_id == viewer.account, Annotation.visibility == "visible")
        .limit(wanted)
        .subquery()
    )
    return (session.scalar(select(func.count()).select_from(shown)) or 0) < wanted
