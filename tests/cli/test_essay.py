"""`annotator essay add` refuses what it cannot follow before it shows or posts anything."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Command

ESSAY = """The rules say “keep to the paths in the wet months”. Who is told of the dry ones?
"""


@pytest.mark.parametrize(
    ("options", "trouble", "status"),
    [
        (("--leave-out", "9"), "There is no part 9; the essay has 1.", 2),
        (("--shift", "0", "1"), "There is no part 0; the essay has 1.", 2),
        (("--join", "1"), "Part 1 has no part before it", 2),
        (("--pick", "1", "2"), "Quotation 1 has no candidate 2 to pick.", 2),
        (("--pick", "7", "1"), "Quotation 7 has no candidate 1 to pick.", 2),
        (("--source-url", "javascript:alert(1)"), "begin with https://", 1),
    ],
)
def test_a_choice_that_leads_nowhere_is_refused_by_the_dry_run_too(
    garden: Command, tmp_path: Path, options: tuple[str, ...], trouble: str, status: int
) -> None:
    path = tmp_path / "essay.md"
    path.write_text(ESSAY, encoding="utf-8")
    add = ("essay", "add", str(path), "--document", "garden", "--author", "Ada")
    for told in (
        garden(*add, *options, "--dry-run", status=status),
        garden(*add, *options, status=status),
    ):
        assert trouble in told.output
        assert "part 1:" not in told.output
    assert "1 comment would be" in garden(*add, "--dry-run").stdout
