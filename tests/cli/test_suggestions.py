"""`annotator suggestion export`: which suggestions are taken, what is told, and the patch."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.cli.conftest import GARDEN, Command

MADE = [("a1", "keep quiet", "be quiet", ["Bob"]), ("a2", "keep quiet", "be still", []),
        ("a3", "three gates", "four gates", [])]  # fmt: skip


@pytest.fixture
def suggested(garden: Command, tmp_path: Path) -> Command:
    """Call `annotator` on a site with three suggestions, two of which conflict."""
    lines = [
        {"id": ident, "author": "Ada", "document": "garden", "target": {"exact": words},
         "body": None, "motivation": "editing",
         "suggestion": {"act": "replace", "wording": wording},
         "agreed_by": [{"author": name, "created": "2026-03-02T00:00:00Z"} for name in names]}
        for ident, words, wording, names in MADE
    ]  # fmt: skip
    (tmp_path / "made.jsonl").write_text("\n".join(map(json.dumps, lines)), "utf-8")
    garden("annotation", "import", "made.jsonl")
    return garden


@pytest.mark.parametrize(
    ("options", "taken"),
    [
        ((), ["a3"]),
        (("--pick", "agreements"), ["a1", "a3"]),
        (("--ids", "a2"), ["a2"]),
        (("--filter", "agreements:>0"), ["a1"]),
        (("--filter", "agreements:<1 OR author:Nobody", "--ids", "a3,a1"), ["a3"]),
        (("--filter", "heron"), []),
    ],
)
def test_chosen_suggestions_are_exported_and_the_rest_is_named(
    suggested: Command, options: tuple[str, ...], taken: list[str]
) -> None:
    told = json.loads(suggested("suggestion", "export", "garden", *options, "--json").stdout)
    assert sorted(told["taken"]) == taken
    assert not set(told["taken"]) & told["left_out"].keys()


def test_the_patch_applies_to_the_publishers_file(suggested: Command, tmp_path: Path) -> None:
    shutil.copy(GARDEN, tmp_path)
    options = ("--pick", "agreements", "--output", "changes.patch")
    told = suggested("suggestion", "export", "garden@2026-03-01", *options).stderr
    assert told.startswith("2 suggestions in changes.patch, 1 left out.")
    assert "left out a2: It conflicts with a1." in told
    subprocess.run(["git", "apply", "changes.patch"], cwd=tmp_path, check=True)
    changed = Path(GARDEN).read_text("utf-8")
    for _, words, wording, _ in (MADE[0], MADE[2]):
        changed = changed.replace(words, wording, 1)
    assert (tmp_path / Path(GARDEN).name).read_text("utf-8") == changed


@pytest.mark.parametrize(
    ("options", "status", "told"),
    [
        (("--format", "morse"), 2, "is not one of"),
        (("--filter", "agreements:few"), 1, "needs a number"),
        (("--filter", "a)"), 1, "at character 2"),
    ],
)
def test_what_cannot_be_exported_says_why(
    suggested: Command, options: tuple[str, ...], status: int, told: str
) -> None:
    assert told in suggested("suggestion", "export", "garden", *options, status=status).output


def test_a_new_edition_says_what_it_has_of_suggestions(suggested: Command, tmp_path: Path) -> None:
    text = Path(GARDEN).read_text("utf-8").replace("keep quiet", "be quiet", 1)
    (tmp_path / "new.md").write_text(text, "utf-8")
    options = ("--slug", "garden", "--edition", "2026-04-01")
    told = suggested("document", "add", "new.md", *options).output
    assert "Suggestions, by what the edition has: 1 open, 1 other, 1 same." in told
