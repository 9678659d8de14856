"""`annotator status`: who serves the site, and what waits."""

from __future__ import annotations

import click

from annotator.cli.context import Opening, counted, echo, echo_json, plain, with_site
from annotator.leases import TASKS
from annotator.services.operations import status as site_status


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@with_site
def status(opening: Opening, as_json: bool) -> None:
    """Show the hosts of the site, the leader of each task, and what waits.

    Exit status 1 if something does not work.
    """
    with opening.parts() as parts:
        found = site_status.read(parts.db, parts.engine, parts.leases)
    if as_json:
        echo_json(found.shape())
    else:
        _print(found)
    if found.problems:
        raise SystemExit(1)


def _print(found: site_status.SiteStatus) -> None:
    hosts = found.leadership.hosts
    for problem in found.problems:
        echo(plain(problem))
    if not found.problems:
        behind = found.outbox > site_status.FAR_BEHIND
        works = f"Everything works{'; search is behind' if behind else ''}"
        echo(f"{works}. {counted(len(hosts), 'host')} serve{'s' * (len(hosts) == 1)} this site.")
    for host in hosts:
        started = host.started.isoformat(timespec="seconds")
        echo(f"  {plain(host.name)}: version {plain(host.version)}, started {started}, "
             f"seen {host.silent:.0f} seconds ago")  # fmt: skip
    echo("Tasks:")
    for task in TASKS:
        echo(f"  {task}: {plain(found.leadership.leaders.get(task, 'nobody'))}")
    echo(f"Search: {found.records:,} of {counted(found.expected, 'record')} in the index, "
         f"{counted(found.outbox, 'change')} waiting.")  # fmt: skip
    echo(f"Waiting: {counted(found.emails, 'email')}, {counted(found.mentions, 'webmention')}.")
    if found.replica_lag is not None:
        echo(f"The replica is {found.replica_lag:.0f} seconds behind.")
