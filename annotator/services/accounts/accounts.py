"""Accounts: sign-up, sign-in and sign-out, renaming, lookup by name or key, identities.

A former name still leads to its account and cannot be taken by another account.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import (
    ColumnElement,
    bindparam,
    case,
    delete,
    exists,
    or_,
    select,
    union_all,
    update,
)
from sqlalchemy.orm import Session, joinedload

from annotator.auth import names, passwords
from annotator.auth.permissions import EVERY_SCOPE, FOR_GOOD, ROLES, Viewer
from annotator.db import in_force, now, one_of
from annotator.errors import Conflict, Gone, NotAllowed, NotFound, NotSignedIn, Unacceptable
from annotator.models import (
    Account,
    AccountSanction,
    Alias,
    ApiToken,
    ForeignAccount,
    Identity,
    SignIn,
)
from annotator.schemas.annotations import ForeignAuthor, stamp
from annotator.services.placement import placer

RENAMED_AT_MOST_EVERY = timedelta(days=30)
SIGNED_IN_FOR = timedelta(days=30)
CLOCK_SET_BACK = timedelta(days=1)  # a clock set back by less than this ends no session
WRONG = "The name or the password is wrong. Check both, or reset the password."
LONGEST_SUBJECT = 255  # of a person at an OpenID provider
PRESENT = select(exists().where(Account.id == bindparam("account"), Account.left.is_(None)))
TOKENS_IN_FORCE = select(ApiToken).where(
    ApiToken.revoked.is_(None),
    or_(ApiToken.expires.is_(None), ApiToken.expires > bindparam("now")),
)
TOKEN_BY_DIGEST = TOKENS_IN_FORCE.where(ApiToken.digest == bindparam("key")).options(
    joinedload(ApiToken.account).joinedload(Account.standing)
)


def sign_up(
    session: Session, name: str, password: str | None, email: str = "", role: str = "member",
    *, hashed: str | None = None,
) -> Account:  # fmt: skip
    """Create an account, to which nobody can sign in without a password.

    Hashing is slow, so a caller may pass the password `hashed`. Raises Unacceptable for a name,
    password or email that is not valid, Conflict for a name that is taken or looks like one that
    is. The email is stored as unconfirmed.
    """
    if password is not None:
        hashed = passwords.hash_password(password)
    if role not in ROLES:
        raise Unacceptable(f"Unknown role {role!r}. Use one of {', '.join(ROLES)}.", field="role")
    name = free_name(session, name, role)
    email = names.checked_email(email) if email.strip() else ""
    account = Account(name=name, name_key=names.name_key(name), email=email, role=role,
                      created=now(), password=hashed)  # fmt: skip
    session.add(account)
    session.flush()
    return account


def free_name(session: Session, name: str, role: str, own: int | None = None) -> str:
    """Return a name as it is stored, if the account `own` (None: a new one) may have it.

    Raises Unacceptable and Conflict. Former names stay reserved for their account.
    """
    name = names.checked_name(name)
    if names.is_former(name) or (role == "member" and names.reserved(name)):
        raise Unacceptable(f"The name {name} is reserved. Choose another.", field="name")
    key = names.name_key(name)
    # One statement: a name may be becoming an alias at this moment.
    held = union_all(
        select(Account.name, Account.id).where(Account.name_key == key),
        select(Alias.name, Alias.account_id).where(Alias.name_key == key),
    )
    look_alike = next((row.name for row in session.execute(held) if row.id != own), None)
    if look_alike:
        message = f"The name {name} is taken or looks like {look_alike}. Choose another."
        raise Conflict(message, field="name")
    return name


def check(session: Session, name: str, password: str) -> Account:
    """Check name and password. Slow by design; needs no transaction.

    Raises NotSignedIn, with the same message and timing whichever of the two is wrong.
    """
    name = name[: 2 * names.LONGEST].replace("\0", "\ufffd")  # PostgreSQL takes no NUL
    key = names.name_key(name)
    former = select(Alias.account_id).where(Alias.name_key == key)
    query = select(Account).where(
        (Account.name == name) | (Account.name_key == key) | Account.id.in_(former)
    )
    account = session.scalar(query.order_by((Account.name == name).desc(), Account.id).limit(1))
    if not passwords.fits(password, account.password if account else None) or account is None:
        raise NotSignedIn(WRONG)
    return account


def begin(session: Session, checked: Account, label: str = "") -> str:
    """Start a session for an account that `check` returned; return the browser's session key.

    Raises NotSignedIn if its password was changed, or it was deleted, since then.
    """
    same = exists().where(
        Account.id == checked.id,
        Account.left.is_(None),
        Account.password.is_not_distinct_from(checked.password),
    )
    if not session.scalar(select(same)):
        raise NotSignedIn(WRONG)
    key, moment = new_key(), now()
    session.execute(delete(SignIn).where(SignIn.expires < moment))
    session.add(SignIn(digest=digest(key), account_id=checked.id, label=label,
                       created=moment, expires=moment + SIGNED_IN_FOR,
                       used=moment.date()))  # fmt: skip
    return key


def sign_out(session: Session, key: str) -> None:
    """End the session that `key` belongs to."""
    session.execute(delete(SignIn).where(SignIn.digest == digest(key)))


def signed_in(session: Session, key: str) -> SignIn | None:
    """Return the session that a browser's key belongs to; None if it is unknown or expired."""
    with_sanction = joinedload(SignIn.account).joinedload(Account.standing)
    sign_in = session.get(SignIn, digest(key), options=[with_sanction])
    if sign_in is None or sign_in.account.left:
        return None
    return sign_in if in_force(sign_in.expires, SIGNED_IN_FOR, error=CLOCK_SET_BACK) else None


