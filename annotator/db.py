"""The database: engine, sessions, and `transaction()`, the only place that commits.

SQLite has `synchronous=FULL`: a write is on disk before it is answered. A writing transaction takes
the write lock at its start, so that it waits instead of failing half-way.
"""

from __future__ import annotations

import json
import logging
import secrets
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta
from operator import itemgetter
from typing import TYPE_CHECKING, Any, cast

from lru import LRU
from sqlalchemy import (
    ARRAY,
    BindParameter,
    DateTime,
    Engine,
    Executable,
    MetaData,
    SQLColumnExpression,
    String,
    Text,
    TypeDecorator,
    bindparam,
    event,
    func,
    insert,
    literal,
    select,
    text,
)
from sqlalchemy.engine import Connection, Dialect
from sqlalchemy.exc import DBAPIError, OperationalError, SQLAlchemyError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeEngine

from annotator.config import Config, Moderation
from annotator.connections import (
    Replica,
    is_newest,
    make_engine,
    migrate,
    problem_of,
    translated,
)
from annotator.errors import Unavailable
from annotator.private import make_private

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
MOST_CACHED = 256  # parsed editions and data derived from them; evicts the least recently used
CLOCK_ERROR = timedelta(minutes=5)  # tolerance for clocks that are set back or differ
UNWRITABLE_RETRY_SECONDS = 30
NEXT_STATE = text(
    "INSERT INTO site_state (id, token) VALUES (1, :token)"
    " ON CONFLICT (id) DO UPDATE SET token = excluded.token"
)
MANY = 50  # rows; fewer are inserted faster by a statement that SQLAlchemy keeps
SITE_STATE = "SELECT token FROM site_state"
TABLES_LOCK = 0x616E6E6F  # PostgreSQL's advisory lock for changing tables: "anno"
CLOCK_STEP = timedelta(seconds=0.5)  # smaller differences are not worth times out of order
# How far the clock of the database's server is ahead of this machine's.
_ahead = timedelta()
# Whether this thread may read from the replica; set in requests of anonymous readers.
prefers_replica = ContextVar("prefers_replica", default=False)
log = logging.getLogger(__name__)

if TYPE_CHECKING:
    from sqlalchemy import FromClause, Table

    Cache = LRU[object, Any]
else:  # generic only in its types
    Cache = LRU


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


