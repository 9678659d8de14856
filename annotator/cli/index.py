"""`annotator index`: the search index, which can be rebuilt at any time."""

from __future__ import annotations

import click

from annotator.cli.context import Opening, with_site
from annotator.cli.output import Result, counted, plain, result


@click.group()
def index() -> None:
    """Rebuild the search index, or show its state."""


@index.command()
@with_site
@result()
def rebuild(opening: Opening) -> Result:
    """Build a new index from the database and replace the old one."""
    with opening.parts() as parts:
        number = parts.indexer.rebuild()
    return Result(f"Index rebuilt: {counted(number, 'record')}.", {"records": number})


@index.command()
@with_site
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
