"""Limits on a real server: with two processes, and after it was started again."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from pathlib import Path

from tests.conftest import ROOT, free_port


@contextmanager
def serving(data: Path) -> Iterator[int]:
    """Run a server with two workers that takes thirty previews an hour; give its port."""
    port = free_port()
    environ = {**os.environ, "ANNOTATOR_RATES_PREVIEW": "30/hour", "ANNOTATOR_LIMITS": "on"}
    command = [sys.executable, "-m", "annotator", "--data", str(data), "serve",
               "--port", str(port), "--workers", "2"]  # fmt: skip
    with (
        (data / "output").open("wb") as output,
        subprocess.Popen(command, cwd=ROOT, env=environ, stdout=output, stderr=output) as process,
    ):
        try:
            _wait(port, process)
            yield port
        finally:
            process.terminate()
            process.wait(timeout=20)


def _wait(port: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(600):
        assert process.poll() is None, "the server ended before it answered"
        try:
            with closing(HTTPConnection("127.0.0.1", port, timeout=5)) as asking:
                asking.request("GET", "/health")
                asking.getresponse()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError("the server does not answer")


def _preview(port: int) -> int:
    with closing(HTTPConnection("127.0.0.1", port, timeout=30)) as asking:
        asking.request(
            "POST", "/api/preview", b'{"body": "Hm."}', {"Content-Type": "application/json"}
        )
        return asking.getresponse().status


def test_a_rate_holds_for_two_processes_together_and_after_a_restart(tmp_path: Path) -> None:
    with serving(tmp_path) as port, ThreadPoolExecutor(8) as people:
        statuses = list(people.map(_preview, [port] * 60))
        assert (statuses.count(200), statuses.count(429)) == (30, 30)
    with serving(tmp_path) as port:
        assert _preview(port) == 429
