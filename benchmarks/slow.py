"""The effect of slow clients on others: the same requests without and with them.

    python -m benchmarks.slow [--clients 50] [--times 200] [--port N]

Starts `annotator serve` on loopback with the charter (or asks the server at --port). In turn it
holds so many connections of each kind: heads and bodies of which a byte comes every two seconds,
readers that take a byte of a large answer every two seconds, connections that say nothing after an
answer, and all of them together. Rounds with and without them alternate, so that what else the
machine does falls on both; the ratio is that of the medians.
"""

from __future__ import annotations

import argparse
import http.client
import itertools
import os
import selectors
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from annotator.config import Config
from annotator.parts import open_parts
from annotator.services.revisions import add_edition
from benchmarks.site import CHARTER, free_port

BYTE_EVERY_SECONDS = 2.0
ROUNDS = 5
HOST = b"Host: localhost\r\n"
SENT = {
    "heads": b"GET /d/d HTTP/1.1\r\n" + HOST + b"X-Slow: ",
    "bodies": b"POST /api/preview HTTP/1.1\r\n" + HOST + b"Content-Type: application/json\r\n"
    b"Content-Length: 100000\r\n\r\n{",
    "readers": b"GET /d/d HTTP/1.1\r\n" + HOST + b"\r\n",
    "idle": b"GET /health/live HTTP/1.1\r\n" + HOST + b"\r\n",
}
WRITES = {"heads", "bodies"}


@contextmanager
def serving() -> Iterator[int]:
    """Run a server with the charter in a folder that is thrown away."""
    with tempfile.TemporaryDirectory() as folder:
        parts = open_parts(Config(data=Path(folder)))
        with parts.db.transaction() as session:
            add_edition.add(session, slug="d", label="1", data=CHARTER.read_bytes(), name="d.md")
        parts.close()
        port = free_port()
        command = [sys.executable, "-m", "annotator", "--data", folder, "serve"]
        process = subprocess.Popen(
            [*command, "--port", str(port)], env={**os.environ, "ANNOTATOR_LIMITS": "off"}
        )
        try:
            for _ in range(600):
                with suppress(OSError):
                    socket.create_connection(("127.0.0.1", port)).close()
                    break
                time.sleep(0.1)
            yield port
        finally:
            process.terminate()
            process.wait()


@contextmanager
def slow(port: int, kind: str, many: int) -> Iterator[list[int]]:
    """Keep slow connections open; the list counts those that the server has ended."""
    kinds = list(SENT) if kind == "all" else [kind]
    held = [(_open(port, each), each) for each in itertools.islice(itertools.cycle(kinds), many)]
    ended, stop = [0], threading.Event()

    def trickle() -> None:
        while not stop.wait(BYTE_EVERY_SECONDS / many):
            at = next(turns)
            connection, what = held[at]
            try:
                if what in WRITES:
                    connection.send(b"x")
                elif what == "readers" and not connection.recv(1):
                    raise OSError
            except OSError:  # ended: open another instead
                ended[0] += 1
                connection.close()
                held[at] = _open(port, what), what

    turns = itertools.cycle(range(many))
    thread = threading.Thread(target=trickle, daemon=True)
    thread.start()
    try:
        yield ended
    finally:
        stop.set()
        thread.join()
        for connection, _ in held:
            connection.close()


def _open(port: int, kind: str) -> socket.socket:
    connection = socket.socket()
    if kind == "readers":  # so that little of an answer fits on the way
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.settimeout(60)
    connection.connect(("127.0.0.1", port))
    connection.sendall(SENT[kind])
    if kind in {"readers", "idle"}:
        with selectors.DefaultSelector() as waiting:
            waiting.register(connection, selectors.EVENT_READ)
            waiting.select(60)
    return connection


def ask(port: int, path: str, times: int) -> list[float]:
    """Send requests over separate connections; return the milliseconds."""
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        connection.request("GET", path)
        answer = connection.getresponse()
        answer.read()
        connection.close()
        taken.append((time.perf_counter() - began) * 1000)
        assert answer.status == 200, f"{path}: {answer.status}"
    return taken


def main() -> None:
    """Print the table."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--clients", type=int, default=50)
    options.add_argument("--times", type=int, default=200)
    options.add_argument("--port", type=int)
    options.add_argument("--provision", default="/d/d@1/how-to-quote/1")
    chosen = options.parse_args()
    with serving() if not chosen.port else _there(chosen.port) as port:
        print(f"{chosen.clients} slow connections of each kind, a byte every two seconds; "
              f"medians of {chosen.times}, in ms; load {os.getloadavg()[0]:.1f}")  # fmt: skip
        print(f"{'kind':8} {'asked for':24} {'alone':>8} {'beside':>8} {'ratio':>6}  ended")
        for kind in (*SENT, "all"):
            for path in ("/health/live", chosen.provision):
                ask(port, path, 20)
                without, with_them, number = list[float](), list[float](), 0
                for _ in range(ROUNDS):
                    without += ask(port, path, chosen.times // ROUNDS)
                    with slow(port, kind, chosen.clients) as ended:
                        time.sleep(BYTE_EVERY_SECONDS / 2)
                        with_them += ask(port, path, chosen.times // ROUNDS)
                        number += ended[0]
                alone, beside = statistics.median(without), statistics.median(with_them)
                print(f"{kind:8} {path:24} {alone:8.2f} {beside:8.2f} {beside / alone:6.2f}"
                      f"  {number}", flush=True)  # fmt: skip


@contextmanager
def _there(port: int) -> Iterator[int]:
    yield port


if __name__ == "__main__":
    main()
