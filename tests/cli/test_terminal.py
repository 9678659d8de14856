"""What a command prints of other people's words acts on no terminal."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Command

HOSTILE = "a\x1b[2J\x9b1m\u202eb\u2066"

TURNED = "a\u202eb\u2066"  # a text may hold these, and no controls


def acting(output: str) -> list[str]:
    """Return the characters of an output that could act on a terminal."""
    return [each for each in output if not each.isprintable() and each not in "\n\t"]


def test_errors_repeat_names_without_what_acts_on_a_terminal(garden: Command) -> None:
    for words in (
        ("user", "rename", HOSTILE, "Ben"),
        ("document", "show", HOSTILE),
        ("document", "show", f"garden@{HOSTILE}"),
        ("cite", "resolve", f"garden/{HOSTILE}"),
        ("annotation", "export", "--document", HOSTILE),
        ("token", "create", HOSTILE),
    ):
        done = garden(*words, status=None)
        assert done.exit_code in {1, 2}, words
        assert acting(done.output) == [], words


@pytest.mark.parametrize(
    "words", [("search",), ("document", "show"), ("token", "create"), ("cite", "resolve")]
)
def test_a_word_that_is_no_text_is_a_wrong_call(garden: Command, words: tuple[str, ...]) -> None:
    assert "is not UTF-8" in garden(*words, "d\udcff", status=2).output


def test_what_is_printed_is_utf_8_in_every_locale_and_standard_input_may_be_closed(
    garden: Command, tmp_path: Path
) -> None:
    plain = {**os.environ, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    garden("user", "add", "Zoë")
    told = garden("user", "list").stdout

    def run(words: str) -> subprocess.CompletedProcess[bytes]:
        command = f"{sys.executable} -m annotator --data {tmp_path / 'var'} {words}"
        return subprocess.run(command, shell=True, env=plain, capture_output=True, check=False)  # noqa: S602  our own words

    assert run("user list").stdout.decode("utf-8") == told
    closed = run("user add Ben --password-stdin <&-")
    assert (closed.returncode, b"it is closed" in closed.stderr) == (2, True)


def test_titles_and_refused_lines_do_neither(garden: Command, tmp_path: Path) -> None:
    source = tmp_path / "hostile.md"
    source.write_text(f"# Title {TURNED}\n\n## Part {TURNED}\n\nWords.\n", encoding="utf-8")
    garden("document", "add", str(source), "--slug", "hostile", "--edition", "1")
    file, report = tmp_path / "hostile.jsonl", tmp_path / "report"
    rows = [
        {"id": HOSTILE, "document": "garden", "body": "x", "author": "Ada"},
        {"id": "x1", "document": HOSTILE, "body": "x", "author": HOSTILE},
        {
            "id": "x2",
            "document": "garden",
            "body": "x",
            "author": "Ada",
            "target": {"exact": HOSTILE},
        },
    ]
    file.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    outputs = [
        garden("document", "list").output,
        garden("document", "show", "hostile").output,
        garden("annotation", "import", str(file), "--report", str(report), status=None).output,
        report.read_text(encoding="utf-8"),
    ]
    assert [acting(output) for output in outputs] == [[], [], [], []]
