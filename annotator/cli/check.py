"""`annotator check`: is everything consistent?"""

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
    """Check that everything stored is consistent. Each fault is a line; exit 1 if there is any.

    It works beside a running server, changes nothing but the index, and says in numbers what it has
    looked at.
    """
    look_at_everything(opening)


def look_at_everything(opening: Opening) -> None:
    """Print every fault and what was looked at. Raises ClickException if there is any fault."""
    number = 0
    with opening.parts() as parts, closing(Meter()) as meter:
        if os.access(parts.config.data, os.W_OK):  # else it is looked at as it is
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
