"""The password, sessions and email address of an account, and how they are changed."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from annotator.auth import names, passwords
from annotator.auth.permissions import require
from annotator.auth.viewer import Viewer
from annotator.db import now
from annotator.errors import NotAllowed, NotFound, Unacceptable
from annotator.models import Account, Identity, SignIn
from annotator.services.accounts import accounts, one_time_links, tokens

FRESH = timedelta(minutes=10)


def account_of(session: Session, viewer: Viewer) -> Account:
    """Return the viewer's own account. Raises NotSignedIn, and NotAllowed for a token."""
    require(viewer, "account.see", viewer.account)
    return session.get_one(Account, viewer.account)


def prove(session: Session, viewer: Viewer, password: str, key: str) -> Account:
    """Make sure that it is the owner who asks, and not somebody at a browser left open.

    By the password; where the account has none, by having signed in within ten minutes (`key` is
    the browser's). Slow on purpose, needs no transaction. Raises Unacceptable (field `present`),
    NotAllowed.
    """
    require(viewer, "account.change", viewer.account)
    account = session.get_one(Account, viewer.account)
    if account.password is not None:
        if not passwords.fits(password, account.password):
            raise Unacceptable("This is not your present password.", field="present")
        return account
    found = accounts.signed_in(session, key)
    if found is None or abs(now() - found.created) > FRESH:
        raise NotAllowed("Sign out and in again first; then do this within ten minutes.")
    return account


def set_password(
    session: Session, account_id: int, hashed: str, keep: str | None = None, *, end_tokens: bool
) -> None:
    """Set a password, hashed already, and end every session but that of the browser's key `keep`.

    With `end_tokens` every API token is revoked too. Raises NotAllowed for an imported author.
    """
    accounts.refuse_imported(session, account_id)
    session.get_one(Account, account_id).password = hashed
    one_time_links.forget(session, account_id, one_time_links.RECOVER)
    end_others(session, account_id, keep)
    if end_tokens:
        tokens.revoke_all(session, account_id)


def sign_ins(session: Session, account_id: int) -> list[SignIn]:
    """List where an account is signed in, the latest first."""
    mine = (SignIn.account_id == account_id, SignIn.expires > now())
    return list(session.scalars(select(SignIn).where(*mine).order_by(SignIn.created.desc())))


def end(session: Session, account_id: int | None, digest: str) -> None:
    """End one of an account's sign-ins. Raises NotFound."""
    found = session.get(SignIn, digest)
    if found is None or found.account_id != account_id:
        raise NotFound("You are not signed in there any more.")
    session.delete(found)


def end_others(session: Session, account_id: int | None, keep: str | None) -> None:
    """End every sign-in of an account but that of the browser's key `keep`."""
    others = delete(SignIn).where(SignIn.account_id == account_id)
    if keep is not None:
        others = others.where(SignIn.digest != passwords.digest(keep))
    session.execute(others)


def set_email(session: Session, account_id: int, email: str, *, confirmed: bool) -> None:
    """Set the email address, or remove it where it is empty.

    Raises Unacceptable, and NotAllowed for an imported author.
    """
    accounts.refuse_imported(session, account_id)
    account = session.get_one(Account, account_id)
    account.email = names.checked_email(email) if email.strip() else ""
    account.email_confirmed = now() if confirmed and account.email else None
    one_time_links.forget(session, account_id)


def confirm_email(session: Session, key: str) -> str:
    """Set the address that a letter's link confirms; give it. Raises Gone."""
    taken = one_time_links.take(session, key, one_time_links.CONFIRM)
    set_email(session, taken.account_id, taken.email, confirmed=True)
    return taken.email


def recover(session: Session, key: str, hashed: str, *, disconnect: bool) -> Account:
    """Set a new password with a recovery link's key; raises Gone.

    Every session and API token ends: whoever got into the account may have made some. With
    `disconnect`, sign-ins through a provider end too.
    """
    taken = one_time_links.take(session, key, one_time_links.RECOVER)
    set_password(session, taken.account_id, hashed, end_tokens=True)
    if disconnect:
        session.execute(delete(Identity).where(Identity.account_id == taken.account_id))
    return session.get_one(Account, taken.account_id)


def recoverable(session: Session, wanted: str) -> list[Account]:
    """Find the accounts with this name or this confirmed address that a letter can go to now."""
    wanted = wanted.replace("\0", "").strip()[:300]
    by_name = accounts.find(session, wanted)
    by_mail = session.scalars(select(Account).where(func.lower(Account.email) == wanted.lower()))
    found = {it.id: it for it in (*by_mail, by_name) if it}
    return [
        it
        for it in list(found.values())[: one_time_links.MOST_AT_ONCE]
        if it.email and it.email_confirmed and not it.left
        and not one_time_links.too_many(session, it.id, one_time_links.RECOVER)
    ]  # fmt: skip
