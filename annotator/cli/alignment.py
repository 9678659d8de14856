"""`annotator document align`: showing and correcting an alignment."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, TypeVar

import click
from sqlalchemy.orm import Session

from annotator.cli.context import Opening, index_now, result
from annotator.cli.output import Result, counted, listed

if TYPE_CHECKING:
    from annotator.services.revisions.alignment_corrections import Act, Corrected
    from annotator.services.revisions.edition_pairs import ProvisionChange

F = TypeVar("F", bound=Callable[..., object])

BY = "command line"
ACTS = (
    ("--map", "maps", "ADDRESS=PID", "The provision ADDRESS continues the older one PID."),
    ("--join", "joins", "ADDRESS=PID,PID", "Several older provisions were merged into ADDRESS."),
    ("--split", "splits", "PID=ADDRESS,ADDRESS", "The older provision PID was split."),
    ("--part", "parts", "ADDRESS", "The provision ADDRESS is new: it continues no older one."),
)  # fmt: skip


def correcting(command: F) -> F:
    """Add the options that correct an alignment to a command; `corrected` applies them."""
    command = click.option(
        "--reason", default="", help="The reason; every correction is recorded."
    )(command)
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
@result(listed=True)
def align(
    opening: Opening, slug: str, edition: str | None, changed: bool, history: bool, reason: str,
    **options: tuple[str, ...],
) -> Result:  # fmt: skip
    """Show or correct how EDITION (default: the newest) is aligned with the one before it.

    Prints a line for each provision: verdict, score, old address, new address, old pid, new pid.
    """
    from annotator.services.revisions import edition_pairs

    with opening.parts() as parts:
        if any(options.values()):
            with parts.db.transaction() as session:
                label = edition_pairs.pair(session, slug, edition).new.label
                done = corrected(session, slug, label, options, reason)
            index_now(parts)
            return Result(
                f"{counted(len(done), 'correction')} made.",
                [_correction(slug, each) for each in done],
                corrected_lines(slug, done),
            )
        with parts.db.reading() as session:
            if history:
                return _history(session, slug, edition)
            both = edition_pairs.pair(session, slug, edition)
    pairs = both.rows if changed else tuple(map(both.line, both.relation))
    counts = Counter(pair.verdict for pair in pairs)
    items = [_pair(pair) for pair in pairs]
    return Result(
        f"{counted(len(pairs), 'provision')}: {listed(counts)}.",
        {"counts": counts, "items": items},
        lines_of(pairs),
    )


def _pair(pair: ProvisionChange) -> dict[str, object]:
    sides = [side and {"address": side.address, "pid": side.pid} for side in (pair.old, pair.new)]
    return {"verdict": pair.verdict, "score": pair.score, "old": sides[0], "new": sides[1]}


def lines_of(pairs: Iterable[ProvisionChange]) -> list[str]:
    """Return relations, one per line, separated by tabs; `-` for none."""
    lines = []
    for pair in pairs:
        sides = (pair.old, pair.new)
        addresses = [side.address if side else "-" for side in sides]
        pids = [side.pid if side else "-" for side in sides]
        lines.append("\t".join([pair.verdict, f"{pair.score:.2f}", *addresses, *pids]))
    return lines


def _correction(slug: str, done: Corrected) -> dict[str, object]:
    return {
        "act": done.act,
        "before": [_pair(pair) for pair in done.before],
        "after": [_pair(pair) for pair in done.after],
        "comments": {f"{slug}@{label}": counts for label, counts in done.placements.items()},
    }


def corrected_lines(slug: str, done: Iterable[Corrected]) -> list[str]:
    """Return the changes of corrections, and the counts of placements after the last."""
    placements: Mapping[str, Counter[str]] = {}
    lines = []
    for each in done:
        lines += [f"{each.act}, before:", *lines_of(each.before), "after:", *lines_of(each.after)]
        placements = each.placements
    return lines + [f"{slug}@{label}: {listed(counts)}" for label, counts in placements.items()]


def _history(session: Session, slug: str, edition: str | None) -> Result:
    from annotator.services.revisions import alignment_corrections

    lines, items = [], []
    for row in alignment_corrections.corrections(session, slug, edition):
        time = f"{row.created:%Y-%m-%dT%H:%M:%SZ}"
        lines.append(f"{time}\t{row.act}\t{row.by}\t{row.reason}")
        items.append({"created": time, "act": row.act, "by": row.by, "reason": row.reason,
                      "before": row.before, "after": row.after})  # fmt: skip
        for sign, rows in (("-", row.before), ("+", row.after)):
            lines += [f"  {sign} {pair['verdict']}\t{pair['old'] or '-'}\t{pair['new'] or '-'}"
                      for pair in rows]  # fmt: skip
    return Result(f"{counted(len(items), 'correction')}.", items, lines)
