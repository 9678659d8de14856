"""What only the engine in PostgreSQL promises: its tables, its limits, its place among hosts."""

import threading
from collections.abc import Iterator

import pytest
from sqlalchemy import create_engine, text

from annotator.config import Config
from annotator.db import Database
from annotator.errors import Unavailable
from annotator.parts import Parts
from annotator.search.engines import postgresql
from annotator.search.engines.postgresql import PostgresEngine
from annotator.search.query import EVERYTHING, parse
from annotator.search.record import Deletion, Record
from annotator.services.reading import full_text
from tests.conftest import Site
from tests.search.making import record


@pytest.fixture
def engine_name() -> str:
    return "postgresql"


def execute(place: str, statement: str, **parameters: object) -> object:
    admin = create_engine(place, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        result = connection.execute(text(statement), parameters)
        rows = result.all() if result.returns_rows else None
    admin.dispose()
    return rows


def test_an_index_of_another_format_is_not_misread_and_is_built_anew(place: str) -> None:
    engine = PostgresEngine(place)
    engine.apply([record(1, "word")])
    execute(place, "UPDATE search_index SET format = format - 1")
    other = PostgresEngine(place)
    assert not other.ready()
    with pytest.raises(Unavailable, match="index rebuild"):
        other.apply([record(2, "word")])
    assert other.rebuild([record(3, "word")], lambda: 7) == 1
    assert other.ready()
    assert {*other.keys(EVERYTHING)} == {"a:3"}


def test_an_index_of_a_newer_program_is_left_alone(place: str) -> None:
    PostgresEngine(place).apply([record(1, "word")])
    execute(place, "UPDATE search_index SET format = format + 1")
    old = PostgresEngine(place)
    with pytest.raises(Unavailable, match="newer version"):
        old.ready()
    with pytest.raises(Unavailable, match="newer version"):
        old.rebuild([record(2, "word")])
    execute(place, "UPDATE search_index SET format = format - 1")
    assert {*PostgresEngine(place).keys(EVERYTHING)} == {"a:1"}


def test_tables_that_are_gone_are_explained_and_come_back(configured: Config) -> None:
    site = Site(Parts(configured, Database.of(configured)))
    site.add()
    site.parts.indexer.drain()
    execute(configured.store.database, "DROP TABLE search_records, search_values, search_index")
    with site.parts.db.reading() as session, pytest.raises(Unavailable, match="index"):
        full_text.search(session, site.parts.engine, "dusk")
    site.parts.indexer.drain()
    with site.parts.db.reading() as session:
        assert full_text.search(session, site.parts.engine, "dusk").total
    site.parts.close()


def test_a_search_that_takes_too_long_is_given_up_and_says_what_to_do(place: str) -> None:
    slow = f"{place},pg_catalog"  # our functions before PostgreSQL's
    execute(slow, "CREATE FUNCTION strpos(text, text) RETURNS int LANGUAGE sql AS "
                  "'SELECT 1 FROM pg_sleep(1)'")  # fmt: skip
    PostgresEngine(slow).apply([record(1, "long word")])
    impatient = PostgresEngine(slow, seconds=0.2)
    with pytest.raises(Unavailable, match="rarer words"):
        impatient.search(parse('"long word"'))
    assert impatient.search(parse("long word")).total == 1


def test_a_server_that_does_not_answer_is_explained(place: str) -> None:
    with pytest.raises(Unavailable, match="does not answer"):
        PostgresEngine("postgresql+psycopg://nobody@127.0.0.1:1/none").search(EVERYTHING)
    engine = PostgresEngine(place)
    engine.apply([record(1, "word")])
    ended = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = :name"
    execute(place, ended, name="annotator search")
    assert engine.search(parse("word")).total == 1  # with a new connection


def test_two_rebuilds_at_once_are_one(place: str) -> None:
    engines = [PostgresEngine(place), PostgresEngine(place)]
    inside, outside = threading.Event(), threading.Event()

    def view() -> Iterator[Record]:
        yield record(1, "word")
        inside.set()
        assert outside.wait(30)

    first = threading.Thread(target=engines[0].rebuild, args=(view(),))
    first.start()
    assert inside.wait(30)
    with pytest.raises(Unavailable, match="Another process"):
        engines[1].rebuild([record(2, "word")])
    outside.set()
    first.join()
    assert {*engines[1].keys(EVERYTHING)} == {"a:1"}


def test_what_was_deleted_long_ago_leaves_the_tables(
    place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = PostgresEngine(place)
    engine.apply([record(1, "x", author="Jane", tags=("secret",)), record(2, "x", author="Ann")])
    engine.apply([Deletion("a:1", 3)])
    assert not engine.tidy()
    monkeypatch.setattr(postgresql, "TIDY_SECONDS", -1)
    assert PostgresEngine(place).tidy()
    rows = "SELECT (SELECT count(*) FROM search_records), (SELECT count(*) FROM search_values)"
    assert execute(place, rows) == [(2, 3)]  # Ann, kind and document; the deletion is still known
    monkeypatch.setattr(postgresql, "TOMBSTONE_MICROSECONDS", -1)
    assert PostgresEngine(place).tidy()
    assert execute(place, rows) == [(1, 3)]


def test_more_different_words_than_a_vector_takes_do_not_hold_up_a_record(place: str) -> None:
    engine = PostgresEngine(place)
    body = " ".join(f"longishword{n}x{n * 7919}" for n in range(60_000))
    assert engine.apply([record(1, f"beginning {body}", tags=("kept",)), record(2, "word")]) == {}
    assert {*engine.keys(parse("tag:kept"))} == {"a:1"}
    assert {*engine.keys(parse("word"))} == {"a:2"}
