"""Changing an account's name: the old one goes on leading to it, and nobody else takes it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from annotator.auth import names
from annotator.db import now
from annotator.errors import NotAllowed, Unacceptable
from annotator.models import Account, Alias
from annotator.services.accounts import accounts
from annotator.services.placement import changes

AT_MOST_EVERY = timedelta(days=30)


def rename(session: Session, account_id: int, name: str, *, by_site: bool = False) -> str:
    """Change the name of an account and of everything it wrote; return it as stored.

    One's own former names may be taken back. People change theirs once in 30 days, the site's
    administrators (`by_site`) at any time. Raises Unacceptable and Conflict, with the field `name`,
    and NotAllowed for a suspended or banned account.
    """
    account, moment = session.get_one(Account, account_id), now()
    if not by_site and accounts.barred_until(account.standing):
        raise NotAllowed("A suspended or banned account keeps its name.")
    name = accounts.free_name(session, name, account.role, own=account.id)
    if names.is_former(account.name):
        raise Unacceptable("This name stands for all who have left.", field="name")
    if name == account.name:
        raise Unacceptable("This is your name already.", field="name")
    if not by_site and account.renamed and moment - account.renamed < AT_MOST_EVERY:
        day = account.renamed + AT_MOST_EVERY
        raise Unacceptable(
            f"A name changes once in {AT_MOST_EVERY.days} days; yours can again on "
            f"{day.day} {day:%B %Y}.",
            field="name",
        )
    session.execute(delete(Alias).where(Alias.name == name))
    session.add(
        Alias(name=account.name, name_key=account.name_key, account_id=account.id, until=moment)
    )
    account.name, account.name_key, account.renamed = name, names.name_key(name), moment
    session.flush()
    changes.note_all_of(session, author_id=account.id)
    return name


def aliases(session: Session, account_id: int) -> list[Alias]:
    """List the names that an account had, the latest first."""
    query = select(Alias).where(Alias.account_id == account_id).order_by(Alias.until.desc())
    return list(session.scalars(query))


def present(session: Session, had: set[str]) -> Mapping[str, str]:
    """Return the present names of those who had some names once, however those are spelled."""
    keys = {names.name_key(name): name for name in had}
    query = select(Alias.name_key, Account.name).join(Account, Account.id == Alias.account_id)
    rows = session.execute(query.where(Alias.name_key.in_(keys), Account.left.is_(None)))
    return {keys[row.name_key]: row.name for row in rows}
