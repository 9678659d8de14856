"""An account's password, sessions, email address, one-time links and API tokens.

A one-time link works once within an hour: it sets a new password or confirms an email address.
Tokens are keys for scripts, shown once and limited by scopes.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from annotator.auth import names, passwords
from annotator.auth.permissions import SCOPES, USUAL_SCOPES, Viewer, require
from annotator.db import in_force, now
from annotator.errors import Gone, NotAllowed, NotFound, Unacceptable
from annotator.models import Account, ApiToken, Identity, NewsSettings, OneTimeKey, SignIn
from annotator.services.accounts import accounts

FRESH = timedelta(minutes=10)
LINK_LASTS = timedelta(hours=1)
MOST_AT_ONCE = 3  # links of an account or to an address
RECOVER, CONFIRM = "recover", "confirm"
PREFIX = "ann_"  # a mark by which a leaked token is recognised
LONGEST_LABEL = 100
LONGEST_DAYS = 3660


def account_of(session: Session, viewer: Viewer) -> Account:
    """Return the viewer's account. Raises NotSignedIn, and NotAllowed for a token."""
    require(viewer, "account.see", viewer.account)
    return session.get_one(Account, viewer.account)


def prove(session: Session, viewer: Viewer, password: str, key: str) -> Account:
    """Verify again that the viewer owns the account, against use of an unattended browser.

    Checks the password, or, without one, that the session `key` began within ten minutes. Slow by
    design; needs no transaction. Raises Unacceptable (field `present`), NotAllowed.
    """
    require(viewer, "account.change", viewer.account)
    account = session.get_one(Account, viewer.account)
    if account.password is not None:
        if not passwords.fits(password, account.password):
            raise Unacceptable("The current password is wrong. Try again.", field="present")
        return account
    sign_in = accounts.signed_in(session, key)
    if sign_in is None or abs(now() - sign_in.created) > FRESH:
        raise NotAllowed("Sign out and in again, then repeat this within 10 minutes.")
    return account


def set_password(
    session: Session, account_id: int, hashed: str, keep: str | None = None, *, end_tokens: bool
) -> None:
    """Set a hashed password and end every session but that of the session key `keep`.

    With `end_tokens`, revoke every API token too. Raises NotAllowed for an imported author.
    """
    accounts.refuse_imported(session, account_id)
    session.get_one(Account, account_id).password = hashed
    forget_links(session, account_id, RECOVER)
    end_others(session, account_id, keep)
    if end_tokens:
        revoke_tokens(session, account_id)


def sign_ins(session: Session, account_id: int) -> list[SignIn]:
    """Return an account's open sessions, latest first."""
    query = select(SignIn).where(SignIn.account_id == account_id, SignIn.expires > now())
    return list(session.scalars(query.order_by(SignIn.created.desc())))


def end(session: Session, account_id: int | None, digest: str) -> None:
    """End one of an account's sessions. Raises NotFound."""
    sign_in = session.get(SignIn, digest)
    if sign_in is None or sign_in.account_id != account_id:
        raise NotFound("This session has already ended.")
    session.delete(sign_in)


def end_others(session: Session, account_id: int | None, keep: str | None) -> None:
    """End every session of an account but that of the session key `keep`."""
    statement = delete(SignIn).where(SignIn.account_id == account_id)
    if keep is not None:
        statement = statement.where(SignIn.digest != accounts.digest(keep))
    session.execute(statement)


def set_email(session: Session, account_id: int, email: str, *, confirmed: bool) -> None:
    """Set the email address, or remove it where it is empty.

    Raises Unacceptable, and NotAllowed for an imported author.
    """
    accounts.refuse_imported(session, account_id)
    account = session.get_one(Account, account_id)
    account.email = names.checked_email(email) if email.strip() else ""
    account.email_confirmed = now() if confirmed and account.email else None
    session.execute(update(NewsSettings).filter_by(account_id=account_id).values(refused=0))
    forget_links(session, account_id)


def confirm_email(session: Session, key: str) -> str:
    """Set and return the email address that a link confirms. Raises Gone."""
    link = take_link(session, key, CONFIRM)
    set_email(session, link.account_id, link.email, confirmed=True)
    return link.email


def recover(session: Session, key: str, hashed: str, *, disconnect: bool) -> Account:
    """Set a new password by the key of a recovery link. Raises Gone.

    Ends every session and API token, since an intruder may have created some. With `disconnect`,
    removes sign-ins through a provider too.
    """
    link = take_link(session, key, RECOVER)
    set_password(session, link.account_id, hashed, end_tokens=True)
    if disconnect:
        session.execute(delete(Identity).where(Identity.account_id == link.account_id))
    return session.get_one(Account, link.account_id)


def recoverable(session: Session, name_or_email: str) -> list[Account]:
    """Return the accounts with this name or confirmed email that may be sent a link now."""
    name_or_email = name_or_email.replace("\0", "").strip()[:300]
    by_name = accounts.find(session, name_or_email)
    by_mail = session.scalars(
        select(Account).where(func.lower(Account.email) == name_or_email.lower())
    )
    candidates = {account.id: account for account in (*by_mail, by_name) if account}
    return [
        account
        for account in list(candidates.values())[: MOST_AT_ONCE]
        if account.email and account.email_confirmed and not account.left
        and not too_many_links(session, account.id, RECOVER)
    ]  # fmt: skip


