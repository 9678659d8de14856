"""The house stands as docs/architecture.md says: its rooms, its import directions, its sizes."""

from __future__ import annotations

import ast
import statistics
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

SOURCES = sorted((ROOT / "annotator").rglob("*.py"))
STATIC = sorted(
    path for kind in ("js", "css") for path in (ROOT / "annotator/web/static").rglob(f"*.{kind}")
)
ROOMS = (
    "documents",
    "anchoring",
    "markup",
    "models",
    "outside",
    "auth",
    "formats",
    "search",
    "services",
    "web",
    "cli",
)


def test_imports_go_down_only() -> None:
    command = [Path(sys.executable).with_name("lint-imports"), "--no-cache"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_room_exists_says_what_it_is_for_and_is_on_the_map() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    for room in ROOMS:
        assert ast.get_docstring(ast.parse((ROOT / "annotator" / room / "__init__.py").read_text()))
        assert f"{room}/" in page


@pytest.mark.parametrize("path", [*SOURCES, *STATIC], ids=lambda path: path.name)
def test_no_file_is_over_450_lines(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 450


def test_functions_are_short() -> None:
    lengths = {}
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef):
                lengths[f"{path.name}:{node.name}"] = (node.end_lineno or 0) - node.lineno + 1
    assert [name for name, length in lengths.items() if length > 60] == []
    assert statistics.median(lengths.values()) <= 11


def test_pins_have_hashes_and_no_index_address() -> None:
    for name in ("run", "dev"):
        lines = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8").splitlines()
        pins = [line for line in lines if "==" in line and not line.startswith(" ")]
        assert len(pins) > 20
        assert all(line.endswith("\\") for line in pins), "a pin without its hashes"
        assert not any("://" in line or line.startswith("-") for line in lines)
