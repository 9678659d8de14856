"""`annotator status`: the hosts of the site, and what is waiting."""

from __future__ import annotations

import click

from annotator.cli.context import Opening, result
from annotator.cli.output import Result, counted, plain
from annotator.leases import TASKS
from annotator.services.operations import status as site_status


@click.command()
@result()
def status(opening: Opening) -> Result:
    """Show the hosts of the site, the leader of each task, and what is waiting.

    Exit status 1 if something does not work.
    """
    with opening.parts() as parts:
        found = site_status.read(parts.db, parts.engine, parts.leases)
    hosts = found.leadership.hosts
    lines = [plain(problem) for problem in found.problems]
    if not found.problems:
        behind = found.outbox > site_status.FAR_BEHIND
        works = f"Everything works{'; search is behind' if behind else ''}"
        lines.append(
            f"{works}. {counted(len(hosts), 'host')} serve{'s' * (len(hosts) == 1)} this site."
        )
    for host in hosts:
        started = host.started.isoformat(timespec="seconds")
        lines.append(f"  {plain(host.name)}: version {plain(host.version)}, started {started}, "
             f"seen {host.silent:.0f} seconds ago")  # fmt: skip
    lines.append("Tasks:")
    leaders = found.leadership.leaders
    lines += [f"  {task}: {plain(leaders.get(task, 'nobody'))}" for task in TASKS]
    lines.append(f"Search: {found.records:,} of {counted(found.expected, 'record')} in the index, "
         f"{counted(found.outbox, 'change')} waiting.")  # fmt: skip
    lines.append(
        f"Waiting: {counted(found.emails, 'email')}, {counted(found.mentions, 'webmention')}."
    )
    if found.replica_lag is not None:
        lines.append(f"The replica is {found.replica_lag:.0f} seconds behind.")
    summary, *lines = lines
    return Result(summary, found.shape(), lines, failed=bool(found.problems))
