"""`annotator search` and `annotator index`: full-text search, and its index."""

from __future__ import annotations

from typing import get_args

import click

from annotator.cli.context import Opening, index_now, result
from annotator.cli.output import Result, cited, counted, joined, plain, styled
from annotator.schemas.queries import FoundAnnotation
from annotator.search.engine import Sort
from annotator.services.reading import full_text


@click.command()
@click.argument("query")
@click.option("--document", help="Search only this document.")
@click.option(
    "--sort", type=click.Choice(get_args(Sort)), default="relevance", show_default=True,
    help="The order of the results; place: the order of the text.",
)  # fmt: skip
@click.option(
    "--limit", default=20, show_default=True, type=click.IntRange(1, 200),
    help="The number of results.",
)  # fmt: skip
@result(listed=True)
def search(opening: Opening, query: str, document: str | None, sort: Sort, limit: int) -> Result:
    """Find commentary and provisions."""
    with opening.parts() as parts, parts.db.reading() as session:
        if not full_text.index_ready(session, parts.engine):
            index_now(parts)
        results = full_text.search(
            session, parts.engine, query, document=document, sort=sort, limit=limit
        )
        licence = parts.config.site.licence
    lines: list[str] = []
    for item in results.items:
        if isinstance(item, FoundAnnotation):
            place = item.placements[0].place if item.placements else ""
            named = cited(place, item.address) if item.address else item.title
            head = f"{item.author} on {named}  /a/{item.id}"
        else:
            head = cited(item.place, item.address)
        words = (
            styled(piece.text.replace("\n", " "), bold=piece.hit or None)
            for piece in item.fragments
        )
        lines += [plain(head), joined("    ", *words)]
    return Result(
        f"{counted(results.total, 'result')}.", results.to_json(licence), lines, records=True
    )


@click.group()
def index() -> None:
    """Rebuild the search index, or show its state."""


@index.command()
@result()
def rebuild(opening: Opening) -> Result:
    """Build a new index from the database and replace the old one."""
    with opening.parts() as parts:
        number = parts.indexer.rebuild()
    return Result(f"Index rebuilt: {counted(number, 'record')}.", {"records": number})


@index.command()
@result()
def status(opening: Opening) -> Result:
    """Compare the index with the database."""
    from annotator.services.operations.checks import derived
    from annotator.services.reading import full_text

    with opening.parts() as parts, parts.db.reading() as session:
        state = derived.compare_index(session, parts.engine)
        problem = full_text.index_problem(session, parts.engine)
    numbers = {"waiting": state.waiting, "missing": len(state.missing),
               "stale": len(state.stale), "extra": len(state.extra)}  # fmt: skip
    if state.differs and not problem:
        problem = (
            "The index differs from the database. That is normal while changes are waiting; "
            "otherwise run: annotator index rebuild"
        )
    return Result(
        f"{counted(state.expected, 'record')} in the database, {state.held:,} in the index: "
        f"{', '.join(f'{number:,} {name}' for name, number in numbers.items())}.",
        {"expected": state.expected, "held": state.held, **numbers, "problem": problem},
        [plain(problem)] if problem else [],
        failed=bool(problem),
    )
