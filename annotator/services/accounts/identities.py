"""Identities of accounts at OpenID providers, already verified by `web.http.openid`."""

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
    """A person as identified by an OpenID provider."""

    issuer: str
    subject: str

    @classmethod
    def of(cls, issuer: str, subject: object) -> Person:
        """Validate a subject (OpenID Connect Core, section 2). Raises ValueError."""
        if not isinstance(subject, str) or not 0 < len(subject) <= LONGEST or "\0" in subject:
            raise ValueError("the subject is not valid")
        return cls(issuer, subject)


def account_of(session: Session, person: Person) -> Account | None:
    """Return the account linked to a person; None if there is none."""
    identity = session.get(Identity, (person.issuer, person.subject))
    return identity.account if identity else None


def link(session: Session, account_id: int, person: Person) -> None:
    """Allow sign-in to an account through a provider.

    Raises Conflict if another account is linked to the person, NotAllowed for an imported author.
    """
    accounts.refuse_imported(session, account_id)
    owner = account_of(session, person)
    if owner is not None and owner.id != account_id:
        raise Conflict("Another account uses this sign-in. Sign in with it instead.")
    if owner is None:
        session.add(Identity(issuer=person.issuer, subject=person.subject,
                             account_id=account_id, created=now()))  # fmt: skip
        session.flush()


def unlink(session: Session, account: Account, subject: str, issuer: str) -> None:
    """Remove a sign-in through a provider. Raises NotFound, Unacceptable for the only sign-in."""
    identity = session.get(Identity, (issuer, subject))
    if identity is None or identity.account_id != account.id:
        raise NotFound("This account has no such sign-in. Reload the page.")
    if account.password is None and len(of_account(session, account.id)) == 1:
        raise Unacceptable("This is your only way to sign in. Set a password first.")
    session.delete(identity)


def of_account(session: Session, account_id: int) -> list[Identity]:
    """Return an account's identities at providers, oldest first."""
    query = select(Identity).where(Identity.account_id == account_id)
    return list(session.scalars(query.order_by(Identity.created)))
