"""`annotator answer` and `annotator document drafter`: drafters, and the account of answers."""

from __future__ import annotations

import click

from annotator.cli.context import Opening, with_site
from annotator.cli.output import Result, counted, plain, result
from annotator.services.answers import drafters
from annotator.services.editions import editions

BY = "command line"


@click.group()
def drafter() -> None:
    """Choose who answers comments on a document for its publisher."""


@drafter.command()
@click.argument("slug")
@click.argument("name")
@with_site
@result()
def add(opening: Opening, slug: str, name: str) -> Result:
    """Let the account NAME answer comments on SLUG for its publisher; this is public."""
    with opening.parts() as parts, parts.db.transaction() as session:
        name = drafters.add(session, slug, name, BY)
    return Result(f"{name} is a drafter of {slug}.", {"document": slug, "name": name})


@drafter.command()
@click.argument("slug")
@click.argument("name")
@with_site
@result()
def remove(opening: Opening, slug: str, name: str) -> Result:
    """End the grant of NAME; answers and replies given so far stay as they are."""
    with opening.parts() as parts, parts.db.transaction() as session:
        name = drafters.remove(session, slug, name)
    return Result(f"{name} is no longer a drafter of {slug}.", {"document": slug, "name": name})


@drafter.command("list")
@click.argument("slug")
@with_site
@result(listed=True)
def list_(opening: Opening, slug: str) -> Result:
    """List the drafters of SLUG, and since when."""
    with opening.parts() as parts, parts.db.reading() as session:
        document = editions.document(session, slug)
        rows = [(name, f"{grant.granted:%Y-%m-%d}")
                for name, grant in drafters.of_document(session, document.id)]  # fmt: skip
    data = [{"name": name, "granted": granted} for name, granted in rows]
    return Result(f"{counted(len(rows), 'drafter')}.", data, list(map("\t".join, rows)),
                  records=True)  # fmt: skip


@click.group()
def answer() -> None:
    """Show what the publisher has answered."""


@answer.command()
@click.argument("slug")
@click.option("--edition", help="The edition whose sections are counted; default the newest.")
@with_site
@result(listed=True)
def status(opening: Opening, slug: str, edition: str | None) -> Result:
    """Count the open and answered comments on SLUG, in all and by section."""
    from annotator.services.annotations.filters import Filter
    from annotator.services.answers import accounting

    with opening.parts() as parts, parts.db.reading() as session:
        found = accounting.account(session, Filter(document=slug, edition=edition))
    lines = [
        plain(f"{'  ' * each.depth}{each.title}\t{each.open} open\t{each.answered} answered\t"
              f"{each.listed} of {counted(each.people, 'person', 'people')}")
        for each in found.sections
    ]  # fmt: skip
    outcomes = "".join(f", {number} {outcome}" for outcome, number in found.outcomes.items())
    return Result(
        f"{counted(found.listed, 'comment')}: {found.open} open, {found.answered} answered"
        f"{outcomes}.",
        found.to_json(), lines,
    )  # fmt: skip
