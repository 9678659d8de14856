"""`annotator webmention`, and the process that looks at mentions beside the server's workers."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlencode

import pytest

from annotator.config import Config
from annotator.db import Database
from annotator.services.webmention import mentions
from tests.cli.conftest import Command
from tests.helpers.server import serving
from tests.permissions.scene import mentioned

HERE = "http://localhost"


@pytest.fixture
def db(garden: Command, tmp_path: Path) -> Iterator[Database]:
    """The garden's database."""
    found = Database.of(Config(data=tmp_path / "var"))
    yield found
    found.close()


def test_mentions_are_listed_shown_refused_with_a_reason_and_that_is_undone(
    garden: Command, db: Database
) -> None:
    with db.transaction() as session:
        ident = mentioned(session, "garden", "https://blog.example.org/\u202egates")
    assert f"{ident} waiting" in garden("webmention", "list", "--state", "waiting").stdout
    assert "\u202e" not in garden("webmention", "list").stdout
    assert garden("webmention", "list", "--state", "shown").stderr == "0 mentions.\n"
    assert f"{ident} shown" in garden("webmention", "approve", ident).stdout
    garden("webmention", "refuse", ident, status=2)
    told = garden("webmention", "refuse", ident, "--reason", "It sells herons.").stdout
    assert f"{ident} hidden" in told
    assert "(It sells herons.)" in told
    assert f"{ident} shown" in garden("webmention", "undo", ident).stdout
    garden("user", "add", "Mia", "--role", "moderator")
    garden("webmention", "refuse", ident, "--reason", "No.", "--by", "Mia")
    with db.reading() as session:
        assert mentions.get(session, ident).by == "Mia"
    assert (
        "role does not allow"
        in garden("webmention", "approve", ident, "--by", "Ada", status=1).output
    )
    assert "no mention" in garden("webmention", "approve", "x", status=1).output


def test_one_pass_looks_at_all_that_is_queued_and_tells_what_came_of_it(
    garden: Command, db: Database
) -> None:
    assert garden("webmention", "run").stdout == "0 mentions verified.\n"
    with db.transaction() as session:
        for number in (1, 2):
            mentions.receive(session, f"https://127.0.0.{number}/", f"{HERE}/d/garden", HERE)
    assert garden("webmention", "run").stdout == "2 mentions verified: 2 refused.\n"
    assert "not on the public internet" in garden("webmention", "list").stdout


def _until(true: Callable[[], bool]) -> None:
    for _ in range(600):
        try:
            if true():
                return
        except OSError:
            pass
        time.sleep(0.1)
    raise AssertionError("it did not come about")


def _ask(port: int, method: str, path: str, **form: str) -> tuple[int, str, str]:
    with closing(HTTPConnection("127.0.0.1", port, timeout=10)) as asking:
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        asking.request(method, path, urlencode(form) or None, kind)
        answer = asking.getresponse()
        return answer.status, answer.getheader("Location", ""), answer.read().decode()


def _children(process: int) -> list[int]:
    listed = Path(f"/proc/{process}/task/{process}/children").read_text()
    return [int(each) for each in listed.split()]


def _command_of(process: int) -> str:
    return Path(f"/proc/{process}/cmdline").read_bytes().replace(b"\0", b" ").decode()


def test_a_process_beside_the_workers_looks_outlives_a_worker_and_ends_with_the_server(
    garden: Command, tmp_path: Path
) -> None:
    settings = {"ANNOTATOR_WEBMENTION_RECEIVE": "on", "ANNOTATOR_LIMITS": "on"}
    output = tmp_path / "output"
    with serving(tmp_path / "var", log=output, **settings) as (port, process):
        page = f"http://127.0.0.1:{port}/d/garden"

        def refused(place: str) -> bool:
            return "not on the public internet" in _ask(port, "GET", place)[2]

        beside = [it for it in _children(process.pid) if "spawn_main" in _command_of(it)]
        workers = [it for it in _children(process.pid) if "serve" in _command_of(it)]
        for number in (1, 2):
            source = f"https://127.0.0.{number}/"
            status, place, _ = _ask(port, "POST", "/webmention", source=source, target=page)
            assert status == 201
            _until(lambda place=place: refused(place))  # type: ignore[misc]
            if number == 1:
                os.kill(workers[0], signal.SIGTERM)
                _until(lambda: workers[0] not in _children(process.pid))
                _until(lambda: _ask(port, "GET", "/health/live")[0] == 200)
        assert len(beside) == 1
        assert beside[0] in _children(process.pid)
    _until(lambda: not Path(f"/proc/{beside[0]}").exists())
    assert "Error" not in output.read_text()
