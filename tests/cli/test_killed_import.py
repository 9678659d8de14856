"""An import that is killed or interrupted: what is in is whole, and a second run completes it."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import Engine, event

from annotator.cli import main
from annotator.services.exchange import imports
from tests.cli.conftest import Command


def rows(many: int) -> str:
    """Return a file of comments and replies, each reply before what it answers."""
    made = []
    for number in range(many):
        moment = f"2026-05-{number % 28 + 1:02}T10:00:00Z"
        row = {"id": f"k{number:015}", "document": "garden", "edition": "2026-03-01",
               "author": f"Person {number % 3}", "body": f"Words *{number}*", "tags": ["dusk"],
               "created": moment, "modified": moment}  # fmt: skip
        if number % 4 == 0 and number + 1 < many:
            row["in_reply_to"] = f"k{number + 1:015}"
        else:
            row["target"] = {"exact": "The north gate is locked at dusk"}
        made.append(json.dumps(row))
    return "\n".join(made)


def import_in_a_child(data: Path, file: Path, killed_at: int, by: int) -> int:
    """Import in another process that gets the signal `by` before a statement; return its status."""
    child = os.fork()
    if not child:
        left = [killed_at]

        def count(*_: object) -> None:
            left[0] -= 1
            if not left[0]:
                signal.signal(signal.SIGINT, signal.default_int_handler)
                os.kill(os.getpid(), by)

        event.listen(Engine, "before_cursor_execute", count)
        done = CliRunner().invoke(main, ["--data", str(data), "annotation", "import", str(file)])
        os._exit(done.exit_code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


@pytest.mark.parametrize("by", [signal.SIGKILL, signal.SIGINT])
def test_a_second_run_after_a_kill_makes_what_one_run_makes(
    garden: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, by: signal.Signals
) -> None:
    monkeypatch.setattr(imports, "BATCH", 10)
    file = tmp_path / "rows.jsonl"
    file.write_text(rows(40), encoding="utf-8")
    empty = tmp_path / "empty.zip"
    garden("backup", str(empty))
    garden("annotation", "import", str(file))
    whole = garden("annotation", "export", "--format", "jsonl").output
    assert whole.count("\n") == 40
    for at in (12, 60, 110):
        again = tmp_path / f"again-{at}"
        garden("--data", str(again), "restore", str(empty))
        status = import_in_a_child(again, file, at, by)
        assert status == (-by if by == signal.SIGKILL else 1), at
        garden("--data", str(again), "annotation", "import", str(file))
        export = garden("--data", str(again), "annotation", "export", "--format", "jsonl").output
        assert export == whole, at
