"""Shared by all commands: reading the settings, opening the site, printing errors."""

from __future__ import annotations

import functools
import json
import re
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ParamSpec, TypeVar

import click

from annotator import config as settings
from annotator.cli.paths import NamedPath
from annotator.config import DATABASE, Config
from annotator.errors import AnnotatorError, NotFound, Unavailable
from annotator.logs import visible
from annotator.parts import Parts, open_parts

P = ParamSpec("P")
R = TypeVar("R")
# Controls, line ends that only some programs treat as such, and marks of text direction.
ACTING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff]")
REFRESH_SECONDS = 0.2


@dataclass(frozen=True)
class Opening:
    """How to open the site: the options before or after the command's name."""

    config_file: Path | None
    data: Path | None
    umask: int = 0o022  # the caller's, for files outside the data folder

    def config(self) -> Config:
        """Read the settings."""
        return settings.load(self.config_file, data=self.data)

    @contextmanager
    def parts(self, *, create: bool = False) -> Iterator[Parts]:
        """Yield the open site. Raises NotFound if there is none, unless `create`."""
        config = self.config()
        if not (create or config.store.database or (config.data / DATABASE).exists()):
            raise NotFound(
                f"There is no site in {config.data.resolve()}. Name its folder with --data DIR, "
                "or with ANNOTATOR_DATA."
            )
        parts = open_parts(
            config,
            lambda: echo("Another process is changing the tables. Waiting for it.", err=True),
        )
        try:
            yield parts
        finally:
            parts.close()

    @contextmanager
    def output(self, path: Path) -> Iterator[Path]:
        """Yield a draft that replaces the file `path` when it is complete, and only then."""
        if not path.parent.is_dir():
            raise NotFound(f"There is no folder {path.parent}. Create it, or choose another.")
        draft = path.with_name(f".{path.name}.part")
        try:
            yield draft
            draft.chmod(0o666 & ~self.umask)
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)


class Meter:
    """Shows the progress of a long task on standard error, if that is a terminal."""

    def __init__(self) -> None:
        self._stream = sys.stderr
        self._shown = 0.0

    def show(self, what: str, number: int) -> None:
        """Show the number of things done, at most every REFRESH_SECONDS."""
        moment = time.monotonic()
        if self._stream.isatty() and moment - self._shown > REFRESH_SECONDS:
            self._shown = moment
            self._stream.write(f"\r\x1b[K{number:,} {what}")
            self._stream.flush()

    def clear(self) -> None:
        """Clear the line, so that another can be printed."""
        if self._shown:
            self._stream.write("\r\x1b[K")
            self._stream.flush()
            self._shown = 0.0

    close = clear


def with_errors(function: Callable[P, R]) -> Callable[P, R]:
    """Print an AnnotatorError or OSError as one line on standard error, with exit status 1."""

    @functools.wraps(function)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(*args, **kwargs)
        except AnnotatorError as error:
            message, cause = error.message, error.__cause__
            # Visitors do not see why there is no connection; who runs commands may.
            if isinstance(error, Unavailable) and getattr(cause, "statement", "") is None:
                message += f"\nIt said: {' '.join(str(getattr(cause, 'orig', cause)).split())}"
            raise click.ClickException(_shown(message)) from error
        except BrokenPipeError:
            raise  # click ends the command quietly
        except OSError as error:
            place = f"{error.filename}: " if error.filename else ""
            raise click.ClickException(_shown(f"{place}{error.strerror or error}")) from error

    return wrapper


def with_site(function: Callable[..., R]) -> Callable[..., R]:
    """Add the options --config and --data to a command, and an `Opening` as first argument."""

    @click.option("--config", "config_file", type=NamedPath(), hidden=True)
    @click.option("--data", type=NamedPath(file_okay=False), hidden=True)
    @click.pass_obj
    @with_errors
    @functools.wraps(function)
    def wrapper(
        opening: Opening,
        /,
        *args: object,
        config_file: Path | None,
        data: Path | None,
        **kw: object,
    ) -> R:
        for value in kw.values():
            if isinstance(value, str) and re.search("[\ud800-\udfff]", value):
                raise click.UsageError(f"{visible(value)} is not UTF-8.")
        chosen = replace(
            opening, config_file=config_file or opening.config_file, data=data or opening.data
        )
        return function(chosen, *args, **kw)

    return wrapper


def index_now(parts: Parts) -> None:
    """Bring the index up to date, unless a running server does; later if that is impossible now."""
    try:
        parts.indexer.drain()
    except Unavailable as error:
        echo(f"The search index will follow later. {error.message}", err=True)


def plain(text: str) -> str:
    """Return a text as one line, safe to print on a terminal."""
    return visible(" ".join(text.split()))


def _shown(message: str) -> str:
    return "\n".join(map(visible, message.split("\n")))


def printable(text: str) -> str:
    """Return a text with every character that acts on a terminal escaped.

    Line feeds, tabs and joiners of letters and emoji stay.
    """
    return ACTING.sub(lambda match: visible(match[0]), text)


def echo(text: str = "", *, err: bool = False, nl: bool = True) -> None:
    """Print a text, safe for a terminal."""
    click.echo(printable(text), err=err, nl=nl)


def echo_json(value: object) -> None:
    """Print JSON, safe for a terminal."""
    text = json.dumps(value, ensure_ascii=False, indent=1)
    click.echo(ACTING.sub(lambda match: f"\\u{ord(match[0]):04x}", text))


def counted(number: int, singular: str, plural: str | None = None) -> str:
    """Return a number with its noun: `1 provision`, `1,204 provisions`."""
    return f"{number:,} {singular if number == 1 else plural or singular + 's'}"
