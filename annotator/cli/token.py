"""`annotator token`: API tokens."""

from __future__ import annotations

import click

from annotator.auth.viewer import SCOPES, USUAL_SCOPES
from annotator.cli.context import Opening, echo, with_site
from annotator.services.accounts import accounts, tokens

SHOWN = 12


@click.group()
def token() -> None:
    """Create, list and revoke API tokens."""


@token.command()
@click.argument("name")
@click.option("--label", default="", help="What the token is for.")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=click.Choice(SCOPES),
    help="A permission; can be repeated. Default: read and write.",
)
@click.option("--days", type=int, help="Expires after this many days. Default: never.")
@with_site
def create(
    opening: Opening, name: str, label: str, scopes: tuple[str, ...], days: int | None
) -> None:
    """Create an API token for the account NAME. The token is the last line; it is shown once."""
    with opening.parts() as parts, parts.db.transaction() as session:
        viewer = accounts.viewer_named(session, name)
        key = tokens.create(session, viewer, label, scopes or USUAL_SCOPES, days)
    echo(key)


@token.command("list")
@click.argument("name")
@with_site
def list_(opening: Opening, name: str) -> None:
    """List an account's active tokens: id, permissions, created, expires, last used, label."""
    with opening.parts() as parts, parts.db.reading() as session:
        for row in tokens.of_account(session, accounts.named(session, name).id):
            ends, used = (f"{day:%Y-%m-%d}" if day else "never" for day in (row.expires, row.used))
            scopes = row.scopes.replace(" ", ",")
            echo(
                f"{row.digest[:SHOWN]}\t{scopes}\t{row.created:%Y-%m-%d}\t{ends}\t{used}\t{row.label}"
            )


@token.command()
@click.argument("name")
@click.argument("ident", metavar="TOKEN")
@with_site
def revoke(opening: Opening, name: str, ident: str) -> None:
    """Revoke a token of an account, by its id in `token list`."""
    with opening.parts() as parts, parts.db.transaction() as session:
        tokens.revoke(session, accounts.named(session, name).id, ident)
    echo("Token revoked.")