def token_viewer(session: Session, key: str) -> tuple[ApiToken, Viewer]:
    """Return a token and its viewer. Raises NotSignedIn if it is unknown, revoked or expired."""
    token = session.scalar(TOKEN_BY_DIGEST, {"key": digest(key), "now": now()})
    if token is None or token.account.left:
        raise NotSignedIn("This API token is unknown, revoked or expired. Create another.")
    return token, viewer_of(token.account, frozenset(token.scopes.split()))


def mark_used(session: Session, kind: type[SignIn] | type[ApiToken], key: str) -> None:
    """Record that a session or token was used today."""
    statement = update(kind).where(kind.digest == digest(key))
    session.execute(statement.values(used=now().date()))


def viewer_of(account: Account, scopes: frozenset[str] = EVERY_SCOPE) -> Viewer:
    """Return a viewer that acts for an account within some scopes."""
    return Viewer(
        account=account.id, name=account.name, role=account.role, scopes=scopes,
        barred_until=barred_until(account.standing),
    )  # fmt: skip


def barred_until(sanction: AccountSanction | None) -> str:
    """Return the value of `Viewer.barred_until` for a sanction."""
    if sanction is None:
        return ""
    if sanction.banned:
        return FOR_GOOD
    until = sanction.suspended_until
    return stamp(until) if until and until > now() else ""


def require_present(session: Session, account_id: int | None) -> None:
    """Raise NotSignedIn if an account was deleted after its viewer was authenticated."""
    if not session.scalar(PRESENT, {"account": account_id}):
        raise NotSignedIn("This account was deleted. Sign in with another, or sign up.")


def public_name_of(table: type[Account]) -> ColumnElement[str]:
    """Return the column expression of an account's public name; deleted accounts share one.

    None where a row of an outer join has no account.
    """
    return case((table.left.is_not(None), names.FORMER), else_=table.name)


def find(session: Session, name: str) -> Account | None:
    """Find the account with this exact present or former name, deleted ones included."""
    account = session.scalar(select(Account).where(Account.name == name))
    alias = None if account else session.get(Alias, name)
    return session.get_one(Account, alias.account_id) if alias else account


def find_all(session: Session, account_names: Collection[str]) -> dict[str, Account]:
    """Find several accounts as `find` does, by name; unknown names are left out."""
    former = select(Alias.name, Account).join(Account, Account.id == Alias.account_id)
    owners = dict(session.execute(former.where(one_of(Alias.name, account_names))).all())
    present = session.scalars(select(Account).where(one_of(Account.name, account_names)))
    return owners | {account.name: account for account in present}


def refuse_imported(session: Session, account_id: int | None) -> None:
    """Raise NotAllowed for an imported author's account, which allows no sign-in."""
    if account_id is not None and account_elsewhere(session, account_id):
        raise NotAllowed("This author was imported from another site and cannot sign in here.")


def account_elsewhere(session: Session, account_id: int) -> ForeignAuthor | None:
    """Return the account on another site of an imported author; None for a local account."""
    row = session.scalar(select(ForeignAccount).where(ForeignAccount.account_id == account_id))
    return ForeignAuthor(row.authority, row.user) if row else None


def named(session: Session, name: str) -> Account:
    """Return the account with a present or former name. Raises NotFound, and Gone if deleted."""
    account = find(session, name)
    if account is None:
        raise NotFound(f"There is no account named {name}.")
    if account.left:
        raise Gone(f"The account {name} was deleted.")
    return account


