"""A database that cannot be written, or is not there: 503 at every door, and never 500."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Response, request_finished
from sqlalchemy import event

from tests.permissions.scene import Scene
from tests.permissions.test_every_door import rows


def _read_only(connection: Any, _record: object) -> None:
    connection.execute("PRAGMA query_only = ON")


def _gone(*_: object) -> None:
    raise sqlite3.OperationalError("unable to open database file")


@contextmanager
def _troubled(scene: Scene, name: str, happens: Callable[..., None]) -> Iterator[None]:
    engine = scene.site.parts.db.engine
    event.listen(engine, name, happens)
    engine.dispose()
    try:
        yield
    finally:
        event.remove(engine, name, happens)
        engine.dispose()


@pytest.mark.parametrize(
    ("column", "name", "happens"),
    [
        ("nobody's", "connect", _read_only),
        ("member own", "connect", _read_only),
        ("moderator own", "connect", _read_only),
        ("nobody's", "do_connect", _gone),
        ("member own", "do_connect", _gone),
    ],
)
def test_every_door_answers_503_and_all_is_well_when_the_database_is_back(
    scene: Scene, column: str, name: str, happens: Callable[..., None]
) -> None:
    answers: list[Response] = []

    def note(_app: object, response: Response, **_: object) -> None:
        answers.append(response)

    troubles = []
    with _troubled(scene, name, happens), request_finished.connected_to(note):
        for row in rows():
            told = scene.ask(column, row.method, row.rule, row.variant)
            answer = answers[-1]
            if told.endswith("+") or (answer.status_code >= 500 and answer.status_code != 503):
                troubles.append(f"{row.name} {told}")
            elif answer.status_code == 503 and "Retry-After" not in answer.headers:
                troubles.append(f"{row.name} {told} without Retry-After")
    assert not troubles
    assert sum(answer.status_code == 503 for answer in answers) > 10
    assert scene.ask(column, "GET", "/api/documents", "") == "200"
