"""The database: engine, sessions, and `transaction()`, the only place that commits.

SQLite runs in WAL mode with foreign keys and `synchronous=FULL`: a write is on disk before it is
answered. A writing transaction takes the write lock at its start, so that it waits instead of
failing half-way.
"""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from lru import LRU
from sqlalchemy import (
    ARRAY,
    DateTime,
    Engine,
    Executable,
    MetaData,
    SQLColumnExpression,
    String,
    TypeDecorator,
    any_,
    column,
    create_engine,
    event,
    func,
    inspect,
    literal,
    make_url,
    select,
    table,
)
from sqlalchemy.engine import Connection, Dialect
from sqlalchemy.exc import (
    ArgumentError,
    DatabaseError,
    DataError,
    IntegrityError,
    OperationalError,
    ProgrammingError,
)
from sqlalchemy.orm import DeclarativeBase, Session

from annotator import shipped
from annotator.config import Config, Moderation
from annotator.errors import ConfigFault, Conflict, Malformed, Unavailable
from annotator.private import make_private, unwritable

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
MIGRATIONS = shipped("migrations")
MOST_CACHED = 256  # parsed editions and data derived from them; evicts the least recently used
REVISION = table("alembic_version", column("version_num", String))  # as Alembic keeps it
RETRY_AFTER_SECONDS = 5
CLOCK_ERROR = timedelta(minutes=5)  # tolerance for clocks that are set back or differ
UNWRITABLE_RETRY_SECONDS = 30
TABLES_LOCK = 0x616E6E6F  # PostgreSQL's advisory lock for changing tables: "anno"


if TYPE_CHECKING:
    Cache = LRU[object, Any]
else:  # generic in its types alone
    Cache = LRU


class Base(DeclarativeBase):
    """The base class of all tables."""

    metadata = MetaData(naming_convention=NAMING)


class UtcDateTime(TypeDecorator[datetime]):
    """A time in UTC; always timezone-aware in Python."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Convert an aware time to UTC."""
        return value.astimezone(UTC) if value else None

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Mark a time from a database without time zones as UTC."""
        return value.replace(tzinfo=UTC) if value and value.tzinfo is None else value


def now() -> datetime:
    """Return the current time in UTC, to the millisecond."""
    moment = datetime.now(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def in_force(expires: datetime, lasting: timedelta, error: timedelta = CLOCK_ERROR) -> bool:
    """Return whether something with the lifetime `lasting` that ends at `expires` is still valid.

    It is invalid too if it ends later than that: then a clock was ahead by more than `error`.
    """
    moment = now()
    return moment < expires <= moment + lasting + error


class Database:
    """The database of a site. `cache` holds parsed editions and data derived from them.

    `moderation` has the configured defaults of the switches; each session carries it.
    """

    def __init__(
        self, url: str, *, busy_seconds: int = 5, moderation: Moderation | None = None
    ) -> None:
        # Why nothing can be written, determined once; a server restarts to check again.
        self.problem = _problem(url)
        self.engine = _make_engine(url, busy_seconds, only_read=bool(self.problem))
        self.moderation = moderation or Moderation()
        self._writing = self.engine.execution_options(writing=True)
        self._reading = self.engine
        if self.engine.dialect.name == "postgresql":  # SQLite's readers see one state anyway
            self._reading = self.engine.execution_options(isolation_level="REPEATABLE READ")
        self.cache = Cache(MOST_CACHED)

    @classmethod
    def of(cls, config: Config) -> Database:
        """Open the configured database; creates its folder, not its tables."""
        if not config.store.database:
            make_private(config.data)
        return cls(
            config.database_url,
            busy_seconds=config.store.busy_seconds,
            moderation=config.moderation,
        )

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """Yield a session that may write: committed at the end, rolled back on any error.

        Raises Unavailable if the database is locked, full or unreachable.
        """
        self._require_writable()
        with _translated_errors(), self._session(self._writing) as session, session.begin():
            yield session

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Yield a session that sees one consistent state and writes nothing."""
        with _translated_errors(), self._session(self._reading) as session:
            yield session
            session.expunge_all()  # rows stay usable after the session
            session.rollback()

    def _require_writable(self) -> None:
        if self.problem:
            raise Unavailable(
                f"Nothing can be written: {self.problem}. What is here can be read.",
                retry_after=UNWRITABLE_RETRY_SECONDS,
            )

    def _session(self, engine: Engine) -> Session:
        info = {"cache": self.cache, "own cache": Cache(MOST_CACHED), "moderation": self.moderation}
        return Session(engine, info=info, expire_on_commit=False)

    def migrate(self, revision: str = "head") -> bool:
        """Migrate the tables to `revision`; return False if they have it already.

        In that case no lock is taken. Raises Conflict for tables of a newer program.
        """
        if revision == "head":
            with self.reading() as session:
                if _is_newest(session.connection()):
                    return False
        with self.changing_tables() as connection:
            return migrate(connection, revision)

    @contextmanager
    def changing_tables(self) -> Iterator[Connection]:
        """Yield a connection that may change tables, in one transaction, one process at a time.

        SQLite does not check references meanwhile, since a changed table replaces the old one;
        `check_references` does it at the end.
        """
        self._require_writable()
        with _translated_errors(), self._writing.connect() as connection:
            on_sqlite = connection.dialect.name == "sqlite"
            driver: Any = connection.connection.driver_connection
            if on_sqlite:
                driver.execute("PRAGMA foreign_keys=OFF")
            try:
                with connection.begin():
                    if not on_sqlite:  # SQLite's write lock is the same
                        connection.execute(select(func.pg_advisory_xact_lock(TABLES_LOCK)))
                    yield connection
            finally:
                if on_sqlite:
                    driver.execute("PRAGMA foreign_keys=ON")

    def empty_log(self) -> None:
        """Truncate SQLite's write-ahead log, which still holds deleted rows.

        Does nothing while another connection reads or writes.
        """
        if self.engine.dialect.name == "sqlite":
            with _translated_errors(), self.engine.connect() as connection:
                driver: Any = connection.connection.driver_connection
                (before,) = driver.execute("PRAGMA busy_timeout").fetchone()
                driver.execute("PRAGMA busy_timeout=0")
                try:
                    driver.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                finally:
                    driver.execute(f"PRAGMA busy_timeout={before}")

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()


