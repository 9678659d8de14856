"""The command `annotator`: one file a noun; what it did, in numbers.

Exit status 0 for success, 1 for failure (told why), 2 for a wrong call.
"""

from __future__ import annotations

import gc
import os
import sys
from io import TextIOWrapper
from pathlib import Path

import click

from annotator import __version__
from annotator.cli import (
    annotation,
    backup,
    check,
    cite,
    document,
    essay,
    index,
    moderation,
    quote,
    search,
    token,
    user,
)
from annotator.cli.context import Opening
from annotator.cli.server import serve, webmention
from annotator.private import UMASK

# Each collection looks at all that lives, the texts too: less often, an export is a third faster.
COLLECTED_EVERY = (50_000, 20, 20)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="annotator")
@click.option("--config", type=click.Path(path_type=Path), help="Settings, in TOML.")
@click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    help="The folder that holds the site's state.  [default: ./var]",
)
@click.pass_context
def main(context: click.Context, config: Path | None, data: Path | None) -> None:
    """Public commentary on public documents, passage by passage."""
    context.obj = Opening(config, data, umask=os.umask(UMASK))
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # texts and exports are UTF-8 in every locale
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    gc.set_threshold(*COLLECTED_EVERY)


for command in (
    serve.serve,
    document.document,
    annotation.annotation,
    search.search,
    index.index,
    user.user,
    token.token,
    check.check,
    backup.backup,
    backup.restore,
    cite.cite,
    moderation.moderation,
    quote.quote,
    essay.essay,
    webmention.webmention,
):
    main.add_command(command)
