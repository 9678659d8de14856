"""Accounts: signing up, in and out, renaming, and who a name or a browser's key belongs to.

A former name still leads to its account, and nobody else can take it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import timedelta

from sqlalchemy import ColumnElement, case, delete, exists, select, union_all, update
from sqlalchemy.orm import Session

from annotator.auth import names, passwords
from annotator.auth.viewer import EVERY_SCOPE, FOR_GOOD, ROLES, Viewer
from annotator.db import in_force, now, one_of
from annotator.errors import Conflict, Gone, NotAllowed, NotFound, NotSignedIn, Unacceptable
from annotator.models import Account, AccountSanction, Alias, ApiToken, ForeignAccount, SignIn
from annotator.schemas.annotations import ForeignAuthor, stamp
from annotator.services.placement import changes

RENAMED_AT_MOST_EVERY = timedelta(days=30)
SIGNED_IN_FOR = timedelta(days=30)
CLOCK_SET_BACK = timedelta(days=1)  # by which nobody is signed out
WRONG = "There is no account with this name and this password."


def sign_up(
    session: Session, name: str, password: str | None, email: str = "", role: str = "member"
) -> Account:
    """Make an account. A pseudonym is enough; without a password it cannot sign in.

    Raises Unacceptable for a name, password or address that cannot be taken, Conflict for a name
    that is taken or can be mistaken for one that is. The address is stored as not confirmed.
    """
    hashed = None if password is None else passwords.hash_password(password)
    return open_account(session, name, hashed, email, role)


def open_account(
    session: Session, name: str, hashed: str | None, email: str = "", role: str = "member"
) -> Account:
    """Make an account with a password that is hashed already, which is slow and needs no lock."""
    if role not in ROLES:
        raise Unacceptable(f"A role is one of {', '.join(ROLES)}; {role!r} is none.", field="role")
    name = free_name(session, name, role)
    email = names.checked_email(email) if email.strip() else ""
    account = Account(name=name, name_key=names.name_key(name), email=email, role=role,
                      created=now(), password=hashed)  # fmt: skip
    session.add(account)
    session.flush()
    return account


def free_name(session: Session, name: str, role: str, own: int | None = None) -> str:
    """Return the name as it is stored, if the account `own`, or a new one, may have it.

    Raises Unacceptable and Conflict. Names that somebody had once stay theirs.
    """
    name = names.checked_name(name)
    if names.is_former(name) or (role == "member" and names.reserved(name)):
        raise Unacceptable(f"The name {name} could be taken for the site itself.", field="name")
    key = names.name_key(name)
    # One statement, so that no name slips through while it becomes an alias.
    held = union_all(
        select(Account.name, Account.id).where(Account.name_key == key),
        select(Alias.name, Alias.account_id).where(Alias.name_key == key),
    )
    taken = next((it.name for it in session.execute(held) if it.id != own), None)
    if taken:
        raise Conflict(
            f"The name {name} is taken, or looks like {taken}; choose another.", field="name"
        )
    return name


def check(session: Session, name: str, password: str) -> Account:
    """Check name and password; this takes long on purpose, and needs no transaction.

    Raises NotSignedIn, in the same words and after the same time whichever of the two is wrong.
    """
    name = name[: 2 * names.LONGEST].replace("\0", "\ufffd")  # PostgreSQL takes no NUL
    key = names.name_key(name)
    had = select(Alias.account_id).where(Alias.name_key == key)
    query = select(Account).where(
        (Account.name == name) | (Account.name_key == key) | Account.id.in_(had)
    )
    account = session.scalar(query.order_by((Account.name == name).desc(), Account.id).limit(1))
    if not passwords.fits(password, account.password if account else None) or account is None:
        raise NotSignedIn(WRONG)
    return account


def begin(session: Session, checked: Account, label: str = "") -> str:
    """Sign a checked account in on one more browser; return the key that the browser keeps.

    Raises NotSignedIn if its password was changed, or it was deleted, since it was checked.
    """
    same = exists().where(
        Account.id == checked.id,
        Account.left.is_(None),
        Account.password.is_not_distinct_from(checked.password),
    )
    if not session.scalar(select(same)):
        raise NotSignedIn(WRONG)
    key, moment = passwords.new_key(), now()
    session.execute(delete(SignIn).where(SignIn.expires < moment))
    session.add(SignIn(digest=passwords.digest(key), account_id=checked.id, label=label,
                       created=moment, expires=moment + SIGNED_IN_FOR,
                       used=moment.date()))  # fmt: skip
    return key


def sign_out(session: Session, key: str) -> None:
    """End the sign-in that `key` stands for."""
    session.execute(delete(SignIn).where(SignIn.digest == passwords.digest(key)))


def signed_in(session: Session, key: str) -> SignIn | None:
    """Find the sign-in that a browser's key stands for; None if it is unknown or has expired."""
    found = session.get(SignIn, passwords.digest(key))
    if found is None or found.account.left:
        return None
    return found if in_force(found.expires, SIGNED_IN_FOR, error=CLOCK_SET_BACK) else None


def mark_used(session: Session, kind: type[SignIn] | type[ApiToken], key: str) -> None:
    """Note that a browser, or a script, has come today."""
    session.execute(
        update(kind).where(kind.digest == passwords.digest(key)).values(used=now().date())
    )


