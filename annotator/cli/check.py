"""`annotator check`: is everything consistent?"""

from __future__ import annotations

import click

from annotator.cli.context import Opening, counted, with_site
from annotator.services import consistency


@click.command()
@with_site
def check(opening: Opening) -> None:
    """Look at everything; print every fault on a line, exit 1 if there is any."""
    with opening.parts() as parts, parts.db.reading() as session:
        number = 0
        for fault in consistency.faults(session, parts.engine):
            click.echo(fault)
            number += 1
    if number:
        raise click.ClickException(f"{counted(number, 'fault')} found.")
    click.echo("Everything is consistent.")
