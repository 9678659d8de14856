"""A real server before clients that mean harm: large heads, large bodies, and no hurry at all."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from http.client import HTTPConnection
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import free_port
from tests.helpers.server import running, until

THREADS = 2
# A server that waits a second for requests, with a view that takes its time and one that is large.
CODE = """
import os, sys, time
from flask import Response
from annotator.cli import main
from annotator.cli.server import serve
from annotator.web.server import connections
connections.REQUEST_SECONDS = float(os.environ.get("REQUEST_SECONDS", "1"))
connections.QUEUE_SECONDS = 2.0
made = serve.create_app
begun, done = [], []

def create_app(config, parts):
    app = made(config, parts)
    @app.get("/slow/<float:seconds>")
    def slow(seconds):
        begun.append(seconds)
        time.sleep(seconds)
        done.append(seconds)
        return f"{len(done)}"
    @app.get("/done")
    def count():
        return f"{len(done)}"
    @app.get("/begun")
    def count_begun():
        return f"{len(begun)}"
    @app.get("/large")
    def large():
        return Response((b"x" * 65_536 for _ in range(96)), mimetype="text/plain")
    return app

serve.create_app = create_app
main(["--data", sys.argv[1], "serve", "--port", sys.argv[2], *sys.argv[3:]])
"""


@contextmanager
def _serving(data: Path, *more: str, **environ: str) -> Iterator[tuple[int, subprocess.Popen[Any]]]:
    port = free_port()
    command = [sys.executable, "-c", CODE, str(data), str(port), *more]
    settings = {"ANNOTATOR_SERVER_THREADS": str(THREADS), "ANNOTATOR_LIMITS": "off", **environ}
    with running(command, port, data / "output", **settings) as process:
        yield port, process


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with _serving(tmp_path_factory.mktemp("serving")) as (chosen, _):
        yield chosen


@pytest.fixture(scope="module")
def patient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The same, waiting as long as it usually does."""
    with _serving(tmp_path_factory.mktemp("patient"), REQUEST_SECONDS="30") as (chosen, _):
        yield chosen


def _ask(port: int, path: str = "/health", headers: dict[str, str] | None = None) -> Any:
    with closing(HTTPConnection("127.0.0.1", port, timeout=60)) as asking:
        asking.request("GET", path, headers=headers or {})
        answer = asking.getresponse()
        return answer.status, answer.headers, answer.read()


def _status(port: int, path: str = "/health") -> int:
    return int(_ask(port, path)[0])


def _raw(port: int, data: bytes) -> bytes:
    """Send bytes as they are; return what is answered. A peer may close while we still send."""
    with closing(socket.create_connection(("127.0.0.1", port), timeout=60)) as raw:
        got = b""
        try:
            raw.sendall(data)
            while piece := raw.recv(65_536):
                got += piece
        except ConnectionError:
            pass
        return got


def _connect(port: int, stack: ExitStack, sent: bytes) -> socket.socket:
    client = stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=60))
    client.sendall(sent)
    return client


HEAD = b"GET / HTTP/1.1\r\nHost: localhost\r\n"
POST = b"POST /api/preview HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"


def test_a_cookie_of_two_megabytes_is_refused_and_the_site_goes_on(port: int) -> None:
    answer = _raw(port, HEAD + b"Cookie: annotator=" + b"x" * 2_000_000 + b"\r\n\r\n")
    assert answer == b"" or answer.startswith(b"HTTP/1.1 4")
    assert _status(port) == 200


