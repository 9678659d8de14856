"""The command line, called in this process and, where that matters, in its own."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from annotator.cli import main
from tests.conftest import SAMPLES

Command = Callable[..., Result]
GARDEN = str(SAMPLES / "garden-1.md")


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Call `annotator` on a data folder of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("ANNOTATOR_CONFIG", raising=False)

    def call(*words: str, status: int | None = 0, text: str | None = None) -> Result:
        arguments = ["--data", str(tmp_path / "var"), *words]
        done = CliRunner().invoke(main, arguments, input=text, catch_exceptions=False)
        assert status is None or done.exit_code == status, done.output
        return done

    return call


@pytest.fixture(scope="session")
def garden_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with one edition of the garden's rules and an account, Ada."""
    folder = tmp_path_factory.mktemp("garden") / "var"
    for words in (("document", "add", GARDEN, "--slug", "garden", "--edition", "2026-03-01"),
                  ("user", "add", "Ada")):  # fmt: skip
        done = CliRunner().invoke(main, ["--data", str(folder), *words], catch_exceptions=False)
        assert done.exit_code == 0, done.output
    return folder


@pytest.fixture
def garden(command: Command, garden_folder: Path, tmp_path: Path) -> Command:
    """Call `annotator` on a copy of that folder."""
    shutil.copytree(garden_folder, tmp_path / "var")
    return command