class Base(DeclarativeBase):
    """The base class of all tables."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {datetime: UtcDateTime, str: Text}  # noqa: RUF012 # SQLAlchemy's


def now() -> datetime:
    """Return the current time in UTC, to the millisecond, by the clock that the hosts share."""
    moment = datetime.now(UTC) + _ahead
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def follow_clock(ask: Callable[[], datetime]) -> None:
    """Let `now` follow a clock of which `ask` returns the time."""
    global _ahead
    began = datetime.now(UTC)
    shared = ask()
    ahead, took = shared - began, datetime.now(UTC) - began
    if abs(ahead - _ahead) > CLOCK_STEP + took:
        _ahead = ahead


def in_force(expires: datetime, lasting: timedelta, error: timedelta = CLOCK_ERROR) -> bool:
    """Return whether something with the lifetime `lasting` that ends at `expires` is still valid.

    It is invalid too if it ends later than that: then a clock was ahead by more than `error`.
    """
    moment = now()
    return moment < expires <= moment + lasting + error


@contextmanager
def translated_errors(engine: Engine) -> Iterator[None]:
    """Convert errors of the database to AnnotatorErrors."""
    try:
        yield
    except DBAPIError as error:
        ours = translated(error, engine)
        if ours is error:
            raise
        raise ours from error


def site_token(engine: Engine) -> int:
    """Return the token of `site_state`, in a tenth of the time of a session."""
    try:
        with closing(engine.raw_connection()) as connection:
            cursor = connection.cursor()
            cursor.execute(SITE_STATE)
            row = cursor.fetchone()
    except engine.dialect.loaded_dbapi.Error as error:  # also of connecting
        raise OperationalError(SITE_STATE, None, error) from error
    return row[0] if row else 0


def _begin_sqlite(connection: Connection) -> None:
    writing = connection.get_execution_options().get("writing")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


class Database:
    """The database of a site. `cache` holds parsed editions and data derived from them.

    `moderation` has the configured defaults of the switches; each session carries it.
    """

    def __init__(
        self,
        url: str,
        *,
        busy_seconds: int = 5,
        moderation: Moderation | None = None,
        replica: str = "",
    ) -> None:
        # Why nothing can be written, determined once; a server restarts to check again.
        self.problem = problem_of(url)
        self.engine = make_engine(url, busy_seconds, only_read=bool(self.problem))
        self.moderation = moderation or Moderation()
        if self.engine.dialect.name == "sqlite":
            event.listen(self.engine, "begin", _begin_sqlite)
        self._writing = self.engine.execution_options(writing=True)
        self._reading = self.engine
        if self.engine.dialect.name == "postgresql":  # SQLite's readers see one state anyway
            self._reading = self.engine.execution_options(isolation_level="REPEATABLE READ")
        self.replica = Replica(replica) if replica else None
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
            replica=config.store.replica,
        )

    @contextmanager
    def transaction(self, *, shown: bool = True) -> Iterator[Session]:
        """Yield a session that may write: committed at the end, rolled back on any error.

        It changes `state`, unless the caller says that no anonymous page shows what it writes.
        Raises Unavailable if the database is locked, full or unreachable.
        """
        self._require_writable()
        with (
            translated_errors(self.engine),
            self._session(self._writing) as session,
            session.begin(),
        ):
            yield session
            if shown and session.in_transaction():  # otherwise rolled back: a dry run
                session.flush()
                session.execute(NEXT_STATE, {"token": secrets.randbits(62)})

    def state(self) -> int:
        """Return a random number, another one after each change that an anonymous page may show.

        Later reads are at least as new as the state.
        """
        if self.replica and self.reads_replica:
            try:
                return site_token(self.replica.engine)
            except SQLAlchemyError:
                self._give_up(self.replica)
        with translated_errors(self.engine):
            return site_token(self.engine)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Yield a session that sees one consistent state and writes nothing."""
        with translated_errors(self.engine), self._reader() as session:
            yield session
            session.expunge_all()  # rows remain usable after the session
            session.rollback()

    def _require_writable(self) -> None:
        if self.problem:
            raise Unavailable(
                f"Nothing can be written: {self.problem}. Reading still works.",
                retry_after=UNWRITABLE_RETRY_SECONDS,
            )

    def _reader(self) -> Session:
        """Return a session on the replica if it may and can be used, or on the primary."""
        if self.replica and self.reads_replica:
            session = self._session(self.replica.engine)
            try:
                session.connection()
                return session
            except SQLAlchemyError:
                self._give_up(self.replica)
        return self._session(self._reading)

    @property
    def reads_replica(self) -> bool:
        """Return whether this thread reads from the replica now."""
        return bool(self.replica and self.replica.usable and prefers_replica.get())

    def _give_up(self, replica: Replica) -> None:
        replica.usable_until = 0.0
        log.warning("the replica does not answer; the primary is read instead")

    def _session(self, engine: Engine) -> Session:
        info = {"cache": self.cache, "moderation": self.moderation}
        return Session(engine, info=info, expire_on_commit=False)

    def read_clock(self) -> None:
        """Let `now` follow the clock of the database's server, which all hosts share."""
        if self.engine.dialect.name == "postgresql":
            with self.reading() as session:
                follow_clock(lambda: session.execute(select(func.clock_timestamp())).scalar_one())

    def migrate(self, revision: str = "head", waiting: Callable[[], None] = lambda: None) -> bool:
        """Migrate the tables to `revision`; return False if they have it already.

        In that case no lock is taken. Calls `waiting` before it waits for another process that
        changes tables. Raises Conflict for tables of a newer program.
        """
        if revision == "head":
            with self.reading() as session:
                if is_newest(session.connection(), Base.metadata.tables):
                    return False
        with self.changing_tables(waiting) as connection:
            return migrate(connection, Base.metadata.tables, revision)

    @contextmanager
    def changing_tables(self, waiting: Callable[[], None] = lambda: None) -> Iterator[Connection]:
        """Yield a connection that may change tables, in one transaction, one process at a time.

        SQLite does not check references meanwhile, since a changed table replaces the old one;
        `check_references` does it at the end.
        """
        self._require_writable()
        with translated_errors(self.engine), self._writing.connect() as connection:
            on_sqlite = connection.dialect.name == "sqlite"
            driver: Any = connection.connection.driver_connection
            if on_sqlite:
                driver.execute("PRAGMA foreign_keys=OFF")
            try:
                with connection.begin():
                    if not on_sqlite:  # SQLite's write lock is the same
                        connection.exec_driver_sql("SET LOCAL lock_timeout = 0")
                        if not connection.scalar(
                            select(func.pg_try_advisory_xact_lock(TABLES_LOCK))
                        ):
                            waiting()
                            connection.execute(select(func.pg_advisory_xact_lock(TABLES_LOCK)))
                    yield connection
            finally:
                if on_sqlite:
                    driver.execute("PRAGMA foreign_keys=ON")

    def empty_log(self) -> None:
        """Truncate SQLite's write-ahead log, which still contains deleted rows.

        Does nothing while another connection reads or writes.
        """
        if self.engine.dialect.name == "sqlite":
            with translated_errors(self.engine), self.engine.connect() as connection:
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
        if self.replica:
            self.replica.engine.dispose()


