"""News emails of accounts: queued with the news, rendered when they are sent."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping
from datetime import datetime, time, timedelta
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from annotator.db import now
from annotator.models import Account, NewsEmail, NewsSettings
from annotator.schemas.following import class_of

# What waits for an email that is sent at once: so many things at a time come in one email, and
# authors can undo a slip.
GRACE = timedelta(minutes=1)
DIGEST_AT = time(7)  # UTC, the site's clock
MOST_REFUSED = 3
DEFAULTS: dict[str, Any] = {"to_me": "once", "followed": "daily", "refused": 0}
WHEN = ("once", "daily", "weekly", "never")


def queue(session: Session, kinds: Mapping[int, str]) -> dict[int, int]:
    """Return the id of the email for news of a kind to each account.

    Accounts without a confirmed address, or that want none of it, are left out.
    """
    moment = now()
    query = select(Account.id, NewsSettings.to_me, NewsSettings.followed).outerjoin(
        NewsSettings, NewsSettings.account_id == Account.id
    )
    wanted: dict[tuple[int, bool], datetime] = {}
    for ident, to_me, followed in session.execute(
        query.where(Account.id.in_(kinds), Account.email_confirmed.is_not(None),
                    func.coalesce(NewsSettings.refused, 0) < MOST_REFUSED)
    ):  # fmt: skip
        name = class_of(kinds[ident])
        when = (to_me if name == "to_me" else followed) or DEFAULTS[name]
        if when != "never":
            digest = when != "once"
            wanted[ident, digest] = next_digest(moment, when) if digest else moment + GRACE
    waiting = select(NewsEmail).where(
        NewsEmail.account_id.in_(kinds), NewsEmail.sent.is_(None), NewsEmail.error.is_(None),
        NewsEmail.tries == 0,
    )  # fmt: skip
    queued: dict[int, int] = {}
    for row in session.scalars(waiting):
        due = wanted.get((row.account_id, row.digest))
        if due is not None and (not row.digest or row.due == due):
            queued[row.account_id] = row.id
    rows = [
        {"account_id": ident, "digest": digest, "due": due, "token": secrets.token_hex(16),
         "tries": 0}
        for (ident, digest), due in wanted.items()
        if ident not in queued
    ]  # fmt: skip
    if rows:
        added = insert(NewsEmail).returning(NewsEmail.account_id, NewsEmail.id)
        queued |= dict(session.execute(added, rows).all())
    return queued


def settings_of(session: Session, ids: Collection[int]) -> dict[int, NewsSettings]:
    """Return the settings of accounts; those of one without a row are not stored."""
    query = select(NewsSettings).where(NewsSettings.account_id.in_(ids))
    stored = {row.account_id: row for row in session.scalars(query)}
    return {ident: stored.get(ident) or NewsSettings(account_id=ident, **DEFAULTS) for ident in ids}


def next_digest(moment: datetime, when: str) -> datetime:
    """Return when the next digest is due: `daily`, or `weekly`, on Mondays."""
    due = datetime.combine(moment.date(), DIGEST_AT, moment.tzinfo)
    while due <= moment or (when == "weekly" and due.weekday()):
        due += timedelta(days=1)
    return due
