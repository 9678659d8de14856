"""The data folder is its owner's alone, whatever the umask, and one made wider is mended."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from annotator.private import make_private
from tests.conftest import ROOT, SAMPLES


def _run(data: Path, *words: str) -> None:
    """Call the command under the widest umask."""
    command = [sys.executable, "-m", "annotator", "--data", str(data), *words]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, umask=0)


def _open_to_others(data: Path) -> list[str]:
    return [
        f"{path} {stat.S_IMODE(path.lstat().st_mode):o}"
        for path in [data, *data.rglob("*")]
        if path.lstat().st_mode & 0o077
    ]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("private") / "var"
    garden = str(SAMPLES / "garden-1.md")
    _run(made, "document", "add", garden, "--slug", "garden", "--edition", "1")
    _run(made, "backup", str(made / "site.zip"))
    _run(made, "restore", str(made / "site.zip"), "--force")
    return made


def test_what_is_made_is_the_owners_alone_whatever_the_umask(data: Path) -> None:
    names = {path.name for path in data.iterdir()}
    assert {"annotator.sqlite3", "index", "indexer.lock", "site.zip", "restored.toml"} <= names
    assert _open_to_others(data) == []


def test_a_folder_that_was_made_wider_is_mended_at_the_next_command(data: Path) -> None:
    for path in [data, *data.rglob("*")]:
        path.chmod(0o777 if path.is_dir() else 0o666)
    (data / "site.zip").chmod(0o600)
    _run(data, "document", "list")
    assert _open_to_others(data) == []


def test_a_folder_of_other_things_keeps_its_mode_and_theirs(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other").chmod(0o755)
    (tmp_path / "other" / "page.html").write_text("x")
    for name in ("page.html", "annotator.sqlite3", "secrets"):
        (tmp_path / name).write_text("x")
        (tmp_path / name).chmod(0o644)
    (tmp_path / "index").symlink_to(tmp_path / "other")
    tmp_path.chmod(0o755)
    make_private(tmp_path)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert modes["page.html"] == 0o644
    assert modes["annotator.sqlite3"] == modes["secrets"] == 0o600
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o755
    assert stat.S_IMODE((tmp_path / "other").stat().st_mode) == 0o755
    assert stat.S_IMODE((tmp_path / "other" / "page.html").stat().st_mode) == 0o644 & ~_umask()


def _umask() -> int:
    present = os.umask(0)
    os.umask(present)
    return present
