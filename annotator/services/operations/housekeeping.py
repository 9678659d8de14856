"""Deleting what has expired; a running site does it every few minutes."""

from __future__ import annotations

from sqlalchemy import delete
from sqlalchemy.orm import Session

from annotator.db import now
from annotator.models import OneTimeKey, SignIn
from annotator.services.annotations import annotations as commentary
from annotator.services.annotations import deletion


def tidy(session: Session) -> None:
    """Delete everything that has expired."""
    moment = now()
    deletion.purge(session, moment)
    commentary.forget_keys(session, moment)
    for kind in (SignIn, OneTimeKey):
        session.execute(delete(kind).where(kind.expires < moment))
