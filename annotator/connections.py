"""Engines for SQLite and PostgreSQL, conversion of their errors, and the revision of the tables."""

from __future__ import annotations

import os
import secrets
import socket
import time
from collections.abc import Collection
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias
from urllib.parse import quote

from sqlalchemy import (
    Engine,
    String,
    column,
    create_engine,
    event,
    inspect,
    make_url,
    select,
    table,
)
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

from annotator import shipped
from annotator.errors import ConfigFault, Conflict, Malformed, Unavailable
from annotator.private import unwritable

JSON: TypeAlias = dict[str, Any]
TOKEN = secrets.token_hex(6)
RETRY_AFTER_SECONDS = 5
MIGRATIONS = shipped("migrations")
REVISION = table("alembic_version", column("version_num", String))  # as Alembic keeps it
AGAIN = f"try again in {RETRY_AFTER_SECONDS} seconds"
READ_ONLY, DENIED = "25006", "42501"
# SQLSTATEs of PostgreSQL errors that are not bugs.
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
# A page may read with a second session while it holds its first. With a limit, many threads could
# each wait for the connection of another; `server.threads` limits the number.
POOL = {"max_overflow": -1}


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
                address, pool_pre_ping=True, hide_parameters=True, connect_args=settings, **POOL
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
    # The driver must not begin transactions; `Database` does.
    settings = {"timeout": busy_seconds, "isolation_level": None}
    if only_read:
        url = f"sqlite:///{_only_readable(Path(make_url(url).database or ''))}&uri=true"
    engine = create_engine(url, connect_args=settings, hide_parameters=True, **POOL)
    if not only_read:
        event.listen(engine, "connect", _set_up_sqlite)
    return engine


class Replica:
    """A copy of the database that anonymous readers may read, as long as it is `usable`.

    `lag` is in seconds, or None while it is unknown. A heartbeat of the host updates both
    (`annotator.hosts`).
    """

    def __init__(self, url: str) -> None:
        engine = make_engine(url, 0, setting="store.replica")
        self.engine = engine.execution_options(isolation_level="REPEATABLE READ")
        self.usable_until = 0.0  # by `time.monotonic`, so that a hanging replica is soon avoided
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
    # A host paused in the middle of a transaction keeps its locks at most this long.
    connection.execute("SET idle_in_transaction_session_timeout = '5min'")
    connection.autocommit = False


def translated(error: DBAPIError, engine: Engine) -> Exception:
    """Return an error of the database as an AnnotatorError; a bug unchanged."""
    if isinstance(error, IntegrityError):
        return Conflict(
            "Someone else changed this at the same moment. Your change was not stored; reload and "
            "try again."
        )
    state = str(getattr(error.orig, "sqlstate", None) or "")
    if state == READ_ONLY:
        engine.dispose()  # after a fail-over, new connections lead to the new primary
    if state in STATES:
        return _unavailable(STATES[state], "grant it" if state == DENIED else AGAIN)
    if isinstance(error, OperationalError | InterfaceError):
        message = str(error.orig).lower() if engine.dialect.name == "sqlite" else ""
        reason = next(reason for sign, reason in SQLITE_SIGNS.items() if sign in message)
        return _unavailable(*reason)
    if error.statement is None and isinstance(error, ProgrammingError):  # while connecting
        return ConfigFault(
            f"store.database: cannot be used ({error.orig}). Correct the options behind its ?."
        )
    if isinstance(error, DataError) and "NUL" in str(error.orig):
        return Malformed("A text cannot contain a NUL character. Remove it.")
    if type(error) is not DatabaseError:  # a bug
        return error
    return Unavailable(
        f"The database is damaged ({error.orig}). Nothing was changed; restore a backup "
        "with: annotator restore FILE",
        retry_after=RETRY_AFTER_SECONDS,
    )


def _unavailable(trouble: str, step: str = AGAIN) -> Unavailable:
    return Unavailable(
        f"The database cannot do this at the moment ({trouble}). Nothing was changed; {step}.",
        retry_after=RETRY_AFTER_SECONDS,
    )


def migrate(connection: Connection, table_names: Collection[str], revision: str = "head") -> bool:
    """Migrate the tables to `revision`; return False if they have it already.

    `ours` are the names of this program's tables. Raises Conflict for tables of a newer program.
    """
    from alembic import command
    from alembic.config import Config as AlembicConfig

    if revision == "head" and is_newest(connection, table_names):
        return False
    alembic = AlembicConfig()
    alembic.set_main_option("script_location", str(MIGRATIONS))
    alembic.attributes["connection"] = connection
    step = command.downgrade if revision == "base" else command.upgrade
    step(alembic, revision)
    check_references(connection)
    return True


def check_references(connection: Connection) -> None:
    """Raise Conflict if a foreign key has no row."""
    if connection.dialect.name != "sqlite":
        return  # PostgreSQL has checked each
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
    if broken is not None:
        raise Conflict(f"A row of {broken[0]} refers to a missing row of {broken[2]}.")


def revision_of(connection: Connection) -> str | None:
    """Return the revision of the tables."""
    if not inspect(connection).has_table(REVISION.name):
        return None
    return connection.scalar(select(REVISION.c.version_num))


def is_newest(connection: Connection, table_names: Collection[str]) -> bool:
    """Return whether the tables have the newest revision. Raises Conflict if they are others'."""
    revision = revision_of(connection)
    names = () if revision else {*inspect(connection).get_table_names()} & {*table_names}
    other = revision or min(names, default="0")
    if not other.isdigit():
        raise Conflict(
            f"The database has tables of another program ({other}). Nothing was changed. Set "
            "store.database to a database of its own."
        )
    if revision is not None and not is_known_revision(revision):
        raise Conflict(
            f"The tables of this site ({revision}) are newer than this program's "
            f"({newest_revision()}). Nothing was changed. Install the version that the site was "
            "last used with, or restore an older backup into an empty folder."
        )
    return revision == newest_revision()


def newest_revision() -> str:
    """Return the revision of this program's models."""
    return max(_revisions())


def is_known_revision(revision: str) -> bool:
    """Return whether this program has the migration `revision`."""
    return revision in _revisions()


def _revisions() -> set[str]:
    """Return all revisions, from file names, because Alembic is slow to import."""
    return {path.name.partition("_")[0] for path in (MIGRATIONS / "versions").glob("[0-9]*_*.py")}
