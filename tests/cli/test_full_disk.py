"""A server on a full or read-only disk can be read, says why, and recovers by itself."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest

from annotator.private import unwritable
from tests.conftest import ROOT, SAMPLES
from tests.helpers.server import serving


def _mount(*words: str) -> bool:
    """Call mount or umount; False where this user, or this machine, cannot."""
    try:
        return subprocess.run(words, check=False, capture_output=True).returncode == 0
    except FileNotFoundError:
        return False


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A file system of six megabytes with a site, and a file `filler` beside it."""
    place = tmp_path / "small"
    place.mkdir()
    if not _mount("mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", str(place)):
        pytest.skip("no small file system can be mounted here (that takes root)")
    try:
        garden = str(SAMPLES / "garden-1.md")
        command = [sys.executable, "-m", "annotator", "--data", str(place / "var")]
        subprocess.run([*command, "document", "add", garden, "--slug", "garden", "--edition", "1"],
                       cwd=ROOT, check=True, capture_output=True)  # fmt: skip
        yield place
    finally:
        for _ in range(50):
            if _mount("umount", str(place)):
                break
            time.sleep(0.1)


def _ask(port: int, path: str, method: str = "GET") -> tuple[int, bytes]:
    with closing(HTTPConnection("127.0.0.1", port, timeout=30)) as asking:
        asking.request(method, path)
        answer = asking.getresponse()
        return answer.status, answer.read()


def _health(port: int) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(_ask(port, "/health")[1])
    return found


def _fill(place: Path) -> Path:
    filler = place / "filler"
    with filler.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(b"x" * 4096)
    assert unwritable(place) == "the disk is full"
    return filler


def test_a_server_starts_on_a_full_disk_says_why_and_recovers(small: Path, tmp_path: Path) -> None:
    filler = _fill(small)
    with serving(small / "var", log=tmp_path / "output") as (port, _):
        assert "the disk is full" in (tmp_path / "output").read_text()
        health = _health(port)
        assert health["status"] == "degraded"
        assert "the disk is full" in health["problems"][0]
        assert _ask(port, "/d/garden@1")[0] == 200
        assert b'"total":1' in _ask(port, "/api/search?q=quiet")[1].replace(b" ", b"")
        filler.unlink()
        for _ in range(300):
            time.sleep(0.1)
            with suppress(OSError):
                health = _health(port)
                if health["status"] == "ok":
                    break
        assert health == {"status": "ok", "index_waiting": 0, "problems": []}


def test_a_command_on_a_full_disk_says_so(small: Path) -> None:
    _fill(small)
    words = ["user", "add", "Ada"]
    done = subprocess.run([sys.executable, "-m", "annotator", "--data", str(small / "var"), *words],
                          cwd=ROOT, check=False, capture_output=True, text=True)  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.startswith("Error: Nothing can be written: the disk is full.")
    assert len(done.stderr.splitlines()) == 1


def test_a_server_starts_on_a_read_only_disk(small: Path, tmp_path: Path) -> None:
    assert _mount("mount", "-o", "remount,ro", str(small))
    with serving(small / "var", log=tmp_path / "output") as (port, _):
        assert "read-only" in (tmp_path / "output").read_text()
        assert _health(port)["status"] == "degraded"
        assert _ask(port, "/d/garden@1")[0] == 200