def viewer_named(session: Session, name: str) -> Viewer:
    """Return a viewer that acts for the account `name`, for the command line.

    Raises NotFound and Gone, and NotAllowed for an imported author.
    """
    account = named(session, name)
    refuse_imported(session, account.id)
    return viewer_of(account)


def rename(session: Session, account_id: int, name: str, *, by_site: bool = False) -> str:
    """Rename an account and everything it wrote; return the name as stored.

    An account may take back its former names. Members rename once in 30 days, administrators
    (`by_site`) at any time. Raises Unacceptable and Conflict, with the field `name`, and NotAllowed
    for a suspended or banned account.
    """
    account, moment = session.get_one(Account, account_id), now()
    if not by_site and barred_until(account.standing):
        raise NotAllowed("A suspended or banned account cannot change its name.")
    name = free_name(session, name, account.role, own=account.id)
    if names.is_former(account.name):
        raise Unacceptable(
            "This account holds the comments of deleted accounts and cannot be renamed.",
            field="name",
        )
    if name == account.name:
        raise Unacceptable("This is already your name. Choose another.", field="name")
    if not by_site and account.renamed and moment - account.renamed < RENAMED_AT_MOST_EVERY:
        day = account.renamed + RENAMED_AT_MOST_EVERY
        raise Unacceptable(
            f"You can change your name once in {RENAMED_AT_MOST_EVERY.days} days. Try again on "
            f"{day.day} {day:%B %Y}.",
            field="name",
        )
    session.execute(delete(Alias).where(Alias.name == name))
    session.add(Alias(name=account.name, name_key=account.name_key, account_id=account.id,
                      until=moment))  # fmt: skip
    account.name, account.name_key, account.renamed = name, names.name_key(name), moment
    session.flush()
    placer.note_all_of(session, author_id=account.id)
    return name


def aliases(session: Session, account_id: int) -> list[Alias]:
    """Return an account's former names, latest first."""
    query = select(Alias).where(Alias.account_id == account_id).order_by(Alias.until.desc())
    return list(session.scalars(query))


def present_names(session: Session, former_names: set[str]) -> Mapping[str, str]:
    """Map former names, compared by `names.name_key`, to the present names of their accounts."""
    keys = {names.name_key(name): name for name in former_names}
    query = select(Alias.name_key, Account.name).join(Account, Account.id == Alias.account_id)
    rows = session.execute(query.where(Alias.name_key.in_(keys), Account.left.is_(None)))
    return {keys[row.name_key]: row.name for row in rows}


def new_key(prefix: str = "") -> str:
    """Return a random key of 256 bits for a session, a one-time link or an API token."""
    return prefix + secrets.token_urlsafe(32)


def digest(key: str) -> str:
    """Return the digest that is stored of a key; long random keys need no salt."""
    return hashlib.sha256(key.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Person:
    """A person as identified by an OpenID provider."""

    issuer: str
    subject: str

    @classmethod
    def of(cls, issuer: str, subject: object) -> Person:
        """Validate a subject (OpenID Connect Core, section 2). Raises ValueError."""
        if (
            not isinstance(subject, str)
            or not 0 < len(subject) <= LONGEST_SUBJECT
            or "\0" in subject
        ):
            raise ValueError("the subject is not valid")
        return cls(issuer, subject)


def account_of(session: Session, person: Person) -> Account | None:
    """Return the account linked to a person; None if there is none."""
    identity = session.get(Identity, (person.issuer, person.subject))
    return identity.account if identity else None


def link_identity(session: Session, account_id: int, person: Person) -> None:
    """Allow sign-in to an account through a provider.

    Raises Conflict if another account is linked to the person, NotAllowed for an imported author.
    """
    refuse_imported(session, account_id)
    owner = account_of(session, person)
    if owner is not None and owner.id != account_id:
        raise Conflict("Another account uses this sign-in. Sign in with it instead.")
    if owner is None:
        session.add(Identity(issuer=person.issuer, subject=person.subject,
                             account_id=account_id, created=now()))  # fmt: skip
        session.flush()


def unlink_identity(session: Session, account: Account, subject: str, issuer: str) -> None:
    """Remove a sign-in through a provider. Raises NotFound, Unacceptable for the only sign-in."""
    identity = session.get(Identity, (issuer, subject))
    if identity is None or identity.account_id != account.id:
        raise NotFound("This account has no such sign-in. Reload the page.")
    if account.password is None and len(identities_of(session, account.id)) == 1:
        raise Unacceptable("This is your only way to sign in. Set a password first.")
    session.delete(identity)


def identities_of(session: Session, account_id: int) -> list[Identity]:
    """Return an account's identities at providers, oldest first."""
    query = select(Identity).where(Identity.account_id == account_id)
    return list(session.scalars(query.order_by(Identity.created)))
