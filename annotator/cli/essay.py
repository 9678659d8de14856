"""`annotator essay`: essays as comments on the passages they quote."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from annotator.cli import NamedPath
from annotator.cli.context import Opening, index_now, result
from annotator.cli.output import Result, cited, counted
from annotator.schemas.annotations import stamp
from annotator.services.accounts import accounts
from annotator.services.essays import essays

if TYPE_CHECKING:
    from annotator.quotations.essay.essay_parts import Divided
    from annotator.services.essays.proposals import Proposal

LONGEST_SHOWN = 240


@click.group()
def essay() -> None:
    """Publish essays as comments on the passages they quote."""


@essay.command("add")
@click.argument("file", type=NamedPath(exists=True, dir_okay=False))
@click.option("--document", required=True, help="The quoted document.")
@click.option("--author", required=True, help="The author's account; created if there is none.")
@click.option(
    "--title", default="", help="The title; otherwise the first heading, or the file name."
)
@click.option("--source-url", default="", help="The address of the essay.")
@click.option("--edition", help="The quoted edition; otherwise the newest.")
@click.option("--leave-out", type=int, multiple=True, metavar="N", help="Do not post part N.")
@click.option("--join", type=int, multiple=True, metavar="N",
              help="Merge part N with the one before it.")  # fmt: skip
@click.option("--shift", type=(int, int), multiple=True, metavar="N PARAGRAPHS",
              help="Begin part N this many paragraphs later, or earlier if negative.")  # fmt: skip
@click.option("--split", type=(int, int), multiple=True, metavar="N PARAGRAPH",
              help="Split part N before this paragraph, from 2.")  # fmt: skip
@click.option("--pick", type=(int, int), multiple=True, metavar="QUOTATION CANDIDATE",
              help="Choose a candidate of an ambiguous quotation.")  # fmt: skip
@click.option("--dry-run", is_flag=True, help="Show what would be posted, without changes.")
@result(listed=True)
def add(
    opening: Opening, file: Path, document: str, author: str, title: str, source_url: str,
    edition: str | None, leave_out: tuple[int, ...], join: tuple[int, ...],
    shift: tuple[tuple[int, int], ...], split: tuple[tuple[int, int], ...],
    pick: tuple[tuple[int, int], ...], dry_run: bool,
) -> Result:  # fmt: skip
    """Post the essay FILE as comments on the passages it quotes; run it again to update them."""
    from annotator.quotations import Budget
    from annotator.services.essays import proposals, quotation_report

    with file.open("rb") as stream:
        text, kind = quotation_report.read_essay(
            stream.read(4 * quotation_report.LONGEST_ESSAY + 1), file.name
        )
    picks = {quotation - 1: candidate - 1 for quotation, candidate in pick}
    written = proposals.EssaySubmission(text, kind, title, source_url, edition, None, picks)
    with opening.parts() as parts:
        limits = parts.config.limits
        with parts.db.reading() as session:
            proposal = proposals.propose(session, document, written, limits, Budget())
            essays.web_address(source_url)
            quotations = proposal.report.quotations
            for at, choice in picks.items():
                if not (0 <= at < len(quotations)
                        and 0 <= choice < len(quotations[at].candidates)):  # fmt: skip
                    raise click.UsageError(
                        f"Quotation {at + 1} has no candidate {choice + 1} to pick."
                    )
            layout = _arranged(proposal.divided, leave_out, join, shift, split)
            if layout != proposal.layout:
                written = replace(written, layout=layout)
                proposal = proposals.propose(session, document, written, limits, Budget())
        if not proposal.title:
            written = replace(written, title=file.stem)
        parts_json, lines = _described(proposal)
        if dry_run:
            return Result(
                f"Dry run: {counted(len(proposal.ready), 'comment')} would be posted.",
                {"dry_run": True, "ready": len(proposal.ready), "parts": parts_json}, lines,
            )  # fmt: skip
        with parts.db.transaction() as session:
            if accounts.find(session, author) is None:
                accounts.sign_up(session, author, None)
            viewer = accounts.viewer_named(session, author)
            done = essays.publish(session, viewer, document, written, limits, Budget())
        index_now(parts)
    return Result(
        f"Essay {done.id}: {counted(done.added, 'comment')} added, {done.changed} changed, "
        f"{done.unchanged} unchanged, {done.removed} removed.",
        {"id": done.id, "added": done.added, "changed": done.changed,
         "unchanged": done.unchanged, "removed": done.removed, "parts": parts_json},
        lines,
    )  # fmt: skip


def _arranged(
    divided: Divided, leave_out: tuple[int, ...], join: tuple[int, ...],
    shift: tuple[tuple[int, int], ...], split: tuple[tuple[int, int], ...],
) -> str:  # fmt: skip
    """Return the layout with the options applied; they number parts as the essay has them."""
    from annotator.quotations.essay import essay_parts

    parts, layout = divided.parts(), divided.layout
    for number in (*leave_out, *join, *(number for number, _ in (*shift, *split))):
        if not 0 < number <= len(parts):
            raise click.UsageError(f"There is no part {number}; the essay has {len(parts)}.")
    for number, paragraphs in shift:
        layout = essay_parts.shifted(layout, parts[number - 1].paragraphs[0], paragraphs)
    begins = [layout.rfind(essay_parts.BEGINS, 0, part.paragraphs[-1] + 1) for part in parts]
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
            raise click.UsageError("Part 1 has no part before it to merge with.")
        layout = essay_parts.joined(layout, begins[number - 1])
    return layout


def _described(proposal: Proposal) -> tuple[list[dict[str, object]], list[str]]:
    """Return the parts of an essay as JSON, and as lines."""
    data: list[dict[str, object]] = []
    lines: list[str] = []
    for number, part in enumerate(proposal.comments, 1):
        places = [place.address for place in part.places]
        passages = f"part {number}: {counted(len(places), 'passage')}"
        lines.append(f"{passages}; {part.trouble}" if part.trouble else passages)
        lines += [f"    {cited(place.place, place.address)}" for place in part.places]
        for at in part.quotations:
            for candidate, place in enumerate(proposal.report.quotations[at].candidates, 1):
                named = cited(place.place, place.address)
                lines.append(f"    quotation {at + 1}, candidate {candidate}: {named}")
        words = " ".join(part.body.split())
        lines.append(f"    {words[:LONGEST_SHOWN]}{'…' if len(words) > LONGEST_SHOWN else ''}")
        data.append({"passages": places, "trouble": part.trouble, "body": part.body})
    return data, lines


@essay.command("list")
@click.argument("document")
@result(listed=True)
def list_(opening: Opening, document: str) -> Result:
    """List the essays on DOCUMENT, newest first."""
    with opening.parts() as parts, parts.db.reading() as session:
        rows = essays.listed(session, document)
    data, lines = [], []
    for row in rows:
        many, created = counted(row.annotations, "comment"), stamp(row.created)
        text = f"{row.id}  {created[:10]}  {row.author}: {row.title} ({many}) {row.source_url}"
        lines.append(text.rstrip())
        data.append({"id": row.id, "created": created, "author": row.author, "title": row.title,
                     "annotations": row.annotations, "source_url": row.source_url})  # fmt: skip
    return Result(f"{counted(len(rows), 'essay')}.", data, lines, records=True)


@essay.command("remove")
@click.argument("ident", metavar="ID")
@result()
def remove(opening: Opening, ident: str) -> Result:
    """Remove an essay with all its comments."""
    with opening.parts() as parts:
        with parts.db.transaction() as session:
            author = essays.author_of(session, ident)
            many = essays.remove(session, accounts.viewer_named(session, author), ident)
        index_now(parts)
    return Result(f"Essay removed, with {counted(many, 'comment')}.",
                  {"id": ident, "removed": many})  # fmt: skip
