"""The wheel alone makes a site: nothing of the repository is needed where it is installed."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
import time
from contextlib import closing
from http.client import HTTPConnection
from importlib.metadata import distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tests.conftest import ROOT, free_port
from tests.helpers.server import running

SOURCES = ("annotator", "corpus", "docs", "migrations", "requirements", "LICENSE", "MANIFEST.in",
           "README.md", "pyproject.toml", "setup.py")  # fmt: skip
BUILD = "from setuptools import build_meta; build_meta.build_sdist('dist')"


def _run(*command: str | Path, cwd: Path) -> str:
    """Run a command away from the repository; return what it printed."""
    environ = {name: value for name, value in os.environ.items()
               if not name.startswith(("ANNOTATOR_", "PYTHON"))}  # fmt: skip
    words = [*map(str, command)]
    done = subprocess.run(words, cwd=cwd, env=environ, check=False, capture_output=True, text=True)
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel built from a source archive, built from a copy of the sources."""
    copy = tmp_path_factory.mktemp("sources")
    for name in SOURCES:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, copy)
    _run(sys.executable, "-c", BUILD, cwd=copy)
    (archive,) = (copy / "dist").glob("annotator-*.tar.gz")
    _run(sys.executable, "-m", "pip", "wheel", archive, "--no-deps", "--no-build-isolation",
         "--wheel-dir", "dist", cwd=copy)  # fmt: skip
    (built,) = (copy / "dist").glob("annotator-*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The command of an environment that has the wheel and what `requirements/run.txt` pins.

    The pinned packages are those of this environment, which were checked against their hashes.
    """
    folder = tmp_path_factory.mktemp("environment")
    made = subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder],
                          check=False, capture_output=True)  # fmt: skip
    if made.returncode:
        pytest.skip("no virtual environment can be made here (python3-venv is missing)")
    (packages,) = (folder / "lib").glob("python3*/site-packages")
    lines = (ROOT / "requirements" / "run.txt").read_text().splitlines()
    for pin in (Requirement(line.rstrip("\\ ")) for line in lines if "==" in line):
        if pin.marker and not pin.marker.evaluate():
            continue
        pinned = distribution(pin.name)
        for top in {file.parts[0] for file in pinned.files or ()} - {"..", "__pycache__"}:
            (packages / top).symlink_to(Path(str(pinned.locate_file(top))))
    python = folder / "bin" / "python"
    _run(sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--no-index", wheel,
         cwd=folder)  # fmt: skip
    return folder / "bin" / "annotator"


def _get(port: int, path: str) -> tuple[int, str]:
    with closing(HTTPConnection("127.0.0.1", port, timeout=30)) as asking:
        asking.request("GET", path)
        answer = asking.getresponse()
        return answer.status, answer.read().decode()


def test_a_wheel_in_an_empty_environment_and_an_empty_folder_makes_a_site(
    installed: Path, tmp_path: Path
) -> None:
    assert "charter" in _run(installed, "document", "ship", cwd=tmp_path)
    port = free_port()
    command = (installed, "serve", "--port", str(port))
    with running(command, port, tmp_path / "output", cwd=tmp_path):
        for path, words in (("/", "charter"), ("/d/charter", "commentary"),
                            ("/d/charter@2026-11-01/how-to-quote/1", "quote"),
                            ("/api/", "annotations"), ("/static/css/base.css", "{"),
                            ("/static/js/selection.js", "import")):  # fmt: skip
            status, text = _get(port, path)
            assert (status, words in text) == (200, True), path
        for _ in range(100):
            status, text = _get(port, "/api/search?q=quote")
            if status == 200 and '"total":0' not in text.replace(" ", ""):
                break
            time.sleep(0.1)
        else:
            pytest.fail(f"search finds nothing: {status} {text[:300]}")
        _run(installed, "backup", "site.zip", cwd=tmp_path)
    assert (tmp_path / "site.zip").stat().st_size > 10_000
    assert "No faults" in _run(installed, "check", cwd=tmp_path)
    assert (tmp_path / "var").is_dir()


def test_nothing_is_written_where_the_program_is_installed(installed: Path, tmp_path: Path) -> None:
    (package,) = (installed.parent.parent / "lib").glob("python3*/site-packages/annotator")
    kept = {path for path in package.rglob("*") if path.is_file() and path.suffix != ".pyc"}
    folders = [path for path in package.rglob("*") if path.is_dir()]
    try:
        for folder in [package, *folders]:
            folder.chmod(stat.S_IRUSR | stat.S_IXUSR)
        _run(installed, "document", "ship", cwd=tmp_path)
    finally:
        for folder in [package, *folders]:
            folder.chmod(stat.S_IRWXU)
    assert {p for p in package.rglob("*") if p.is_file() and p.suffix != ".pyc"} == kept
