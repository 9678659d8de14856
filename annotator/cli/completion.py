"""`annotator completion`: the completion of commands and options in a shell."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class


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
