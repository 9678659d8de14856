"""The command `annotator`, one file a noun.

Exit status: 0 for success, 1 for failure, 2 for wrong usage.
"""

from __future__ import annotations

import atexit
import gc
import os
import sys
from importlib import import_module
from io import TextIOWrapper
from pathlib import Path
from typing import Any

import click

from annotator import __version__
from annotator.private import UMASK

# Garbage collection visits imported code and texts too: less often, imports are a tenth faster and
# exports a third. When a process ends, it does not visit them (half a second of each).
COLLECTED_EVERY = (50_000, 20, 20)
# Each command with its module, which is imported only when the command runs, and its help line.
COMMANDS = {
    "annotation": ("annotation", "Import and export annotations."),
    "answer": ("answer", "Export and import answers to comments; show what is open."),
    "backup": ("backup", "Write the whole site to FILE."),
    "check": ("check", "Check that everything stored is consistent."),
    "cite": ("cite", "Resolve and find addresses of provisions and words."),
    "completion": ("output", "Print the completion script of a shell."),
    "document": ("document", "Add, list, compare and show documents and their editions."),
    "essay": ("essay", "Publish essays as comments on the passages they quote."),
    "index": ("search", "Rebuild the search index, or show its state."),
    "letters": ("server.letters", "Show and send news emails."),
    "moderation": ("moderation", "Moderate: the queue, actions, and switches of the site."),
    "quote": ("quote", "Check an essay's quotations of a document."),
    "restore": ("backup", "Restore a site from the backup FILE."),
    "search": ("search", "Find commentary and provisions."),
    "serve": ("server.serve", "Serve the site until interrupted."),
    "suggestion": ("annotation", "Export suggestions for the publisher's file."),
    "status": ("server.status",
               "Show the hosts of the site, the leader of each task, and what is waiting."),
    "token": ("token", "Create, list and revoke API tokens."),
    "user": ("user", "Add and change accounts."),
    "webmention": ("server.webmention", "List and verify webmentions, and decide about them."),
}  # fmt: skip


class NamedPath(click.Path):
    """A path; refuses an empty name, which Python reads as the current folder."""

    def __init__(self, **options: Any) -> None:
        super().__init__(path_type=Path, **options)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the path. Raises BadParameter."""
        if not str(value):
            self.fail("The name is empty. Name a file or folder.", param, ctx)
        return super().convert(value, param, ctx)


class Commands(click.Group):
    """A group whose commands are imported only when they run."""

    def list_commands(self, context: click.Context) -> list[str]:
        """List the names of all commands in alphabetical order."""
        return sorted(COMMANDS)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        """Import the command with this name; return None if there is none."""
        if name not in COMMANDS:
            return None
        gc.set_threshold(*COLLECTED_EVERY)
        atexit.register(gc.freeze)
        module = import_module(f"annotator.cli.{COMMANDS[name][0]}")
        command: click.Command = getattr(module, name)
        return command

    def main(self, *args: Any, **options: Any) -> Any:
        """Run a command. If the reader of its output stops early, as `head` does, exit with 0."""
        stdout = sys.stdout
        try:
            return super().main(*args, **options)
        except SystemExit:
            try:
                stdout.flush()
                closed = sys.stdout is not stdout  # click replaces it when a pipe is closed
            except BrokenPipeError:
                closed = True
            if not closed:
                raise
            os.dup2(os.open(os.devnull, os.O_WRONLY), stdout.fileno())  # Python flushes at its end
            raise SystemExit(0) from None

    def format_commands(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the overview of commands from `COMMANDS`, without importing any of them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, COMMANDS[name][1]) for name in self.list_commands(context)])


@click.command(
    cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(__version__, prog_name="annotator")
@click.option("--config", type=NamedPath(), help="The settings file, in TOML.")
@click.option(
    "--data", type=NamedPath(file_okay=False), help="The data folder of the site.  [default: ./var]"
)
@click.pass_context
def main(context: click.Context, config: Path | None, data: Path | None) -> None:
    """Public commentary on public documents, passage by passage."""
    from annotator.cli.context import Opening  # only a command that runs needs the site

    context.obj = Opening(config, data, umask=os.umask(UMASK))
    if os.environ.get("NO_COLOR"):
        context.color = False
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # texts and exports are UTF-8 in every locale
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