def migrate(connection: Connection, revision: str = "head") -> bool:
    """Migrate the tables to `revision`; return False if they have it already.

    Raises Conflict for tables of a newer program.
    """
    from alembic import command
    from alembic.config import Config as AlembicConfig

    if revision == "head" and _is_newest(connection):
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
    """Return the revision of the tables, or None without tables."""
    if not inspect(connection).has_table(REVISION.name):
        return None
    return connection.scalar(select(REVISION.c.version_num))


def _is_newest(connection: Connection) -> bool:
    """Return whether the tables have the newest revision. Raises Conflict for a newer program's."""
    revision = revision_of(connection)
    if revision is not None and not knows(revision):
        raise Conflict(
            f"The tables of this site ({revision}) are newer than this program's "
            f"({newest_revision()}). Nothing was changed. Install the version that the site was "
            "last used with, or restore an older backup into an empty folder."
        )
    return revision == newest_revision()


def newest_revision() -> str:
    """Return the revision of this program's models."""
    return max(_revisions())


def knows(revision: str) -> bool:
    """Return whether this program has the migration `revision`."""
    return revision in _revisions()


def _revisions() -> set[str]:
    """Return all revisions, from file names, because Alembic is slow to import."""
    return {path.name.partition("_")[0] for path in (MIGRATIONS / "versions").glob("[0-9]*_*.py")}


def _problem(url: str) -> str:
    """Return why an existing SQLite file cannot be written, or ""."""
    if not url.startswith("sqlite"):
        return ""
    path = Path(make_url(url).database or "")
    if not path.is_file():
        return ""
    return unwritable(path.parent) or (
        "" if os.access(path, os.W_OK) else "the database is read-only"
    )


def _make_engine(url: str, busy_seconds: int, *, only_read: bool) -> Engine:
    if not url.startswith("sqlite"):
        try:
            return create_engine(url, pool_pre_ping=True, hide_parameters=True)
        except (ArgumentError, ImportError, ValueError) as error:
            raise ConfigFault(
                f"store.database: cannot be used ({error}). Write it as "
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


def _begin_sqlite(connection: Connection) -> None:
    writing = connection.get_execution_options().get("writing")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


@contextmanager
def _translated_errors() -> Iterator[None]:
    """Convert errors of the database to AnnotatorErrors."""
    try:
        yield
    except IntegrityError as error:
        raise Conflict(
            "Someone else changed this at the same moment. Your change was not stored; reload and "
            "try again."
        ) from error
    except OperationalError as error:
        message, again = str(error.orig).lower(), f"try again in {RETRY_AFTER_SECONDS} seconds"
        reasons = {
            "locked": ("it is locked: another process is writing", again),
            "full": ("the disk is full", again),
            "readonly": ("its folder is read-only", "see who may write there"),
            "unable to open": ("its file cannot be opened", "see who may read and write it"),
            "i/o": ("the disk failed", again),
            "": ("it does not answer", again),
        }
        trouble, step = next(reason for sign, reason in reasons.items() if sign in message)
        raise Unavailable(
            f"The database cannot do this just now ({trouble}). Nothing was changed; {step}.",
            retry_after=RETRY_AFTER_SECONDS,
        ) from error
    except DatabaseError as error:
        if error.statement is None and isinstance(error, ProgrammingError):  # while connecting
            raise ConfigFault(
                f"store.database: cannot be used ({error.orig}). Correct the options behind its ?."
            ) from error
        if isinstance(error, DataError) and "NUL" in str(error.orig):
            raise Malformed("A text may hold no NUL character; take it out.") from error
        if type(error) is not DatabaseError:  # a bug
            raise
        raise Unavailable(
            f"The database is damaged ({error.orig}). Nothing was changed; put a backup in its "
            "place with: annotator restore FILE",
            retry_after=RETRY_AFTER_SECONDS,
        ) from error


def stream(session: Session, query: Executable, size: int = 1000) -> Iterator[Any]:
    """Yield the rows of `query`, holding at most `size` in memory."""
    yield from session.execute(query.execution_options(yield_per=size))


def one_of(
    session: Session, column: SQLColumnExpression[Any], values: Collection[str]
) -> SQLColumnExpression[bool]:
    """Return the condition that `column` is one of `values`, however many.

    They are sent as one parameter: no database accepts a hundred thousand parameters.
    """
    if session.get_bind().dialect.name == "sqlite":
        listed = func.json_each(json.dumps(list(values))).table_valued("value")
        return column.in_(select(listed.c.value))
    return column == any_(literal(list(values), ARRAY(String)))


def insert_into(session: Session, table: type[Base]) -> Any:
    """Return an INSERT with the ON CONFLICT clause of the session's database."""
    if session.get_bind().dialect.name == "sqlite":
        from sqlalchemy.dialects.sqlite import insert
    else:  # slow to import
        from sqlalchemy.dialects.postgresql import insert  # type: ignore[assignment]
    return insert(table)
