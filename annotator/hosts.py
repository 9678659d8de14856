"""The hosts of a site on PostgreSQL, and their leases (`annotator.leases`).

A lease is an advisory lock of a connection that each process keeps, so a process that dies loses it
at once. A process that is paused keeps its connection; so it also writes heartbeats, and a process
that finds a lease without a recent one ends that connection and takes over. Only the database's
clock is read.
"""

from __future__ import annotations

import hashlib
import logging
import socket
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, Select, TextClause, delete, func, inspect, select, text
from sqlalchemy.exc import SQLAlchemyError

from annotator import __version__, private
from annotator.config import Config
from annotator.connections import REVISION, newest_revision, program
from annotator.db import Database, follow_clock, translated_errors
from annotator.errors import AnnotatorError, Conflict
from annotator.leases import FileLeases, HostState, Leadership, Leases
from annotator.models import Host, IndexedChanges, Lease

BEAT_SECONDS = 1.0
STALE_SECONDS = 3.0  # without a heartbeat, a process is considered dead
# The first half of each lease's advisory lock; the second is a digest of the schema and the task.
LOCK = 0x616E6E70
# Of the connection that a process beats on; `program` names its others.
SET_UP = text(
    "SELECT set_config('synchronous_commit', 'off', false),"
    " set_config('application_name', :name, false)"
)
KEY = "CAST(:lock AS integer), hashtext(current_schema() || ' ' || CAST(:task AS text))"
TAKE = text(
    "INSERT INTO leases (task, holder, program, pid, seen)"
    " SELECT CAST(:task AS text), :holder, :program, pg_backend_pid(), clock_timestamp()"
    f" WHERE pg_try_advisory_lock({KEY})"
    " ON CONFLICT (task) DO UPDATE SET holder = excluded.holder, program = excluded.program,"
    " pid = excluded.pid, seen = excluded.seen RETURNING task"
)
# All connections of a process without a heartbeat, even without tasks: they may hold locks, or
# wait for them.
END_STALE = text(
    "SELECT pg_terminate_backend(other.pid), beating.application_name AS name"
    " FROM pg_stat_activity AS beating JOIN pg_stat_activity AS other USING (datname, usename)"
    " WHERE datname = current_database() AND usename = current_user AND beating.state = 'idle'"
    " AND beating.application_name LIKE 'annotator % beats'"
    " AND beating.application_name IN (other.application_name, other.application_name || ' beats')"
    " AND beating.state_change < clock_timestamp() - make_interval(secs => :stale)"
)
FORGET = text("DELETE FROM leases WHERE task = :task AND pid = pg_backend_pid()")
HELD = text("SELECT task FROM leases WHERE pid = pg_backend_pid()")
RELEASE = text(f"SELECT pg_advisory_unlock({KEY})")
BEAT_LEASES = text("UPDATE leases SET seen = clock_timestamp() WHERE pid = pg_backend_pid()")
BEAT_HOST = text(
    "INSERT INTO hosts (id, folder, name, address, version, started, seen) VALUES"
    " (:id, :folder, :name, :address, :version, clock_timestamp(), clock_timestamp())"
    " ON CONFLICT (id) DO UPDATE SET seen = excluded.seen RETURNING seen"
)
CLOCK = text("SELECT clock_timestamp()")
STALE = func.clock_timestamp() - timedelta(seconds=STALE_SECONDS)
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ThisHost:
    """An `annotator serve`; `folder` is the same for all that share a data folder."""

    id: str
    folder: str
    name: str
    address: str
    version: str = __version__

    @classmethod
    def of(cls, config: Config, port: int) -> ThisHost:
        """Describe the server on `port`."""
        machine = socket.gethostname()
        folder = _digest(f"{machine} {private.secret(config.data / 'secrets' / 'host')}")
        return cls(_digest(f"{folder} {port}"), folder, f"{machine}:{port}", config.site.address)


def _digest(words: str) -> str:
    return hashlib.sha256(words.encode()).hexdigest()[:32]


