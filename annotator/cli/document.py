"""`annotator document`: adding, fetching and showing documents and editions."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from annotator.cli import NamedPath
from annotator.cli import output as out
from annotator.cli.alignment import align, corrected, corrected_lines, correcting, lines_of
from annotator.cli.answer import drafter
from annotator.cli.context import Opening, index_now, output_file, result, with_site
from annotator.cli.output import Result, counted, listed, plain
from annotator.errors import Conflict, Unavailable
from annotator.services.editions import editions

# Adding texts takes half a second to import, and most commands only read.
if TYPE_CHECKING:
    from annotator.services.exchange.corpus import FetchedEdition
    from annotator.services.revisions.add_edition import Added

FETCHED = "constitution"  # the document that does not come with the program
BY_HAND = (
    "Download the text yourself and add it: annotator document add FILE --slug {} "
    "--edition 2026-01-20"
)


@click.group()
def document() -> None:
    """Add, list, compare and show documents and their editions."""


document.add_command(align)
document.add_command(drafter)


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
@result(listed=True)
def add(
    opening: Opening, source: Path, slug: str, label: str, title: str, source_url: str,
    captured: str | None, after: str | None, force: bool, dry_run: bool, reason: str,
    **options: tuple[str, ...],
) -> Result:  # fmt: skip
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
        parsed = documents.parse(data, name=source.name)
        with parts.db.transaction() as session:
            added = add_edition.add(
                session, slug=slug, label=label, data=data, name=source.name, about=about,
                source_url=source_url, captured=captured, after=after, force=force,
                ledger=corpus.ledger(slug, parsed.sha256), parsed=parsed,
            )  # fmt: skip
            if added.status != "added" and any(options.values()):
                raise Conflict(f"{added_lines(added)[0]} Correct it with annotator document align.")
            done = corrected(session, slug, label, options, reason)
            lines = []
            if dry_run:
                lines.append("Nothing was changed: this was a dry run.")
                if added.before is not None:
                    both = edition_pairs.pair(session, added.slug, added.label)
                    lines += lines_of(map(both.line, both.relation))
                lines += [f"left out: {plain(words)}" for words in added.left_out]
                session.rollback()
        if not dry_run:
            index_now(parts)
    summary, *more = added_lines(added)
    return Result(
        summary,
        {**added_json(added), "dry_run": dry_run},
        [*more, *corrected_lines(slug, done), *lines],
    )


def added_json(added: Added) -> dict[str, object]:
    """Return what `document add` prints as JSON."""
    return {
        "document": added.slug, "edition": added.label, "status": added.status,
        "same_as": added.known_as, "sha256": added.sha256, "provisions": added.provisions,
        "characters": added.characters, "before": added.before, "changes": added.alignment,
        "comments": added.comments, "left_out": added.left_out,
    }  # fmt: skip


def added_lines(added: Added) -> list[str]:
    """Return the output lines for an added edition, the result first."""
    name = f"{added.slug}@{added.label}"
    if added.status == "unchanged":
        return [f"{name} is already here with the same text; nothing was changed."]
    if added.status == "recognised":
        return [f"{name} has the same text as {added.slug}@{added.known_as}; nothing was added."]
    lines = [
        f"{name} added: {counted(added.provisions, 'provision')}, "
        f"{counted(added.characters, 'character')}, sha256 {added.sha256}."
    ]
    if added.before is not None:
        lines.append(f"Provisions since {added.before}: {listed(added.alignment)}.")
        lines.append(f"Comments carried over: {listed(added.comments)}.")
    if added.suggestions:
        lines.append(f"Suggestions, by what the edition has: {listed(added.suggestions)}.")
    if number := sum(len(words.split()) for words in added.left_out):
        lines.append(f"Left out of the source: {counted(number, 'word')} (--dry-run shows them).")
    return lines


@document.command()
@click.argument("slug")
@click.option("--accept", is_flag=True, help="Add a text that differs from the known one.")
@result(listed=True)
def fetch(opening: Opening, slug: str, accept: bool) -> Result:
    """Fetch the editions of SLUG from its publisher, add them, and compare them."""
    from annotator.services.exchange import corpus
    from annotator.services.revisions import add_edition

    item = corpus.named(slug)
    with opening.parts(create=True) as parts:
        try:
            with parts.db.transaction() as session:
                fetched = list(corpus.fetch(session, item, add_edition.fetch, accept=accept))
        except Unavailable as error:
            raise Unavailable(f"{error.message} {BY_HAND.format(slug)}") from error
        index_now(parts)
    differs = any(each.status == "differs" for each in fetched)
    lines = [line for each in fetched for line in fetched_lines(slug, each)]
    if differs:
        lines.insert(1, "The text was not added. Use --accept to add it.")
    summary, *more = lines or [f"There is nothing to fetch for {slug}."]
    data = [
        {"edition": each.label, "status": each.status, "diff": each.diff,
         "added": each.added and added_json(each.added)}
        for each in fetched
    ]  # fmt: skip
    return Result(summary, data, more, failed=differs)


def fetched_lines(slug: str, fetched: FetchedEdition) -> list[str]:
    """Return the output lines for a fetched edition, the result first."""
    if fetched.added is not None:
        return added_lines(fetched.added)
    differs = f"{slug}@{fetched.label}: the publisher's text differs from the known one."
    return [differs, *fetched.diff]


@document.command("list")
@result(listed=True)
def list_(opening: Opening) -> Result:
    """List the documents: slug, title, editions, comments."""
    with opening.parts() as parts, parts.db.reading() as session:
        items = editions.summaries(session)
    data, lines = [], []
    for item in items:
        data.append({"document": item.slug, "title": item.title, "editions": list(item.editions),
                     "annotations": item.annotations})  # fmt: skip
        many = counted(item.annotations, "comment")
        lines.append(f"{item.slug}\t{plain(item.title)}\t{', '.join(item.editions)}\t{many}")
    return Result(f"{counted(len(items), 'document')}.", data, lines, records=True)


def _edition(opening: Opening, name: str) -> editions.Loaded:
    with opening.parts() as parts, parts.db.reading() as session:
        return editions.named(session, name)


@document.command()
@click.argument("name", metavar="SLUG[@EDITION]")
@result(listed=True)
def show(opening: Opening, name: str) -> Result:
    """Show an edition: its capture date, digest, size and sections."""
    loaded = _edition(opening, name)
    characters, sections, lines = len(loaded.parsed.text), [], []
    for pid, item in zip(loaded.pids, loaded.parsed.provisions, strict=True):
        if item.kind == "section":
            heading, level = str(item.attributes.get("title", "")), item.level or 1
            sections.append({"pid": pid, "slug": item.slug, "level": level, "title": heading})
            lines.append(f"{pid}  {'  ' * (level - 1)}{plain(heading)}  ({item.slug})")
    data = {
        "document": loaded.slug, "edition": loaded.label, "title": loaded.title,
        "captured": str(loaded.captured), "sha256": loaded.sha256, "characters": characters,
        "provisions": len(loaded.pids), "editions": list(loaded.labels), "sections": sections,
    }  # fmt: skip
    about = [
        f"captured {loaded.captured}, sha256 {loaded.sha256}",
        f"{counted(characters, 'character')}, {counted(len(loaded.pids), 'provision')}; "
        f"editions: {', '.join(loaded.labels)}",
    ]
    return Result(f"{plain(loaded.title)} ({loaded.slug}@{loaded.label})", data, about + lines)


@document.command()
@click.argument("slug")
@click.argument("old")
@click.argument("new")
@result(listed=True)
def diff(opening: Opening, slug: str, old: str, new: str) -> Result:
    """Show the changes from edition OLD to NEW by provision: [-removed-] and {+added+}."""
    from annotator.services.revisions import edition_pairs

    with opening.parts() as parts, parts.db.reading() as session:
        compared = edition_pairs.between(session, slug, old, new)
    items, lines = [], []
    for row in compared.rows:
        where = row.new or row.old
        address, place = (where.address, where.place) if where else ("", "")
        pieces = [(piece.change, piece.text) for piece in row.pieces]
        items.append({"verdict": row.verdict, "address": address, "words": pieces})
        lines.append(out.joined(out.styled(row.verdict, bold=True), f"\t{address}\t{place}"))
        lines.append(out.joined("    ", *(out.marked(text, change) for change, text in pieces)))
    total = counted(sum(compared.counts.values()), "provision")
    summary = f"{slug} {old}..{new}: {listed(compared.counts)} of {total}."
    return Result(summary, {"counts": compared.counts, "items": items}, lines)


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
@output_file
@with_site
def get_source(opening: Opening, name: str, output: Path | None) -> None:
    """Print the publisher's file of an edition, byte for byte."""
    from annotator.services.editions import sources

    with opening.parts() as parts, parts.db.reading() as session:
        file = sources.get(session, editions.named(session, name))
    if output is None:
        sys.stdout.buffer.write(file.data)
        return
    with opening.output(output) as draft:
        draft.write_bytes(file.data)
    out.echo(f"{file.name} ({file.media_type}, sha256 {file.sha256}) written to {output}.")


