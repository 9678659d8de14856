"""`annotator user`: accounts, as those who run the site keep them."""

from __future__ import annotations

import sys

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from annotator.auth import names, passwords
from annotator.auth.viewer import ROLES
from annotator.cli.context import Opening, counted, echo, index_now, with_site
from annotator.errors import NotAllowed, Unacceptable
from annotator.models import Account
from annotator.services.accounts import accounts, credentials, identities, tokens


@click.group()
def user() -> None:
    """Add and change accounts."""


@user.command()
@click.argument("name")
@click.option("--role", type=click.Choice(ROLES), default="member", show_default=True)
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@with_site
def add(opening: Opening, name: str, role: str, password_stdin: bool) -> None:
    """Make an account; without a password it can use tokens, and cannot sign in."""
    password = _line() if password_stdin else None
    with opening.parts(anew=True) as parts, parts.db.transaction() as session:
        account = accounts.sign_up(session, name, password, role=role)
        echo(f"The account {account.name} was made, role {account.role}.")


@user.command("list")
@click.option("--role", type=click.Choice(ROLES), help="Only these.")
@with_site
def list_(opening: Opening, role: str | None) -> None:
    """List the accounts: name, role, and since when."""
    with opening.parts() as parts, parts.db.reading() as session:
        query = select(Account).where(Account.left.is_(None)).order_by(Account.name)
        for it in session.scalars(query if role is None else query.where(Account.role == role)):
            echo(f"{it.name}\t{it.role}\t{it.created:%Y-%m-%d}")


@user.command()
@click.argument("name")
@with_site
def show(opening: Opening, name: str) -> None:
    """Show what the site knows of an account."""
    with opening.parts() as parts, parts.db.reading() as session:
        it = accounts.named(session, name)
        elsewhere = accounts.account_elsewhere(session, it.id)
        confirmed = "confirmed" if it.email_confirmed else "not confirmed"
        for label, value in (
            ("name", it.name),
            (
                "earlier names",
                ", ".join(old.name for old in accounts.aliases(session, it.id)),
            ),
            ("role", it.role),
            ("imported from", elsewhere.label or "a file" if elsewhere else ""),
            ("since", f"{it.created:%Y-%m-%d}"),
            ("email", f"{it.email} ({confirmed})" if it.email else ""),
            ("password", "set" if it.password else "none"),
            ("providers", ", ".join(x.issuer for x in identities.of_account(session, it.id))),
            ("signed in on", counted(len(credentials.sign_ins(session, it.id)), "browser")),
            ("tokens", str(len(tokens.of_account(session, it.id)))),
        ):
            echo(f"{label + ':':15}{value or 'none'}")


@user.command()
@click.argument("name")
@click.argument("role", type=click.Choice(ROLES))
@with_site
def role(opening: Opening, name: str, role: str) -> None:
    """Change an account's role."""
    with opening.parts() as parts, parts.db.transaction() as session:
        account = _changeable(session, name)
        accounts.refuse_imported(session, account.id)
        account.role = role
        echo(f"{account.name} is {role} now.")


@user.command()
@click.argument("name")
@click.argument("new")
@with_site
def rename(opening: Opening, name: str, new: str) -> None:
    """Change an account's name; the old one goes on leading to it."""
    with opening.parts() as parts:
        with parts.db.transaction() as session:
            account = _changeable(session, name)
            old = account.name
            now = accounts.rename(session, account.id, new, by_site=True)
        index_now(parts)
    echo(f"{old} is {now} now.")


@user.command()
@click.argument("name")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@click.option("--keep-tokens", is_flag=True, help="Leave the account's API tokens in force.")
@with_site
def password(opening: Opening, name: str, password_stdin: bool, keep_tokens: bool) -> None:
    """Set an account's password; its sessions end, and so do its API tokens."""
    new = _line() if password_stdin else click.prompt("New password", hide_input=True)
    hashed = passwords.hash_password(new)
    with opening.parts() as parts, parts.db.transaction() as session:
        account = _changeable(session, name)
        credentials.set_password(session, account.id, hashed, end_tokens=not keep_tokens)
        left = "its API tokens keep working" if keep_tokens else "its API tokens are revoked"
        echo(f"{account.name} has a new password and is signed out everywhere; {left}.")


@user.command()
@click.argument("name")
@with_site
def recover(opening: Opening, name: str) -> None:
    """Print a link with which a new password is set: once, within an hour. It is the last line."""
    from annotator.services.accounts import mailer

    with opening.parts() as parts, parts.db.transaction() as session:
        key = credentials.make_link(session, _changeable(session, name).id, credentials.RECOVER)
    echo(mailer.link(parts.config, credentials.RECOVER, key))


@user.command()
@click.argument("name")
@click.option("--keep/--remove", default=None, help="What becomes of the commentary.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@with_site
def delete(opening: Opening, name: str, keep: bool | None, yes: bool) -> None:
    """Delete an account, for good. Its commentary is kept under "A former member", or removed."""
    from annotator.services.personal_data import account_deletion

    if keep is None:
        raise Unacceptable("Say what becomes of the commentary: --keep or --remove.")
    if not yes:
        click.confirm(f"Delete the account {name} for good?", abort=True)
    with opening.parts() as parts:
        with parts.db.transaction() as session:
            account = _changeable(session, name)
            number = account_deletion.leave(session, account.id, keep=keep)
        index_now(parts)
    echo(f"{account.name} was deleted; {counted(number, 'comment')} "
               f"{'kept' if keep else 'removed'}.")  # fmt: skip


def _changeable(session: Session, name: str) -> Account:
    """Find an account that somebody has. Raises NotFound, Gone, NotAllowed."""
    account = accounts.named(session, name)
    if names.is_former(account.name):
        raise NotAllowed(
            f"{account.name} holds the comments of deleted accounts; nobody can use it."
        )
    return account


def _line() -> str:
    if sys.stdin is None:
        raise click.UsageError("Nothing can be read from standard input: it is closed.")
    return sys.stdin.readline().rstrip("\r\n")
