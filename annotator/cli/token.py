"""`annotator token`: API tokens."""

from __future__ import annotations

import click

from annotator.auth.permissions import SCOPES, USUAL_SCOPES
from annotator.cli.context import Opening, result
from annotator.cli.output import Result, counted
from annotator.services.accounts import accounts, credentials

SHOWN = 12


@click.group()
def token() -> None:
    """Create, list and revoke API tokens."""


@token.command()
@click.argument("name")
@click.option("--label", default="", help="What the token is for.")
@click.option("--scope", "scopes", multiple=True, type=click.Choice(SCOPES),
              help="A permission; can be repeated. Default: read and write.")  # fmt: skip
@click.option("--days", type=int, help="Expires after this many days. Default: never.")
@result()
def create(
    opening: Opening, name: str, label: str, scopes: tuple[str, ...], days: int | None
) -> Result:
    """Create an API token for the account NAME. The token is the last line; it is shown once."""
    with opening.parts() as parts, parts.db.transaction() as session:
        viewer = accounts.viewer_named(session, name)
        key = credentials.create_token(session, viewer, label, scopes or USUAL_SCOPES, days)
    return Result(key, {"token": key})


@token.command("list")
@click.argument("name")
@result(listed=True)
def list_(opening: Opening, name: str) -> Result:
    """List an account's active tokens: id, permissions, created, expires, last used, label."""
    data, lines = [], []
    with opening.parts() as parts, parts.db.reading() as session:
        for row in credentials.tokens_of(session, accounts.named(session, name).id):
            ends, used = (f"{day:%Y-%m-%d}" if day else "never" for day in (row.expires, row.used))
            ident, created = row.digest[:SHOWN], f"{row.created:%Y-%m-%d}"
            scopes = row.scopes.replace(" ", ",")
            lines.append("\t".join((ident, scopes, created, ends, used, row.label)))
            data.append({"id": ident, "scopes": row.scopes.split(), "created": created,
                         "expires": ends, "used": used, "label": row.label})  # fmt: skip
    return Result(f"{counted(len(lines), 'token')}.", data, lines, records=True)


@token.command()
@click.argument("name")
@click.argument("ident", metavar="TOKEN")
@result()
def revoke(opening: Opening, name: str, ident: str) -> Result:
    """Revoke a token of an account, by its id in `token list`."""
    with opening.parts() as parts, parts.db.transaction() as session:
        credentials.revoke_token(session, accounts.named(session, name).id, ident)
    return Result("Token revoked.", {"revoked": ident})
