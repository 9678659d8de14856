"""Links that work once and for an hour: to set a new password, or to confirm an e-mail address."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from annotator.auth import passwords
from annotator.db import in_force, now
from annotator.errors import Gone
from annotator.models import OneTimeKey
from annotator.services.accounts import accounts

LASTS = timedelta(hours=1)
MOST_AT_ONCE = 3
RECOVER, CONFIRM = "recover", "confirm"


def make(session: Session, account_id: int, purpose: str, email: str = "") -> str:
    """Make a link's key; only its digest is kept. Raises NotAllowed for an imported author."""
    accounts.refuse_imported(session, account_id)
    moment = now()
    session.execute(delete(OneTimeKey).where(OneTimeKey.expires < moment))
    key = passwords.new_key()
    session.add(
        OneTimeKey(digest=passwords.digest(key), account_id=account_id, purpose=purpose,
                   email=email, expires=moment + LASTS)
    )  # fmt: skip
    return key


def too_many(session: Session, account_id: int, purpose: str, email: str = "") -> bool:
    """Return whether so many links are on their way that another email would be a nuisance.

    Those to the same address count, whichever account asked for them.
    """
    mine = OneTimeKey.account_id == account_id
    if email:
        mine |= func.lower(OneTimeKey.email) == email.lower()
    ends = session.scalars(select(OneTimeKey.expires).where(mine, OneTimeKey.purpose == purpose))
    return sum(in_force(each, LASTS) for each in ends) >= MOST_AT_ONCE


def look(session: Session, key: str, purpose: str) -> OneTimeKey:
    """Find what a link's key stands for, and leave it in force. Raises Gone."""
    found = session.get(OneTimeKey, passwords.digest(key))
    if found is None or found.purpose != purpose or not in_force(found.expires, LASTS):
        raise Gone("This link was used or has ended; ask for another one.")
    return found


def take(session: Session, key: str, purpose: str) -> OneTimeKey:
    """Use a link up: of two who do it at once, one gets it. Raises Gone."""
    found = look(session, key, purpose)
    session.expunge(found)
    used = session.execute(
        delete(OneTimeKey).where(OneTimeKey.digest == found.digest).returning(OneTimeKey.digest)
    )
    if used.scalar() is None:
        raise Gone("This link was used just now; ask for another one.")
    return found


def forget(session: Session, account_id: int, purpose: str | None = None) -> None:
    """End the links that an account has, of one purpose or all."""
    mine = delete(OneTimeKey).where(OneTimeKey.account_id == account_id)
    session.execute(mine if purpose is None else mine.where(OneTimeKey.purpose == purpose))
