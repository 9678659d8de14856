"""`annotator index`: the search index, which can be rebuilt at any time."""

from __future__ import annotations

import click

from annotator.cli.context import Opening, counted, echo, plain, with_site


@click.group()
def index() -> None:
    """Rebuild the search index, or show its state."""


@index.command()
@with_site
def rebuild(opening: Opening) -> None:
    """Build a new index from the database and replace the old one."""
    with opening.parts() as parts:
        number = parts.indexer.rebuild()
    echo(f"Index rebuilt: {counted(number, 'record')}.")


@index.command()
@with_site
def status(opening: Opening) -> None:
    """Compare the index with the database."""
    from annotator.services.operations.checks import derived
    from annotator.services.reading import full_text

    with opening.parts() as parts, parts.db.reading() as session:
        state = derived.compare_index(session, parts.engine)
        problem = full_text.index_problem(session, parts.engine)
    echo(f"{counted(state.expected, 'record')} in the database, {state.held:,} in the index.")
    echo(
        f"{state.waiting:,} waiting, {len(state.missing):,} missing, "
        f"{len(state.stale):,} stale, {len(state.extra):,} extra."
    )
    if state.differs:
        raise click.ClickException(
            "The index differs from the database. That is normal while changes are waiting; "
            "otherwise run: annotator index rebuild"
        )
    if problem:
        raise click.ClickException(plain(problem))
