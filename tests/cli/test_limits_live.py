"""Limits on a real server: with two processes, and after it was started again."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from pathlib import Path

from tests.helpers import server


@contextmanager
def serving(data: Path) -> Iterator[int]:
    """Run a server with two workers that takes thirty previews an hour; yield its port."""
    limits = {"ANNOTATOR_RATES_PREVIEW": "30/hour", "ANNOTATOR_LIMITS": "on"}
    with server.serving(data, "--workers", "2", **limits) as (port, _):
        yield port


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
