"""`annotator cite`: resolving addresses, and finding the address of words."""

from __future__ import annotations

import click

from annotator.cli.context import Opening, echo, echo_json, with_site
from annotator.schemas.documents import Resolution
from annotator.services.addressing import resolver

UNRESOLVED = frozenset({"ambiguous", "not_found"})


@click.group()
def cite() -> None:
    """Resolve and find addresses of provisions and words."""


@cite.command()
@click.argument("address")
@click.option("--quote", help="Words quoted from it.")
@click.option("--edition", help="Follow it to this edition.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, as the API returns it.")
@with_site
def resolve(
    opening: Opening, address: str, quote: str | None, edition: str | None, as_json: bool
) -> None:
    """Show what ADDRESS points to; exit 1 if it is not found or ambiguous."""
    with opening.parts() as parts, parts.db.reading() as session:
        answer = resolver.resolve(session, address, quote=quote, edition=edition)
    if as_json:
        echo_json(answer.to_json())
    else:
        _show(answer)
    if answer.status in UNRESOLVED:
        raise SystemExit(1)


def _show(answer: Resolution) -> None:
    if answer.address is not None:
        echo(f"{answer.address}  ({answer.status}, {answer.start}–{answer.end})")
        echo(f"{answer.text}")
    else:
        echo(f"{answer.document}@{answer.edition}: {answer.status}")
    for name, items in (("candidate", answer.candidates), ("heir", answer.heirs)):
        for item in items:
            echo(f"{name}: {item.address}  {item.text[:80]}")
    for note in answer.notes:
        echo(f"note: {note}", err=True)


@cite.command()
@click.argument("slug")
@click.argument("words")
@click.option("--edition", help="The edition; otherwise the newest.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@with_site
def find(opening: Opening, slug: str, words: str, edition: str | None, as_json: bool) -> None:
    """Find the address of WORDS in the document SLUG, also if they are not exact."""
    with opening.parts() as parts, parts.db.reading() as session:
        matches = resolver.find(session, slug, words, edition)
    if as_json:
        echo_json({"total": len(matches), "items": [item.to_json() for item in matches]})
        return
    for item in matches:
        echo(f"{item.address}  {item.text[:100]}")
