"""Posting once: what is sent again under the same key is answered, and not stored a second time.

A client that got no answer cannot know whether its comment was stored. It gives each comment a key
of its own making, and sends it again under that key. Keys are an author's own, and are kept a day.
"""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

from sqlalchemy import delete as delete_rows
from sqlalchemy import update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from annotator.auth.viewer import Viewer
from annotator.config import Limits
from annotator.db import now
from annotator.errors import Malformed, PostedAlready
from annotator.models import Posting
from annotator.schemas.annotations import Draft
from annotator.services.annotations.annotations import create

KEPT = timedelta(days=1)
LONGEST_KEY = 100


def post(
    session: Session, viewer: Viewer, draft: Draft, limits: Limits, key: str | None
) -> tuple[str, bool]:
    """Store an annotation unless it is stored already; return its id, and whether it is new.

    Raises what `annotations.create` does, Repeated too; PostedAlready where the key stands for
    other words, and Malformed where it is no key.
    """
    if not key or not viewer.known:
        return create(session, viewer, draft, limits, refuse_repeats=True), True
    if len(key) > LONGEST_KEY or not (key.isascii() and key.isprintable()):
        raise Malformed(
            f"An idempotency key has at most {LONGEST_KEY} printable ASCII characters.",
            field="Idempotency-Key",
        )
    digest = hashlib.sha256(repr(draft).encode()).hexdigest()
    if not _taken(session, viewer.account, key, digest):
        found = session.get_one(Posting, (viewer.account, key))
        if found.digest != digest or found.annotation_id is None:
            raise PostedAlready(
                "This has been posted already, in other words. Edit what is posted, or post this "
                "as a comment of its own.",
                annotation=found.annotation_id,
            )
        return found.annotation_id, False
    ident = create(session, viewer, draft, limits, refuse_repeats=True)
    mine = (Posting.account_id == viewer.account) & (Posting.key == key)
    session.execute(update(Posting).where(mine).values(annotation_id=ident))
    return ident, True


def purge(session: Session, moment: datetime) -> None:
    """Forget the keys that are more than a day older than `moment`."""
    session.execute(delete_rows(Posting).where(Posting.created < moment - KEPT))


def _taken(session: Session, account: int | None, key: str, digest: str) -> bool:
    """Take a key, and return whether it was free.

    PostgreSQL waits here for another that takes the same key at the same moment.
    """
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    row = insert(Posting).values(account_id=account, key=key, digest=digest, created=now())
    return session.scalar(row.on_conflict_do_nothing().returning(Posting.key)) is not None
