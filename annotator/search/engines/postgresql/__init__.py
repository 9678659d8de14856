"""The engine of several hosts: an index in tables of the site's PostgreSQL database.

    rows        what of a record is found, ranked and counted
    conditions  SQL for the tree of a query
    statements  the tables, and the statement of a search

`search_records` has a row for each record, also for deleted ones as long as an older record could
still arrive; `search_values` the values of the facets; `search_index` one row: the format, and the
version of the last rebuild, below which changes are ignored. All can be dropped, and are built
anew.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import chain
from operator import itemgetter
from typing import Any

import psycopg
from psycopg import errors
from sqlalchemy import Connection, event
from sqlalchemy.exc import ProgrammingError

from annotator.connections import RETRY_AFTER_SECONDS, make_engine
from annotator.db import translated_errors
from annotator.errors import Unavailable
from annotator.search import analysis
from annotator.search.engine import (
    FACETS,
    FacetCount,
    apply_each,
    log_refused,
    refuse_newer,
    too_slow,
    unreadable,
)
from annotator.search.engines.pages import (
    FoundHit,
    FoundPage,
    PageRequest,
    PagingEngine,
    newest_changes,
    rarity,
)
from annotator.search.engines.postgresql import statements as sql
from annotator.search.engines.postgresql.conditions import RECORDS, condition, implied
from annotator.search.engines.postgresql.rows import FORMAT, Facet, make_row, read_texts
from annotator.search.nodes import Node, Prefix, Query, WordsNode
from annotator.search.paging import place
from annotator.search.record import Change, Record

VERSION = FORMAT * 1000 + analysis.VERSION
LOCK = 0x616E6E73  # PostgreSQL's advisory lock of a rebuild: "anns"
READY_SECONDS = 1.0  # for which an index that was there is taken to be there still
KEYS = 20_000  # read in one statement
LOOKED_SECONDS = 600  # between two looks at whether to tidy
TIDY_SECONDS = 24 * 3600
TOMBSTONE_MICROSECONDS = 7 * 24 * 3600 * 1_000_000  # for which the row of a deleted record is kept


class PostgresEngine(PagingEngine):
    """Implements `search.engine.Engine`, see there, with tables in the database at `url`."""

    shared = True
    index = "postgresql"

    def __init__(self, url: str, seconds: float = 2.0) -> None:
        self._seconds = seconds
        self._ready_until = self._look_at = 0.0
        self._pool = make_engine(url, 0)
        self._reads = self._pool.execution_options(isolation_level="AUTOCOMMIT")
        settings = sql.SETTINGS.format(round(seconds * 1000))

        def set_up(connection: Any, _record: object) -> None:
            connection.autocommit = True
            connection.execute(settings)
            connection.autocommit = False

        event.listen(self._pool, "connect", set_up)

    def find(self, request: PageRequest) -> FoundPage:
        """Return the hits of a page, in one statement."""
        with self._reading() as connection:
            weights = request.weights(lambda leaves: _weigh(connection, request.root, leaves))
            statement = sql.search_statement(request, weights)
            rows = connection.exec_driver_sql(statement.text, statement.parameters).all()
        total, hits = 0, []
        counts: dict[str, list[tuple[int, FacetCount]]] = {
            name: [] for name in FACETS if request.facets
        }
        for part, text, other, number, created, score, texts in rows:
            if part == 0:
                total = number
            elif part == 1:
                at = place(request.sort, score=score, created=created, document=other,
                           start=number, key=text)  # fmt: skip
                shown = read_texts(texts) if request.snippets else None
                hits.append(FoundHit(at, text, score / sql.SCORE_UNIT, shown))
            else:  # `created` is the rank
                counts[text].append((created, FacetCount(other, number)))
        facets = {name: tuple(each for _, each in sorted(ranked, key=itemgetter(0)))
                  for name, ranked in counts.items()}  # fmt: skip
        return FoundPage(sorted(hits), total, weights, facets)

    def keys(self, query: Query) -> Iterator[str]:
        """Yield the keys of all hits."""
        found = condition(query.root)
        return (key for key, _ in self._pages(found.text, found.parameters))

    def revisions(self) -> Iterator[tuple[str, str]]:
        """Yield every record's key and revision."""
        return self._pages("revision IS NOT NULL")

    def _pages(self, where: str, parameters: Sequence[object] = ()) -> Iterator[tuple[str, str]]:
        """Yield (key, revision) in the order of the keys; no statement reads more than KEYS."""
        statement = (
            f"SELECT key, revision FROM {RECORDS} WHERE ({where}) AND key > %s "
            f"ORDER BY key LIMIT {KEYS}"
        )
        last, read = "", KEYS
        while read == KEYS:
            with self._reading() as connection:
                rows = connection.exec_driver_sql(statement, (*parameters, last)).all()
            yield from (tuple(row) for row in rows)
            last, read = rows[-1].key if rows else "", len(rows)

    def count(self) -> int:
        """Return how many records are held."""
        with self._reading() as connection:
            return int(_scalar(connection, sql.COUNT))

    def ready(self) -> bool:
        """Return whether there is an index of this program's format. Raises if it is later."""
        if time.monotonic() > self._ready_until:
            with self._reading() as connection:
                held = _format(connection) or 0
            refuse_newer(held, VERSION)
            if held < VERSION:
                return False
            self._ready_until = time.monotonic() + READY_SECONDS
        return True

    def close(self) -> None:
        """Close all connections."""
        self._pool.dispose()

    def apply(self, changes: Iterable[Change]) -> Mapping[str, str]:
        """Apply the changes in one transaction; make the index if there is none."""
        newest = newest_changes(changes)
        if not newest:
            return {}
        if not self.ready():
            with self._writing() as connection:
                connection.exec_driver_sql("SELECT pg_advisory_xact_lock(%s)", (LOCK,))
                if (held := _format(connection)) is None:
                    self._build(connection, (), int)
                elif held != VERSION:
                    raise unreadable()
        return apply_each(self._commit, newest)

    def _commit(self, changes: Sequence[Change]) -> None:
        facets: dict[int, tuple[Facet, ...]] = {}
        rows = sorted(make_row(change, facets) for change in changes)
        with self._writing() as connection:
            # Locked before its floor is read, so that no rebuild comes in between.
            connection.exec_driver_sql(f"LOCK TABLE {RECORDS} IN ROW EXCLUSIVE MODE")
            floor = _scalar(connection, f"SELECT floor FROM {sql.INDEX}")
            rows = [row for row in rows if row.version >= floor]
            for statement, each in (
                (sql.STORE_VALUES, sorted(chain(*facets.values()))),
                (sql.STORE, rows),
            ):
                if each:
                    columns = tuple(list(column) for column in zip(*each, strict=True))
                    connection.exec_driver_sql(statement, columns)

    def rebuild(self, records: Iterable[Record], version: Callable[[], int] = int) -> int:
        """Build new tables beside the old ones and put them in their place."""
        with self._writing() as connection:
            if not _scalar(connection, "SELECT pg_try_advisory_xact_lock(%s)", (LOCK,)):
                raise Unavailable("Another process is building the search index: try again.")
            return self._build(connection, records, version)

    def _build(
        self, connection: Connection, records: Iterable[Record], version: Callable[[], int]
    ) -> int:
        held = _format(connection)
        refuse_newer(held or 0, VERSION)
        facets: dict[int, tuple[Facet, ...]] = {}
        refused: dict[str, str] = {}
        connection.exec_driver_sql(sql.CREATE)
        driver: Any = connection.connection.driver_connection
        with driver.cursor().copy(f"COPY {RECORDS}_new FROM STDIN") as copy:
            for record in records:
                refused |= apply_each(
                    lambda one: copy.write_row(make_row(one[0], facets)), [record]
                )
        with driver.cursor().copy(f"COPY {sql.VALUES}_new FROM STDIN") as copy:
            for facet in chain(*facets.values()):
                copy.write_row(facet)
        connection.exec_driver_sql(sql.PREPARE)
        floor = version()
        if held == VERSION:
            connection.exec_driver_sql(f"LOCK TABLE {RECORDS} IN SHARE ROW EXCLUSIVE MODE")
            for statement in sql.REPLAY:
                connection.exec_driver_sql(statement.format(floor=int(floor)))
        connection.exec_driver_sql(sql.PUT_IN_FORCE)
        connection.exec_driver_sql(
            f"INSERT INTO {sql.INDEX} VALUES (1, %s, %s) ON CONFLICT (id) DO UPDATE "
            "SET format = excluded.format, floor = excluded.floor",
            (VERSION, floor),
        )
        log_refused(refused)
        return int(_scalar(connection, sql.COUNT))

    def tidy(self) -> bool:
        """Once a day, remove the rows of records deleted long ago, and values that none has."""
        if time.monotonic() < self._look_at or not self.ready():
            return False
        self._look_at = time.monotonic() + LOOKED_SECONDS
        due = (
            f"UPDATE {sql.INDEX} SET tidied = now() WHERE tidied < now() - %s * interval '1 second'"
        )
        with self._writing() as connection:
            if not connection.exec_driver_sql(due, (TIDY_SECONDS,)).rowcount:
                return False
            connection.exec_driver_sql(f"LOCK TABLE {RECORDS} IN SHARE ROW EXCLUSIVE MODE")
            connection.exec_driver_sql(
                f"DELETE FROM {RECORDS} WHERE revision IS NULL AND created < %s",
                (time.time_ns() // 1000 - TOMBSTONE_MICROSECONDS,),
            )
            connection.exec_driver_sql(sql.UNUSED_VALUES)
        return True

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        """Yield a connection. Raises Unavailable without an index, or if this takes too long."""
        with self._translated_errors(), self._reads.connect() as connection:
            yield connection

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        """Yield a connection in a transaction that may take long."""
        with self._translated_errors(), self._pool.begin() as connection:
            connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
            yield connection

    @contextmanager
    def _translated_errors(self) -> Iterator[None]:
        try:
            with translated_errors(self._pool):
                yield
        except Unavailable as error:
            if isinstance(getattr(error.__cause__, "orig", None), errors.QueryCanceled):
                raise too_slow(self._seconds) from error
            raise
        except ProgrammingError as error:
            if isinstance(error.orig, errors.UndefinedTable | errors.UndefinedColumn):
                self._ready_until = 0.0
                raise unreadable() from error
            raise
        except psycopg.OperationalError as error:  # of COPY, which SQLAlchemy does not know
            raise Unavailable(
                "The search index cannot be written at the moment; try again in "
                f"{RETRY_AFTER_SECONDS} seconds.",
                retry_after=RETRY_AFTER_SECONDS,
            ) from error


def _scalar(connection: Connection, statement: str, parameters: tuple[object, ...] = ()) -> Any:
    return connection.exec_driver_sql(statement, parameters).scalar()


def _format(connection: Connection) -> int | None:
    """Return the format of the index, or None without one."""
    # Not with `to_regclass`, which may not see yet what another process has just committed.
    here = "relname = %s AND relnamespace = current_schema()::regnamespace"
    if not _scalar(connection, f"SELECT count(*) FROM pg_class WHERE {here}", (sql.INDEX,)):
        return None
    held: int | None = _scalar(connection, f"SELECT format FROM {sql.INDEX}")
    return held


def _weigh(connection: Connection, root: Node, leaves: Sequence[WordsNode | Prefix]) -> list[float]:
    """Return the weight of each leaf: the fewer records have its words, the higher.

    They are only counted if some hits may have only some of the words.
    """
    if implied(root) >= {*leaves}:
        return [1.0] * len(leaves)
    each = [condition(leaf) for leaf in leaves]
    size = f"(SELECT reltuples FROM pg_class WHERE oid = '{RECORDS}'::regclass)"
    numbers = [f"(SELECT count(*) FROM {RECORDS} WHERE {found.text})" for found in each]
    parameters = tuple(value for found in each for value in found.parameters)
    counted = connection.exec_driver_sql(f"SELECT {', '.join([size, *numbers])}", parameters)
    total, *having = counted.one()
    total = max(total, *having)
    return [rarity(total, number) for number in having]
