"""Every command in the documentation exists, with its options; pipes, colours and completion."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import click
import pytest

from annotator.cli import main
from annotator.cli.output import LINES_ON_A_TERMINAL, Result, marked
from tests.cli.conftest import Command
from tests.conftest import ROOT

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
# In a block of code, or between backticks.
CALL = re.compile(
    r"(?:^ {4}(?:\$ )?(?:\S+/)?|`(?:\S+/)?)annotator (?P<words>[^`\n]+?)(?:`|$| #.*$)", re.MULTILINE
)


def calls() -> list[tuple[str, str]]:
    """Return each call of the command in the documentation, with the name of its page."""
    found = []
    for page in PAGES:
        for match in CALL.finditer(page.read_text(encoding="utf-8")):
            found += [(page.name, re.split(r" [<>|;&] ?|…", words)[0].strip(" )"))
                      for words in match["words"].split(" && annotator ")]  # fmt: skip
    return sorted(set(found))


@pytest.mark.parametrize(("page", "words"), calls())
def test_a_documented_command_exists_with_its_options(page: str, words: str) -> None:
    context, command = click.Context(main), main
    arguments = shlex.split(words)
    while isinstance(command, click.Group) and arguments and not arguments[0].startswith("-"):
        if arguments[0].isupper():  # NOUN, COMMAND: any
            return
        name = arguments.pop(0)
        found = command.get_command(context, name)
        if found is None and name == "source":
            break
        if found is None and command.name == "source":  # `source SLUG` is `source get SLUG`
            found = command.get_command(context, "get")
        assert found is not None, f"{page}: annotator {words}"
        command, context = found, click.Context(found, parent=context)
    known = {option for parameter in command.params for option in
             (*parameter.opts, *parameter.secondary_opts)} | {"--help", "--version"}  # fmt: skip
    for word in arguments:
        if word.startswith("--"):
            assert word.split("=")[0] in known | {"--data", "--config"}, f"{page}: {words}"


@pytest.mark.parametrize("words", ["--help", "annotation export", "document text garden", "check"])
def test_a_reader_that_stops_early_is_no_failure(
    garden: Command, tmp_path: Path, words: str
) -> None:
    line = f"{sys.executable} -m annotator --data {tmp_path / 'var'} {words}"
    done = subprocess.run(  # noqa: S602  our own words
        f"set -o pipefail; {line} | head -c 1", shell=True, executable="/bin/bash",
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_completion_of_a_shell_is_printed(command: Command, shell: str) -> None:
    assert "_ANNOTATOR_COMPLETE" in command("completion", shell).output


def test_json_is_printed_alone_and_whole(garden: Command) -> None:
    for words in ("document list", "user list", "token list Ada", "webmention list", "check",
                  "document show garden", "essay list garden", "index status", "user show Ada",
                  "moderation rules", "moderation switch", "index rebuild"):  # fmt: skip
        assert isinstance(json.loads(garden(*words.split(), "--json").stdout), list | dict), words


def test_a_list_in_a_pipe_has_only_records_and_a_terminal_gets_a_screen(
    garden: Command, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    done = garden("user", "list")
    assert done.stdout.startswith("Ada\tmember\t")
    assert done.stderr == "1 account.\n"
    result = Result("60 lines.", [], [f"line {number}" for number in range(60)])
    result.print(every=False)
    assert len(capsys.readouterr().out.splitlines()) == 61
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    result.print(every=False)
    shown = capsys.readouterr().out.splitlines()
    assert len(shown) == LINES_ON_A_TERMINAL + 2
    assert "20 more; --all" in shown[-1]
    result.print(every=True)
    assert len(capsys.readouterr().out.splitlines()) == 61


def test_no_color_turns_colours_off(garden: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    context = click.Context(main)
    monkeypatch.setenv("NO_COLOR", "1")
    with context.scope():
        main.callback(None, None)  # type: ignore[misc]
        assert context.color is False
    assert marked("gone", "struck") == "\x1b[31m[-gone-]\x1b[0m"
