"""`annotator moderation` decides, prints the log, and throws the switches."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.conftest import Command


def test_a_remark_is_hidden_logged_restored_and_the_switches_thrown(
    garden: Command, tmp_path: Path
) -> None:
    remark = {"id": "r1", "document": "garden", "author": "Ada", "body": "The gardener is a heron."}
    file = tmp_path / "one.jsonl"
    file.write_text(json.dumps(remark), encoding="utf-8")
    garden("annotation", "import", str(file))
    hide = ("moderation", "hide", "r1", "--rule", "abuse", "--reason", "It calls names.")
    assert "#1" in garden(*hide).output
    assert "heron" not in garden("annotation", "export").output
    assert "hidden already" in garden(*hide, status=1).output
    log = garden("moderation", "log").output
    assert "It calls names." in log
    assert "heron" not in log
    garden("moderation", "undo", "1", "--rule", "mistake", "--reason", "About the rule.")
    assert "heron" in garden("annotation", "export").output
    suspend = ("moderation", "suspend", "Ada", "--reason", "Enough.", "--days")
    assert "30" in garden(*suspend, "31", status=1).output
    garden(*suspend, "3", "--rule", "suspension")
    garden("moderation", "unban", "Ada", "--reason", "Too hard.")
    assert "waiting" in garden("moderation", "queue").output
    assert "on" in garden("moderation", "switch", "read_only", "on").output
    garden("moderation", "switch", "nonsense", "on", status=1)
    assert "consistent" in garden("check").output
