"""docs/quickstart.md is true: its commands run in their order, and its request is answered 201."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest

from annotator.app import create_app
from annotator.config import Config
from annotator.parts import open_parts
from tests.cli.conftest import Command
from tests.conftest import ROOT

QUICKSTART = (ROOT / "docs" / "quickstart.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^    annotator (.+)$", QUICKSTART, re.MULTILINE)
NUMBERS = ("one", "two", "three", "four", "five", "six", "seven", "eight")
OLD = "# Aims\n\n## Being honest\n\n" + "\n\n".join(
    f"Rule number {name} says that words {name} are kept." for name in NUMBERS
)
FILES = {
    "constitution.md": OLD,
    "new.md": OLD.replace("Rule number six says that words six are kept.", "A new thought."),
    "essay.md": '# On quoting\n\nThe charter says "Quote exactly, and quote enough." I agree.\n',
    "password-file": "a long password",
}


@pytest.fixture
def run(command: Command, tmp_path: Path) -> Callable[[str], str]:
    """Run one line of the page, without `annotator`, in a folder that has its files."""
    for name, text in FILES.items():
        (tmp_path / name).write_text(text, encoding="utf-8")

    def one(line: str) -> str:
        line, _, source = line.partition(" < ")
        text = FILES[source] if source else "y\n"
        return command(*shlex.split(line), text=text).output

    return one


def test_the_commands_of_the_quickstart_run(run: Callable[[str], str]) -> None:
    lines = iter(COMMANDS)
    assert next(lines) == "document ship && annotator serve"
    run("document ship")
    run("user add Ada --password-stdin < password-file")
    known: dict[str, str] = {}
    for line in lines:
        for name, value in known.items():
            line = line.replace(name, value)
        if line.startswith("user add Ada"):
            continue
        output = run(line)
        if line.startswith("document add new.md"):
            for shown, place in ("k7m2x", 6), ("p3q4r", 7):
                old = run(f"cite resolve constitution@2026-01-20/being-honest/{place} --json")
                known[shown] = json.loads(old)["pid"]
            run(line.removesuffix("--dry-run"))
        if line.startswith("token create"):
            known["TOKEN"] = output.split()[-1]


def test_the_request_of_the_quickstart_is_accepted(
    run: Callable[[str], str], tmp_path: Path
) -> None:
    run("document ship")
    run("user add robot")
    token = run("token create robot").split()[-1]
    sent = re.search(r"-d '(.+?)' ", QUICKSTART.replace("\n", " "))
    assert sent
    config = Config(data=tmp_path / "var")
    client = create_app(config, open_parts(config)).test_client()
    answer = client.post("/api/annotations", json=json.loads(sent[1]),
                         headers={"Authorization": f"Bearer {token}"})  # fmt: skip
    assert answer.status_code == 201, answer.text
