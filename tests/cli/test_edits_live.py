"""Two edits at once on a real server with two processes: one is taken, the other is told."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from tests.cli.conftest import Command
from tests.cli.test_limits_live import serving


def _ask(
    port: int, method: str, path: str, body: Any = None, **headers: str
) -> tuple[int, str, dict[str, Any]]:
    with closing(HTTPConnection("127.0.0.1", port, timeout=60)) as asking:
        asking.request(method, path, json.dumps(body) if body else None,
                       {"Content-Type": "application/json", **headers})  # fmt: skip
        answer = asking.getresponse()
        return answer.status, answer.headers.get("ETag", ""), json.loads(answer.read())


def test_of_edits_made_from_the_same_words_one_is_taken(garden: Command, tmp_path: Path) -> None:
    token = garden("token", "create", "Ada").output.splitlines()[-1]
    signed = {"Authorization": f"Bearer {token}"}
    with serving(tmp_path / "var") as port, ThreadPoolExecutor(8) as people:
        said = {"document": "garden", "body": "Whose dusk?"}
        status, _, made = _ask(port, "POST", "/api/annotations", said, **signed)
        assert status == 201
        path = f"/api/annotations/{made['id']}"
        _, etag, _ = _ask(port, "GET", path, **signed)

        def edit(number: int) -> int:
            words = {"body": f"Whose dusk, {number}?"}
            return _ask(port, "PATCH", path, words, **signed, **{"If-Match": etag})[0]

        statuses = sorted(people.map(edit, range(8)))
        assert statuses == [200] + [412] * 7
        assert _ask(port, "GET", path, **signed)[2]["edits"] == 1
    assert "No faults." in garden("check").output
