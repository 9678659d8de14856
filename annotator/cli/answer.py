"""`annotator answer` and `annotator document drafter`: drafters, and the account of answers."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from annotator.cli import NamedPath
from annotator.cli.context import Opening, result, with_site
from annotator.cli.output import Result, counted, echo_json, plain, table
from annotator.services.editions import editions

BY = "command line"


@click.group()
def drafter() -> None:
    """Choose who answers comments on a document for its publisher."""


@drafter.command()
@click.argument("slug")
@click.argument("name")
@result()
def add(opening: Opening, slug: str, name: str) -> Result:
    """Let the account NAME answer comments on SLUG for its publisher; this is public."""
    from annotator.services.answers import drafters

    with opening.parts() as parts, parts.db.transaction() as session:
        name = drafters.add(session, slug, name, BY)
    return Result(f"{name} is a drafter of {slug}.", {"document": slug, "name": name})


@drafter.command()
@click.argument("slug")
@click.argument("name")
@result()
def remove(opening: Opening, slug: str, name: str) -> Result:
    """Remove NAME from the drafters of SLUG; earlier answers and replies stay."""
    from annotator.services.answers import drafters

    with opening.parts() as parts, parts.db.transaction() as session:
        name = drafters.remove(session, slug, name)
    return Result(f"{name} is no longer a drafter of {slug}.", {"document": slug, "name": name})


@drafter.command("list")
@click.argument("slug")
@result(listed=True)
def list_(opening: Opening, slug: str) -> Result:
    """List the drafters of SLUG, and since when."""
    from annotator.services.answers import drafters

    with opening.parts() as parts, parts.db.reading() as session:
        document = editions.document(session, slug)
        rows = [(name, f"{grant.granted:%Y-%m-%d}")
                for name, grant in drafters.of_document(session, document.id)]  # fmt: skip
    return table("drafter", ("name", "granted"), rows)


@click.group()
def answer() -> None:
    """Export and import answers to comments; show what is open."""


@answer.command()
@click.argument("slug")
@click.option("--format", "form", type=click.Choice(["iso-csv", "markdown", "native"]),
              default="iso-csv", show_default=True)  # fmt: skip
@with_site
def export(opening: Opening, slug: str, form: str) -> None:
    """Print the comments on SLUG with their answers; drafts too, except in native."""
    from annotator.services.answers import answers, sheet

    with opening.parts() as parts, parts.db.reading() as session:
        if form == "native":
            document, cursor, more = editions.document(session, slug), None, True
            while more:
                page = answers.page(session, document, "published", cursor, limit=200)
                for line in page.items:
                    echo_json(line.to_json())
                cursor, more = page.next, page.next is not None
            return
        write = sheet.write if form == "iso-csv" else sheet.write_markdown
        sys.stdout.buffer.write(write(session, slug).encode())


@answer.command("import")
@click.argument("slug")
@click.argument("file", type=NamedPath(dir_okay=False, exists=True))
@click.option("--by", required=True, metavar="NAME", help="The drafter who gives these answers.")
@click.option("--dry-run", is_flag=True, help="Check the file, without changes.")
@result()
def import_(opening: Opening, slug: str, file: Path, by: str, dry_run: bool) -> Result:
    """Save the answers of an edited sheet FILE (iso-csv) as drafts."""
    from annotator.services.accounts import accounts
    from annotator.services.answers import sheet

    with opening.parts() as parts, parts.db.transaction() as session:
        with file.open("rb") as opened:
            data = opened.read(sheet.LARGEST + 1)
        done = sheet.read(session, parts.engine, accounts.viewer_named(session, by), slug, data,
                          parts.config.limits)  # fmt: skip
        if dry_run:
            session.rollback()
    head = "Nothing was changed: this was a dry run. " if dry_run else ""
    return Result(f"{head}{counted(done.changed, 'answer')} changed, {done.unchanged} unchanged.",
                  {**done._asdict(), "dry_run": dry_run})  # fmt: skip


@answer.command()
@click.argument("slug")
@click.option("--edition", help="The edition whose sections are counted; otherwise the newest.")
@result(listed=True)
def status(opening: Opening, slug: str, edition: str | None) -> Result:
    """Count the open and answered comments on SLUG, in total and by section."""
    from annotator.services.annotations.filters import Filter
    from annotator.services.answers import accounting

    with opening.parts() as parts, parts.db.reading() as session:
        found = accounting.account(session, Filter(document=slug, edition=edition))
    lines = [
        plain(f"{'  ' * each.depth}{each.title}\t{each.open} open\t{each.answered} answered\t"
              f"{counted(each.listed, 'comment')} by {counted(each.people, 'person', 'people')}")
        for each in found.sections
    ]  # fmt: skip
    outcomes = "".join(f", {number} {outcome}" for outcome, number in found.outcomes.items())
    return Result(
        f"{counted(found.listed, 'comment')}: {found.open} open, {found.answered} answered"
        f"{outcomes}.",
        found.to_json(), lines,
    )  # fmt: skip
