"""`annotator index`: the search index, which can always be made anew."""

from __future__ import annotations

import click

from annotator.cli.context import Opening, counted, echo, with_site


@click.group()
def index() -> None:
    """Rebuild the search index, or show its state."""


@index.command()
@with_site
def rebuild(opening: Opening) -> None:
    """Build a new index from the database and put it in place of the old."""
    with opening.parts() as parts:
        number = parts.indexer.rebuild()
    echo(f"The index was built anew: {counted(number, 'record')}.")


@index.command()
@with_site
def status(opening: Opening) -> None:
    """Compare the index with the database."""
    from annotator.services.operations.checks import derived

    with opening.parts() as parts, parts.db.reading() as session:
        state = derived.compare_index(session, parts.engine)
    echo(f"{counted(state.expected, 'record')} in the database, {state.held:,} in the index.")
    echo(
        f"{state.waiting:,} waiting, {len(state.missing):,} missing, "
        f"{len(state.stale):,} stale, {len(state.extra):,} extra."
    )
    if state.differs:
        raise click.ClickException(
            "The index differs from the database. While changes are waiting that is as it should "
            "be; otherwise run: annotator index rebuild"
        )
