"""A real server before clients that mean harm: large heads, large bodies, and no hurry at all."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from http.client import HTTPConnection
from pathlib import Path

import pytest

from annotator.cli import worker
from tests.conftest import ROOT, free_port

THREADS = 2


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """A server with two threads that waits a second for requests."""
    chosen, data = free_port(), tmp_path_factory.mktemp("serving")
    code = ("from annotator.cli import main, worker; worker.REQUEST_SECONDS = 1.0; "
            f"main(['--data', {str(data)!r}, 'serve', '--port', '{chosen}'])")  # fmt: skip
    environ = {**os.environ, "ANNOTATOR_SERVER_THREADS": str(THREADS)}
    with (
        Path(data / "output").open("wb") as output,
        subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, env=environ, stdout=output,
                         stderr=output) as process,
    ):  # fmt: skip
        try:
            for _ in range(600):
                assert process.poll() is None
                try:
                    _status(chosen)
                    break
                except OSError:
                    time.sleep(0.1)
            yield chosen
        finally:
            process.terminate()
            process.wait(timeout=30)


def _status(port: int, headers: dict[str, str] | None = None, path: str = "/health") -> int:
    with closing(HTTPConnection("127.0.0.1", port, timeout=60)) as asking:
        asking.request("GET", path, headers=headers or {})
        return asking.getresponse().status


def _raw(port: int, data: bytes) -> bytes:
    """Send bytes as they are, and give what is answered; a peer may close while we still send."""
    with closing(socket.create_connection(("127.0.0.1", port), timeout=60)) as raw:
        got = b""
        try:
            raw.sendall(data)
            while piece := raw.recv(65_536):
                got += piece
        except ConnectionError:
            pass
        return got


def test_a_cookie_of_two_megabytes_is_refused_and_the_site_goes_on(port: int) -> None:
    head = b"GET / HTTP/1.1\r\nHost: localhost\r\nCookie: annotator="
    answer = _raw(port, head + b"x" * 2_000_000 + b"\r\n\r\n")
    assert answer == b"" or answer.startswith(b"HTTP/1.1 4")
    assert _raw(port, head + b"x" * 17_000 + b"\r\n\r\n").startswith(b"HTTP/1.1 431")
    assert _raw(
        port, b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"X: y\r\n" * 99 + b"\r\n"
    ).startswith(b"HTTP/1.1 431")
    assert _raw(port, b"GET /" + b"x" * 9_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n").startswith(
        b"HTTP/1.1 414"
    )
    assert _status(port) == 200


@pytest.mark.parametrize(
    "head", [b"Content-Length: 3000000\r\n", b"Transfer-Encoding: chunked\r\n"]
)
def test_a_body_that_is_too_large_is_refused_whether_it_says_so_or_not(
    port: int, head: bytes
) -> None:
    begun = (b"POST /api/preview HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
             b"Content-Type: application/json\r\n" + head + b"\r\n")  # fmt: skip
    body = b"x" * 3_000_000
    if b"chunked" in head:
        body = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
    answer = _raw(port, begun + body)
    refused = b"HTTP/1.1 411" if b"chunked" in head else b"HTTP/1.1 413"
    assert answer == b"" or answer.startswith(refused)
    assert _status(port) == 200


@pytest.mark.parametrize(
    "begun",
    [b"GET / HTTP/1.1\r\nHost: local",
     b"POST /api/preview HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
     b"Content-Length: 900\r\n\r\n{"],
    ids=["head", "body"],
)  # fmt: skip
def test_clients_that_dawdle_give_their_threads_back(port: int, begun: bytes) -> None:
    with ExitStack() as slow:
        for _ in range(THREADS * 3):
            client = slow.enter_context(socket.create_connection(("127.0.0.1", port)))
            client.sendall(begun)
        assert _status(port) == 200


def test_an_answer_has_more_time_than_a_request() -> None:
    assert worker.ANSWER_SECONDS > worker.REQUEST_SECONDS


def test_no_request_is_smuggled_behind_another(port: int) -> None:
    for more in (b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n",
                 b"Content-Length: 4\r\nContent-Length: 5\r\n",
                 b"Transfer-Encoding: xchunked\r\n", b"Content-Length: -1\r\n"):  # fmt: skip
        answer = _raw(
            port, b"POST /api/preview HTTP/1.1\r\nHost: localhost\r\n" + more + b"\r\n0\r\n\r\n"
        )
        assert answer.startswith((b"HTTP/1.1 4", b"HTTP/1.1 501")), more
        assert answer.count(b"HTTP/1.1") == 1
