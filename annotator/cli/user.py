"""`annotator user` and `annotator token`: accounts, and keys for scripts."""

from __future__ import annotations

import sys

import click

from annotator.auth.viewer import ROLES, SCOPES, USUAL_SCOPES
from annotator.cli.context import Opening, with_site
from annotator.services import accounts, tokens


@click.group()
def user() -> None:
    """Accounts."""


@user.command()
@click.argument("name")
@click.option("--role", type=click.Choice(ROLES), default="member", show_default=True)
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@with_site
def add(opening: Opening, name: str, role: str, password_stdin: bool) -> None:
    """Make an account; without a password it can use tokens, and cannot sign in."""
    password = sys.stdin.readline().rstrip("\r\n") if password_stdin else None
    with opening.parts() as parts, parts.db.transaction() as session:
        account = accounts.sign_up(session, name, password, role=role)
        click.echo(f"The account {account.name} was made, role {account.role}.")


@click.group()
def token() -> None:
    """Keys for scripts."""


@token.command()
@click.argument("name")
@click.option("--label", default="", help="What the token is for.")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=click.Choice(SCOPES),
    help="What it may do; may be repeated. Read and write if left out.",
)
@with_site
def create(opening: Opening, name: str, label: str, scopes: tuple[str, ...]) -> None:
    """Make an API token for the account NAME; it is the last line, and is shown only now."""
    with opening.parts() as parts, parts.db.transaction() as session:
        viewer = accounts.viewer_named(session, name)
        key = tokens.create(session, viewer, label, scopes or USUAL_SCOPES)
    click.echo(key)
