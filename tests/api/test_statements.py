"""How many SQL statements the most frequent requests take, at most."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event

from tests.api.conftest import Script
from tests.conftest import Site

LISTS = ("/api/annotations?limit=50", "/api/annotations?document=garden&sort=place")
POST = {"document": "garden", "target": {"exact": "keep quiet"}, "tags": ["dusk"]}


@contextmanager
def counted(site: Site) -> Iterator[list[str]]:
    """Collect the statements that are sent meanwhile, without those that begin transactions."""
    statements: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        if not statement.startswith("BEGIN"):
            statements.append(statement)

    event.listen(site.parts.db.engine, "before_cursor_execute", note)
    yield statements
    event.remove(site.parts.db.engine, "before_cursor_execute", note)


def test_a_post_takes_few_statements(script: Script, small_site: Site) -> None:
    script.post(body="The first of the process.", **POST)
    with counted(small_site) as statements:
        script.post(body="A comment that is long enough to be compared with others.", **POST)
    assert len(statements) <= 19, statements  # one of them for the tags


@pytest.mark.parametrize("path", LISTS)
def test_a_list_takes_as_many_statements_as_it_has_kinds_of_rows(
    script: Script, small_site: Site, path: str
) -> None:
    for number in range(3):
        script.post(body=f"Comment {number}.", tags=["dusk", "gates"])
    script.client.get(path)
    with counted(small_site) as statements:
        assert script.client.get(path).get_json()["total"] == 3
    assert len(statements) <= 6, statements


@pytest.mark.parametrize("indexed", [True, False])
def test_a_search_takes_few_statements(script: Script, small_site: Site, indexed: bool) -> None:
    for number in range(3):
        script.post(body=f"Quiet comment {number}.", tags=["dusk", f"tag {number}"])
    small_site.parts.indexer.drain()
    if not indexed:
        script.post(body="Another.")
    script.client.get("/api/search?q=quiet")
    with counted(small_site) as statements:
        assert script.client.get("/api/search?q=quiet").get_json()["total"] >= 3
    assert len(statements) <= 12, statements
