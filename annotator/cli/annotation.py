"""`annotator annotation`: taking commentary out and in."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext, suppress
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, TextIO

import click
from sqlalchemy.orm import Session

from annotator import formats
from annotator.cli.context import Opening, counted, echo, index_now, plain, printable, with_site
from annotator.cli.paths import NamedPath
from annotator.formats.files import READABLE
from annotator.schemas.annotations import Incoming, Unreadable

if TYPE_CHECKING:
    from annotator.models import Account
    from annotator.services.exchange.imports import Intake, Outcome

MOST_IN_A_ROW = 10_000  # refused, after which a file is no file of commentary
PROGRESS_FROM = 2_000
PROGRESS_FROM_BYTES = 5_000_000


@click.group()
def annotation() -> None:
    """Import and export annotations."""


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
@click.option("--output", type=NamedPath(dir_okay=False), help="A file.")
@click.option(
    "--with-sources",
    is_flag=True,
    help="Add the publishers' files, where their licences allow it (native only).",
)
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
    with_sources: bool,
) -> None:
    """Write annotations as a file, in a stable order."""
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
        found = exports.export(
            session, chosen, narrow, parts.config.site.licence, parts.config.address,
            with_sources=with_sources,
        )  # fmt: skip
        if output is None:
            on_terminal = sys.stdout.isatty()
            for piece in chosen.write(found.annotations, found.envelope):
                sys.stdout.write(printable(piece) if on_terminal else piece)
            return
        total, draft = found.total, output.with_name(f".{output.name}.part")
        with draft.open("w", encoding="utf-8", newline="") as file:
            show = total >= PROGRESS_FROM and sys.stderr.isatty()
            with click.progressbar(
                found.annotations, length=total, file=sys.stderr, hidden=not show
            ) as bar:
                file.writelines(chosen.write(bar, found.envelope))
        draft.chmod(0o666 & ~opening.umask)
        draft.replace(output)
    echo(f"{counted(total, 'annotation')} written to {output}.")


@annotation.command("import")
@click.argument("file", type=NamedPath(dir_okay=False, exists=True))
@click.option(
    "--format",
    "name",
    type=click.Choice(READABLE),
    help="The dialect; without it each annotation is read by its form.",
)
@click.option("--document", help="Where what was made on another site's page goes.")
@click.option("--dry-run", is_flag=True, help="Say what would happen, and change nothing.")
@click.option(
    "--include-private",
    is_flag=True,
    help="Import what is not public where it comes from too, held for review.",
)
@click.option(
    "--trust-authors",
    is_flag=True,
    help="Let a native file write as the accounts of this site that it names; they are listed.",
)
@click.option(
    "--report",
    type=click.File("w", encoding="utf-8"),
    help="A file that says what happened to each annotation, a line each.",
)
@with_site
def import_(
    opening: Opening,
    file: Path,
    name: str | None,
    document: str | None,
    dry_run: bool,
    include_private: bool,
    trust_authors: bool,
    report: TextIO | None,
) -> None:
    """Import annotations from FILE; what is here already is left as it is.

    What is not public where it comes from (readable by its author or a group only, hidden, an
    audience, a licence that is not open) is not imported, unless --include-private is given.
    """
    from annotator.formats.files import reading
    from annotator.services.exchange import foreign_authors
    from annotator.services.exchange.imports import Intake

    if not file.is_file():  # it is read more than once
        raise click.BadParameter(f"{file} is a pipe; save it as a file, and import that.")
    with opening.parts() as parts, file.open("rb") as source:
        if trust_authors:
            with parts.db.reading() as session:
                _list_matched(foreign_authors.matched(session, reading.read(source, name)))
            source.seek(0)
        intake = Intake(parts.config.limits, document, licence=parts.config.site.licence,
                        include_private=include_private, trust_authors=trust_authors)  # fmt: skip
        intake.note_private(_up_to_nonsense(reading.restricted(source, name)))
        source.seek(0)
        batches = _batches(reading.read(source, name), source, file.stat().st_size)
        telling = _Telling(report)
        if dry_run:
            with suppress(_Undone), parts.db.transaction() as session:
                _take_in(intake, batches, telling, lambda: nullcontext(session))
                raise _Undone
        else:
            _take_in(intake, batches, telling, parts.db.transaction)
        index_now(parts)
    counts = ", ".join(f"{number:,} {what}" for what, number in sorted(telling.counts.items()))
    echo(f"{counted(telling.counts.total(), 'annotation')} read: {counts or 'none'}.")
    if dry_run:
        echo("Nothing was changed; this is what would happen without --dry-run.")
    if telling.counts["private"]:
        echo("Private: not public where they come from, so not imported. "
                   "--include-private imports them, held for review.")  # fmt: skip
    if telling.counts["refused"]:
        raise SystemExit(1)


def _up_to_nonsense(incoming: Iterable[Incoming | Unreadable | None]) -> Iterator[Incoming]:
    """Yield what stands in a file, until as much in a row cannot be read as ends an import."""
    in_a_row = 0
    for item in incoming:
        in_a_row = in_a_row + 1 if isinstance(item, Unreadable) else 0
        if in_a_row > MOST_IN_A_ROW:
            return
        if isinstance(item, Incoming):
            yield item


def _list_matched(found: list[Account]) -> None:
    """Print the accounts of this site as which a trusted file writes, before anything is stored."""
    echo("Authors matched to accounts of this site:" + ("" if found else " none."))
    for each in found:
        role = "" if each.role == "member" else f" ({each.role})"
        echo(f"  {plain(each.name)}{role}")


def _take_in(
    intake: Intake,
    batches: Iterable[list[Incoming | Unreadable]],
    telling: _Telling,
    transaction: Callable[[], AbstractContextManager[Session]],
) -> None:
    """Take in each batch in a transaction; tell at once what somebody should look at."""
    for batch in batches:
        with transaction() as session:
            outcomes = intake.take(session, batch)
        telling.tell(outcomes)
        if telling.refused_in_a_row >= MOST_IN_A_ROW:
            echo(f"Given up: {telling.refused_in_a_row:,} in a row were refused, the last at "
                       f"{outcomes[-1].place}; what follows was not read.", err=True)  # fmt: skip
            break
    with transaction() as session:
        outcomes = intake.finish(session)
    telling.tell(outcomes)


class _Telling:
    """Counts what happened, tells what somebody should look at, and reports all of it."""

    def __init__(self, report: TextIO | None) -> None:
        self.counts: Counter[str] = Counter()
        self.refused_in_a_row = 0
        self._report = report

    def tell(self, outcomes: Iterable[Outcome]) -> None:
        for each in outcomes:
            self.counts[each.what] += 1
            self.refused_in_a_row = self.refused_in_a_row + 1 if each.what == "refused" else 0
            if each.why:
                echo(plain(each.line), err=True)
            if self._report is not None:
                self._report.write(f"{plain(each.line)}\n")


class _Undone(Exception):
    """Rolls a rehearsal back."""


def _batches(
    incoming: Iterator[Incoming | Unreadable], source: BinaryIO, size: int
) -> Iterator[list[Incoming | Unreadable]]:
    """Cut a file into batches; large ones show how far they are."""
    from annotator.services.exchange.imports import BATCH

    show = size >= PROGRESS_FROM_BYTES and sys.stderr.isatty()
    with click.progressbar(length=size, file=sys.stderr, hidden=not show) as bar:
        while batch := list(islice(incoming, BATCH)):
            yield batch
            bar.update(source.tell() - bar.pos)
