"""`annotator token`: keys for scripts."""

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
    help="What it may do; may be repeated. Read and write if left out.",
)
@click.option("--days", type=int, help="How long it lasts; for ever if left out.")
@with_site
def create(
    opening: Opening, name: str, label: str, scopes: tuple[str, ...], days: int | None
) -> None:
    """Make an API token for the account NAME; it is the last line, and is shown only now."""
    with opening.parts() as parts, parts.db.transaction() as session:
        viewer = accounts.viewer_named(session, name)
        key = tokens.create(session, viewer, label, scopes or USUAL_SCOPES, days)
    echo(key)


@token.command("list")
@click.argument("name")
@with_site
def list_(opening: Opening, name: str) -> None:
    """List an account's tokens in force: how to name it, scopes, made, ends, last used, label."""
    with opening.parts() as parts, parts.db.reading() as session:
        for it in tokens.of_account(session, accounts.named(session, name).id):
            ends, used = (f"{day:%Y-%m-%d}" if day else "never" for day in (it.expires, it.used))
            scopes = it.scopes.replace(" ", ",")
            echo(
                f"{it.digest[:SHOWN]}\t{scopes}\t{it.created:%Y-%m-%d}\t{ends}\t{used}\t{it.label}"
            )


@token.command()
@click.argument("name")
@click.argument("ident", metavar="TOKEN")
@with_site
def revoke(opening: Opening, name: str, ident: str) -> None:
    """Revoke one of an account's tokens, named as `token list` names it."""
    with opening.parts() as parts, parts.db.transaction() as session:
        tokens.revoke(session, accounts.named(session, name).id, ident)
    echo("The token was revoked.")
