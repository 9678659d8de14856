"""What every command shares: reading the settings, opening the site, telling what went wrong."""

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
# Controls, ends of lines that only some programs know, and what turns the direction of words.
ACTING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff]")
REFRESH_SECONDS = 0.2


@dataclass(frozen=True)
class Opening:
    """How to open the site: the options given before the command's name, or after it."""

    config_file: Path | None
    data: Path | None
    umask: int = 0o022  # that of the caller, for files that are not the site's

    def config(self) -> Config:
        """Read the settings."""
        return settings.load(self.config_file, data=self.data)

    @contextmanager
    def parts(self, *, anew: bool = False) -> Iterator[Parts]:
        """Open database and index, and close them at the end.

        Where the data folder has no site, one is made if `anew`; otherwise raises NotFound.
        """
        config = self.config()
        if not anew:
            _require_site(config)
        parts = open_parts(config)
        try:
            yield parts
        finally:
            parts.close()


def _require_site(config: Config) -> None:
    """See that the data folder holds a site. Raises NotFound, so that none is made by a slip."""
    if not config.store.database and not (config.data / DATABASE).exists():
        raise NotFound(
            f"There is no site in {config.data.resolve()}. Name its folder with --data DIR, "
            "or with ANNOTATOR_DATA."
        )


class Meter:
    """Shows on a terminal's standard error how far a long task has come; elsewhere nothing."""

    def __init__(self) -> None:
        self._stream = sys.stderr
        self._shown = 0.0

    def show(self, what: str, number: int) -> None:
        """Show that `number` of something have been dealt with; at most a few times a second."""
        moment = time.monotonic()
        if self._stream.isatty() and moment - self._shown > REFRESH_SECONDS:
            self._shown = moment
            self._stream.write(f"\r\x1b[K{number:,} {what}")
            self._stream.flush()

    def clear(self) -> None:
        """Clear what is shown, so that a line can be printed."""
        if self._shown:
            self._stream.write("\r\x1b[K")
            self._stream.flush()
            self._shown = 0.0

    close = clear


def told(function: Callable[P, R]) -> Callable[P, R]:
    """Show the product's errors as one line on standard error, with exit status 1."""

    @functools.wraps(function)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(*args, **kwargs)
        except AnnotatorError as error:
            raise click.ClickException(_shown(error.message + _said_by_database(error))) from error
        except BrokenPipeError:
            raise  # whoever reads our output has seen enough; click ends the command quietly
        except OSError as error:
            place = f"{error.filename}: " if error.filename else ""
            raise click.ClickException(_shown(f"{place}{error.strerror or error}")) from error

    return wrapper


def _said_by_database(error: AnnotatorError) -> str:
    """Return why there is no connection: whoever runs commands may know, visitors may not."""
    cause = error.__cause__
    if isinstance(error, Unavailable) and getattr(cause, "statement", "") is None:
        return f"\nIt said: {' '.join(str(getattr(cause, 'orig', cause)).split())}"
    return ""


def with_site(function: Callable[..., R]) -> Callable[..., R]:
    """Return a command the options --config and --data, and an `Opening` as first argument."""

    @click.option("--config", "config_file", type=NamedPath(), hidden=True)
    @click.option("--data", type=NamedPath(file_okay=False), hidden=True)
    @click.pass_obj
    @told
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
            if isinstance(value, str) and not value.isascii():
                _require_utf8(value)
        chosen = replace(
            opening,
            config_file=config_file or opening.config_file,
            data=data or opening.data,
        )
        return function(chosen, *args, **kw)

    return wrapper


def _require_utf8(value: str) -> None:
    """See that a word of the command line is text. Raises UsageError."""
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise click.UsageError(f"{visible(value)} is not UTF-8.") from error


def index_now(parts: Parts) -> None:
    """Bring the index up to date, unless a running server is doing it."""
    parts.indexer.drain()


def plain(text: str) -> str:
    """Return a text as one line of a terminal, on which no character of it can act."""
    return visible(" ".join(text.split()))


def _shown(message: str) -> str:
    """Return a message as lines of a terminal: it may repeat names and files of strangers."""
    return "\n".join(map(visible, message.split("\n")))


def printable(text: str) -> str:
    """Return text in which no character acts on a terminal, each of those written as an escape.

    Line feeds and tabs stay, and what joins letters and emoji.
    """
    return ACTING.sub(lambda it: visible(it[0]), text)


def echo(text: str = "", *, err: bool = False, nl: bool = True) -> None:
    """Print what may hold words of strangers."""
    click.echo(printable(text), err=err, nl=nl)


def echo_json(value: object) -> None:
    """Print JSON; what could act on a terminal is escaped in its strings."""
    written = json.dumps(value, ensure_ascii=False, indent=1)
    click.echo(ACTING.sub(lambda it: f"\\u{ord(it[0]):04x}", written))


def counted(number: int, singular: str, plural: str | None = None) -> str:
    """Write a number with its noun: `1 provision`, `1,204 provisions`."""
    return f"{number:,} {singular if number == 1 else plural or singular + 's'}"
