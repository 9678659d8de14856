"""The tables: migrations run both ways, and make what the models say."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, inspect, text

from annotator.db import Database
from annotator.models import Base
from annotator.services import remarks
from tests.conftest import Site


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a database without any table."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'empty.sqlite3'}"
    address = request.getfixturevalue("postgresql")
    name = f"empty_{os.getpid()}_{abs(hash(request.node.nodeid))}"
    admin = create_engine(f"{address}/postgres", isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    admin.dispose()
    return f"{address}/{name}"


def test_migrations_make_what_the_models_say_and_can_be_taken_back(empty: str) -> None:
    db = Database(empty)
    assert db.migrate()
    assert not db.migrate()
    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []
    db.migrate("base")
    assert inspect(db.engine).get_table_names() == ["alembic_version"]
    assert db.migrate()
    db.close()


def test_sqlite_keeps_foreign_keys_and_writes_ahead(tmp_path: Path) -> None:
    db = Database(f"sqlite:///{tmp_path / 'x.sqlite3'}")
    with db.engine.connect() as connection:
        found = [connection.exec_driver_sql(f"PRAGMA {name}").scalar()
                 for name in ("journal_mode", "foreign_keys", "synchronous")]  # fmt: skip
    assert found == ["wal", 1, 2]
    db.close()


def test_replies_are_counted_along_their_index_and_never_by_walking_all_remarks(
    small_site: Site,
) -> None:
    with small_site.parts.db.reading() as session:
        asked = remarks.query(["0123456789abcdef"]).compile(
            session.connection(), compile_kwargs={"literal_binds": True}
        )
        plan = session.execute(text(f"EXPLAIN QUERY PLAN {asked}")).all()
    steps = [str(row[-1]) for row in plan]
    assert any("ix_annotations_in_reply_to" in step for step in steps), steps
    assert not [step for step in steps if step.startswith("SCAN annotations")], steps
