"""`annotator check`: the consistency of a site."""

from __future__ import annotations

import os
from contextlib import closing

import click

from annotator.cli.context import Meter, Opening, counted, echo, index_now, plain, with_site
from annotator.services.operations import consistency
from annotator.services.operations.checks import Look


@click.command()
@with_site
def check(opening: Opening) -> None:
    """Check that everything stored is consistent. Prints a line for each fault; exit 1 if any.

    A server can keep running. Only the index may change, by catching up. Prints the number of
    things checked.
    """
    run_checks(opening)


def run_checks(opening: Opening) -> None:
    """Print every fault and the number of things checked. Raises ClickException for faults."""
    number = 0
    with opening.parts() as parts, closing(Meter()) as meter:
        if os.access(parts.config.data, os.W_OK):
            index_now(parts)
        with parts.db.reading() as session:
            look = Look(session, parts.engine, meter.show)
            for fault in consistency.run(look):
                meter.clear()
                echo(plain(fault))
                number += 1
    for what, seen in look.counted.items():
        echo(f"{seen:>12,} {what}")
    if number:
        raise click.ClickException(f"{counted(number, 'fault')} found.")
    echo("Everything is consistent.")
