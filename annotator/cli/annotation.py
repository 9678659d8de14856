"""`annotator annotation`: taking commentary out and in."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from annotator import formats
from annotator.cli.context import Opening, counted, index_now, with_site
from annotator.formats import native
from annotator.services import exporting, imports, searching
from annotator.services.citing import provision_of
from annotator.services.listing import Filter

PROGRESS_FROM = 2_000


@click.group()
def annotation() -> None:
    """Commentary, in files."""


@annotation.command("export")
@click.option(
    "--format",
    "name",
    default="native",
    show_default=True,
    help=f"One of {', '.join(formats.FORMATS)}.",
)
@click.option("--document", help="Only this document's.")
@click.option("--provision", metavar="ADDRESS", help="Only what is on this provision.")
@click.option("--author", help="Only this author's.")
@click.option("--thread", metavar="ID", help="Only the thread that this annotation began.")
@click.option("--query", help="Only what this search finds.")
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), help="A file.")
@with_site
def export(
    opening: Opening,
    name: str,
    document: str | None,
    provision: str | None,
    author: str | None,
    thread: str | None,
    query: str | None,
    output: Path | None,
) -> None:
    """Write annotations as a file, in a stable order."""
    chosen = formats.named(name)
    with opening.parts() as parts, parts.db.reading() as session:
        among = searching.among(session, parts.engine, query, document) if query else None
        narrow = Filter(document=document, author=author, thread=thread, among=among)
        if provision is not None:
            narrow = provision_of(session, provision, narrow)
        found = exporting.export(
            session, chosen, narrow, parts.config.site.licence, parts.config.address
        )
        if output is None:
            for piece in chosen.write(found.remarks, found.envelope):
                sys.stdout.write(piece)
            return
        total, draft = found.total, output.with_name(f".{output.name}.part")
        with draft.open("w", encoding="utf-8", newline="") as file:
            show = total >= PROGRESS_FROM and sys.stderr.isatty()
            with click.progressbar(
                found.remarks, length=total, file=sys.stderr, hidden=not show
            ) as bar:
                file.writelines(chosen.write(bar, found.envelope))
        draft.replace(output)
    click.echo(f"{counted(total, 'annotation')} written to {output}.")


@annotation.command("import")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option("--format", "name", default="native", show_default=True)
@click.option("--dry-run", is_flag=True, help="Say what would happen, and change nothing.")
@with_site
def import_(opening: Opening, file: Path, name: str, dry_run: bool) -> None:
    """Take in annotations from FILE; what is here already is left as it is."""
    formats.named(name)
    incoming = list(native.read(file.read_bytes()))
    with opening.parts() as parts:
        try:
            with parts.db.transaction() as session:
                report = imports.take_in(session, incoming, parts.config.limits)
                if dry_run:
                    raise _Undone
        except _Undone:
            click.echo("Nothing was changed; this is what would happen:")
        index_now(parts)
    for fault in report.faults:
        click.echo(f"refused: {fault}", err=True)
    counts = ", ".join(f"{number:,} {what}" for what, number in sorted(report.outcomes.items()))
    click.echo(f"{counted(len(incoming), 'annotation')} read: {counts or 'none'}.")
    if report.faults:
        raise SystemExit(1)


class _Undone(Exception):
    """Rolls a rehearsal back."""
