"""`annotator annotation` and `suggestion`: exporting and importing commentary."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, TextIO

import click
from sqlalchemy.orm import Session

from annotator import formats
from annotator.cli import NamedPath
from annotator.cli.context import Opening, index_now, output_file, result, with_site
from annotator.cli.output import Result, counted, echo, echo_json, listed, plain, printable
from annotator.formats.files import READABLE
from annotator.schemas.annotations import Incoming, Unreadable
from annotator.schemas.suggestions import PICKS, SUGGESTED

if TYPE_CHECKING:
    from annotator.services.exchange.imports import Intake, Outcome

MOST_IN_A_ROW = 10_000  # refused, after which the rest of a file is not read
FORMS = (*SUGGESTED, "docx")  # of suggestions; the last is not made for visitors
PROGRESS_FROM = 2_000
PROGRESS_FROM_BYTES = 5_000_000


@click.group()
def annotation() -> None:
    """Import and export annotations."""


@annotation.command("export")
@click.option("--format", "name", default="native", show_default=True,
              help=f"One of {', '.join(formats.FORMATS)}.")  # fmt: skip
@click.option("--document", help="Only comments on this document.")
@click.option("--provision", metavar="ADDRESS", help="Only comments on this provision.")
@click.option("--author", help="Only comments by this author.")
@click.option("--thread", metavar="ID", help="Only the thread of this comment.")
@click.option("--query", help="Only comments that this search finds.")
@output_file
@click.option("--with-sources", is_flag=True,
              help="Add the publishers' files whose licences allow it (native only).")  # fmt: skip
@with_site
def export(
    opening: Opening, name: str, document: str | None, provision: str | None, author: str | None,
    thread: str | None, query: str | None, output: Path | None, with_sources: bool,
) -> None:  # fmt: skip
    """Export annotations, in a stable order."""
    from annotator.services.addressing.address_lookup import provision_of
    from annotator.services.annotations.filters import Filter
    from annotator.services.exchange import exports
    from annotator.services.reading import full_text

    chosen = formats.named(name)
    if with_sources and name != "native":
        raise click.UsageError(f"--with-sources is for --format native, not {name}.")
    with opening.parts() as parts, parts.db.reading() as session:
        among = full_text.among(session, parts.engine, query, document) if query else None
        narrow = Filter(document=document, author=author, thread=thread, among=among)
        if provision is not None:
            narrow = provision_of(session, provision, narrow)
        exported = exports.export(
            session, chosen, narrow, parts.config.site.licence, parts.config.address,
            with_sources=with_sources,
        )  # fmt: skip
        if output is None:
            on_terminal = sys.stdout.isatty()
            for piece in chosen.write(exported.annotations, exported.envelope):
                sys.stdout.write(printable(piece) if on_terminal else piece)
            return
        total = exported.total
        with (
            opening.output(output) as draft,
            draft.open("w", encoding="utf-8", newline="") as file,
        ):
            show = total >= PROGRESS_FROM and sys.stderr.isatty()
            with click.progressbar(
                exported.annotations, length=total, file=sys.stderr, hidden=not show
            ) as bar:
                file.writelines(chosen.write(bar, exported.envelope))
    echo(f"{counted(total, 'annotation')} written to {output}.")


@annotation.command("import")
@click.argument("file", type=NamedPath(dir_okay=False, exists=True))
@click.option("--format", "name", type=click.Choice(READABLE),
              help="The format; otherwise it is detected for each annotation.")  # fmt: skip
@click.option("--document", help="The document for annotations made on pages of other sites.")
@click.option("--dry-run", is_flag=True, help="Show what would happen, without changes.")
@click.option("--include-private", is_flag=True,
              help="Import annotations that are not public at their source too, held for "
                   "review.")  # fmt: skip
@click.option("--trust-authors", is_flag=True,
              help="Match authors of a native file with accounts of the same name here; lists "
                   "them.")  # fmt: skip
@click.option("--report", type=click.File("w", encoding="utf-8"),
              help="Write a line for each annotation to this file.")  # fmt: skip
@result()
def import_(
    opening: Opening, file: Path, name: str | None, document: str | None, dry_run: bool,
    include_private: bool, trust_authors: bool, report: TextIO | None,
) -> Result:  # fmt: skip
    """Import annotations from FILE; annotations already here are not changed.

    Annotations that are not public at their source (readable by their author or a group only,
    hidden, with an audience, or without an open licence) are skipped without --include-private.
    """
    from annotator.formats.files import reading
    from annotator.services.exchange import foreign_authors
    from annotator.services.exchange.imports import Intake

    if not file.is_file():  # the file is read more than once
        raise click.BadParameter(f"{file} is a pipe. Save it as a file, and import that.")
    with opening.parts() as parts, file.open("rb") as source:
        if trust_authors:
            with parts.db.reading() as session:
                matched = foreign_authors.matched(session, reading.read(source, name))
            none = "" if matched else " none."
            echo(f"Authors matched to accounts of this site:{none}", err=True)
            for account in matched:
                role = "" if account.role == "member" else f" ({account.role})"
                echo(f"  {plain(account.name)}{role}", err=True)
            source.seek(0)
        intake = Intake(parts.config.limits, document, licence=parts.config.site.licence,
                        include_private=include_private, trust_authors=trust_authors)  # fmt: skip
        restricted = reading.restricted(source, name, parts.config.site.licence)
        intake.note_private(_readable(restricted))
        source.seek(0)
        batches = _batches(reading.read(source, name), source, file.stat().st_size)
        progress = _ImportProgress(report)
        if dry_run:
            with parts.db.transaction() as session:
                _import(intake, batches, progress, lambda: nullcontext(session))
                session.rollback()
        else:
            _import(intake, batches, progress, parts.db.transaction)
        index_now(parts)
    counts = progress.counts
    notes = ["Nothing was changed: this was a dry run."] if dry_run else []
    if counts["private"]:
        notes.append("Private: not public at their source, so not imported. "
                     "--include-private imports them, held for review.")  # fmt: skip
    return Result(
        f"{counted(counts.total(), 'annotation')} read: {listed(+counts)}.",
        {"read": counts.total(), **counts, "dry_run": dry_run},
        notes,
        failed=counts["refused"] > 0,
    )


def _readable(incoming: Iterable[Incoming | Unreadable | None]) -> Iterator[Incoming]:
    """Yield the annotations of a file, until MOST_IN_A_ROW in a row cannot be read."""
    in_a_row = 0
    for item in incoming:
        in_a_row = in_a_row + 1 if isinstance(item, Unreadable) else 0
        if in_a_row > MOST_IN_A_ROW:
            return
        if isinstance(item, Incoming):
            yield item


def _import(
    intake: Intake,
    batches: Iterable[list[Incoming | Unreadable]],
    progress: _ImportProgress,
    transaction: Callable[[], AbstractContextManager[Session]],
) -> None:
    """Import each batch in a transaction."""
    for batch in batches:
        with transaction() as session:
            outcomes = intake.take(session, batch)
        progress.note(outcomes)
        if progress.refused_in_a_row >= MOST_IN_A_ROW:
            echo(f"Stopped: {progress.refused_in_a_row:,} in a row were refused, the last at "
                       f"{outcomes[-1].place}; the rest was not read.", err=True)  # fmt: skip
            break
    with transaction() as session:
        outcomes = intake.finish(session)
    progress.note(outcomes)


class _ImportProgress:
    """Counts outcomes, prints those with a reason, and writes the report."""

    def __init__(self, report: TextIO | None) -> None:
        self.counts: Counter[str] = Counter()
        self.refused_in_a_row = 0
        self._report = report

    def note(self, outcomes: Iterable[Outcome]) -> None:
        for each in outcomes:
            self.counts[each.what] += 1
            self.refused_in_a_row = self.refused_in_a_row + 1 if each.what == "refused" else 0
            if each.why:
                echo(plain(each.line), err=True)
            if self._report is not None:
                self._report.write(f"{plain(each.line)}\n")


def _batches(
    incoming: Iterator[Incoming | Unreadable], source: BinaryIO, size: int
) -> Iterator[list[Incoming | Unreadable]]:
    """Yield batches, with a progress bar for large files."""
    from annotator.services.exchange.imports import BATCH

    show = size >= PROGRESS_FROM_BYTES and sys.stderr.isatty()
    with click.progressbar(length=size, file=sys.stderr, hidden=not show) as bar:
        while batch := list(islice(incoming, BATCH)):
            yield batch
            bar.update(source.tell() - bar.pos)


@click.group()
def suggestion() -> None:
    """Export suggestions for the publisher's file."""


