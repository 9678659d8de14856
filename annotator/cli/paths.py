"""Files and folders named on the command line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click


class NamedPath(click.Path):
    """A path; refuses an empty name, which Python reads as the current folder."""

    def __init__(self, **options: Any) -> None:
        super().__init__(path_type=Path, **options)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the path. Raises BadParameter."""
        if not str(value):
            self.fail("The name is empty. Name a file or folder.", param, ctx)
        return super().convert(value, param, ctx)
