"""`annotator cite`: resolving addresses, and finding the address of words."""

from __future__ import annotations

import click

from annotator.cli.context import Opening, result
from annotator.cli.output import Result, counted, echo
from annotator.services.addressing import resolver

UNRESOLVED = frozenset({"ambiguous", "not_found"})


@click.group()
def cite() -> None:
    """Resolve and find addresses of provisions and words."""


@cite.command()
@click.argument("address")
@click.option("--quote", help="Words quoted from it.")
@click.option("--edition", help="Follow it to this edition.")
@result()
def resolve(opening: Opening, address: str, quote: str | None, edition: str | None) -> Result:
    """Show what ADDRESS points to; exit 1 if it is not found or ambiguous."""
    with opening.parts() as parts, parts.db.reading() as session:
        answer = resolver.resolve(session, address, quote=quote, edition=edition)
    for note in answer.notes:
        echo(f"note: {note}", err=True)
    summary, lines = f"{answer.document}@{answer.edition}: {answer.status}", []
    if answer.address is not None:
        summary = f"{answer.address}  ({answer.status}, {answer.start}–{answer.end})"
        lines = [f"{answer.text}"]
    for name, items in (("candidate", answer.candidates), ("heir", answer.heirs)):
        lines += [f"{name}: {item.address}  {item.text[:80]}" for item in items]
    return Result(summary, answer.to_json(), lines, failed=answer.status in UNRESOLVED)


@cite.command()
@click.argument("slug")
@click.argument("words")
@click.option("--edition", help="The edition; otherwise the newest.")
@result(listed=True)
def find(opening: Opening, slug: str, words: str, edition: str | None) -> Result:
    """Find the address of WORDS in the document SLUG, even if they are not exact."""
    with opening.parts() as parts, parts.db.reading() as session:
        matches = resolver.find(session, slug, words, edition)
    return Result(
        f"{counted(len(matches), 'place')}.",
        {"total": len(matches), "items": [item.to_json() for item in matches]},
        [f"{item.address}  {item.text[:100]}" for item in matches],
        records=True,
    )