@suggestion.command("export")
@click.argument("name", metavar="SLUG[@EDITION]")
@click.option("--format", "form", type=click.Choice(FORMS), default="patch", show_default=True,
              help="docx, tracked changes for word processors, needs pandoc.")  # fmt: skip
@click.option("--ids", help="Only these annotations, separated by commas.")
@click.option("--filter", "query", help="Only those that this search finds, such as agreements:>3.")
@click.option("--pick", type=click.Choice(PICKS), default="none", show_default=True,
              help="Of conflicting suggestions, take none, or the most agreed with.")  # fmt: skip
@output_file
@click.option("--json", "as_json", is_flag=True, help="Print what was taken and left out as JSON.")
@with_site
def export_suggestions(
    opening: Opening, name: str, form: str, ids: str | None, query: str | None, pick: str,
    output: Path | None, as_json: bool,
) -> None:  # fmt: skip
    """Write suggestions as a patch, CriticMarkup, a pull request's text, or tracked changes.

    Standard error lists what is left out, and why.
    """
    from annotator.services.annotations import suggestion_export
    from annotator.services.reading import full_text

    if form == "docx" and output is None:
        raise click.UsageError("DOCX is not text. Name a file with --output.")
    slug, _, label = name.partition("@")
    chosen = ids.split(",") if ids else None
    with opening.parts() as parts, parts.db.reading() as session:
        if query:
            chosen = full_text.suggestions(session, parts.engine, query, slug, chosen)
        done = suggestion_export.export(
            session,
            slug,
            label or None,
            form,
            ids=chosen,
            pick=pick,
            base=parts.config.address,
            forms=FORMS,
        )
    if output is not None:
        with opening.output(output) as draft:
            draft.write_bytes(done.content)
    elif not as_json:
        text = done.content.decode()
        sys.stdout.write(printable(text) if sys.stdout.isatty() else text)
    if as_json:
        echo_json({"file": done.name, "taken": done.taken, "left_out": done.left_out})
    echo(f"{counted(len(done.taken), 'suggestion')} in {output or done.name}, "
         f"{len(done.left_out)} left out.", err=True)  # fmt: skip
    for ident, why in sorted(done.left_out.items()):
        echo(f"left out {ident}: {why}", err=True)
