"""`annotator search`: full text, from the command line."""

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
from annotator.services.reading import full_text


@click.command()
@click.argument("query")
@click.option("--document", help="Only in this document.")
@click.option("--sort", default="relevance", show_default=True, help="relevance, newest or place.")
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1, 200))
@click.option("--json", "as_json", is_flag=True, help="Answer as the API does.")
@with_site
def search(
    opening: Opening, query: str, document: str | None, sort: str, limit: int, as_json: bool
) -> None:
    """Find commentary and provisions."""
    with opening.parts() as parts, parts.db.reading() as session:
        if not full_text.index_ready(session, parts.engine):
            index_now(parts)
        found = full_text.search(
            session, parts.engine, query, document=document, sort=sort, limit=limit
        )
        licence = parts.config.site.licence
    if as_json:
        from annotator.formats import native
        from annotator.services.dialects import json_views

        answer = json_views.results(found, lambda annotation: native.serialize(annotation, licence))
        echo_json(answer)
        return
    for item in found.items:
        words = "".join(
            click.style(printable(piece.text), bold=piece.is_hit) for piece in item.snippet
        ).replace("\n", " ")
        click.echo(f"{plain(_head(item))}\n    {words}")
    echo(f"{counted(found.total, 'hit')}.")


def _head(item: full_text.SearchHit) -> str:
    if item.provision is not None:
        return item.provision.address
    assert item.annotation is not None  # noqa: S101  a hit is one or the other
    annotation = item.annotation
    place = annotation.targets[0].address if annotation.targets else annotation.document
    return f"{annotation.author} on {place}  /a/{annotation.id}"
