"""`annotator document`: adding, fetching and showing documents and editions."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from annotator.cli.alignment import align, corrected, correcting, show_corrected, show_lines
from annotator.cli.context import Opening, counted, echo, index_now, plain, with_errors, with_site
from annotator.cli.paths import NamedPath
from annotator.errors import Conflict, Unavailable
from annotator.services.editions import editions

# Adding texts takes half a second to import, and most commands only read.
if TYPE_CHECKING:
    from annotator.services.exchange.corpus import FetchedEdition
    from annotator.services.revisions.add_edition import Added

MARKS = {"same": "{}", "struck": "[-{}-]", "added": "{{+{}+}}"}


@click.group()
def document() -> None:
    """Add, list, compare and show documents and their editions."""


document.add_command(align)


@document.command()
@click.argument("source", type=NamedPath(dir_okay=False))
@click.option("--slug", required=True, help="The document's short name, such as constitution.")
@click.option("--edition", "label", required=True, help="The edition's label, such as 2026-01-20.")
@click.option("--title", default="", help="The document's title; otherwise the source's own.")
@click.option("--source-url", default="", help="Where the text comes from.")
@click.option("--captured", help="The day it was captured, such as 2026-01-20.")
@click.option("--after", help="The edition that this one follows, if not the newest.")
@click.option("--force", is_flag=True, help="Add it even if it looks like another document.")
@click.option("--dry-run", is_flag=True, help="Show what adding would do, without changes.")
@correcting
@with_site
def add(
    opening: Opening,
    source: Path,
    slug: str,
    label: str,
    title: str,
    source_url: str,
    captured: str | None,
    after: str | None,
    force: bool,
    dry_run: bool,
    reason: str,
    **options: tuple[str, ...],
) -> None:
    """Add an edition from SOURCE (Markdown, HTML or plain text).

    --dry-run shows how it is aligned with the edition before. Correct that with --map, --join,
    --split and --part, or later with `annotator document align`.
    """
    from annotator import documents
    from annotator.services.exchange import corpus
    from annotator.services.revisions import add_edition, edition_pairs

    with source.open("rb") as file:
        data = file.read(documents.LARGEST_SOURCE + 1)
    described = next((item for item in corpus.known_documents() if item.slug == slug), None)
    about = (
        described.about if described is not None and not title else add_edition.About(title=title)
    )
    with opening.parts(create=True) as parts:
        with parts.db.transaction() as session:
            added = add_edition.add(
                session, slug=slug, label=label, data=data, name=source.name, about=about,
                source_url=source_url, captured=captured, after=after, force=force,
                ledger=corpus.ledger(slug, documents.parse(data, name=source.name).sha256),
            )  # fmt: skip
            if added.status != "added" and any(options.values()):
                raise Conflict(f"{added_text(added)} Correct it with annotator document align.")
            done = corrected(session, slug, label, options, reason)
            lines = []
            if dry_run:
                if added.before is not None:
                    lines = edition_pairs.pair(session, added.slug, added.label).lines()
                session.rollback()
        show_lines(lines)
        for words in added.left_out if dry_run else ():
            echo(f"left out: {plain(words)}")
        echo(added_text(added))
        show_corrected(slug, done)
        if dry_run:
            echo("Nothing was changed: this was a dry run.")
        else:
            index_now(parts)


def added_text(added: Added) -> str:
    """Return the output lines for an added edition."""
    name = f"{added.slug}@{added.label}"
    if added.status == "unchanged":
        return f"{name} is already here with the same text; nothing was changed."
    if added.status == "recognised":
        return f"{name} has the same text as {added.slug}@{added.known_as}; nothing was added."
    lines = [
        f"{name} added: {counted(added.provisions, 'provision')}, "
        f"{counted(added.characters, 'character')}, sha256 {added.sha256}."
    ]
    if number := sum(len(words.split()) for words in added.left_out):
        lines.append(f"Left out of the source: {counted(number, 'word')} (--dry-run shows them).")
    if added.before is not None:
        lines.append(f"Provisions since {added.before}: {_counts(added.alignment)}.")
        lines.append(f"Comments carried over: {_counts(added.comments)}.")
    return "\n".join(lines)


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{number:,} {what}" for what, number in sorted(counts.items())) or "none"


@document.command()
@click.argument("slug")
@click.option("--accept", is_flag=True, help="Add a text that differs from the known one.")
@with_site
def fetch(opening: Opening, slug: str, accept: bool) -> None:
    """Fetch the editions of SLUG from its publisher, add them, and compare them."""
    from annotator.services.exchange import corpus
    from annotator.services.revisions import fetch_edition

    item = corpus.named(slug)
    with opening.parts(create=True) as parts:
        with parts.db.transaction() as session:
            results = list(corpus.fetch(session, item, fetch_edition.get, accept=accept))
        index_now(parts)
    for fetched in results:
        echo(fetched_text(slug, fetched))
        for line in fetched.diff:
            echo(line)
    if any(fetched.status == "differs" for fetched in results):
        raise click.ClickException("The text was not added. Use --accept to add it.")


def fetched_text(slug: str, fetched: FetchedEdition) -> str:
    """Return the output line for a fetched edition."""
    if fetched.added is not None:
        return added_text(fetched.added)
    return f"{slug}@{fetched.label}: the publisher's text differs from the known one."


@document.command("list")
@with_site
def list_(opening: Opening) -> None:
    """List the documents."""
    with opening.parts() as parts, parts.db.reading() as session:
        for item in editions.summaries(session):
            labels = ", ".join(item.editions)
            many = counted(item.annotations, "annotation")
            echo(f"{item.slug}\t{plain(item.title)}\t{labels}\t{many}")


def _edition(opening: Opening, name: str) -> editions.Loaded:
    slug, _, label = name.partition("@")
    with opening.parts() as parts, parts.db.reading() as session:
        return editions.labelled(session, slug, label or None)


@document.command()
@click.argument("name", metavar="SLUG[@EDITION]")
@with_site
def show(opening: Opening, name: str) -> None:
    """Show an edition: its capture date, digest, size and sections."""
    loaded = _edition(opening, name)
    echo(f"{plain(loaded.title)} ({loaded.slug}@{loaded.label})")
    echo(f"captured {loaded.captured}, sha256 {loaded.sha256}")
    echo(
        f"{counted(len(loaded.parsed.text), 'character')}, "
        f"{counted(len(loaded.pids), 'provision')}; editions: {', '.join(loaded.labels)}"
    )
    for pid, item in zip(loaded.pids, loaded.parsed.provisions, strict=True):
        if item.kind == "section":
            indent = "  " * max((item.level or 1) - 1, 0)
            heading = plain(str(item.attributes.get("title", "")))
            echo(f"{pid}  {indent}{heading}  ({item.slug})")


@document.command()
@click.argument("slug")
@click.argument("old")
@click.argument("new")
@with_site
def diff(opening: Opening, slug: str, old: str, new: str) -> None:
    """Show the changes from edition OLD to NEW by provision: [-struck-] and {+added+}."""
    from annotator.services.revisions import revision_report

    with opening.parts() as parts, parts.db.reading() as session:
        changes = revision_report.between(session, slug, old, new)
    for row in changes.rows:
        where = row.new or row.old
        echo(f"{row.verdict}\t{where.address if where else ''}")
        echo("    " + "".join(MARKS[piece.change].format(piece.text) for piece in row.pieces))
    echo(f"{slug} {old}..{new}: {_counts(changes.counts)}.")


@document.command()
@click.argument("name", metavar="SLUG@EDITION")
@with_site
def text(opening: Opening, name: str) -> None:
    """Print an edition's canonical text, followed by a line feed that is not part of it."""
    click.echo(_edition(opening, name).parsed.text)