class DatabaseLeases(Leases):
    """Leases in PostgreSQL, and the heartbeat of this process and its host."""

    def __init__(self, db: Database, holder: str, host: ThisHost | None, most_lag: float) -> None:
        super().__init__(holder)
        self._db = db
        self._host = host
        self._most_lag = most_lag
        self._connection: Connection | None = None
        self._seen: datetime | None = None  # the last heartbeat of this host that the primary has
        self._beats = False
        self._closed = threading.Event()

    def _take(self, task: str) -> bool:
        if not self._beats:
            self._beats = True
            # Two threads, so that a hanging replica does not delay heartbeats.
            for work in (self.beat, self._measure):
                threading.Thread(target=self._repeat, args=(work,), daemon=True).start()
        values = {"task": task, "holder": self._holder, "program": program()}
        if self._run(TAKE, lock=LOCK, **values):
            return True
        self._end_stale()
        return False

    def _end_stale(self) -> None:
        ended = {name for _, name in self._run(END_STALE, stale=STALE_SECONDS)}
        for name in ended:
            log.warning("%s no longer answers; its connections are ended", name)

    def _release(self, task: str) -> None:
        with suppress(AnnotatorError):
            self._run(FORGET, task=task)
            self._run(RELEASE, lock=LOCK, task=task)

    def require(self, task: str) -> None:
        """Raise Unavailable unless this process still holds the lease; call before writing."""
        self._run(HELD)
        super().require(task)

    def state(self) -> Leadership:
        """Read the tables."""
        with self._db.reading() as session:
            silent = func.extract("epoch", func.clock_timestamp() - Host.seen)
            rows = session.execute(
                select(Host.name, Host.version, Host.started, silent)
                .where(Host.seen > STALE)
                .order_by(Host.name)
            )
            hosts = tuple(HostState(*row[:3], round(float(row[3]), 1)) for row in rows)
            leases = select(Lease).where(Lease.seen > STALE).order_by(Lease.task)
            return Leadership(hosts, {row.task: row.holder for row in session.scalars(leases)})

    def close(self) -> None:
        """Release all leases and stop the heartbeat."""
        self._closed.set()
        with self._mutex:
            self._drop()

    def _run(self, statement: TextClause, **values: Any) -> list[Any]:
        """Execute a statement on the connection that holds the leases; if it fails, they are lost.

        Raises Unavailable.
        """
        engine = self._db.engine
        with self._mutex:
            try:
                with translated_errors(engine):
                    if self._connection is None:
                        self._connection = engine.connect().execution_options(
                            isolation_level="AUTOCOMMIT"
                        )
                        self._connection.detach()  # closed, it does not return to the pool
                        self._connection.execute(SET_UP, {"name": f"{program()} beats"})
                    done = self._connection.execute(statement, values)
                    return list(done) if done.returns_rows else []
            except Exception:
                self._drop()
                raise

    def _drop(self) -> None:
        self._held.clear()
        if self._connection is not None:
            with suppress(SQLAlchemyError):
                self._connection.close()
            self._connection = None

    def _repeat(self, work: Callable[[], None]) -> None:
        answers = True
        while not self._closed.wait(BEAT_SECONDS):
            try:
                work()
                answers = True
            except Exception as error:  # noqa: BLE001  the thread must outlive whatever happens
                if answers:
                    log.warning("no heartbeat until the database answers: %s", error)
                answers = False

    def beat(self) -> None:
        """Note in the database that this process and its host are alive."""
        with self._mutex:
            if self._held:
                self._run(BEAT_LEASES)
            if self._host:
                self._end_stale()
                ((self._seen,),) = self._run(BEAT_HOST, **asdict(self._host))
            follow_clock(lambda: self._run(CLOCK)[0][0])

    def replica_lag(self) -> float | None:
        """Compare the last heartbeat that the replica has with the primary's."""
        if self._db.replica is None:
            return None
        with suppress(AnnotatorError), self._db.reading() as session:
            self._seen = session.scalar(self._last_seen())
        self._measure()
        return self._db.replica.lag

    def _last_seen(self) -> Select[datetime]:
        last = select(func.max(Host.seen))
        return last.where(Host.id == self._host.id) if self._host else last

    def _measure(self) -> None:
        """Note how far the replica is behind, and how long it may be read.

        A copy of another database does not have this host. If the primary does not answer, there
        are no heartbeats, and the replica stays usable.
        """
        replica, seen = self._db.replica, self._seen
        if replica is None or seen is None:
            return
        try:
            with replica.engine.connect() as connection:
                same = connection.scalar(select(REVISION.c.version_num)) == newest_revision()
                copied = connection.scalar(self._last_seen())
        except SQLAlchemyError:
            copied = None
        if copied is None:
            replica.lag, replica.usable_until = None, 0.0
            return
        replica.lag = max(0.0, (seen - copied).total_seconds())
        usable = same and replica.lag <= self._most_lag
        replica.usable_until = time.monotonic() + STALE_SECONDS if usable else 0.0

    def register(self, *, alone: bool, index: str = "") -> None:
        """Register this host before it serves; `alone` if other hosts cannot use its search index.

        Raises Conflict if another host is alive, and it has another site or another `index`.
        """
        host = self._host
        if host is None:
            return
        with self._db.changing_tables() as connection:
            gone = Host.seen < func.clock_timestamp() - timedelta(days=1)
            connection.execute(delete(Host).where(gone))
            fed = connection.scalar(select(IndexedChanges.index)) or ""
            for other in _alive(connection):
                if alone and other.folder != host.folder:
                    raise Conflict(
                        f"Another host, {other.name}, serves this site, and search.engine = "
                        '"whoosh" keeps the index in the folder of one host. Set search.engine = '
                        '"postgresql" on every host, or stop the other one.'
                    )
                if index and other.folder != host.folder and fed not in ("", index):
                    raise Conflict(
                        f"Another host, {other.name}, serves this site with another search index "
                        f"({fed.split()[0]}). Set the same search.engine and search.index on every "
                        "host, or stop the other one."
                    )
                if host.address and other.address and other.address != host.address:
                    raise Conflict(
                        f"The host {other.name} serves this database as {other.address}, and "
                        f"site.address is {host.address} here. Give each site a database of its "
                        "own, or set the same address on every host."
                    )
            connection.execute(BEAT_HOST, asdict(host))

    def leave(self) -> None:
        """Remove this host, which has stopped serving."""
        if self._host is not None:
            with suppress(AnnotatorError), self._db.transaction(shown=False) as session:
                session.execute(delete(Host).where(Host.id == self._host.id))


def _alive(connection: Connection) -> Sequence[Row[Any]]:
    return connection.execute(select(Host.__table__).where(Host.seen > STALE)).all()


def refuse_hosts(connection: Connection) -> None:
    """Raise Conflict, naming it, if a host serves this database."""
    if connection.dialect.name == "postgresql" and inspect(connection).has_table(
        Host.__tablename__
    ):
        for host in _alive(connection):
            raise Conflict(
                f"The host {host.name} serves this site. Stop every host and try again; one that "
                f"was killed counts as gone after {STALE_SECONDS:.0f} seconds."
            )


def open_leases(config: Config, db: Database, host: ThisHost | None = None) -> Leases:
    """Return the leases of this process; `host` is that of a server."""
    holder = host.name if host else f"a command on {socket.gethostname()}"
    if db.engine.dialect.name == "postgresql":
        return DatabaseLeases(db, holder, host, config.store.replica_lag)
    return FileLeases(config.data, holder)
