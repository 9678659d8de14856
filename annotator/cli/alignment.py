"""`annotator document align`: looking at an alignment and correcting it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, TypeVar

import click
from sqlalchemy.orm import Session

from annotator.cli.context import Opening, echo, index_now, with_site

if TYPE_CHECKING:
    from annotator.services.revisions.alignment_corrections import Act, Corrected
    from annotator.services.revisions.edition_pairs import PairedProvision

F = TypeVar("F", bound=Callable[..., object])

BY = "command line"
ACTS = (
    ("--map", "maps", "ADDRESS=PID", "The provision ADDRESS is the older one PID."),
    ("--join", "joins", "ADDRESS=PID,PID", "Several older provisions were merged into ADDRESS."),
    ("--split", "splits", "PID=ADDRESS,ADDRESS", "The older provision PID was split."),
    ("--part", "parts", "ADDRESS", "The provision ADDRESS continues no older one."),
)  # fmt: skip


def correcting(command: F) -> F:
    """Return a command the options that correct an alignment; `corrected` does what they say."""
    command = click.option("--reason", default="", help="Why; every correction is recorded.")(
        command
    )
    for option, name, form, told in reversed(ACTS):
        command = click.option(option, name, metavar=form, multiple=True, help=told)(command)
    return command


def corrected(
    session: Session, slug: str, label: str, given: Mapping[str, tuple[str, ...]], reason: str
) -> list[Corrected]:
    """Make the corrections that the options of `correcting` ask for, in the order of `ACTS`.

    `given` has them by name. Raises what `correct` of the service raises, UsageError for a wrong
    form.
    """
    from annotator.services.revisions import alignment_corrections

    if any(given.values()) and not reason.strip():
        raise click.UsageError("A correction needs --reason TEXT.")
    asked: list[tuple[Act, list[str], list[str]]] = [
        ("map", [pid], [address]) for address, pid in map(_sides, given["maps"])
    ]
    asked += [("join", _listed(pids), [address]) for address, pids in map(_sides, given["joins"])]
    asked += [("split", [pid], _listed(places)) for pid, places in map(_sides, given["splits"])]
    asked += [("part", [], [address]) for address in given["parts"]]
    return [
        alignment_corrections.correct(session, slug, label, *each, reason=reason, by=BY)
        for each in asked
    ]


def _sides(text: str) -> tuple[str, str]:
    one, sign, other = (side.strip() for side in text.rpartition("="))
    if not (one and sign and other):
        raise click.UsageError(f"{text!r} has not two sides; see --help for its form.")
    return one, other


def _listed(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


@click.command()
@click.argument("slug")
@click.argument("edition", required=False)
@click.option("--changed", is_flag=True, help="Leave out what is the same.")
@click.option("--history", is_flag=True, help="List the corrections made until now instead.")
@correcting
@with_site
def align(
    opening: Opening,
    slug: str,
    edition: str | None,
    changed: bool,
    history: bool,
    reason: str,
    **given: tuple[str, ...],
) -> None:
    """Show how EDITION (the newest) was lined up with the one before it, or correct that.

    A line for each provision: verdict, score, old address, new address, old pid, new pid.
    """
    from annotator.services.revisions import edition_pairs

    with opening.parts() as parts:
        if any(given.values()):
            with parts.db.transaction() as session:
                label = edition_pairs.pair(session, slug, edition).after.label
                done = corrected(session, slug, label, given, reason)
            show_corrected(slug, done)
            index_now(parts)
            return
        with parts.db.reading() as session:
            if history:
                _show_history(session, slug, edition)
            else:
                show_lines(edition_pairs.pair(session, slug, edition).lines(changed=changed))


def show_lines(lines: Iterable[PairedProvision]) -> None:
    """Print relations, one a line, fields parted by tabs; `-` where there is none."""
    for line in lines:
        sides = (line.old, line.new)
        addresses = [side.address if side else "-" for side in sides]
        pids = [side.pid if side else "-" for side in sides]
        echo("\t".join([line.verdict, f"{line.score:.2f}", *addresses, *pids]))


def show_corrected(slug: str, done: Iterable[Corrected]) -> None:
    """Print what corrections changed, and the counts of placements after the last."""
    placements: Mapping[str, Counter[str]] = {}
    for one in done:
        echo(f"{one.act}, until now:")
        show_lines(one.before)
        echo("and now:")
        show_lines(one.after)
        placements = one.placements
    for label, counts in placements.items():
        told = ", ".join(f"{number:,} {what}" for what, number in sorted(counts.items()))
        echo(f"{slug}@{label}: {told or 'none'}")


def _show_history(session: Session, slug: str, edition: str | None) -> None:
    from annotator.services.revisions import alignment_corrections

    for row in alignment_corrections.corrections(session, slug, edition):
        echo(f"{row.created:%Y-%m-%dT%H:%M:%SZ}\t{row.act}\t{row.by}\t{row.reason}")
        for sign, rows in (("-", row.before), ("+", row.after)):
            for it in rows:
                echo(f"  {sign} {it['verdict']}\t{it['old'] or '-'}\t{it['new'] or '-'}")
