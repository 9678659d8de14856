"""The tables: migrations run both ways, and make what the models say."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Select, SQLColumnExpression, event, inspect, select, text
from sqlalchemy.orm import Session

from annotator.connections import MIGRATIONS, newest_revision
from annotator.db import MANY, Database, insert_rows
from annotator.errors import Conflict
from annotator.models import Base, Coverage, Outbox, Placement
from annotator.services.annotations import annotation_loader, filters
from annotator.services.annotations.filters import Filter
from annotator.services.editions import editions
from annotator.services.reading import reading_page
from tests.conftest import Site
from tests.helpers import quick

MANY_SESSIONS = 20  # more than a pool of connections usually has
SIDE_BY_SIDE_SINCE = "0018"  # from here on, programs of two versions may use one database


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


def test_migrations_since_hosts_run_side_by_side_only_add(empty: str) -> None:
    """A program of before goes on with the new tables while hosts are upgraded one by one."""
    db = Database(empty)
    db.migrate(SIDE_BY_SIDE_SINCE)
    for number in range(int(SIDE_BY_SIDE_SINCE) + 1, int(newest_revision()) + 1):
        before = shape(db)
        db.migrate(f"{number:04}")
        after = shape(db)
        for table, columns in before.items():
            assert columns.items() <= after[table].items(), f"{number:04} changes {table}"
            added = after[table].keys() - columns.keys()
            assert all(after[table][name] == "may be left out" for name in added), added
    db.close()


def test_a_session_never_waits_for_the_connection_of_another(site: Site) -> None:
    with ExitStack() as sessions:
        opened = [sessions.enter_context(site.parts.db.reading()) for _ in range(MANY_SESSIONS)]
        assert [session.scalar(text("SELECT 1")) for session in opened] == [1] * MANY_SESSIONS


def shape(db: Database) -> dict[str, dict[str, str]]:
    """Return the columns, keys and constraints of each table by name, and what each demands."""
    found: dict[str, dict[str, str]] = {}
    with db.engine.connect() as connection:
        inspector = inspect(connection)
        for table in inspector.get_table_names():
            rules = [*inspector.get_unique_constraints(table), *inspector.get_foreign_keys(table),
                     *inspector.get_check_constraints(table),
                     *(index for index in inspector.get_indexes(table) if index["unique"]),
                     inspector.get_pk_constraint(table)]  # fmt: skip
            # A condition of an index is an object, told apart by its address.
            found[table] = {f"rule {rule['name']}": re.sub(r" object at \w+", "", repr(rule))
                            for rule in rules}  # fmt: skip
            for column in inspector.get_columns(table):
                optional = column["nullable"] or column["default"] is not None
                found[table][column["name"]] = "may be left out" if optional else "needed"
    return found


def test_sqlite_keeps_foreign_keys_writes_ahead_and_waits_for_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("annotator.connections._set_up_sqlite", quick.REAL_SET_UP)
    db = Database(f"sqlite:///{tmp_path / 'x.sqlite3'}")
    with db.engine.connect() as connection:
        found = [connection.exec_driver_sql(f"PRAGMA {name}").scalar()
                 for name in ("journal_mode", "foreign_keys", "synchronous")]  # fmt: skip
    assert found == ["wal", 1, 2]
    db.close()


def steps(site: Site, asked: Callable[[Session], Select[Any]]) -> list[str]:
    """Return the steps that SQLite takes for a query."""
    with site.parts.db.reading() as session:
        query = asked(session).compile(session.connection(), compile_kwargs={"literal_binds": True})
        plan = session.execute(text(f"EXPLAIN QUERY PLAN {query}")).all()
    return [str(row[-1]) for row in plan]


def test_replies_are_counted_along_their_index_and_never_by_walking_all_annotations(
    small_site: Site,
) -> None:
    taken = steps(
        small_site, lambda _: annotation_loader.ANNOTATIONS.params(ids=["0123456789abcdef"])
    )
    assert any("ix_annotations_in_reply_to" in step for step in taken), taken
    assert not [step for step in taken if step.startswith("SCAN annotations")], taken


FILTERS = {
    "author": Filter(author="Ada"),
    "tag": Filter(tag="dusk"),
    "after": Filter(after=datetime(2026, 1, 1, tzinfo=UTC)),
    "verdict": Filter(verdict="exact"),
    "all": Filter(author="Ada", tag="dusk", verdict="lost"),
}


@pytest.mark.parametrize("name", FILTERS)
def test_a_filter_is_counted_and_painted_along_indexes_of_the_edition(
    small_site: Site, name: str
) -> None:
    def where(session: Session) -> list[SQLColumnExpression[bool]]:
        return filters.covering(session, editions.newest(session, "garden"), FILTERS[name])

    def painted(session: Session) -> Select[Any]:
        threads = select(Coverage.thread_id).where(Coverage.provision == -1, *where(session))
        placed_in = Placement.edition_id + 0 == 1
        return reading_page.spans(placed_in, Placement.annotation_id.in_(threads))

    counted = steps(small_site, lambda session: reading_page.tallies(*where(session)))
    assert not [step for step in counted if step.startswith("SCAN")], counted
    assert not [step for step in counted if "ix_annotations_listed" in step], counted
    shown = steps(small_site, painted)
    assert any("SEARCH placements" in step and "annotation_id=?" in step for step in shown), shown
    assert not [step for step in shown if step.startswith("SCAN")], shown


def test_a_tag_is_counted_and_painted_by_annotation_not_by_edition(small_site: Site) -> None:
    taken: list[str] = []

    def explain(connection: Any, cursor: Any, statement: str, values: Any, *_: Any) -> None:
        if "FROM coverage" in statement and "tags" in statement:
            plan = connection.connection.execute(f"EXPLAIN QUERY PLAN {statement}", values)
            taken.extend(row[-1] for row in plan)

    event.listen(small_site.parts.db.engine, "before_cursor_execute", explain)
    with small_site.parts.db.reading() as session:
        loaded = editions.newest(session, "garden")
        reading_page.filtered_commentary(
            session, small_site.parts.engine, loaded, Filter(tag="dusk")
        )
    event.remove(small_site.parts.db.engine, "before_cursor_execute", explain)
    of_coverage = [step for step in taken if " coverage " in step]
    assert of_coverage, taken
    assert all("COVERING INDEX ix_coverage_annotation" in step for step in of_coverage), taken
    assert not [step for step in taken if "edition_id=?" in step], taken


def test_few_comments_of_a_filter_are_counted_and_painted_as_many_are(small_site: Site) -> None:
    small_site.person("Bob")
    small_site.post("three gates", author="Bob")
    for number in range(8):
        small_site.post("keep quiet", f"Comment {number}.")
    with small_site.parts.db.reading() as session:
        loaded = editions.newest(session, "garden")
        few, many = (
            reading_page.filtered_commentary(
                session, small_site.parts.engine, loaded, Filter(author=name)
            )
            for name in ("Bob", "Ada")
        )
    assert (few.total, many.total) == ((1, 1), (8, 1))
    text = loaded.parsed.text
    assert [text[start:end] for start, end, _ in few.segments] == ["three gates"]
    assert [text[start:end] for start, end, _ in many.segments] == ["keep quiet"]


@pytest.mark.parametrize("name", FILTERS)
def test_a_page_of_a_provision_is_one_walk_whatever_the_filter(small_site: Site, name: str) -> None:
    def page(session: Session) -> Select[Any]:
        loaded = editions.newest(session, "garden")
        keys = Coverage.start, Coverage.thread_id, Coverage.annotation_id
        where = filters.covering(session, loaded, FILTERS[name])
        return select(*keys).where(Coverage.provision == 3, *where).order_by(*keys).limit(50)

    taken = steps(small_site, page)
    assert "SEARCH coverage" in taken[0], taken
    assert "(edition_id=? AND provision=?" in taken[0] or "annotation_id=?" in taken[0], taken
    assert not [step for step in taken if step.startswith("SCAN")], taken


def test_a_migrations_file_begins_with_its_revision_and_follows_the_one_before() -> None:
    """So that the newest revision is known without Alembic."""
    scripts = list(ScriptDirectory(str(MIGRATIONS)).walk_revisions())
    names = sorted(path.name for path in (MIGRATIONS / "versions").glob("[0-9]*.py"))
    assert [name.partition("_")[0] for name in names] == [it.revision for it in reversed(scripts)]
    assert newest_revision() == scripts[0].revision


def test_many_rows_are_stored_as_few_are(site: Site) -> None:
    """Characters that COPY escapes come back; a row that is there already is a conflict."""
    odd = ["\t", "\\N", "\\", "a\nb", "\r", '"', "é🐕", ""]
    rows = [{"id": 1_000 + n, "kind": "annotation", "key": f"{odd[n % len(odd)]}{n}"}
            for n in range(2 * MANY)]  # fmt: skip
    for many in (rows[:1], rows[1:]):
        with site.parts.db.transaction() as session:
            insert_rows(session.connection(), Outbox.__table__, many)
    with site.parts.db.reading() as session:
        stored = session.scalars(select(Outbox.key).where(Outbox.id >= 1_000).order_by(Outbox.id))
        assert list(stored) == [row["key"] for row in rows]
    for many in (rows[:1], rows):
        with pytest.raises(Conflict), site.parts.db.transaction() as session:
            insert_rows(session.connection(), Outbox.__table__, many)
