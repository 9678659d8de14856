"""A site's server in a separate process."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from pathlib import Path

from tests.conftest import ROOT, free_port


@contextmanager
def serving(
    data: Path,
    *more: str,
    log: Path | None = None,
    program: str = "annotator",
    group: bool = False,
    **environ: str,
) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    """Run a server, without limits unless `environ` says otherwise; yield its port once it answers.

    `more` are words of its command line, `program` the module to run; with `group` it leads a group
    of processes, which a test may kill or stop as one. It is asked to end, and must within 30
    seconds.
    """
    port, log = free_port(), log or data / "server.log"
    command = [sys.executable, "-m", program, "--data", data, "serve", "--port", str(port), *more]
    settings = {"ANNOTATOR_LIMITS": "off", **environ}
    with running(command, port, log, group=group, **settings) as process:
        yield port, process


@contextmanager
def running(
    command: Sequence[str | Path], port: int, log: Path, *, cwd: Path = ROOT, group: bool = False,
    **environ: str,
) -> Iterator[subprocess.Popen[bytes]]:  # fmt: skip
    """Run a server by its command; yield its process once it answers on the port."""
    with (
        log.open("wb") as output,
        subprocess.Popen(command, cwd=cwd, env={**os.environ, **environ}, stdout=output,
                         stderr=output, start_new_session=group) as process,
    ):  # fmt: skip
        try:
            _wait(port, process, log)
            yield process
        finally:
            process.terminate()
            try:
                process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                process.kill()
                raise


def _wait(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(600):
        assert process.poll() is None, log.read_text()
        try:
            with closing(HTTPConnection("127.0.0.1", port, timeout=5)) as asking:
                asking.request("GET", "/health")
                asking.getresponse().read()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError("the server does not answer")


def until(true: Callable[[], bool], seconds: float = 30.0) -> float:
    """Wait until something is true; return how long that took."""
    began = time.monotonic()
    while not true():
        assert time.monotonic() < began + seconds, "it did not come about"
        time.sleep(0.05)
    return time.monotonic() - began
