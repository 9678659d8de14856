"""What is written down of requests, and what is not."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text

from annotator import logs
from annotator.app import create_app
from annotator.config import Config, LogSettings
from annotator.errors import Unavailable
from tests.conftest import Site
from tests.helpers.visitor import signed_in


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    """Put logging back as it was."""
    root, requests = logging.getLogger(), logging.getLogger("annotator.requests")
    before = (root.handlers[:], root.level, requests.level)
    yield
    root.handlers[:], root.level = before[0], before[1]
    requests.setLevel(before[2])


def client_of(site: Site, **settings: object) -> tuple[FlaskClient, Path]:
    """Make an app of the small site that writes its log, and say where."""
    config = replace(site.parts.config, log=LogSettings(**settings))  # type: ignore[arg-type]
    logs.set_up(config)
    return create_app(config, site.parts).test_client(), config.data / "annotator.log"


def test_a_request_is_a_line_that_names_nobody_and_holds_no_secret(small_site: Site) -> None:
    client, log = client_of(small_site, form="json")
    token = small_site.token("Ada")
    sent = {"Authorization": f"Bearer {token}", "X-Request-Id": "mine"}
    answer = client.get("/api/annotations?q=secret-words&author=Ada", headers=sent)
    client.post("/sign-in", data={"name": "Ada", "password": "secret-words"})
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    line = next(line for line in lines if line.get("path") == "/api/annotations")
    assert line["request"] == answer.headers["X-Request-Id"] != "mine"
    assert (line["method"], line["status"], line["viewer"]) == ("GET", 200, "token")
    assert line["ms"] > 0
    for secret in ("secret-words", token, "Ada", "127.0.0.1", "mine"):
        assert secret not in log.read_text()


def test_the_network_is_named_only_where_the_settings_say_so(small_site: Site) -> None:
    client, log = client_of(small_site, networks=True)
    client.get("/health", environ_base={"REMOTE_ADDR": "203.0.113.7"})
    assert "network=203.0.113.7" in log.read_text()


def test_requests_need_not_be_written_down(small_site: Site) -> None:
    client, log = client_of(small_site, requests=False)
    client.get("/")
    assert not log.exists()


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_stranger_does_not_write_lines_of_the_log(small_site: Site, form: str) -> None:
    client, log = client_of(small_site, form=form)
    client.get("/d/x%0a%0dtime=now%20level=error%e2%80%a8%1b[31m")
    written = log.read_text()
    assert len(written.splitlines()) == 1
    assert "\x1b" not in written


HOSTILE = "a\r\nlevel=error\x1b[2J\u202e\u2066\u2028\x85\x00\u200b\udc80\U000e0041"


@pytest.mark.parametrize("form", ["text", "json"])
def test_no_message_field_or_traceback_acts_on_a_terminal_or_begins_a_line(
    small_site: Site, form: str
) -> None:
    _, path = client_of(small_site, form=form)
    log = logging.getLogger("test")
    log.warning("said %s", HOSTILE)
    log.warning("", extra={"fields": {"path": HOSTILE}})
    try:
        raise ValueError(HOSTILE)
    except ValueError:
        log.exception("stopped")
    written = path.read_bytes().decode("utf-8")
    assert [each for each in written if not each.isprintable() and each != "\n"] == []
    lines = written.split("\n")[:-1]
    begun = [line for line in lines if not line.startswith("    ")]
    assert len(begun) == 3
    if form == "json":
        assert json.loads(lines[0])["message"] == f"said {HOSTILE}"


def test_what_a_failing_statement_held_is_not_told(small_site: Site) -> None:
    with pytest.raises(Unavailable) as told, small_site.parts.db.reading() as session:
        session.execute(text("SELECT :it FROM nowhere"), {"it": "secret-words"})
    assert "secret-words" not in str(told.value.__cause__)


def test_an_error_has_its_traceback_and_its_request(small_site: Site) -> None:
    client, log = client_of(small_site, form="json")
    client.application.add_url_rule("/fails", view_func=lambda: 1 / 0)
    told = client.get("/fails")
    assert told.status_code == 500
    line = next(json.loads(line) for line in log.read_text().splitlines() if "Zero" in line)
    assert told.headers["X-Request-Id"] in line["message"]
    assert "ZeroDivisionError" in line["traceback"]


def test_the_site_says_whether_it_lives_and_whether_it_can_answer(
    small_site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = create_app(small_site.parts.config, small_site.parts).test_client()
    assert client.get("/health/live").get_json() == {"status": "ok"}
    assert client.get("/health").get_json()["status"] == "ok"
    monkeypatch.setattr(sys.modules["annotator.services.operations.status"], "FAR_BEHIND", -1)
    assert client.get("/health").get_json()["status"] == "behind"
    with small_site.parts.db.transaction() as session:
        session.execute(text("ALTER TABLE outbox RENAME TO elsewhere"))
    assert client.get("/health").status_code == 503
    assert client.get("/health/live").status_code == 200


def test_only_administrators_see_hosts_and_what_waits(small_site: Site) -> None:
    app = create_app(small_site.parts.config, small_site.parts)
    for role in ("member", "moderator", "administrator"):
        client = signed_in(app, small_site, role.title(), role=role)
        answer = client.get("/health")
        assert ("hosts" in answer.get_json()) == (role == "administrator")
    assert "no-store" in answer.headers["Cache-Control"]
    assert answer.get_json()["leaders"]["indexer"] is None
    assert answer.get_json()["problems"] == ["No host serves this site."]
    assert "hosts" not in app.test_client().get("/health").get_json()


def test_the_log_can_be_turned_while_the_site_runs(small_site: Site, config: Config) -> None:
    client, log = client_of(small_site)
    client.get("/health/live")
    log.rename(log.with_name("old.log"))
    client.get("/health/live")
    assert len(log.read_text().splitlines()) == 1