class _SourceGroup(click.Group):
    """A group whose first command needs no name: `source SLUG@EDITION` is `source get …`."""

    def parse_args(self, context: click.Context, args: list[str]) -> list[str]:
        named = not args or args[0] in {*self.commands, "--help", "-h"}
        return super().parse_args(context, args if named else ["get", *args])


@document.group(cls=_SourceGroup)
def source() -> None:
    """Print the publisher's file of an edition (SLUG[@EDITION] [--output FILE]), or add it."""


@source.command("get")
@click.argument("name", metavar="SLUG[@EDITION]")
@click.option(
    "--output", type=NamedPath(dir_okay=False), help="The file to write; otherwise standard output."
)
@with_site
def get_source(opening: Opening, name: str, output: Path | None) -> None:
    """Print the publisher's file of an edition, byte for byte."""
    from annotator.services.editions import sources

    slug, _, label = name.partition("@")
    with opening.parts() as parts, parts.db.reading() as session:
        file = sources.get(session, editions.labelled(session, slug, label or None))
    if output is None:
        sys.stdout.buffer.write(file.data)
        return
    with opening.output(output) as draft:
        draft.write_bytes(file.data)
    echo(f"{file.name} ({file.media_type}, sha256 {file.sha256}) written to {output}.")


@source.command("add")
@click.argument("name", metavar="SLUG@EDITION")
@click.argument("file", type=NamedPath(dir_okay=False))
@with_site
def add_source(opening: Opening, name: str, file: Path) -> None:
    """Store FILE as the publisher's file of an edition without one; it must read as its text."""
    from annotator import documents
    from annotator.services.editions import sources

    slug, _, label = name.partition("@")
    with file.open("rb") as opened:
        data = opened.read(documents.LARGEST_SOURCE + 1)
    with opening.parts() as parts, parts.db.transaction() as session:
        added = sources.add(session, slug, label or None, data, file.name)
    echo(f"File of {name} stored." if added else f"File of {name} was stored already; no change.")


