"""`annotator moderation` decides, prints the log, and throws the switches."""

from __future__ import annotations

import json
from pathlib import Path

import click
import pytest

from annotator.cli.moderation import moderation
from annotator.cli.output import plain
from annotator.db import Database
from annotator.services.accounts import accounts
from annotator.services.moderation import complaints
from tests.cli.conftest import Command


def test_a_annotation_is_hidden_logged_restored_and_the_switches_thrown(
    garden: Command, tmp_path: Path
) -> None:
    annotation = {
        "id": "r1",
        "document": "garden",
        "author": "Ada",
        "body": "The gardener is a heron.",
    }
    file = tmp_path / "one.jsonl"
    file.write_text(json.dumps(annotation), encoding="utf-8")
    garden("annotation", "import", str(file))
    hide = ("moderation", "hide", "r1", "--rule", "abuse", "--reason", "It calls names.")
    assert "#1" in garden(*hide).output
    assert "heron" not in garden("annotation", "export").output
    assert "already hidden" in garden(*hide, status=1).output
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
    assert "No faults" in garden("check").output


@pytest.fixture
def heron(garden: Command, tmp_path: Path) -> Command:
    """The garden with three annotations of Ada's, one with control characters in it."""
    bodies = ("The gardener is a heron.", "Herons \x1b[31m red \u202e right.", "Quiet.")
    lines = [{"id": f"r{number}", "document": "garden", "author": "Ada", "body": body}
             for number, body in enumerate(bodies, 1)]  # fmt: skip
    file = tmp_path / "some.jsonl"
    file.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    garden("user", "add", "Ada", status=None)
    garden("annotation", "import", str(file), "--trust-authors", status=None)
    garden("user", "add", "Mia", "--role", "moderator")
    garden("user", "add", "Max", "--role", "moderator")
    return garden


def test_every_act_can_be_done_on_the_command_line_and_undone_there(heron: Command) -> None:
    why = ("--reason", "As the charter says.")
    for act, number in (("approve", 1), ("ask", 2), ("warn", 3)):
        assert f"#{number}" in heron("moderation", act, "r1", *why).output
    heron("moderation", "ban", "Ada", "--remark", "r1", "--by", "Mia", *why)
    heron("moderation", "unban", "Ada", *why)
    for number in (3, 2):
        heron("moderation", "undo", str(number), *why)
    for number, status in (("0", 2), ("-1", 2), ("one", 2), ("2", 1), ("9" * 30, 1)):
        told = heron("moderation", "remove-version", "r3", number, *why, status=status).output
        assert "VERSION" in told or "from 1 to 1" in told
    assert "version 1, now: Quiet." in heron("moderation", "show", "r3").output
    heron("moderation", "remove-version", "r3", "1", *why)
    assert "cannot be undone" in heron("moderation", "undo", "8", *why, status=1).output
    shown = heron("moderation", "show", "r3").output
    assert "hidden" in shown
    assert "Quiet." not in shown
    log = heron("moderation", "log", "--json", "--all").output.splitlines()
    assert [json.loads(line)["act"] for line in log][::-1] == [
        "approve", "ask", "warn", "ban", "reinstate", "undo", "undo", "remove-version",
    ]  # fmt: skip
    assert "No faults" in heron("check").output


def test_one_act_on_many_is_shown_first_and_undone_as_one(heron: Command) -> None:
    many = ("moderation", "many", "hide", "--author", "Ada", "--rule", "abuse", "--reason", "All.")
    seen = heron(*many, text="n\n", status=1).output
    assert "r1 by Ada" in seen
    assert heron("moderation", "log").output == ""
    assert heron(*many, "--yes").output.count("hide") >= 2
    assert "heron" not in heron("annotation", "export").output.lower()
    batch = json.loads(heron("moderation", "log", "--json").output.splitlines()[0])["batch"]
    heron("moderation", "undo", "--batch", batch, "--reason", "Too many.")
    assert "heron" in heron("annotation", "export").output.lower()
    search = ("moderation", "many", "hide", "--search", "gardener", "--rule", "abuse", "--yes")
    assert "1 comment;" in heron(*search, "--reason", "This one.").output
    assert "No comments match" in heron(*search, "--reason", "Again.", status=1).output


def test_an_appeal_is_delayed_and_answered_on_the_command_line(heron: Command) -> None:
    hide = ("moderation", "hide", "r1", "--rule", "abuse", "--reason", "It calls names.")
    heron(*hide, "--by", "Mia")
    db = Database(f"sqlite:///{Path('var/annotator.sqlite3').resolve()}")
    with db.transaction() as session:
        complaints.appeal(session, accounts.viewer_named(session, "Ada"), 1, "It is a bird.")
    db.close()
    assert "appeal 1 by Ada, due by" in heron("moderation", "queue").output
    assert json.loads(heron("moderation", "queue", "--json").output)["kind"] == "appeal"
    answer = ("moderation", "answer", "1", "--reason", "It is about the rule.")
    assert "--grant" in heron(*answer, status=2).output
    assert "took part" in heron(*answer, "--grant", "--by", "Mia", status=1).output
    heron(*answer, "--delay", "--by", "Max")
    assert "grant" in heron(*answer, "--grant", "--by", "Max").output
    assert "1 hidden\t1 appealed\t1 reversed" in heron("moderation", "counts").output
    assert json.loads(heron("moderation", "counts", "--json").output)["reversed"] == 1


def test_no_character_that_a_terminal_would_obey_is_printed(heron: Command) -> None:
    heron("moderation", "switch", "approve_everything", "on")
    assert heron("moderation", "switch").output == "approve_everything is on.\nread_only is off.\n"
    for words in (("queue",), ("show", "r2"), ("log",), ("rules",)):
        printed = heron("moderation", *words, status=None).output
        assert [c for c in printed if not c.isprintable() and c not in "\n\t"] == []
    assert "private-information" in heron("moderation", "rules").output
    assert plain("a\x1b[31m\u202eb\nc") == "a\\u001b[31m\\u202eb c"


def test_every_command_says_what_it_is_for(command: Command) -> None:
    assert "Moderate: the queue" in command("moderation", "--help").output
    for name, each in moderation.commands.items():
        assert (each.help or "").rstrip().endswith("."), name
        options = [it for it in each.params if isinstance(it, click.Option)]
        assert [it.name for it in options if not it.hidden and not it.help] == [], name
