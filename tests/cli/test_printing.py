"""What strangers wrote acts on no terminal: no colour, no cursor, no title, no turned direction."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

import pytest

from annotator.cli.output import plain, printable
from tests.cli.conftest import Command
from tests.conftest import ROOT

TURNED = "\u202egnp.exe\u202c \u2066x\u2069"  # what a comment may hold
BAD = "\x1b[2J\x1b]0;owned\x07 \x9b31m \u202egnp.exe\u202c \u2066x\u2069 \x7f\x08"
ACTS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
PRINTING = ("click.echo", "print")
LINE = {
    "id": "evil1", "document": "garden", "edition": "2026-03-01", "author": "Eve",
    "body": f"heron {TURNED}", "tags": ["heron"], "motivation": "commenting",
    "created": "2026-03-02T09:30:00Z", "modified": "2026-03-02T09:30:00Z",
    "target": {"exact": "The north gate is locked at dusk"},
    "essay": {"id": "e1", "title": f"Essay {TURNED}", "source_url": "https://e.example",
              "ordinal": 0,
              "created": "2026-03-02T09:30:00Z", "modified": "2026-03-02T09:30:00Z"},
}  # fmt: skip


@pytest.fixture
def evil(garden: Command, tmp_path: Path) -> Command:
    """A site whose document, comment and essay have names that would act."""
    path = tmp_path / "evil.jsonl"
    path.write_text(json.dumps(LINE) + "\n" + json.dumps({**LINE, "id": "x", "document": BAD}))
    told = garden("annotation", "import", str(path), status=None).output
    assert "1 added" in told, told
    assert not ACTS.search(told), told
    return garden


@pytest.mark.parametrize(
    "words",
    [
        ("search", "heron"), ("search", "heron", "--json"), ("search", BAD), ("essay", "list"),
        ("document", "show", BAD), ("document", "list"), ("cite", "find", "garden", BAD),
        ("cite", "resolve", BAD), ("user", "list"), ("check",),
        ("quote", "essay.md", "--document", "garden"), ("annotation", "export", "--author", BAD),
        ("document", "fetch", BAD),
    ],
)  # fmt: skip
def test_no_command_prints_what_acts(evil: Command, tmp_path: Path, words: tuple[str, ...]) -> None:
    tmp_path.joinpath("essay.md").write_text(f"It says “The north gate is locked at {BAD} dusk”.")
    told = evil(*words, status=None).output
    assert told
    assert not ACTS.search(told), ascii(told)


def test_json_for_programs_is_the_same_data(evil: Command) -> None:
    found = json.loads(evil("search", "heron", "--json").output)["items"]
    assert any(TURNED in (item.get("body") or "") for item in found)


def test_letters_that_are_joined_or_run_to_the_left_stay() -> None:
    for words in ("👩‍🌾 שלום \u200f مرحبا می‌خواهم", "two\nlines\tand a tab", "e\u0301"):
        assert printable(words) == words
    assert plain("two\nlines\x1b[m") == "two lines\\u001b[m"


def test_commands_print_through_one_function() -> None:
    """Those that style words, or print a text exactly as it is, say so here."""
    allowed = {"output.py": 3, "document.py": 2}
    found = {}
    for path in sorted((ROOT / "annotator" / "cli").rglob("*.py")):
        calls = [node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
                 if isinstance(node, ast.Call) and ast.unparse(node.func) in PRINTING]  # fmt: skip
        if calls:
            found[path.name] = len(calls)
    assert found == allowed