@document.command()
@click.argument("name", metavar="SLUG[@EDITION]")
@with_site
def ledger(opening: Opening, name: str) -> None:
    """Print the pid ledger of an edition, the format of corpus/SLUG/SHA256.pids."""
    from annotator import documents

    loaded = _edition(opening, name)
    click.echo(documents.write_ledger(loaded.parsed, loaded.pids), nl=False)


@document.command()
@click.argument("slug")
@with_site
def place(opening: Opening, slug: str) -> None:
    """Rebuild every placement of a document, and print the counts."""
    from annotator.services.placement import changes, placer

    with opening.parts() as parts:
        with parts.db.transaction() as session:
            newest = editions.newest(session, slug)
            every = editions.every(session, newest.document_id)
            for loaded in every:
                verdicts = placer.rebuild(session, newest.document_id, loaded)
                echo(f"{slug}@{loaded.label}: {_counts(verdicts)}")
            changes.note_all_of(session, document_id=newest.document_id)
        index_now(parts)


@document.command()
@click.option("--fetch/--no-fetch", default=True, help="Fetch from publishers too.")
@with_site
def ship(opening: Opening, fetch: bool) -> None:
    """Add the documents that come with the project, as `make run` does."""
    from annotator.services.exchange import corpus

    with opening.parts(create=True) as parts:
        for item in corpus.known_documents():
            with parts.db.transaction() as session:
                added, report = corpus.ship(session, item, parts.config.limits)
            for edition in added:
                echo(added_text(edition))
            if report.outcomes["added"]:
                echo(f"{item.slug}: {counted(report.outcomes['added'], 'annotation')} added.")
        index_now(parts)
    if fetch:
        _try_publishers(opening)


@with_errors
def _try_publishers(opening: Opening) -> None:
    """Fetch the constitution; skip it without a network."""
    from annotator.services.exchange import corpus
    from annotator.services.revisions import fetch_edition

    item = corpus.named("constitution")
    try:
        with opening.parts() as parts, parts.db.transaction() as session:
            for fetched in corpus.fetch(session, item, fetch_edition.get, again=False):
                echo(fetched_text(item.slug, fetched))
    except Unavailable as error:
        echo(f"Skipped {item.slug}: {error.message}")
