"""Who an account is at an OpenID provider; the provider's word is checked before it gets here."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from annotator.db import now
from annotator.errors import Conflict, NotFound, Unacceptable
from annotator.models import Account, Identity
from annotator.services.accounts import accounts

LONGEST = 255


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody as a provider knows them."""

    issuer: str
    subject: str

    @classmethod
    def of(cls, issuer: str, subject: object) -> Person:
        """Check what a provider calls somebody. Raises ValueError for what is no subject."""
        if not isinstance(subject, str) or not 0 < len(subject) <= LONGEST or "\0" in subject:
            raise ValueError("this is no subject")
        return cls(issuer, subject)


def account_of(session: Session, person: Person) -> Account | None:
    """Find the account of somebody whom a provider knows."""
    found = session.get(Identity, (person.issuer, person.subject))
    return found.account if found else None


def link(session: Session, account_id: int, person: Person) -> None:
    """Let somebody sign in to an account through a provider. Raises Conflict if it is another's.

    Raises NotAllowed for an imported author.
    """
    accounts.refuse_imported(session, account_id)
    known = account_of(session, person)
    if known is not None and known.id != account_id:
        raise Conflict("This sign-in belongs to another account here; sign in with it instead.")
    if known is None:
        session.add(Identity(issuer=person.issuer, subject=person.subject,
                             account_id=account_id, created=now()))  # fmt: skip
        session.flush()


def unlink(session: Session, account: Account, subject: str, issuer: str) -> None:
    """End it. Raises NotFound, and Unacceptable where nobody could sign in any more."""
    found = session.get(Identity, (issuer, subject))
    if found is None or found.account_id != account.id:
        raise NotFound("This account has no such sign-in.")
    if account.password is None and len(of_account(session, account.id)) == 1:
        raise Unacceptable("Set a password first; otherwise nobody could sign in any more.")
    session.delete(found)


def of_account(session: Session, account_id: int) -> list[Identity]:
    """List how an account is known to providers."""
    query = select(Identity).where(Identity.account_id == account_id)
    return list(session.scalars(query.order_by(Identity.created)))
