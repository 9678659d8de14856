"""What commands print: the result first, in numbers; after it the list; or all of it as JSON."""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count

import click
from click.shell_completion import get_completion_class

from annotator.logs import visible

# Controls, line ends that only some programs treat as such, and marks of text direction.
ACTING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff]")
REFRESH_SECONDS = 0.2
LINES_ON_A_TERMINAL = 40  # of a list, without --all


class Styled(str):
    """A text that is safe for a terminal, with our colours."""

    __slots__ = ()


@dataclass(frozen=True)
class Result:
    """The report of a command: a line of numbers, a list, and the same as JSON.

    `records` means that the lines are records for scripts: in a pipe only they are printed, and the
    summary goes to standard error. `failed` sets the exit status to 1.
    """

    summary: str
    data: object
    lines: Sequence[str] = ()
    records: bool = False
    failed: bool = False

    def print(self, *, every: bool) -> None:
        """Print the summary and the lines; on a terminal not more than a screen, unless `every`."""
        on_terminal = sys.stdout.isatty()
        echo(self.summary, err=self.records and not on_terminal)
        shown = self.lines if every or not on_terminal else self.lines[:LINES_ON_A_TERMINAL]
        for line in shown:
            echo(line)
        if hidden := len(self.lines) - len(shown):
            echo(styled(f"… and {hidden:,} more; --all prints them.", dim=True))


def table(noun: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> Result:
    """Return rows of a list, each a record: its cells are separated by tabs, or named as JSON."""
    data = [dict(zip(columns, row, strict=True)) for row in rows]
    lines = ["\t".join(row) for row in rows]
    return Result(f"{counted(len(rows), noun)}.", data, lines, records=True)


def cited(place: str, address: str) -> str:
    """Write a place as people cite it, with its address: "Being honest ¶ 6  charter@1/…"."""
    return f"{place}  {address}" if place else address


@contextmanager
def progress() -> Iterator[Callable[[str, int], None]]:
    """Yield a function that shows progress on standard error, if it is a terminal."""
    shown = 0.0
    with click.progressbar(
        count(), bar_template="%(info)s", show_eta=False, item_show_func=lambda text: text and
        str(text), file=sys.stderr, hidden=not sys.stderr.isatty(),
    ) as bar:  # fmt: skip

        def show(what: str, number: int) -> None:
            nonlocal shown
            if time.monotonic() - shown > REFRESH_SECONDS:
                shown = time.monotonic()
                bar.update(1, f"{number:,} {what}")  # type: ignore[arg-type]  # shown as it is

        yield show


def plain(text: str) -> str:
    """Return a text as one line, safe to print on a terminal."""
    return visible(" ".join(text.split()))


def printable(text: str) -> str:
    """Return a text with every character that acts on a terminal escaped.

    Line feeds, tabs and joiners of letters and emoji are kept.
    """
    return ACTING.sub(lambda match: visible(match[0]), text)


def styled(text: str, *, fg: str | None = None, bold: bool | None = None,
           dim: bool | None = None) -> Styled:  # fmt: skip
    """Return a text with a colour, which click omits if the output is not a terminal."""
    return Styled(click.style(printable(text), fg=fg, bold=bold, dim=dim))


def marked(text: str, change: str) -> Styled:
    """Return words of a comparison: `same`, `struck` as [-words-], `added` as {+words+}."""
    marks = {"same": ("", "", None), "struck": ("[-", "-]", "red"), "added": ("{+", "+}", "green")}
    start, end, colour = marks[change]
    return styled(f"{start}{text}{end}", fg=colour)


def joined(*pieces: str) -> Styled:
    """Join texts, of which some have colours, into one that is safe."""
    return Styled("".join(each if isinstance(each, Styled) else printable(each) for each in pieces))


def echo(text: str = "", *, err: bool = False, nl: bool = True) -> None:
    """Print a text, safe for a terminal."""
    click.echo(text if isinstance(text, Styled) else printable(text), err=err, nl=nl)


def echo_json(value: object) -> None:
    """Print JSON, safe for a terminal."""
    text = json.dumps(value, ensure_ascii=False, indent=1)
    click.echo(ACTING.sub(lambda match: f"\\u{ord(match[0]):04x}", text))


def counted(number: int, singular: str, plural: str | None = None) -> str:
    """Return a number with its noun: `1 provision`, `1,204 provisions`."""
    return f"{number:,} {singular if number == 1 else plural or singular + 's'}"


def listed(counts: Mapping[str, int]) -> str:
    """Return numbers with their names: `3 edited, 9 exact`; `none` for none."""
    return ", ".join(f"{number:,} {what}" for what, number in sorted(counts.items())) or "none"


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print the completion script of a shell.

    Put this into the start-up file of SHELL. bash and zsh: eval "$(annotator completion bash)";
    fish: annotator completion fish | source
    """
    script = get_completion_class(shell)
    assert script is not None  # noqa: S101  click has these three
    root = context.find_root().command
    click.echo(script(root, {}, "annotator", "_ANNOTATOR_COMPLETE").source())
