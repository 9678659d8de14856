"""A locked database and a full disk: a clear answer, nothing half-written, and on it goes."""

from __future__ import annotations

import sqlite3
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from annotator.app import create_app
from annotator.config import Config, Store
from annotator.errors import Malformed, Unavailable
from annotator.services.accounts import accounts
from annotator.services.editions import editions
from tests.api.conftest import Script
from tests.conftest import Site, _copy_of_template, site_of


@pytest.fixture
def hasty(config: Config, request: pytest.FixtureRequest, tmp_path: Path) -> Site:
    """A small site that waits for no lock."""
    _copy_of_template(request, tmp_path)
    made = site_of(replace(config, store=Store(busy_seconds=0)))
    made.add()
    made.person()
    return made


def script(site: Site) -> Script:
    app = create_app(site.parts.config, site.parts)
    return Script(app.test_client(), site.token())


def test_a_locked_database_answers_503_and_then_works_again(hasty: Site) -> None:
    ask = script(hasty)
    other = sqlite3.connect(hasty.parts.config.data / "annotator.sqlite3", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    answer = ask("POST", "/api/annotations", json={"document": "garden", "body": "x"})
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert answer.get_json()["error"]["code"] == "unavailable"
    assert ask("GET", "/api/annotations").get_json()["total"] == 0
    other.execute("ROLLBACK")
    other.close()
    assert ask.post(body="x")["body"] == "x"


def test_a_full_disk_answers_503_and_loses_nothing(hasty: Site) -> None:
    ask = script(hasty)
    ask.post(body="before")
    db = hasty.parts.db
    with db.engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
    from sqlalchemy import event

    def fill(connection: sqlite3.Connection, _record: object) -> None:
        connection.execute(f"PRAGMA max_page_count={pages}")

    event.listen(db.engine, "connect", fill)
    db.engine.dispose()
    statuses = [
        ask("POST", "/api/annotations", json={"document": "garden", "body": "x" * 9000}).status_code
        for _ in range(5)
    ]
    assert statuses[-1] == 503
    event.remove(db.engine, "connect", fill)
    db.engine.dispose()
    assert ask.get_total() == 1 + statuses.count(201)
    assert ask.post(body="after")["body"] == "after"


def test_a_failed_adding_leaves_no_trace(hasty: Site) -> None:
    other = sqlite3.connect(hasty.parts.config.data / "annotator.sqlite3", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(Unavailable):
        hasty.add("garden-2.md", "2026-04-01")
    other.execute("ROLLBACK")
    other.close()
    with hasty.parts.db.reading() as session:
        assert editions.newest(session, "garden").labels == ("2026-03-01",)


def test_a_nul_that_reaches_the_database_is_told_as_the_callers_mistake(site: Site) -> None:
    """PostgreSQL takes none; SQLite finds nothing under it."""
    with suppress(Malformed), site.parts.db.reading() as session:
        assert accounts.find(session, "a\0b") is None
