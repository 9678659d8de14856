"""Two hosts with empty folders on one PostgreSQL: whatever one does, the other knows."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from http.cookiejar import CookieJar
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, Request, build_opener

import pytest

from annotator.config import Config, Search, Store
from annotator.parts import open_parts
from annotator.services.accounts import accounts, credentials
from annotator.services.operations import status
from tests.conftest import ROOT, site_of
from tests.helpers import checks, html
from tests.helpers.mailbox import Mailbox
from tests.helpers.server import serving, until
from tests.helpers.visitor import PASSWORD

PROGRAM = "tests.helpers.serve_with_clock"
TAKEN_OVER_SECONDS = 20  # within 2 if it was killed, 5 if it was paused


@dataclass
class Two:
    """Two servers, their ports and processes, and the settings that they share."""

    ports: list[int]
    processes: list[subprocess.Popen[bytes]]
    config: Config
    environ: dict[str, str]
    box: Mailbox

    def name(self, at: int) -> str:
        return f"{os.uname().nodename}:{self.ports[at]}"

    def status(self) -> dict[str, Any]:
        parts = open_parts(self.config)
        try:
            found = status.read(parts.db, parts.engine, parts.leases)
            return {"index_waiting": found.outbox, **found.shape()}
        finally:
            parts.close()


class Visitor:
    """A browser that asks one host or the other, with the same cookies."""

    def __init__(self, two: Two) -> None:
        self._two = two
        self._opener = build_opener(HTTPCookieProcessor(CookieJar()))

    def ask(self, at: int, path: str, **form: str) -> tuple[int, str]:
        url = f"http://127.0.0.1:{self._two.ports[at]}{path}"
        data = urlencode(form).encode() if form else None
        try:
            with self._opener.open(Request(url, data), timeout=30) as answer:
                return answer.status, answer.read().decode()
        except HTTPError as error:
            return error.code, error.read().decode()

    def token(self, at: int, path: str) -> str:
        """The token of a form on a page."""
        return html.value(self.ask(at, path)[1], "csrf_token")


@pytest.fixture(scope="module")
def two(
    tmp_path_factory: pytest.TempPathFactory, empty_database: str, box: Mailbox
) -> Iterator[Two]:
    environ = {
        "ANNOTATOR_STORE_DATABASE": empty_database, "ANNOTATOR_SEARCH_ENGINE": "postgresql",
        "ANNOTATOR_LIMITS": "on",
        "ANNOTATOR_RATES_PREVIEW": "6/hour", **box.settings,
    }  # fmt: skip
    folders = [tmp_path_factory.mktemp("host") for _ in range(2)]
    search = Search(engine="postgresql")
    config = Config(data=folders[0], store=Store(database=empty_database), search=search)
    with ExitStack() as stack:
        opened = [
            stack.enter_context(
                serving(folder, program=PROGRAM, group=True, CLOCK_AHEAD=ahead, **environ)
            )
            for folder, ahead in zip(folders, ("0", "-3600"), strict=True)
        ]
        site = site_of(config)
        site.add()
        site.person("Ada", PASSWORD)
        with site.parts.db.transaction() as session:
            account = accounts.named(session, "Ada")
            credentials.set_email(session, account.id, "ada@example.org", confirmed=True)
        site.parts.close()
        yield Two([port for port, _ in opened], [it for _, it in opened], config, environ, box)


@pytest.mark.parametrize("first", [0, 1])
def test_who_signs_in_at_one_host_posts_a_form_of_that_host_at_the_other(
    two: Two, first: int
) -> None:
    """The clock of the second host is an hour slow."""
    ada, second = Visitor(two), 1 - first
    form = {"name": "Ada", "password": PASSWORD, "csrf_token": ada.token(first, "/sign-in")}
    assert ada.ask(second, "/sign-in", **form)[0] == 200
    assert "Ada" in ada.ask(first, "/account")[1]
    token = ada.token(first, "/account")
    assert ada.ask(second, "/sign-out", csrf_token=token)[0] == 200
    assert "Sign in" in ada.ask(first, "/")[1]


@pytest.mark.parametrize("first", [0, 1])
def test_who_signs_up_at_the_other_host_than_the_form_is_from_is_taken_for_a_person(
    two: Two, first: int
) -> None:
    somebody = Visitor(two)
    page = somebody.ask(first, "/sign-up")[1]
    made = html.attributes(page, "[name=made]", "value")[0]
    time.sleep(2.5)
    form = {"name": f"Person{first}", "password": PASSWORD, "made": made,
            "csrf_token": html.value(page, "csrf_token")}  # fmt: skip
    status, answer = somebody.ask(1 - first, "/sign-up", **form)
    assert status == 200, answer
    assert f"Person{first}" in somebody.ask(first, "/account")[1]


def test_a_rate_is_one_for_all_hosts(two: Two) -> None:
    nobody = Visitor(two)
    got = []
    for number in range(10):
        url = "/api/preview"
        request = Request(
            f"http://127.0.0.1:{two.ports[number % 2]}{url}", json.dumps({"body": "x"}).encode(),
            {"Content-Type": "application/json"},
        )  # fmt: skip
        try:
            with nobody._opener.open(request, timeout=30) as answer:
                got.append(answer.status)
        except HTTPError as error:
            got.append(error.code)
    assert got == [200] * 6 + [429] * 4


def test_the_status_names_both_hosts_and_a_leader_of_each_task(two: Two) -> None:
    command = [sys.executable, "-m", PROGRAM, "--data", str(two.config.data), "status"]
    told = subprocess.run([*command, "--json"], env={**os.environ, **two.environ}, cwd=ROOT,
                          capture_output=True, text=True, check=False)  # fmt: skip
    found = json.loads(told.stdout)
    assert [host["name"] for host in found["hosts"]] == sorted(two.name(at) for at in range(2))
    assert all(host["seen_seconds_ago"] < 8 for host in found["hosts"])
    leaders = found["leaders"]
    assert {leaders[task] for task in ("indexer", "mailer", "housekeeping")} <= {
        two.name(0), two.name(1),
    }  # fmt: skip


def test_an_email_asked_for_at_any_host_is_sent_once(two: Two) -> None:
    for at in range(2):
        somebody = Visitor(two)
        token = somebody.token(at, "/recover")
        assert somebody.ask(1 - at, "/recover", who="Ada", csrf_token=token)[0] == 200
    until(lambda: len(two.box.emails) >= 2)
    until(lambda: two.status()["emails_waiting"] == 0)
    assert len(two.box.emails) == 2


def test_a_paused_leader_is_replaced_and_does_nothing_when_it_wakes(two: Two) -> None:
    leader = next(at for at in range(2) if two.status()["leaders"]["indexer"] == two.name(at))
    os.killpg(two.processes[leader].pid, signal.SIGSTOP)
    try:
        took = until(lambda: two.status()["leaders"]["indexer"] == two.name(1 - leader), 40)
        assert took < TAKEN_OVER_SECONDS
        _post_and_wait(two)
    finally:
        os.killpg(two.processes[leader].pid, signal.SIGCONT)
    until(lambda: len(two.status()["hosts"]) == 2)
    _post_and_wait(two)
    assert two.status()["leaders"]["indexer"] == two.name(1 - leader)
    assert len(two.box.emails) == 2
    _faultless(two)


def test_a_killed_leader_is_replaced_at_once(two: Two) -> None:
    leader = next(at for at in range(2) if two.status()["leaders"]["mailer"] == two.name(at))
    os.killpg(two.processes[leader].pid, signal.SIGKILL)
    took = until(lambda: two.status()["leaders"]["mailer"] == two.name(1 - leader))
    assert took < TAKEN_OVER_SECONDS
    somebody = Visitor(two)
    token = somebody.token(1 - leader, "/recover")
    assert somebody.ask(1 - leader, "/recover", who="Ada", csrf_token=token)[0] == 200
    until(lambda: len(two.box.emails) == 3)
    _post_and_wait(two)
    _faultless(two)


def _post_and_wait(two: Two) -> None:
    """Write something and wait until a host has indexed it and both find it."""
    word = f"heron{time.monotonic_ns()}"
    site = site_of(two.config)
    site.post("keep quiet", f"A {word}.")
    site.parts.close()
    until(lambda: two.status()["index_waiting"] == 0)
    for at in range(2):
        if two.processes[at].poll() is None and two.name(at) in _alive(two):
            found = json.loads(Visitor(two).ask(at, f"/api/search?q={word}")[1])
            assert found["total"] == 1


def _alive(two: Two) -> list[str]:
    return [host["name"] for host in two.status()["hosts"]]


def _faultless(two: Two) -> None:
    parts = open_parts(two.config)
    with parts.db.reading() as session:
        assert list(checks.faults(session, parts.engine)) == []
    parts.close()