def make_link(session: Session, account_id: int, purpose: str, email: str = "") -> str:
    """Create a link's key, stored as a digest only. Raises NotAllowed for an imported author."""
    accounts.refuse_imported(session, account_id)
    moment = now()
    session.execute(delete(OneTimeKey).where(OneTimeKey.expires < moment))
    key = accounts.new_key()
    session.add(
        OneTimeKey(digest=accounts.digest(key), account_id=account_id, purpose=purpose,
                   email=email, expires=moment + LINK_LASTS)
    )  # fmt: skip
    return key


def too_many_links(session: Session, account_id: int, purpose: str, email: str = "") -> bool:
    """Return whether three links are valid for an account, or for an address of any account."""
    same = OneTimeKey.account_id == account_id
    if email:
        same |= func.lower(OneTimeKey.email) == email.lower()
    ends = session.scalars(select(OneTimeKey.expires).where(same, OneTimeKey.purpose == purpose))
    return sum(in_force(each, LINK_LASTS) for each in ends) >= MOST_AT_ONCE


def find_link(session: Session, key: str, purpose: str) -> OneTimeKey:
    """Return the link of a key without using it up. Raises Gone."""
    link = session.get(OneTimeKey, accounts.digest(key))
    if link is None or link.purpose != purpose or not in_force(link.expires, LINK_LASTS):
        raise Gone("This link was used or has expired. Request another.")
    return link


def take_link(session: Session, key: str, purpose: str) -> OneTimeKey:
    """Use up a link; of two simultaneous requests one succeeds. Raises Gone."""
    link = find_link(session, key, purpose)
    session.expunge(link)
    used = session.execute(
        delete(OneTimeKey).where(OneTimeKey.digest == link.digest).returning(OneTimeKey.digest)
    )
    if used.scalar() is None:
        raise Gone("This link was used just now. Request another.")
    return link


def forget_links(session: Session, account_id: int, purpose: str | None = None) -> None:
    """Delete an account's links, of one purpose or all."""
    statement = delete(OneTimeKey).where(OneTimeKey.account_id == account_id)
    if purpose is not None:
        statement = statement.where(OneTimeKey.purpose == purpose)
    session.execute(statement)


def create_token(
    session: Session, viewer: Viewer, label: str = "", scopes: Sequence[str] = USUAL_SCOPES,
    days: int | None = None,
) -> str:  # fmt: skip
    """Create an API token for the viewer's account and return it; only its digest is stored.

    It expires after `days` (None: never). Raises Unacceptable with the field at fault, NotAllowed
    for the scope `moderate` without that role.
    """
    require(viewer, "token.create", viewer.account)
    accounts.refuse_imported(session, viewer.account)
    label = " ".join(label.split())
    if len(label) > LONGEST_LABEL:
        raise Unacceptable(f"Shorten the label to {LONGEST_LABEL} characters.", field="label")
    if not scopes or set(scopes) - set(SCOPES):
        raise Unacceptable(f"Choose scopes from {', '.join(SCOPES)}.", field="scopes")
    if "moderate" in scopes and viewer.role == "member":
        raise NotAllowed("Only moderators can create tokens that moderate.", field="scopes")
    if days is not None and not 1 <= days <= LONGEST_DAYS:
        raise Unacceptable(f"Choose 1 to {LONGEST_DAYS:,} days for a token.", field="days")
    key, moment = accounts.new_key(PREFIX), now()
    session.add(ApiToken(
        digest=accounts.digest(key),
        account_id=viewer.account,
        label=label,
        scopes=" ".join(scope for scope in SCOPES if scope in scopes),
        created=moment,
        expires=moment + timedelta(days=days) if days is not None else None,
    ))  # fmt: skip
    session.flush()
    accounts.require_present(session, viewer.account)
    return key


def tokens_of(session: Session, account_id: int | None) -> list[ApiToken]:
    """Return an account's active tokens, newest first."""
    query = accounts.TOKENS_IN_FORCE.where(ApiToken.account_id == account_id)
    return list(session.scalars(query.order_by(ApiToken.created.desc()), {"now": now()}))


def revoke_token(session: Session, account_id: int | None, ident: str) -> None:
    """Revoke the token whose digest begins with `ident`, 8 digits or more. Raises NotFound."""
    tokens = tokens_of(session, account_id)
    matches = [token for token in tokens if len(ident) >= 8 and token.digest.startswith(ident)]
    if len(matches) != 1:
        raise NotFound("This account has no such active token. List its tokens.")
    matches[0].revoked = now()


def revoke_tokens(session: Session, account_id: int) -> None:
    """Revoke every token of an account."""
    in_use = (ApiToken.account_id == account_id, ApiToken.revoked.is_(None))
    session.execute(update(ApiToken).where(*in_use).values(revoked=now()))