def stream(session: Session, query: Executable, size: int = 1000) -> Iterator[Any]:
    """Yield the rows of `query`, holding at most `size` in memory."""
    yield from session.execute(query.execution_options(yield_per=size))


class _Texts(TypeDecorator[Collection[str]]):
    """A list of strings as one parameter: JSON for SQLite, an array for PostgreSQL."""

    impl = String
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Return the type of the dialect."""
        return dialect.type_descriptor(String() if dialect.name == "sqlite" else ARRAY(String))

    def process_bind_param(self, value: Collection[str] | None, dialect: Dialect) -> Any:
        """Convert the list."""
        return json.dumps(list(value or ())) if dialect.name == "sqlite" else list(value or ())


class _OneOf(FunctionElement[bool]):
    inherit_cache = True


@compiles(_OneOf)
def _compile_one_of(element: _OneOf, compiler: Any, **options: Any) -> str:
    column, values = (compiler.process(each, **options) for each in element.clauses)
    if compiler.dialect.name == "sqlite":
        return f"{column} IN (SELECT value FROM json_each({values}))"  # noqa: S608  names by SQLAlchemy
    return f"{column} = ANY ({values})"


def one_of(
    column: SQLColumnExpression[Any], values: Collection[str] | BindParameter[Any]
) -> SQLColumnExpression[bool]:
    """Return the condition that `column` is one of `values`, however many.

    They are sent as one parameter: no database accepts a hundred thousand parameters.
    """
    if not isinstance(values, BindParameter):
        values = literal(values, _Texts())
    return _OneOf(column, values)


def strings(name: str) -> BindParameter[Any]:
    """Return the parameter `name` of a statement, a list of strings for `one_of`."""
    return bindparam(name, type_=_Texts())


def insert_into(session: Session, table: type[Base]) -> Any:
    """Return an INSERT with the ON CONFLICT clause of the session's database."""
    if session.get_bind().dialect.name == "sqlite":
        from sqlalchemy.dialects.sqlite import insert
    else:  # slow to import
        from sqlalchemy.dialects.postgresql import insert  # type: ignore[assignment]
    return insert(table)


def insert_rows(
    connection: Connection, rows_of: FromClause, rows: Sequence[dict[str, Any]]
) -> None:
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
