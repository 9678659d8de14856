"""The documentation is true: its commands run in order, its settings load, its requests work."""

from __future__ import annotations

import json
import re
import shlex
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from annotator import config
from annotator.app import create_app
from annotator.config import Config, Webmention
from annotator.parts import open_parts
from tests.cli.conftest import Command
from tests.conftest import ROOT

DOCS = {page.stem: page.read_text(encoding="utf-8") for page in (ROOT / "docs").glob("*.md")}
QUICKSTART = DOCS["quickstart"]
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
        line, _, source = line.partition(" > ")[0].partition(" < ")
        text = FILES[source] if source else "y\n"
        return command(*shlex.split(line), text=text).output

    return one


def commands() -> Iterator[str]:
    """Yield the commands of the documentation, in its order, except those that need a server."""
    for page in ("install", "quickstart", "exchange", "operations"):
        for line in re.findall(r"^    annotator (.+)$", DOCS[page], re.MULTILINE):
            for words in line.split(" && annotator "):
                if not words.startswith(("serve", "status", "--data DIR")) and "[" not in words:
                    yield words


def test_the_commands_of_the_documentation_run(run: Callable[[str], str], tmp_path: Path) -> None:
    lines = list(commands())
    assert len(lines) > 35
    known: dict[str, str] = {}
    for line in lines:
        for name, value in known.items():
            line = line.replace(name, value)
        if line.startswith("user add Ada") and line != lines[2]:
            continue  # the quickstart creates the account that install.md has created
        output = run(line)
        if line.startswith("document add new.md"):
            for shown, place in ("k7m2x", 6), ("p3q4r", 7):
                old = run(f"cite resolve constitution@2026-01-20/being-honest/{place} --json")
                known[shown] = json.loads(old)["pid"]
            run(line.removesuffix("--dry-run"))
        if line.startswith("token create"):
            known["TOKEN"] = output.split()[-1]
    assert "annotator --data DIR restore site.zip" in DOCS["operations"]
    run(f"--data {tmp_path / 'restored'} restore site.zip")


def test_no_page_has_the_name_of_a_page_that_sphinx_writes() -> None:
    assert not {"genindex", "search"} & set(DOCS)


def test_the_settings_of_the_documentation_load(tmp_path: Path) -> None:
    blocks = re.findall(r"(?:^    .+\n)+", DOCS["operations"], re.MULTILINE)
    settings = [block.replace("    ", "") for block in blocks if block.startswith("    [")]
    assert settings
    for block in settings:
        (tmp_path / "config.toml").write_text(block, encoding="utf-8")
        sections = tomllib.loads(block)
        loaded = config.load(tmp_path / "config.toml", environ={})
        for section, keys in sections.items():
            for key, value in keys.items():
                assert getattr(getattr(loaded, section), key) in (value, tuple(value)), key


def test_the_mention_of_the_documentation_is_accepted(
    run: Callable[[str], str], tmp_path: Path
) -> None:
    run("document ship")
    pid = json.loads(run("cite resolve charter@2026-11-01/how-to-quote/2 --json"))["pid"]
    sent = dict(re.findall(r"-d (source|target)=(\S+)", DOCS["webmention"]))
    site = Config(data=tmp_path / "var", webmention=Webmention(receive=True))
    sent["target"] = sent["target"].replace("https://notes.example.net", "http://localhost")
    answer = create_app(site, open_parts(site)).test_client().post(
        "/webmention", data=sent | {"target": sent["target"].replace("k7m2x", pid)}
    )  # fmt: skip
    assert answer.status_code == 201, answer.text
    assert "/webmention/" in answer.headers["Location"]


def test_the_request_of_the_quickstart_is_accepted(
    run: Callable[[str], str], tmp_path: Path
) -> None:
    run("document ship")
    run("user add robot")
    token = run("token create robot").split()[-1]
    sent = re.search(r"-d '(.+?)' ", QUICKSTART.replace("\n", " "))
    assert sent
    site = Config(data=tmp_path / "var")
    client = create_app(site, open_parts(site)).test_client()
    answer = client.post("/api/annotations", json=json.loads(sent[1]),
                         headers={"Authorization": f"Bearer {token}"})  # fmt: skip
    assert answer.status_code == 201, answer.text