def viewer_of(account: Account, scopes: frozenset[str] = EVERY_SCOPE) -> Viewer:
    """Act for an account, within some scopes."""
    return Viewer(
        account=account.id, name=account.name, role=account.role, scopes=scopes,
        barred_until=barred_until(account.standing),
    )  # fmt: skip


def barred_until(standing: AccountSanction | None) -> str:
    """Return until when an account is suspended; empty in good standing (see `Viewer`)."""
    if standing is None:
        return ""
    if standing.banned:
        return FOR_GOOD
    until = standing.suspended_until
    return stamp(until) if until and until > now() else ""


def require_present(session: Session, account_id: int | None) -> None:
    """Raise NotSignedIn where an account was deleted since its viewer was found."""
    if session.scalar(select(Account.left).where(Account.id == account_id)):
        raise NotSignedIn("This account was deleted.")


def public_name_of(table: type[Account]) -> ColumnElement[str]:
    """Return, as a column, the name that others see; of those who left, the one that all share.

    It is None where a row of an outer join has no account.
    """
    return case((table.left.is_not(None), names.FORMER), else_=table.name)


def find(session: Session, name: str) -> Account | None:
    """Find the account that has a name or had it once, spelled exactly so; also one that left."""
    account = session.scalar(select(Account).where(Account.name == name))
    alias = None if account else session.get(Alias, name)
    return session.get_one(Account, alias.account_id) if alias else account


def found(session: Session, wanted: Collection[str]) -> dict[str, Account]:
    """Find several accounts at once, as `find` does; what nobody is called is left out."""
    had = select(Alias.name, Account).join(Account, Account.id == Alias.account_id)
    people = dict(session.execute(had.where(one_of(session, Alias.name, wanted))).all())
    present = session.scalars(select(Account).where(one_of(session, Account.name, wanted)))
    return people | {account.name: account for account in present}


def refuse_imported(session: Session, account_id: int | None) -> None:
    """Raise NotAllowed for an account that an import made: nobody may sign in to it."""
    if account_id is not None and account_elsewhere(session, account_id):
        raise NotAllowed("This author was imported from elsewhere; nobody can sign in as them.")


def account_elsewhere(session: Session, account_id: int) -> ForeignAuthor | None:
    """Return whose account elsewhere an imported author is; None for somebody of this site."""
    row = session.scalar(select(ForeignAccount).where(ForeignAccount.account_id == account_id))
    return ForeignAuthor(row.authority, row.user) if row else None


def named(session: Session, name: str) -> Account:
    """Find an account by its exact name, or one it had. Raises NotFound, and Gone if it left."""
    account = find(session, name)
    if account is None:
        raise NotFound(f"There is no account named {name}.")
    if account.left:
        raise Gone(f"The account {name} was deleted.")
    return account


def viewer_named(session: Session, name: str) -> Viewer:
    """Act for the account `name`, as the command line does.

    Raises NotFound and Gone, and NotAllowed for an author whom an import made.
    """
    account = named(session, name)
    refuse_imported(session, account.id)
    return viewer_of(account)


def rename(session: Session, account_id: int, name: str, *, by_site: bool = False) -> str:
    """Change the name of an account and of everything it wrote; return it as stored.

    One's own former names may be taken back. People change theirs once in 30 days, the site's
    administrators (`by_site`) at any time. Raises Unacceptable and Conflict, with the field `name`,
    and NotAllowed for a suspended or banned account.
    """
    account, moment = session.get_one(Account, account_id), now()
    if not by_site and barred_until(account.standing):
        raise NotAllowed("A suspended or banned account keeps its name.")
    name = free_name(session, name, account.role, own=account.id)
    if names.is_former(account.name):
        raise Unacceptable("This name stands for all who have left.", field="name")
    if name == account.name:
        raise Unacceptable("This is your name already.", field="name")
    if not by_site and account.renamed and moment - account.renamed < RENAMED_AT_MOST_EVERY:
        day = account.renamed + RENAMED_AT_MOST_EVERY
        raise Unacceptable(
            f"A name changes once in {RENAMED_AT_MOST_EVERY.days} days; yours can again on "
            f"{day.day} {day:%B %Y}.",
            field="name",
        )
    session.execute(delete(Alias).where(Alias.name == name))
    session.add(Alias(name=account.name, name_key=account.name_key, account_id=account.id,
                      until=moment))  # fmt: skip
    account.name, account.name_key, account.renamed = name, names.name_key(name), moment
    session.flush()
    changes.note_all_of(session, author_id=account.id)
    return name


def aliases(session: Session, account_id: int) -> list[Alias]:
    """List the names that an account had, the latest first."""
    query = select(Alias).where(Alias.account_id == account_id).order_by(Alias.until.desc())
    return list(session.scalars(query))


def present_names(session: Session, had: set[str]) -> Mapping[str, str]:
    """Return the present names of those who had some names once, however those are spelled."""
    keys = {names.name_key(name): name for name in had}
    query = select(Alias.name_key, Account.name).join(Account, Account.id == Alias.account_id)
    rows = session.execute(query.where(Alias.name_key.in_(keys), Account.left.is_(None)))
    return {keys[row.name_key]: row.name for row in rows}
