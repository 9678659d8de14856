"""`annotator document align`: showing and correcting an alignment."""

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
    """Add the options that correct an alignment to a command; `corrected` applies them."""
    command = click.option("--reason", default="", help="Why; every correction is recorded.")(
        command
    )
    for option, name, form, text in reversed(ACTS):
        command = click.option(option, name, metavar=form, multiple=True, help=text)(command)
    return command


def corrected(
    session: Session, slug: str, label: str, options: Mapping[str, tuple[str, ...]], reason: str
) -> list[Corrected]:
    """Apply the corrections of the options of `correcting`, in the order of `ACTS`.

    Raises what `alignment_corrections.correct` does, UsageError for a malformed option.
    """
    from annotator.services.revisions import alignment_corrections

    if any(options.values()) and not reason.strip():
        raise click.UsageError("A correction needs --reason TEXT.")
    corrections: list[tuple[Act, list[str], list[str]]] = [
        ("map", [pid], [address]) for address, pid in map(_sides, options["maps"])
    ]
    corrections += [
        ("join", _listed(pids), [address]) for address, pids in map(_sides, options["joins"])
    ]
    corrections += [
        ("split", [pid], _listed(places)) for pid, places in map(_sides, options["splits"])
    ]
    corrections += [("part", [], [address]) for address in options["parts"]]
    return [
        alignment_corrections.correct(session, slug, label, *each, reason=reason, by=BY)
        for each in corrections
    ]


def _sides(text: str) -> tuple[str, str]:
    left, sign, right = (side.strip() for side in text.rpartition("="))
    if not (left and sign and right):
        raise click.UsageError(f"{text!r} needs two sides with = between them; see --help.")
    return left, right


def _listed(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


@click.command()
@click.argument("slug")
@click.argument("edition", required=False)
@click.option("--changed", is_flag=True, help="Show only provisions that changed.")
@click.option("--history", is_flag=True, help="List the corrections instead.")
@correcting
@with_site
def align(
    opening: Opening,
    slug: str,
    edition: str | None,
    changed: bool,
    history: bool,
    reason: str,
    **options: tuple[str, ...],
) -> None:
    """Show or correct how EDITION (default: the newest) is aligned with the one before it.

    Prints a line for each provision: verdict, score, old address, new address, old pid, new pid.
    """
    from annotator.services.revisions import edition_pairs

    with opening.parts() as parts:
        if any(options.values()):
            with parts.db.transaction() as session:
                label = edition_pairs.pair(session, slug, edition).after.label
                done = corrected(session, slug, label, options, reason)
            show_corrected(slug, done)
            index_now(parts)
            return
        with parts.db.reading() as session:
            if history:
                _show_history(session, slug, edition)
            else:
                show_lines(edition_pairs.pair(session, slug, edition).lines(changed=changed))


def show_lines(lines: Iterable[PairedProvision]) -> None:
    """Print relations, one a line, separated by tabs; `-` for none."""
    for line in lines:
        sides = (line.old, line.new)
        addresses = [side.address if side else "-" for side in sides]
        pids = [side.pid if side else "-" for side in sides]
        echo("\t".join([line.verdict, f"{line.score:.2f}", *addresses, *pids]))


def show_corrected(slug: str, done: Iterable[Corrected]) -> None:
    """Print the changes of corrections, and the counts of placements after the last."""
    placements: Mapping[str, Counter[str]] = {}
    for correction in done:
        echo(f"{correction.act}, before:")
        show_lines(correction.before)
        echo("after:")
        show_lines(correction.after)
        placements = correction.placements
    for label, counts in placements.items():
        text = ", ".join(f"{number:,} {what}" for what, number in sorted(counts.items()))
        echo(f"{slug}@{label}: {text or 'none'}")


def _show_history(session: Session, slug: str, edition: str | None) -> None:
    from annotator.services.revisions import alignment_corrections

    for row in alignment_corrections.corrections(session, slug, edition):
        echo(f"{row.created:%Y-%m-%dT%H:%M:%SZ}\t{row.act}\t{row.by}\t{row.reason}")
        for sign, rows in (("-", row.before), ("+", row.after)):
            for pair in rows:
                echo(f"  {sign} {pair['verdict']}\t{pair['old'] or '-'}\t{pair['new'] or '-'}")