@source.command("add")
@click.argument("name", metavar="SLUG@EDITION")
@click.argument("file", type=NamedPath(dir_okay=False))
@result()
def add_source(opening: Opening, name: str, file: Path) -> Result:
    """Store FILE as the publisher's file of an edition without one; it must read as its text."""
    from annotator import documents
    from annotator.services.editions import sources

    slug, _, label = name.partition("@")
    with file.open("rb") as opened:
        data = opened.read(documents.LARGEST_SOURCE + 1)
    with opening.parts() as parts, parts.db.transaction() as session:
        added = sources.add(session, slug, label or None, data, file.name)
    stored = "stored" if added else "was stored already; no change"
    return Result(f"File of {name} {stored}.", {"edition": name, "stored": added})


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
@result()
def place(opening: Opening, slug: str) -> Result:
    """Rebuild every placement of a document, and print the counts by edition."""
    from annotator.services.placement import placer

    with opening.parts() as parts:
        with parts.db.transaction() as session:
            newest = editions.newest(session, slug)
            placed = {
                f"{slug}@{loaded.label}": placer.rebuild(session, newest.document_id, loaded)
                for loaded in editions.every(session, newest.document_id)
            }
            placer.note_all_of(session, document_id=newest.document_id)
        index_now(parts)
    lines = [f"{name}: {listed(counts)}" for name, counts in placed.items()]
    return Result(f"Passages placed in {counted(len(placed), 'edition')}.", placed, lines)


