"""Accounts: signing up, in and out."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from annotator.auth import names, passwords
from annotator.auth.viewer import EVERY_SCOPE, NOBODY, ROLES, Viewer
from annotator.db import now
from annotator.errors import Conflict, NotFound, NotSignedIn, Unacceptable
from annotator.models import Account, SignIn

SIGNED_IN_FOR = timedelta(days=30)
LONGEST_EMAIL = 254


def sign_up(
    session: Session, name: str, password: str | None, email: str = "", role: str = "member"
) -> Account:
    """Make an account. A pseudonym is enough; without a password it cannot sign in.

    Raises Unacceptable for a name, password or address that cannot be taken, Conflict for a name
    that is taken or can be mistaken for one that is.
    """
    name, email = names.checked_name(name), email.strip()
    if role == "member" and names.reserved(name):
        raise Unacceptable(f"The name {name} could be taken for the site itself.", field="name")
    if role not in ROLES:
        raise Unacceptable(f"A role is one of {', '.join(ROLES)}; {role!r} is none.", field="role")
    if email and (len(email) > LONGEST_EMAIL or "@" not in email[1:-1] or len(email.split()) > 1):
        raise Unacceptable("This is not an e-mail address; it can be left out.", field="email")
    taken = session.scalar(select(Account.name).where(Account.name_key == names.name_key(name)))
    if taken:
        raise Conflict(
            f"The name {name} is taken, or looks like {taken}; choose another.", field="name"
        )
    account = Account(
        name=name,
        name_key=names.name_key(name),
        email=email,
        role=role,
        created=now(),
        password=None if password is None else passwords.hash_password(password),
    )
    session.add(account)
    session.flush()
    return account


def sign_in(session: Session, name: str, password: str) -> tuple[Account, str]:
    """Check name and password; give the account and the key for its browser.

    Raises NotSignedIn, in the same words and after the same time whichever of the two is wrong.
    """
    account = session.scalar(select(Account).where(Account.name_key == names.name_key(name)))
    if not passwords.fits(password, account.password if account else None) or account is None:
        raise NotSignedIn("There is no account with this name and this password.")
    key, moment = passwords.new_key(), now()
    session.execute(delete(SignIn).where(SignIn.expires < moment))
    session.add(
        SignIn(
            digest=passwords.digest(key),
            account_id=account.id,
            created=moment,
            expires=moment + SIGNED_IN_FOR,
        )
    )
    return account, key


def sign_out(session: Session, key: str) -> None:
    """End the sign-in that `key` stands for."""
    session.execute(delete(SignIn).where(SignIn.digest == passwords.digest(key)))


def viewer_of_key(session: Session, key: str) -> Viewer:
    """Tell who is signed in with a browser's key; NOBODY if it is unknown or has expired."""
    found = session.get(SignIn, passwords.digest(key))
    return viewer_of(found.account) if found and found.expires > now() else NOBODY


def viewer_of(account: Account, scopes: frozenset[str] = EVERY_SCOPE) -> Viewer:
    """Act for an account, within some scopes."""
    return Viewer(account=account.id, name=account.name, role=account.role, scopes=scopes)


def named(session: Session, name: str) -> Account:
    """Find an account by its exact name. Raises NotFound."""
    account = session.scalar(select(Account).where(Account.name == name))
    if account is None:
        raise NotFound(f"There is no account named {name}.")
    return account


def viewer_named(session: Session, name: str) -> Viewer:
    """Act for the account `name`, as the command line does. Raises NotFound."""
    return viewer_of(named(session, name))
