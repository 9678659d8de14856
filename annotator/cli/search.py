"""`annotator search`: full-text search."""

from __future__ import annotations

import click

from annotator.cli.context import (
    Opening,
    counted,
    echo,
    echo_json,
    index_now,
    plain,
    printable,
    with_site,
)
from annotator.schemas.search import FoundAnnotation
from annotator.services.reading import full_text


@click.command()
@click.argument("query")
@click.option("--document", help="Search only this document.")
@click.option("--sort", default="relevance", show_default=True, help="relevance, newest or place.")
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1, 200))
@click.option("--json", "as_json", is_flag=True, help="Print JSON, as the API returns it.")
@with_site
def search(
    opening: Opening, query: str, document: str | None, sort: str, limit: int, as_json: bool
) -> None:
    """Find commentary and provisions."""
    with opening.parts() as parts, parts.db.reading() as session:
        if not full_text.index_ready(session, parts.engine):
            index_now(parts)
        results = full_text.search(
            session, parts.engine, query, document=document, sort=sort, limit=limit
        )
        licence = parts.config.site.licence
    if as_json:
        echo_json(results.to_json(licence))
        return
    for item in results.items:
        words = "".join(
            click.style(printable(piece.text), bold=piece.hit) for piece in item.fragments
        ).replace("\n", " ")
        head = (
            f"{item.author} on {item.address or item.document}  /a/{item.id}"
            if isinstance(item, FoundAnnotation)
            else item.address
        )
        click.echo(f"{plain(head)}\n    {words}")
    echo(f"{counted(results.total, 'hit')}.")
