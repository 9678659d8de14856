"""`annotator document align` shows an alignment and corrects it; adding can be tried beforehand."""

from __future__ import annotations

from tests.cli.conftest import Command
from tests.conftest import SAMPLES

ADD = ("document", "add", str(SAMPLES / "garden-2.md"), "--slug", "garden", "--edition")
ALIGN = ("document", "align", "garden")
WHY = ("--reason", "The same rule.")
GATE = "paths-and-gates/1"


def rows(output: str) -> list[list[str]]:
    return [line.split("\t") for line in output.splitlines() if "\t" in line]


def test_a_dry_run_shows_what_adding_would_do_and_changes_nothing(garden: Command) -> None:
    before = garden("document", "list").output
    tried = garden(*ADD, "2026-04-01", "--dry-run").output
    assert "edited\t0.90\tgarden@2026-03-01/paths-and-gates/1\tgarden@2026-04-01/" in tried
    assert "2 edited, 1 retired, 14 same" in tried
    assert "Nothing was changed" in tried
    assert garden("document", "list").output == before
    assert "added" in garden(*ADD, "2026-04-01").output


def test_an_alignment_is_shown_a_line_for_each_provision(garden: Command) -> None:
    garden(*ADD, "2026-04-01")
    shown = rows(garden(*ALIGN).output)
    assert len(shown) == 17
    assert all(len(row) == 6 for row in shown)
    changed = rows(garden(*ALIGN, "2026-04-01", "--changed").output)
    assert sorted(row[0] for row in changed) == ["edited", "edited", "retired"]


def test_corrections_are_made_told_and_listed(garden: Command) -> None:
    garden(*ADD, "2026-04-01")
    by_address = {row[2].partition("/")[2]: row[4] for row in rows(garden(*ALIGN).output)}
    gate, quiet = by_address[GATE], by_address["purpose/2"]
    done = garden(*ALIGN, "--part", GATE, *WHY).output
    assert "after:" in done
    assert "garden@2026-04-01: none" in done
    garden(*ALIGN, "--map", f"{GATE}={gate}", *WHY)
    one = by_address["purpose/1"]
    assert "merged" in garden(*ALIGN, "--join", f"purpose/1={one},{quiet}", *WHY).output
    garden(*ALIGN, "--map", f"purpose/1={one}", *WHY)
    assert "split" in garden(*ALIGN, "--split", f"{gate}={GATE},paths-and-gates/2", *WHY).output
    history = garden(*ALIGN, "--history").output
    acts = [row[1] for row in rows(history) if not row[0].startswith(" ")]
    assert acts == ["part", "map", "join", "map", "split"]
    assert "The same rule." in history
    assert "No faults." in garden("check").output


def test_adding_corrects_at_once(garden: Command) -> None:
    told = garden(*ADD, "2026-04-01", "--part", GATE, *WHY).output
    assert "part, before:" in told
    assert "new" in {row[0] for row in rows(garden(*ALIGN, "--changed").output)}
    again = garden(*ADD, "2026-04-01", "--part", GATE, *WHY, status=1).output
    assert "document align" in again


def test_a_wrong_call_is_told(garden: Command) -> None:
    assert "first edition" in garden(*ALIGN, status=1).output
    assert "first edition" in garden(*ALIGN, "--part", GATE, *WHY, status=1).output
    garden(*ADD, "2026-04-01")
    assert "--reason" in garden(*ALIGN, "--part", GATE, status=2).output
    assert "two sides" in garden(*ALIGN, "--map", GATE, *WHY, status=2).output
    assert "in any document" in garden(*ALIGN, "--map", f"{GATE}=xxxx2", *WHY, status=1).output
    assert "no document" in garden("document", "align", "nothing", status=1).output
