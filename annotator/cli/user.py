"""`annotator user`: accounts."""

from __future__ import annotations

import logging
import os
import sys

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from annotator.auth import names, passwords
from annotator.auth.permissions import ROLES
from annotator.cli.context import Opening, index_now, result
from annotator.cli.output import Result, counted, plain, table
from annotator.errors import NotAllowed, Unacceptable
from annotator.models import Account
from annotator.services.accounts import accounts, credentials

log = logging.getLogger(__name__)


@click.group()
def user() -> None:
    """Add and change accounts."""


@user.command()
@click.argument("name")
@click.option("--role", type=click.Choice(ROLES), default="member", show_default=True)
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@result()
def add(opening: Opening, name: str, role: str, password_stdin: bool) -> Result:
    """Create an account. Without a password it can use tokens, but not sign in."""
    password = _line() if password_stdin else None
    with opening.parts(create=True) as parts, parts.db.transaction() as session:
        account = accounts.sign_up(session, name, password, role=role)
        return Result(f"Account {account.name} created, role {account.role}.",
                      {"name": account.name, "role": account.role})  # fmt: skip


@user.command("list")
@click.option("--role", type=click.Choice(ROLES), help="Only accounts with this role.")
@result(listed=True)
def list_(opening: Opening, role: str | None) -> Result:
    """List accounts: name, role, creation date."""
    with opening.parts() as parts, parts.db.reading() as session:
        query = select(Account).where(Account.left.is_(None)).order_by(Account.name)
        query = query if role is None else query.where(Account.role == role)
        rows = [(row.name, row.role, f"{row.created:%Y-%m-%d}") for row in session.scalars(query)]
    return table("account", ("name", "role", "created"), rows)


@user.command()
@click.argument("name")
@result()
def show(opening: Opening, name: str) -> Result:
    """Show an account."""
    with opening.parts() as parts, parts.db.reading() as session:
        account = accounts.named(session, name)
        elsewhere = accounts.account_elsewhere(session, account.id)
        confirmed = "confirmed" if account.email_confirmed else "not confirmed"
        facts = (
            ("name", account.name),
            ("earlier names",
             ", ".join(alias.name for alias in accounts.aliases(session, account.id))),
            ("role", account.role),
            ("imported from", elsewhere.label or "a file" if elsewhere else ""),
            ("since", f"{account.created:%Y-%m-%d}"),
            ("email", f"{account.email} ({confirmed})" if account.email else ""),
            ("password", "set" if account.password else "none"),
            ("providers", ", ".join(x.issuer for x in accounts.identities_of(session, account.id))),
            ("signed in on", counted(len(credentials.sign_ins(session, account.id)), "browser")),
            ("tokens", str(len(credentials.tokens_of(session, account.id)))),
        )  # fmt: skip
    summary, *lines = (f"{label + ':':15}{value or 'none'}" for label, value in facts)
    return Result(summary, {label.replace(" ", "_"): value for label, value in facts}, lines)


@user.command()
@click.argument("name")
@click.argument("role", type=click.Choice(ROLES))
@result()
def role(opening: Opening, name: str, role: str) -> Result:
    """Change an account's role."""
    with opening.parts() as parts, parts.db.transaction() as session:
        account = _changeable(session, name)
        accounts.refuse_imported(session, account.id)
        account.role = role
        return Result(f"{account.name} is now {role}.", {"name": account.name, "role": role})


@user.command()
@click.argument("name")
@click.argument("new")
@result()
def rename(opening: Opening, name: str, new: str) -> Result:
    """Change an account's name; the old name redirects to it."""
    with opening.parts() as parts:
        with parts.db.transaction() as session:
            account = _changeable(session, name)
            old = account.name
            now = accounts.rename(session, account.id, new, by_site=True)
        index_now(parts)
    return Result(f"{old} is now {now}.", {"name": str(now), "former": old})


@user.command()
@click.argument("name")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@click.option("--keep-tokens", is_flag=True, help="Keep the account's API tokens.")
@result()
def password(opening: Opening, name: str, password_stdin: bool, keep_tokens: bool) -> Result:
    """Set an account's password; ends its sessions and revokes its API tokens."""
    new = _line() if password_stdin else click.prompt("New password", hide_input=True)
    hashed = passwords.hash_password(new)
    with opening.parts() as parts, parts.db.transaction() as session:
        account = _changeable(session, name)
        credentials.set_password(session, account.id, hashed, end_tokens=not keep_tokens)
        effect = "keep working" if keep_tokens else "are revoked"
        return Result(
            f"{account.name} has a new password and is signed out; its API tokens {effect}.",
            {"name": account.name, "tokens_revoked": not keep_tokens},
        )


@user.command()
@click.argument("name")
@result()
def recover(opening: Opening, name: str) -> Result:
    """Print a link for setting a new password: valid once, for an hour. It is the last line."""
    from annotator.services.accounts import mailer

    with opening.parts() as parts, parts.db.transaction() as session:
        key = credentials.make_link(session, _changeable(session, name).id, credentials.RECOVER)
    link = mailer.link(parts.config, credentials.RECOVER, key)
    return Result(link, {"link": link})


@user.command("follows")
@click.argument("name")
@result(listed=True)
def follows_(opening: Opening, name: str) -> Result:
    """List what an account follows. This is private; the log records who asked."""
    from annotator.services.following import follows

    with opening.parts() as parts, parts.db.reading() as session:
        viewer = accounts.viewer_named(session, name)
        found = follows.of_viewer(session, viewer)
    log.warning(
        "an administrator (uid %d) listed what account %s follows", os.getuid(), viewer.account
    )
    lines = [f"{it.kind}  {plain(it.key)}" for it in found]
    return Result(f"{viewer.name} follows {counted(len(found), 'thing')}.",
                  [it.to_json() for it in found], lines, records=True)  # fmt: skip


@user.command()
@click.argument("name")
@click.option("--keep/--remove", default=None, help="Keep or remove the comments.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@result()
def delete(opening: Opening, name: str, keep: bool | None, yes: bool) -> Result:
    """Delete an account permanently; its comments are kept under "A former member", or removed."""
    from annotator.services.personal_data import account_deletion

    if keep is None:
        raise Unacceptable("Choose what happens to the comments: --keep or --remove.")
    if not yes:
        click.confirm(f"Permanently delete the account {name}?", abort=True)
    with opening.parts() as parts:
        with parts.db.transaction() as session:
            account = _changeable(session, name)
            number = account_deletion.leave(session, account.id, keep=keep)
        index_now(parts)
    effect = "kept" if keep else "removed"
    return Result(f"{account.name} was deleted; {counted(number, 'comment')} {effect}.",
                  {"name": account.name, effect: number})  # fmt: skip


def _changeable(session: Session, name: str) -> Account:
    """Return an account. Raises NotFound, Gone, and NotAllowed for the former member's."""
    account = accounts.named(session, name)
    if names.is_former(account.name):
        raise NotAllowed(
            f"{account.name} holds the comments of deleted accounts; nobody can use it."
        )
    return account


def _line() -> str:
    if sys.stdin is None:
        raise click.UsageError("The password cannot be read from standard input: it is closed.")
    return sys.stdin.readline().rstrip("\r\n")
