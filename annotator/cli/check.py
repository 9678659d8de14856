"""`annotator check`: the consistency of a site."""

from __future__ import annotations

import os

import click

from annotator.cli.context import Opening, index_now, result
from annotator.cli.output import Result, counted, plain, progress, styled
from annotator.services.operations import consistency
from annotator.services.operations.checks import Look


@click.command()
@result(listed=True)
def check(opening: Opening) -> Result:
    """Check that everything stored is consistent. Exit status 1 if there is a fault.

    A server can keep running. Only the index may change, by catching up. Prints the number of
    faults, then each on a line, or else what was checked.
    """
    return checked(opening)


def checked(opening: Opening) -> Result:
    """Check the site, and return the faults and the number of things checked."""
    with opening.parts() as parts, progress() as show:
        if os.access(parts.config.data, os.W_OK):
            index_now(parts)
        with parts.db.reading() as session:
            look = Look(session, parts.engine, show)
            faults = list(consistency.run(look))
    seen = [f"{number:>12,} {what}" for what, number in look.counted.items()]
    summary = (
        styled(f"{counted(len(faults), 'fault')}.", fg="red", bold=True)
        if faults
        else styled("No faults.", fg="green", bold=True)
    )
    return Result(
        summary,
        {"faults": faults, "checked": dict(look.counted)},
        [plain(fault) for fault in faults] or seen,
        failed=bool(faults),
    )
