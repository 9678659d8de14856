"""The database: its engine, its sessions, and `transaction()`, the only place that commits.

SQLite runs in WAL mode with foreign keys on and `synchronous=FULL`: what was answered with success
is on the disk. A writing transaction takes the write lock when it begins, so that it waits for its
turn instead of failing half-way.
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
from sqlalchemy.dialects import postgresql, sqlite
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
MOST_CACHED = 256  # parsed editions, and what is worked out of them; the least recently used goes
REVISION = table("alembic_version", column("version_num", String))  # as Alembic keeps it
RETRY_AFTER_SECONDS = 5
CLOCK_ERROR = timedelta(minutes=5)  # by which a clock may be set back, or two hosts' clocks differ
UNWRITABLE_RETRY_SECONDS = 30
TABLES_LOCK = 0x616E6E6F  # PostgreSQL's advisory lock of whoever changes tables: "anno"


if TYPE_CHECKING:
    Cache = LRU[object, Any]
else:  # generic in its types alone
    Cache = LRU


class Base(DeclarativeBase):
    """The root of every table."""

    metadata = MetaData(naming_convention=NAMING)


class UtcDateTime(TypeDecorator[datetime]):
    """A moment in UTC: aware in Python, whatever the database makes of it."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Turn any aware moment into UTC before it is stored."""
        return value.astimezone(UTC) if value else None

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Say that what comes from a database without zones is UTC."""
        return value.replace(tzinfo=UTC) if value and value.tzinfo is None else value


def now() -> datetime:
    """The present moment in UTC, to the millisecond."""
    moment = datetime.now(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def in_force(expires: datetime, lasting: timedelta, error: timedelta = CLOCK_ERROR) -> bool:
    """Return whether what was made to last for `lasting`, and expires then, is still in force.

    What would last longer was made by a clock that was ahead, by more than `error`; it is not.
    """
    moment = now()
    return moment < expires <= moment + lasting + error


class Database:
    """One site's database. `cache` holds parsed editions and what is worked out of them.

    `moderation` is how the configuration sets what can be switched while the site runs: each
    session carries it, so that no way of posting goes round it.
    """

    def __init__(
        self, url: str, *, busy_seconds: int = 5, moderation: Moderation | None = None
    ) -> None:
        # Why nothing can be written, found out once: a server looks again by starting anew.
        self.problem = _problem(url)
        self.engine = _make_engine(url, busy_seconds, only_read=bool(self.problem))
        self.moderation = moderation or Moderation()
        self._writing = self.engine.execution_options(writing=True)
        self._reading = self.engine
        if self.engine.dialect.name == "postgresql":  # SQLite's readers see one state as it is
            self._reading = self.engine.execution_options(isolation_level="REPEATABLE READ")
        self.cache = Cache(MOST_CACHED)

    @classmethod
    def of(cls, config: Config) -> Database:
        """Open the database that `config` names; makes its folder, not its tables."""
        if not config.store.database:
            make_private(config.data)
        return cls(
            config.database_url,
            busy_seconds=config.store.busy_seconds,
            moderation=config.moderation,
        )

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """Return a session that may write: committed at the end, rolled back on any error.

        Raises Unavailable where the database is locked, full or unreachable.
        """
        self._require_writable()
        with _told(), self._session(self._writing) as session, session.begin():
            yield session

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Return a session that sees one consistent state and writes nothing."""
        with _told(), self._session(self._reading) as session:
            yield session
            session.expunge_all()  # what was read can be looked at afterwards
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
        """Bring the tables to `revision`; return whether there was anything to do.

        Where there is nothing to do, no lock is taken and nothing is written. Raises Conflict where
        the tables are those of a newer program.
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

        SQLite does not look at references meanwhile, since a table is changed by putting another in
        its place; `check_references` does it at the end.
        """
        self._require_writable()
        with _told(), self._writing.connect() as connection:
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
        """Empty SQLite's write-ahead log, where rows lie on that have been deleted since.

        Nobody waits for it: where somebody reads or writes, another time will do.
        """
        if self.engine.dialect.name == "sqlite":
            with _told(), self.engine.connect() as connection:
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
    """Bring the tables to `revision`; return whether there was anything to do.

    Raises Conflict where the tables are those of a newer program.
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
    """See that every reference of every row leads somewhere. Raises Conflict."""
    if connection.dialect.name != "sqlite":
        return  # PostgreSQL has looked at each
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
    if broken is not None:
        raise Conflict(f"A row of {broken[0]} refers to a row of {broken[2]} that is not there.")


def revision_of(connection: Connection) -> str | None:
    """Return the revision of the tables; None where there are none."""
    if not inspect(connection).has_table(REVISION.name):
        return None
    return connection.scalar(select(REVISION.c.version_num))


def _is_newest(connection: Connection) -> bool:
    """Return whether the tables are this program's. Raises Conflict for those of a newer one."""
    revision = revision_of(connection)
    if revision is not None and not knows(revision):
        raise Conflict(
            f"The tables of this site ({revision}) are newer than this program's "
            f"({newest_revision()}). Nothing was changed. Install the version that the site was "
            "last used with, or restore an older backup into an empty folder."
        )
    return revision == newest_revision()


