"""Numbers for Prometheus: of all processes together, on a port of their own, gone in the end."""

from __future__ import annotations

import re
import time
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path

from tests.conftest import free_port
from tests.helpers.server import serving


def _get(port: int, path: str) -> str:
    for _ in range(600):
        try:
            with closing(HTTPConnection("127.0.0.1", port, timeout=10)) as asking:
                asking.request("GET", path)
                return asking.getresponse().read().decode()
        except OSError:
            time.sleep(0.1)
    raise AssertionError("nobody answers")


def test_two_workers_are_counted_together_and_nobody_stays_behind(tmp_path: Path) -> None:
    numbers = free_port()
    settings = {"ANNOTATOR_SERVER_METRICS_PORT": str(numbers), "ANNOTATOR_LIMITS": "on",
                "ANNOTATOR_RATES_SEARCH": "1/hour"}  # fmt: skip
    with serving(tmp_path, "--workers", "2", **settings) as (port, _):
        for _ in range(20):
            _get(port, "/health/live")
        for _ in range(3):
            _get(port, "/api/search?q=gate")
        told = _get(numbers, "/metrics")
        assert "annotator_answers" not in _get(port, "/metrics")
    answers = r'annotator_answers_total{endpoint="api.live",method="GET",status="200"} 20.0'
    assert answers in told
    assert 'annotator_limited_total{kind="search"} 2.0' in told
    assert re.search(r'annotator_seconds_count{endpoint="api.live"} 20\.0', told)
    assert "annotator_outbox 0.0" in told
    assert "annotator_annotations 0.0" in told
    for _ in range(100):
        with closing(HTTPConnection("127.0.0.1", numbers, timeout=5)) as asking:
            try:
                asking.request("GET", "/metrics")
            except ConnectionRefusedError:
                return
        time.sleep(0.1)
    raise AssertionError("the process with the numbers stayed behind")