@pytest.mark.parametrize(
    ("sent", "status", "code"),
    [(HEAD + b"Cookie: a=" + b"x" * 17_000 + b"\r\n\r\n", 431, ""),
     (HEAD + b"X: y\r\n" * 99 + b"\r\n", 431, ""),
     (b"GET /" + b"x" * 9_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n", 414, ""),
     (b"GET /api/" + b"x" * 99_000 + b" HTTP/1.1\r\n\r\n", 414, "address_too_long"),
     (b"GET /api/documents HTTP/1.1\r\n\r\n", 400, "malformed"),
     (b"GET /api/documents HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400, "malformed"),
     (b"GET /api/documents HTTP/3.7\r\nHost: localhost\r\n\r\n", 400, "malformed"),
     (b"GET /api/documents\r\n\r\n", 400, "malformed"),
     (b"GET /api/documents HTTP/1.1\nHost: localhost\n\n\r\n\r\n", 400, "malformed"),
     (b"GET http://[ HTTP/1.1\r\nHost: localhost\r\n\r\n", 400, ""),
     (b"\x00\x01\x02\r\n\r\n", 400, ""),
     (POST + b"Content-Length: " + b"9" * 5_000 + b"\r\n\r\n", 400, "malformed"),
     (POST + b"Content-Length: 3000000\r\n\r\n", 413, "too_large"),
     (POST + b"Content-Length: 3000000\r\nExpect: 100-continue\r\n\r\n", 413, "too_large"),
     (POST + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 411, "length_required"),
     (POST + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400, "malformed"),
     (POST + b"Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n", 400, "malformed"),
     (POST + b"Content-Length: 4\r\nContent-Length: 5\r\n\r\n{}{}{", 400, "malformed"),
     (POST + b"Content-Length: 4\r\nContent-Length: 4\r\n\r\n{}{}", 400, "malformed"),
     (POST + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 501, "not_implemented"),
     (POST + b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n", 501, "not_implemented"),
     (POST + b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n", 400, "malformed"),
     (POST + b"Content-Length: -1\r\n\r\n", 400, "malformed"),
     (POST + b"Content-Length: 0x2\r\n\r\n{}", 400, "malformed"),
     (POST + b"Content-Length: +2\r\n\r\n{}", 400, "malformed")],
    ids=str,
)  # fmt: skip
def test_what_the_server_itself_refuses_has_the_shape_of_every_error(
    port: int, sent: bytes, status: int, code: str
) -> None:
    answer = _raw(port, sent)
    assert answer.startswith(b"HTTP/1.1 %d " % status), answer[:200]
    assert answer.count(b"HTTP/1.") == 1, "one request is one answer"
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"nosniff" in head
    assert b"X-Request-Id" in head
    if code:
        assert json.loads(body)["error"]["code"] == code
    else:
        assert body.startswith(b"<!doctype html>")
    assert _status(port) == 200


@pytest.mark.parametrize(
    "begun", [b"GET %s?" + b"a" * 9_000, b"GET %s", b"POST %s"], ids=["long", "get", "post"]
)
@pytest.mark.parametrize(
    ("path", "accept", "is_json"),
    [(b"/webmention", b"*/*", True),
     (b"/webmention", b"text/html,*/*;q=0.8", False),
     (b"/d/charter", b"application/json", True),
     (b"/d/charter", b"application/json;q=0.5, text/html", False),
     (b"/d/charter", b"text/html,application/xhtml+xml,*/*;q=0.8", False),
     (b"/d/charter", b",;q=x" * 90, False),
     (b"/hypothesis/api/search", b"text/html", True),
     (b"/w3c/charter/", b"text/turtle", True)],
    ids=str,
)  # fmt: skip
def test_programs_are_refused_in_json_and_people_on_a_page(
    port: int, begun: bytes, path: bytes, accept: bytes, is_json: bool
) -> None:
    fault = b"" if b"?" in begun else b"Content-Length: x\r\n"
    sent = begun % path + b" HTTP/1.1\r\nHost: localhost\r\naccept: " + accept
    head, _, body = _raw(port, sent + b"\r\n" + fault + b"\r\n").partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400" if fault else b"HTTP/1.1 414")
    assert (b"Content-Type: application/json" in head) == is_json
    assert b"Vary: Accept" in head
    assert not is_json or json.loads(body)["error"]["code"] in {"malformed", "address_too_long"}


def test_a_client_that_is_refused_while_it_sends_reads_why(port: int) -> None:
    length = 3_000_000
    answer = _raw(port, POST + b"Content-Length: %d\r\n\r\n" % length + b"x" * length)
    assert answer.startswith(b"HTTP/1.1 413")


@pytest.mark.parametrize(
    "begun", [b"GET / HTTP/1.1\r\nHost: local", POST + b"Content-Length: 900\r\n\r\n{"],
    ids=["head", "body"],
)  # fmt: skip
def test_an_unfinished_request_is_ended_in_time_and_told_so(port: int, begun: bytes) -> None:
    with ExitStack() as slow:
        clients = [_connect(port, slow, begun) for _ in range(THREADS * 3)]
        assert _status(port) == 200
        for client in clients:
            assert client.recv(65_536).startswith(b"HTTP/1.1 408")


KINDS = {
    "heads": HEAD + b"X-Slow: ",
    "bodies": POST + b"Content-Length: 90000\r\n\r\n{",
    "readers": b"GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "idle": b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n",
}


@pytest.mark.parametrize("kind", KINDS)
def test_fifty_slow_clients_cost_nobody_else_anything(patient: int, kind: str) -> None:
    with ExitStack() as slow:
        clients = [_connect(patient, slow, KINDS[kind]) for _ in range(50)]
        ended = threading.Event()

        def trickle() -> None:
            while not ended.wait(0.2):
                for client in clients:
                    client.send(b"x") if kind in {"heads", "bodies"} else client.recv(1)

        thread = threading.Thread(target=trickle, daemon=True)
        thread.start()
        time.sleep(2)
        began = time.monotonic()
        for _ in range(5):
            assert _status(patient, "/health/live") == 200
        # The benchmark `slow` measures closely; held threads would be free after 30 seconds.
        assert time.monotonic() - began < 15
        ended.set()


def _refuses(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=60).close()
    except ConnectionRefusedError:
        return True
    return False


def test_work_longer_than_a_request_may_take_is_answered(port: int) -> None:
    status, _, body = _ask(port, "/slow/3.0")
    assert status == 200
    assert int(body) >= 1


def test_a_large_answer_waits_for_its_reader_and_holds_no_thread(port: int) -> None:
    with ExitStack() as slow:
        readers = [_connect(port, slow, KINDS["readers"]) for _ in range(THREADS * 2)]
        began = time.monotonic()
        assert _status(port) == 200
        assert time.monotonic() - began < 5
        got = 0
        while piece := readers[0].recv(1 << 20):
            got += len(piece)
        assert got > 96 * 65_536


def test_what_has_waited_too_long_is_refused_and_not_done(tmp_path: Path) -> None:
    with _serving(tmp_path) as (port, _):
        before = int(_ask(port, "/done")[2])
        statuses: list[int] = []
        threads = [
            # Each at an address of its own, since what was answered once is kept.
            threading.Thread(target=lambda n=n: statuses.append(_status(port, f"/slow/1.5?{n}")))
            for n in range(THREADS * 4)
        ]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        assert set(statuses) == {200, 503}
        assert int(_ask(port, "/done?after")[2]) - before == statuses.count(200)


def test_one_network_has_so_many_unfinished_requests_and_no_more(tmp_path: Path) -> None:
    with (
        _serving(tmp_path, ANNOTATOR_SERVER_UNFINISHED="5", REQUEST_SECONDS="4") as (port, _),
        ExitStack() as slow,
    ):
        clients = [_connect(port, slow, KINDS["heads"]) for _ in range(9)]
        time.sleep(0.5)
        first = [client.recv(65_536)[:12] for client in clients]
        assert first.count(b"HTTP/1.1 429") == 4
        assert first.count(b"HTTP/1.1 408") == 5
        assert _status(port) == 200


def test_a_server_told_to_stop_finishes_what_it_has_begun(tmp_path: Path) -> None:
    with _serving(tmp_path) as (port, process):
        answers: list[int] = []
        asking = threading.Thread(target=lambda: answers.append(_status(port, "/slow/2.0")))
        asking.start()
        number = count()  # what was answered once is kept
        until(lambda: _ask(port, f"/begun?{next(number)}")[2] == b"1")
        process.send_signal(signal.SIGTERM)
        asking.join()
        assert answers == [200]
        assert process.wait(timeout=20) == 0


def test_a_server_told_to_stop_answers_who_is_connected_and_asks_them_not_to_come_back(
    tmp_path: Path,
) -> None:
    """A proxy may have sent a request on a connection it holds before it knows."""
    with _serving(tmp_path) as (port, process), ExitStack() as stack:
        held = stack.enter_context(closing(HTTPConnection("127.0.0.1", port, timeout=20)))
        held.request("GET", "/health/live")
        assert held.getresponse().read()
        silent = stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=20))
        process.send_signal(signal.SIGTERM)
        until(lambda: _refuses(port))
        held.request("GET", "/health/live")
        answer = held.getresponse()
        assert (answer.status, answer.headers["Connection"]) == (200, "close")
        silent.sendall(HEAD + b"\r\n")
        assert silent.recv(65_536).startswith(b"HTTP/1.1 ")
        assert process.wait(timeout=20) == 0


def test_a_process_that_dies_is_replaced(tmp_path: Path) -> None:
    with _serving(tmp_path, "--workers", "2") as (port, process):
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
        if not children.exists():
            pytest.skip("this system does not list a process's children")
        before = set(children.read_text().split())
        os.kill(int(min(before, key=int)), signal.SIGKILL)
        for _ in range(200):
            time.sleep(0.1)
            now = set(children.read_text().split())
            if len(now) == len(before) and now != before:
                break
        else:
            pytest.fail("no other process was started")
        assert [_status(port) for _ in range(5)] == [200] * 5


@pytest.mark.parametrize(
    "header", ["SCRIPT_NAME: /x", "Script-Name: /x", "X-Forwarded-Proto: https",
               "X-Forwarded-Ssl: on", "X-Forwarded-Host: elsewhere.example",
               "X-Forwarded-Prefix: /x", "X-Script-Name: /x", "X-Forwarded-Protocol: ssl",
               "Forwarded: proto=https;host=elsewhere.example", "X-Forwarded-Port: 444"],
)  # fmt: skip
def test_what_a_proxy_says_is_not_believed_where_there_is_none(port: int, header: str) -> None:
    asked = b"GET /feeds/commentary.atom HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
    plain = _raw(port, asked + b"\r\n")
    said = _raw(port, asked + header.encode() + b"\r\n\r\n")
    for forged in (b"https://localhost", b"elsewhere.example", b"localhost/x", b":444"):
        assert forged not in said, header
    assert plain.split(b"\r\n")[0] == said.split(b"\r\n")[0] == b"HTTP/1.1 200 OK"
