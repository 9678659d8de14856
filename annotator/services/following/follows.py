"""What an account follows and mutes, and when it is sent email."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete
from sqlalchemy.orm import Session

from annotator.auth.permissions import Viewer, require
from annotator.db import insert_into
from annotator.errors import Unacceptable
from annotator.models import Follow, Mute

MUTED = ("thread", "person")


def add(
    session: Session,
    account_id: int,
    kind: str,
    key: str,
    moment: datetime,
    *,
    heads: bool = False,
    posted: bool = False,
) -> None:
    """Store that an account follows something from `moment` on, unless it does already."""
    row = {"account_id": account_id, "kind": kind, "key": key, "created": moment,
           "heads": heads, "posted": posted}  # fmt: skip
    session.execute(insert_into(session, Follow).values(row).on_conflict_do_nothing())


def mute(session: Session, viewer: Viewer, kind: str, key: str, *, on: bool) -> None:
    """Mute a thread or person, or end that. Raises NotSignedIn, NotAllowed and Unacceptable."""
    require(viewer, "follow.own", viewer.account)
    if kind not in MUTED or not 0 < len(key) <= Mute.key.type.length:
        raise Unacceptable("Choose a thread or a person to mute.", field="kind")
    row = {"account_id": viewer.account, "kind": kind, "key": key}
    if on:
        session.execute(insert_into(session, Mute).values(row).on_conflict_do_nothing())
    else:
        session.execute(delete(Mute).filter_by(**row))