@document.command()
@click.option("--fetch/--no-fetch", default=True, help="Fetch from publishers too.")
@result()
def ship(opening: Opening, fetch: bool) -> Result:
    """Add the documents that come with the project, as `make run` does."""
    from annotator.services.exchange import corpus
    from annotator.services.revisions import add_edition

    lines, data = [], []
    with opening.parts(create=True) as parts:
        for item in corpus.known_documents():
            with parts.db.transaction() as session:
                added, many = corpus.ship(session, item, parts.config.limits)
            if labels := [edition.label for edition in added if edition.status == "added"]:
                data.append({"document": item.slug, "editions": labels, "annotations": many})
                number = counted(len(labels), "edition")
                lines.append(f"{item.slug}: {number}, {counted(many, 'comment')} added.")
        index_now(parts)
        if fetch:
            item = corpus.named(FETCHED)
            try:
                with parts.db.transaction() as session:
                    for fetched in corpus.fetch(session, item, add_edition.fetch, again=False):
                        data.append({"document": item.slug, "editions": [fetched.label]})
                        lines.append(fetched_lines(item.slug, fetched)[0])
            except Unavailable as error:
                hint = BY_HAND.format(item.slug)
                out.echo(f"Skipped {item.slug}: {error.message} {hint}", err=True)
    summary, *more = lines or ["Nothing to add: the documents are already here."]
    return Result(summary, data, more)
