"""Shared by all commands: reading the settings, opening the site, reporting errors."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import click

from annotator import config as settings
from annotator.cli import NamedPath
from annotator.cli.output import LINES_ON_A_TERMINAL, Result, echo, echo_json
from annotator.config import DATABASE, Config
from annotator.errors import AnnotatorError, NotFound, Unavailable
from annotator.logs import visible
from annotator.parts import Parts, open_parts

R = TypeVar("R")


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


def with_site(function: Callable[..., R]) -> Callable[..., R]:
    """Add the options --config and --data to a command, and an `Opening` as first argument.

    An AnnotatorError or OSError is printed as one line on standard error, with exit status 1.
    """

    @click.option("--config", "config_file", type=NamedPath(), hidden=True)
    @click.option("--data", type=NamedPath(file_okay=False), hidden=True)
    @click.pass_obj
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
        try:
            return function(chosen, *args, **kw)
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


def result(*, listed: bool = False) -> Callable[[Callable[..., Result]], Callable[..., None]]:
    """Open a site as `with_site`, and print what the command returns.

    Adds the option --json, and --all for a command that lists.
    """

    def decorate(function: Callable[..., Result]) -> Callable[..., None]:
        @click.option("--json", "as_json", is_flag=True, help="Print JSON.")
        @functools.wraps(function)
        def wrapper(*args: object, as_json: bool, every: bool = False, **kw: object) -> None:
            done = function(*args, **kw)
            if as_json:
                echo_json(done.data)
            else:
                done.print(every=every)
            if done.failed:
                raise SystemExit(1)

        help_text = f"Print the whole list on a terminal too, not only {LINES_ON_A_TERMINAL} lines."
        add_all = click.option("--all", "every", is_flag=True, help=help_text)
        return with_site(add_all(wrapper) if listed else wrapper)

    return decorate


def output_file(function: Callable[..., R]) -> Callable[..., R]:
    """Add the option --output to a command; without it, the command writes to standard output."""
    return click.option("--output", type=NamedPath(dir_okay=False),
                        help="The file to write; otherwise standard output.")(function)  # fmt: skip


def index_now(parts: Parts) -> None:
    """Update the index, unless a running server does, or it is impossible now."""
    try:
        parts.indexer.drain()
    except Unavailable as error:
        echo(f"The search index will be updated later. {error.message}", err=True)


def _shown(message: str) -> str:
    return "\n".join(map(visible, message.split("\n")))
