"""`annotator quote` reports an essay's quotations, in words and as JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Command

ESSAY = """The rules say “keep to the paths in the wet months”. They also say that
“the north gate [...] locked at dusk” and "the keeper decides which song is sung at noon".
"""


@pytest.fixture
def essay(tmp_path: Path) -> Path:
    path = tmp_path / "essay.md"
    path.write_text(ESSAY, encoding="utf-8")
    return path


def test_the_json_has_every_quotation_with_its_places(garden: Command, essay: Path) -> None:
    told = json.loads(garden("quote", str(essay), "--document", "garden", "--json").stdout)
    assert told["document"] == "garden"
    first, second, third = told["quotations"]
    assert first["verdict"] == "verbatim"
    assert first["matches"][0]["address"].startswith("garden@")
    assert first["matches"][0]["exact"] == first["as_written"]
    assert ESSAY[first["start"] : first["end"]] == first["as_written"]
    assert second["verdict"] == "altered_marked"
    assert [match["exact"] for match in second["matches"]] == ["The north gate", "locked at dusk"]
    assert (third["verdict"], third["matches"], third["candidates"]) == ("not_found", [], [])


def test_in_words_it_tells_line_verdict_and_address(garden: Command, essay: Path) -> None:
    told = garden("quote", str(essay), "--document", "garden").stdout
    assert "line 1: verbatim" in told
    assert "line 2: altered and marked" in told
    assert "garden@2026-03-01/paths-and-gates/" in told
    assert told.startswith("3 quotations of garden@2026-03-01:")


@pytest.mark.parametrize(
    ("data", "trouble"),
    [
        (b"", "empty"),
        (b"\0\1\2" * 50, "binary"),
        (b"\0\1\2" * 1_000_000, "binary"),
        (b"caf\xe9 \x93hello\x94", "not UTF-8"),
        (b"x" * 5_000_000, "500,000 characters"),
    ],
)
def test_what_is_no_essay_is_refused_in_words(
    garden: Command, tmp_path: Path, data: bytes, trouble: str
) -> None:
    path = tmp_path / "essay.txt"
    path.write_bytes(data)
    assert trouble in garden("quote", str(path), "--document", "garden", status=1).output
