"""A folder named wrongly is told of: only what brings something in makes a site there."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Command


@pytest.mark.parametrize(
    "words",
    [
        ("search", "gates"),
        ("annotation", "export"),
        ("document", "list"),
        ("document", "place", "garden"),
        ("cite", "resolve", "garden/purpose/1"),
        ("index", "rebuild"),
        ("token", "list", "Ada"),
        ("user", "list"),
        ("user", "rename", "Ada", "Bob"),
    ],
)
def test_what_reads_or_changes_a_site_makes_none(
    command: Command, tmp_path: Path, words: tuple[str, ...]
) -> None:
    assert "There is no site in" in command(*words, status=1).output
    assert not list((tmp_path / "var").glob("*"))