def newest_revision() -> str:
    """Return the revision that this program's models have."""
    return max(_revisions())


def knows(revision: str) -> bool:
    """Return whether tables of this revision can be made, and brought up to date."""
    return revision in _revisions()


def _revisions() -> set[str]:
    """Read the revisions off the names of the migrations: Alembic is slow to import."""
    return {path.name.partition("_")[0] for path in (MIGRATIONS / "versions").glob("[0-9]*_*.py")}


def _problem(url: str) -> str:
    """Return why a SQLite file that is there cannot be written; nothing for any other database."""
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
    # The driver must not begin transactions of its own: `_begin_sqlite` says which kind it is.
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

    Where no process has it open, SQLite is told to look for no lock, for which it would have to
    write. Where one has, there is a log of changes (`-wal`), which is read too, and an index of it
    of at least 32 KB (`-shm`); smaller ones were begun on a full disk.
    """
    log, index = (path.with_name(path.name + end) for end in ("-wal", "-shm"))
    is_open = _size(log) > 0 or (log.exists() and _size(index) >= 32_768)
    return f"{quote(path.as_uri())}?mode=ro" + ("" if is_open else "&immutable=1")


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _set_up_sqlite(connection: Any, _record: object) -> None:
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "cache_size=-65536",
        "mmap_size=268435456",
        "temp_store=MEMORY",
        "secure_delete=ON",  # what is deleted is gone from the file too
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    writing = connection.get_execution_options().get("writing")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


@contextmanager
def _told() -> Iterator[None]:
    """Turn what a database says when it cannot do something into the product's words."""
    try:
        yield
    except IntegrityError as error:
        raise Conflict(
            "Somebody else changed the same thing at the same moment. Nothing of yours was stored; "
            "look again and try again."
        ) from error
    except OperationalError as error:
        trouble, step = _reason(error)
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
        if type(error) is not DatabaseError:  # a mistake of ours
            raise
        raise Unavailable(
            f"The database is damaged ({error.orig}). Nothing was changed; put a backup in its "
            "place with: annotator restore FILE",
            retry_after=RETRY_AFTER_SECONDS,
        ) from error


def _reason(error: OperationalError) -> tuple[str, str]:
    """Return what the database cannot do, and what to do next."""
    message, again = str(error.orig).lower(), f"try again in {RETRY_AFTER_SECONDS} seconds"
    known = {
        "locked": ("it is locked: another process is writing", again),
        "full": ("the disk is full", again),
        "readonly": ("its folder is read-only", "see who may write there"),
        "unable to open": ("its file cannot be opened", "see who may read and write it"),
        "i/o": ("the disk failed", again),
    }
    return next(
        (told for sign, told in known.items() if sign in message), ("it does not answer", again)
    )


def stream(session: Session, query: Executable, size: int = 1000) -> Iterator[Any]:
    """Yield the rows of `query` without ever holding more than `size` of them."""
    yield from session.execute(query.execution_options(yield_per=size))


def one_of(
    session: Session, column: SQLColumnExpression[Any], values: Collection[str]
) -> SQLColumnExpression[bool]:
    """Ask for the rows whose `column` is one of `values`, however many there are.

    They go over as one value: no database takes a parameter for each of a hundred thousand.
    """
    if session.get_bind().dialect.name == "sqlite":
        listed = func.json_each(json.dumps(list(values))).table_valued("value")
        return column.in_(select(listed.c.value))
    return column == any_(literal(list(values), ARRAY(String)))


def insert_into(session: Session, table: type[Base]) -> Any:
    """Return an INSERT that can say what to do on a conflict, as both databases have it."""
    on_sqlite = session.get_bind().dialect.name == "sqlite"
    return sqlite.insert(table) if on_sqlite else postgresql.insert(table)
