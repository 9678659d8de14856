"""The password, sessions and email address of an account, and how they are changed.

One-time links work once and for an hour: to set a new password, or to confirm an email address.
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from annotator.auth import names, passwords
from annotator.auth.permissions import require
from annotator.auth.viewer import Viewer
from annotator.db import in_force, now
from annotator.errors import Gone, NotAllowed, NotFound, Unacceptable
from annotator.models import Account, Identity, OneTimeKey, SignIn
from annotator.services.accounts import accounts, tokens

FRESH = timedelta(minutes=10)
LINK_LASTS = timedelta(hours=1)
MOST_AT_ONCE = 3  # links of an account or to an address
RECOVER, CONFIRM = "recover", "confirm"


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
    forget_links(session, account_id, RECOVER)
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
    forget_links(session, account_id)


def confirm_email(session: Session, key: str) -> str:
    """Set the address that a letter's link confirms; give it. Raises Gone."""
    taken = take_link(session, key, CONFIRM)
    set_email(session, taken.account_id, taken.email, confirmed=True)
    return taken.email


def recover(session: Session, key: str, hashed: str, *, disconnect: bool) -> Account:
    """Set a new password with a recovery link's key; raises Gone.

    Every session and API token ends: whoever got into the account may have made some. With
    `disconnect`, sign-ins through a provider end too.
    """
    taken = take_link(session, key, RECOVER)
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
        for it in list(found.values())[: MOST_AT_ONCE]
        if it.email and it.email_confirmed and not it.left
        and not too_many_links(session, it.id, RECOVER)
    ]  # fmt: skip


def make_link(session: Session, account_id: int, purpose: str, email: str = "") -> str:
    """Make a link's key; only its digest is kept. Raises NotAllowed for an imported author."""
    accounts.refuse_imported(session, account_id)
    moment = now()
    session.execute(delete(OneTimeKey).where(OneTimeKey.expires < moment))
    key = passwords.new_key()
    session.add(
        OneTimeKey(digest=passwords.digest(key), account_id=account_id, purpose=purpose,
                   email=email, expires=moment + LINK_LASTS)
    )  # fmt: skip
    return key


def too_many_links(session: Session, account_id: int, purpose: str, email: str = "") -> bool:
    """Return whether so many links are on their way that another email would be a nuisance.

    Those to the same address count, whichever account asked for them.
    """
    mine = OneTimeKey.account_id == account_id
    if email:
        mine |= func.lower(OneTimeKey.email) == email.lower()
    ends = session.scalars(select(OneTimeKey.expires).where(mine, OneTimeKey.purpose == purpose))
    return sum(in_force(each, LINK_LASTS) for each in ends) >= MOST_AT_ONCE


def find_link(session: Session, key: str, purpose: str) -> OneTimeKey:
    """Find what a link's key stands for, and leave it in force. Raises Gone."""
    found = session.get(OneTimeKey, passwords.digest(key))
    if found is None or found.purpose != purpose or not in_force(found.expires, LINK_LASTS):
        raise Gone("This link was used or has ended; ask for another one.")
    return found


def take_link(session: Session, key: str, purpose: str) -> OneTimeKey:
    """Use a link up: of two who do it at once, one gets it. Raises Gone."""
    found = find_link(session, key, purpose)
    session.expunge(found)
    used = session.execute(
        delete(OneTimeKey).where(OneTimeKey.digest == found.digest).returning(OneTimeKey.digest)
    )
    if used.scalar() is None:
        raise Gone("This link was used just now; ask for another one.")
    return found


def forget_links(session: Session, account_id: int, purpose: str | None = None) -> None:
    """End the links that an account has, of one purpose or all."""
    mine = delete(OneTimeKey).where(OneTimeKey.account_id == account_id)
    session.execute(mine if purpose is None else mine.where(OneTimeKey.purpose == purpose))
