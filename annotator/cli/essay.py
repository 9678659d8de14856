"""`annotator essay`: essays as commentary in the places that they quote."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import click

from annotator.cli.context import Opening, counted, echo, index_now, with_site
from annotator.cli.paths import NamedPath
from annotator.quotations import Budget
from annotator.quotations.essay import essay_parts
from annotator.quotations.essay.essay_parts import Divided
from annotator.schemas.annotations import stamp
from annotator.services.accounts import accounts
from annotator.services.essays import essays, proposals, quotation_report
from annotator.services.essays.proposals import EssaySubmission, Proposal, Proposed

LONGEST_SHOWN = 240


@click.group()
def essay() -> None:
    """Publish essays as comments on the passages they quote."""


@essay.command("add")
@click.argument("file", type=NamedPath(exists=True, dir_okay=False))
@click.option("--document", required=True, help="The document that is quoted.")
@click.option("--author", required=True, help="Whose essay it is; made an account if it has none.")
@click.option("--title", default="", help="Its title; otherwise its first heading, or its name.")
@click.option("--source-url", default="", help="Where it can be read.")
@click.option("--edition", help="The edition that is quoted; otherwise the newest.")
@click.option("--leave-out", type=int, multiple=True, metavar="N", help="Do not post part N.")
@click.option("--join", type=int, multiple=True, metavar="N",
              help="Join part N to the one before it.")  # fmt: skip
@click.option("--shift", type=(int, int), multiple=True, metavar="N PARAGRAPHS",
              help="Begin part N so many paragraphs later, or earlier if negative.")  # fmt: skip
@click.option("--split", type=(int, int), multiple=True, metavar="N PARAGRAPH",
              help="Begin a comment of its own with that paragraph of part N, from 2.")  # fmt: skip
@click.option("--pick", type=(int, int), multiple=True, metavar="QUOTATION CANDIDATE",
              help="Choose what an ambiguous quotation quotes.")  # fmt: skip
@click.option("--dry-run", is_flag=True, help="Say what would be posted, and post nothing.")
@with_site
def add(
    opening: Opening, file: Path, document: str, author: str, title: str, source_url: str,
    edition: str | None, leave_out: tuple[int, ...], join: tuple[int, ...],
    shift: tuple[tuple[int, int], ...], split: tuple[tuple[int, int], ...],
    pick: tuple[tuple[int, int], ...], dry_run: bool,
) -> None:  # fmt: skip
    """Post the essay FILE as comments on what it quotes; run again, it updates them."""
    with file.open("rb") as stream:
        text, kind = quotation_report.read_essay(
            stream.read(4 * quotation_report.LONGEST_ESSAY + 1), file.name
        )
    picks = {quotation - 1: candidate - 1 for quotation, candidate in pick}
    written = EssaySubmission(text, kind, title, source_url, edition, None, picks)
    with opening.parts() as parts:
        limits = parts.config.limits
        with parts.db.reading() as session:
            found = proposals.propose(session, document, written, limits, Budget())
            essays.web_address(source_url)
            _refuse_unknown(found, picks)
            layout = _arranged(found.divided, leave_out, join, shift, split)
            if layout != found.layout:
                written = replace(written, layout=layout)
                found = proposals.propose(session, document, written, limits, Budget())
        if not found.title:
            written = replace(written, title=file.stem)
        _show(found)
        if dry_run:
            echo(f"Nothing was posted; {counted(len(found.ready), 'comment')} would be.")
            return
        with parts.db.transaction() as session:
            if accounts.find(session, author) is None:
                accounts.sign_up(session, author, None)
            viewer = accounts.viewer_named(session, author)
            done = essays.publish(session, viewer, document, written, limits, Budget())
        index_now(parts)
    echo(
        f"Essay {done.id}: {counted(done.added, 'comment')} added, {done.changed} changed, "
        f"{done.unchanged} unchanged, {done.removed} removed."
    )


def _refuse_unknown(found: Proposal, picks: Mapping[int, int]) -> None:
    quotations = found.report.quotations
    for at, pick in picks.items():
        if not 0 <= at < len(quotations) or not 0 <= pick < len(quotations[at].candidates):
            raise click.UsageError(f"Quotation {at + 1} has no candidate {pick + 1} to pick.")


def _arranged(
    divided: Divided,
    leave_out: tuple[int, ...],
    join: tuple[int, ...],
    shift: tuple[tuple[int, int], ...],
    split: tuple[tuple[int, int], ...],
) -> str:
    """Return the layout that the options ask for; they name the parts as the essay has them."""
    parts, layout = divided.parts(), divided.layout
    for number in (*leave_out, *join, *(it for it, _ in (*shift, *split))):
        if not 0 < number <= len(parts):
            raise click.UsageError(f"There is no part {number}; the essay has {len(parts)}.")
    for number, paragraphs in shift:
        layout = essay_parts.shifted(layout, parts[number - 1].paragraphs[0], paragraphs)
    begins = [layout.rfind(essay_parts.BEGINS, 0, it.paragraphs[-1] + 1) for it in parts]
    for number, paragraph in split:
        many = len(parts[number - 1].paragraphs)
        if not 1 < paragraph <= many:
            raise click.UsageError(
                f"Part {number} has {counted(many, 'paragraph')}; paragraph {paragraph} cannot "
                "begin another."
            )
        layout = essay_parts.split(layout, parts[number - 1].paragraphs[paragraph - 1])
    for number in leave_out:
        layout = essay_parts.dropped(layout, begins[number - 1])
    for number in join:
        if number == 1:
            raise click.UsageError("There is no part before part 1 that it could be joined to.")
        layout = essay_parts.joined(layout, begins[number - 1])
    return layout


def _show(found: Proposal) -> None:
    for number, it in enumerate(found.comments, 1):
        told = f"part {number}: {counted(len(it.places), 'passage')}"
        echo(f"{told}; {it.trouble}" if it.trouble else told)
        _show_part(found, it)


def _show_part(found: Proposal, it: Proposed) -> None:
    for place in it.places:
        echo(f"    {place.address}")
    for at in it.quotations:
        for number, place in enumerate(found.report.quotations[at].candidates, 1):
            echo(f"    quotation {at + 1}, candidate {number}: {place.address}")
    words = " ".join(it.body.split())
    echo(f"    {words[:LONGEST_SHOWN]}{'…' if len(words) > LONGEST_SHOWN else ''}")


@essay.command("list")
@click.argument("document")
@with_site
def list_(opening: Opening, document: str) -> None:
    """List the essays on DOCUMENT, the newest first."""
    with opening.parts() as parts, parts.db.reading() as session:
        found = essays.listed(session, document)
    for it in found:
        many = counted(it.annotations, "comment")
        line = (
            f"{it.id}  {stamp(it.created)[:10]}  {it.author}: {it.title} ({many}) {it.source_url}"
        )
        echo(line.rstrip())
    echo(f"{counted(len(found), 'essay')}.")


@essay.command("remove")
@click.argument("ident", metavar="ID")
@with_site
def remove(opening: Opening, ident: str) -> None:
    """Remove an essay with all its comments."""
    with opening.parts() as parts:
        with parts.db.transaction() as session:
            author = essays.author_of(session, ident)
            many = essays.remove(session, accounts.viewer_named(session, author), ident)
        index_now(parts)
    echo(f"The essay was removed, with {counted(many, 'annotation')}.")
