"""`annotator essay`: essays as commentary in the places that they quote."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from annotator.cli.context import Opening, counted, echo, index_now, with_site
from annotator.quotations import Budget
from annotator.quotations.essay.essay_parts import Choice
from annotator.schemas.annotations import stamp
from annotator.services.accounts import accounts
from annotator.services.essays import essays, proposals, quotation_report
from annotator.services.essays.proposals import EssaySubmission, Proposal, Proposed

LONGEST_SHOWN = 240


@click.group()
def essay() -> None:
    """Publish essays as comments on the passages they quote."""


@essay.command("add")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
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
@click.option("--pick", type=(int, int), multiple=True, metavar="QUOTATION CANDIDATE",
              help="Choose what an ambiguous quotation quotes.")  # fmt: skip
@click.option("--dry-run", is_flag=True, help="Say what would be posted, and post nothing.")
@with_site
def add(
    opening: Opening, file: Path, document: str, author: str, title: str, source_url: str,
    edition: str | None, leave_out: tuple[int, ...], join: tuple[int, ...],
    shift: tuple[tuple[int, int], ...], pick: tuple[tuple[int, int], ...], dry_run: bool,
) -> None:  # fmt: skip
    """Post the essay FILE as comments on what it quotes; run again, it updates them."""
    with file.open("rb") as stream:
        text, kind = quotation_report.read_essay(
            stream.read(4 * quotation_report.LONGEST_ESSAY + 1), file.name
        )
    shifts = dict(shift)
    choices = {at - 1: Choice(at in leave_out, at in join, shifts.get(at, 0))
               for at in {*leave_out, *join, *shifts}}  # fmt: skip
    picks = {quotation - 1: candidate - 1 for quotation, candidate in pick}
    written = EssaySubmission(text, kind, title, source_url, edition, choices, picks)
    with opening.parts() as parts:
        limits = parts.config.limits
        with parts.db.reading() as session:
            found = proposals.propose(session, document, written, limits, Budget())
        essays.web_address(source_url)
        _refuse_unknown(written, found)
        if not found.title:
            written = replace(written, title=file.stem)
        _show(found)
        if dry_run:
            many = sum(not it.trouble for it in found.annotations)
            echo(f"Nothing was posted; {counted(many, 'annotation')} would be.")
            return
        with parts.db.transaction() as session:
            if accounts.find(session, author) is None:
                accounts.sign_up(session, author, None)
            viewer = accounts.viewer_named(session, author)
            done = essays.publish(session, viewer, document, written, limits, Budget())
        index_now(parts)
    echo(
        f"Essay {done.id}: {counted(done.added, 'annotation')} added, {done.changed} changed, "
        f"{done.unchanged} unchanged, {done.removed} removed."
    )


def _refuse_unknown(written: EssaySubmission, found: Proposal) -> None:
    parts, quotations = len(found.parts), found.report.quotations
    for at, choice in written.choices.items():
        if not 0 <= at < parts:
            raise click.UsageError(f"There is no part {at + 1}; the essay has {parts}.")
        if choice.join and at == 0:
            raise click.UsageError("There is no part before part 1 that it could be joined to.")
    for at, pick in written.picks.items():
        if not 0 <= at < len(quotations) or not 0 <= pick < len(quotations[at].candidates):
            raise click.UsageError(f"Quotation {at + 1} has no candidate {pick + 1} to pick.")


def _show(found: Proposal) -> None:
    for number, it in enumerate(found.parts, 1):
        state = it.trouble or ("" if it in found.annotations else "not posted by itself")
        passages = counted(len(it.places), "passage")
        echo(f"part {number}: {passages}; {state}" if state else f"part {number}: {passages}")
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
