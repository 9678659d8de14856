"""Connections to the database: engines for SQLite and PostgreSQL, and their errors as ours."""

from __future__ import annotations

import os
import secrets
import socket
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from functools import partial
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, cast
from urllib.parse import quote

from sqlalchemy import Engine, create_engine, event, insert, make_url
from sqlalchemy.engine import Connection
from sqlalchemy.exc import (
    ArgumentError,
    DatabaseError,
    DataError,
    DBAPIError,
    IntegrityError,
    InterfaceError,
    OperationalError,
    ProgrammingError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeout

from annotator.errors import ConfigFault, Conflict, Malformed, Unavailable
from annotator.private import unwritable

if TYPE_CHECKING:
    from sqlalchemy import FromClause, Table

JSON: TypeAlias = dict[str, Any]
TOKEN = secrets.token_hex(6)
RETRY_AFTER_SECONDS = 5
MANY = 50  # rows; fewer are inserted faster by a statement that SQLAlchemy keeps
SITE_STATE = "SELECT token FROM site_state"
AGAIN = f"try again in {RETRY_AFTER_SECONDS} seconds"
READ_ONLY, DENIED = "25006", "42501"
# What PostgreSQL's SQLSTATE says in errors that are no bugs.
STATES = {
    READ_ONLY: "it is read-only",
    "25P03": "this took too long",
    "40001": "others are changing the same data; it gave up waiting",
    "40P01": "others are changing the same data; it gave up waiting",
    DENIED: "its user lacks a permission",
    "53100": "its disk is full",
    "53300": "it has no connection left",
    "55P03": "others are changing the same data; it gave up waiting",
    "57014": "this took too long",
    "XX001": "its data is damaged",
    "XX002": "one of its indexes is damaged",
}
SQLITE_SIGNS = {
    "locked": ("it is locked: another process is writing", AGAIN),
    "full": ("the disk is full", AGAIN),
    "readonly": ("its folder is read-only", "see who may write there"),
    "unable to open": ("its file cannot be opened", "see who may read and write it"),
    "i/o": ("the disk failed", AGAIN),
    "": ("it does not answer", AGAIN),
}
# For a server that vanishes without a word. The address of the database can set each.
PATIENCE = {
    "connect_timeout": "5",
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "15000",
}


def problem_of(url: str) -> str:
    """Return why an existing SQLite file cannot be written, or ""."""
    if not url.startswith("sqlite"):
        return ""
    path = Path(make_url(url).database or "")
    if not path.is_file():
        return ""
    return unwritable(path.parent) or (
        "" if os.access(path, os.W_OK) else "the database is read-only"
    )


def program() -> str:
    """Return the name of this process's connections to PostgreSQL; no other process has it."""
    return f"annotator {socket.gethostname()[:20]} {os.getpid()} {TOKEN}"


def make_engine(
    url: str,
    busy_seconds: int,
    *,
    only_read: bool = False,
    setting: str = "store.database",
) -> Engine:
    """Make the engine of a database.

    Raises ConfigFault.
    """
    if not url.startswith("sqlite"):
        try:
            address = make_url(url)
            settings: dict[str, Any] = {}
            if "psycopg" in address.drivername:  # the options are libpq's
                settings = {name: value for name, value in PATIENCE.items()
                            if name not in address.query}  # fmt: skip
                settings["application_name"] = program()
            engine = create_engine(
                address, pool_pre_ping=True, hide_parameters=True, connect_args=settings
            )
            event.listen(engine, "connect", partial(_set_up_postgresql, busy_seconds))
            return engine
        except (ArgumentError, ImportError, ValueError) as error:
            raise ConfigFault(
                f"{setting}: cannot be used ({error}). Write it as "
                "postgresql+psycopg://user@host/name, and install the driver; or leave it empty."
            ) from error
    if make_url(url).query:
        raise ConfigFault("store.database: an address of SQLite takes no options after a \"?\"; "
                          "write it as sqlite:////FOLDER/FILE, or leave it empty.")  # fmt: skip
    # The driver must not begin transactions; `_begin_sqlite` does.
    settings = {"timeout": busy_seconds, "isolation_level": None}
    if only_read:
        url = f"sqlite:///{_only_readable(Path(make_url(url).database or ''))}&uri=true"
    engine = create_engine(url, connect_args=settings, hide_parameters=True)  # errors are logged
    if not only_read:
        event.listen(engine, "connect", _set_up_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


class Replica:
    """A copy of the database that anonymous readers may read, as long as it is `usable`.

    `lag` is how far it is behind, in seconds; None while that is unknown. A heartbeat of the host
    updates both (`annotator.hosts`).
    """

    def __init__(self, url: str) -> None:
        engine = make_engine(url, 0, setting="store.replica")
        self.engine = engine.execution_options(isolation_level="REPEATABLE READ")
        self.usable_until = 0.0  # by `time.monotonic`, so that one that hangs is soon left alone
        self.lag: float | None = None

    @property
    def usable(self) -> bool:
        """Return whether it answered a moment ago and was not far behind."""
        return time.monotonic() < self.usable_until


def _only_readable(path: Path) -> str:
    """Return the URI of a SQLite file that this process cannot write.

    If no process has it open, it is `immutable`, since locking would write. If one has, there is a
    log of changes (`-wal`) and its index of at least 32 KB (`-shm`; smaller on a full disk).
    """
    log, index = (path.with_name(path.name + end) for end in ("-wal", "-shm"))
    sizes = [path.stat().st_size if path.exists() else -1 for path in (log, index)]
    is_open = sizes[0] > 0 or (sizes[0] == 0 and sizes[1] >= 32_768)
    return f"{quote(path.as_uri())}?mode=ro" + ("" if is_open else "&immutable=1")


def _set_up_sqlite(connection: Any, _record: object) -> None:
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "cache_size=-65536",
        "mmap_size=268435456",
        "temp_store=MEMORY",
        "secure_delete=ON",  # deleted rows are overwritten in the file
    ):
        connection.execute(f"PRAGMA {pragma}")


def _set_up_postgresql(busy_seconds: int, connection: Any, _record: object) -> None:
    connection.autocommit = True
    connection.execute(f"SET lock_timeout = '{busy_seconds}s'")
    # A host that is paused in the middle of a transaction holds its locks no longer than that.
    connection.execute("SET idle_in_transaction_session_timeout = '5min'")
    connection.autocommit = False


def _begin_sqlite(connection: Connection) -> None:
    writing = connection.get_execution_options().get("writing")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


@contextmanager
def translated_errors(engine: Engine) -> Iterator[None]:
    """Convert errors of the database to AnnotatorErrors."""
    try:
        yield
    except IntegrityError as error:
        raise Conflict(
            "Someone else changed this at the same moment. Your change was not stored; reload and "
            "try again."
        ) from error
    except PoolTimeout as error:  # every connection is in use
        raise _unavailable("it is busy") from error
    except DBAPIError as error:
        state = str(getattr(error.orig, "sqlstate", None) or "")
        if state == READ_ONLY:
            engine.dispose()  # after a fail-over, new connections lead to the new primary
        if state in STATES:
            step = "grant it" if state == DENIED else AGAIN
            raise _unavailable(STATES[state], step) from error
        if isinstance(error, OperationalError | InterfaceError):
            message = str(error.orig).lower() if engine.dialect.name == "sqlite" else ""
            reason = next(reason for sign, reason in SQLITE_SIGNS.items() if sign in message)
            raise _unavailable(*reason) from error
        if error.statement is None and isinstance(error, ProgrammingError):  # while connecting
            raise ConfigFault(
                f"store.database: cannot be used ({error.orig}). Correct the options behind its ?."
            ) from error
        if isinstance(error, DataError) and "NUL" in str(error.orig):
            raise Malformed("A text cannot contain a NUL character. Remove it.") from error
        if type(error) is not DatabaseError:  # a bug
            raise
        raise Unavailable(
            f"The database is damaged ({error.orig}). Nothing was changed; restore a backup "
            "with: annotator restore FILE",
            retry_after=RETRY_AFTER_SECONDS,
        ) from error


def _unavailable(trouble: str, step: str = AGAIN) -> Unavailable:
    return Unavailable(
        f"The database cannot do this at the moment ({trouble}). Nothing was changed; {step}.",
        retry_after=RETRY_AFTER_SECONDS,
    )


def site_token(engine: Engine) -> int:
    """Return the token of `site_state`; a tenth of what a session takes."""
    try:
        with closing(engine.raw_connection()) as connection:
            cursor = connection.cursor()
            cursor.execute(SITE_STATE)
            row = cursor.fetchone()
    except engine.dialect.loaded_dbapi.Error as error:  # also of connecting
        raise OperationalError(SITE_STATE, None, error) from error
    return row[0] if row else 0


def insert_rows(connection: Connection, rows_of: FromClause, rows: Sequence[JSON]) -> None:
    """Insert rows with the same columns into a table; many of them with COPY on PostgreSQL."""
    if len(rows) < MANY:
        if rows:
            connection.execute(insert(cast("Table", rows_of)), rows)
        return
    dialect, names = connection.dialect, list(rows[0])
    columns: list[Iterable[Any]] = [*zip(*map(itemgetter(*names), rows), strict=True)]
    for at, name in enumerate(names):
        bound = rows_of.columns[name].type.dialect_impl(dialect).bind_processor(dialect)
        columns[at] = map(bound, columns[at]) if bound else columns[at]
    values, quote = zip(*columns, strict=True), dialect.identifier_preparer.quote
    into = f"{quote(rows_of.description)} ({', '.join(map(quote, names))})"
    if dialect.name == "sqlite":
        marks = ", ".join("?" * len(names))
        connection.exec_driver_sql(f"INSERT INTO {into} VALUES ({marks})", [*values])  # noqa: S608
        return
    driver: Any = connection.connection.driver_connection
    try:
        with driver.cursor().copy(f"COPY {into} FROM STDIN") as copy:
            for row in values:
                copy.write_row(row)
    except dialect.loaded_dbapi.Error as error:
        raise DBAPIError.instance(
            "COPY", None, error, dialect.loaded_dbapi.Error, hide_parameters=True, dialect=dialect
        ) from error
