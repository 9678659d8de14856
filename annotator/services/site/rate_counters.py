"""Rate counters shared by every process of a site.

They are written far more often than anything else, may be lost, and must not wait for the disk
(`docs/decisions/limits.md`): they are in an unlogged table of PostgreSQL, or in an SQLite file of
their own in the data folder. A row holds a digest of who did what, until its period ends. A row
that ends later than its rate allows was written by a clock that ran ahead, and has ended too.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import random
import sqlite3
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import delete, func, select, text

from annotator.config import Config
from annotator.connections import translated_errors
from annotator.db import Database
from annotator.errors import AnnotatorError
from annotator.models import RateCount
from annotator.rates import Rate
from annotator.services.site import site_secrets

FILE = "limits.sqlite3"
BUSY_SECONDS = 2
SWEEP_ONE_IN = 500
TABLE = (
    "CREATE TABLE IF NOT EXISTS counts (who BLOB, seconds INTEGER, count INTEGER, ends REAL,"
    " PRIMARY KEY (who, seconds)) WITHOUT ROWID"
)
COUNT = (
    "INSERT INTO counts VALUES (:who, :seconds, 1, :now + :seconds)"
    " ON CONFLICT DO UPDATE SET"
    " count = iif(ends > :now AND ends <= :now + :seconds, count + 1, 1),"
    " ends = iif(ends > :now AND ends <= :now + :seconds, ends, :now + :seconds)"
    " RETURNING count, ends"
)
# By the time after waiting for the row, when others have counted.
IN_FORCE = (
    "old.ends > extract(epoch FROM clock_timestamp())"
    " AND old.ends <= extract(epoch FROM clock_timestamp()) + old.seconds"
)
# All acts at once, always in one order, so that two requests do not wait for each other.
COUNT_ALL = text(
    """INSERT INTO rate_counts AS old (who, seconds, count, ends)
    SELECT who, seconds, 1, extract(epoch FROM clock_timestamp()) + seconds
    FROM unnest(CAST(:who AS bytea[]), CAST(:seconds AS integer[])) AS acts (who, seconds)
    ORDER BY who, seconds
    ON CONFLICT (who, seconds) DO UPDATE SET
    count = CASE WHEN in_force THEN old.count + 1 ELSE 1 END,
    ends = CASE WHEN in_force THEN old.ends ELSE excluded.ends END
    RETURNING who, seconds, count, ends - extract(epoch FROM clock_timestamp())""".replace(
        "in_force", IN_FORCE
    )
)
CLOCK = func.extract("epoch", func.clock_timestamp())
log = logging.getLogger(__name__)


class Counted(NamedTuple):
    """An act to count: who did what (stored as a digest), and the rate that limits it."""

    who: str
    rate: Rate


class Counts(ABC):
    """The counters of a site, with digests keyed by `secret`."""

    def __init__(self, secret: str) -> None:
        self._secret = secret.encode()

    @abstractmethod
    def hit(self, acts: Sequence[Counted]) -> tuple[float, Rate] | None:
        """Count all `acts` and return None, unless one exceeds its rate.

        Then count none; return the seconds until it is allowed again, and the rate. Counters that
        cannot be used limit nobody; that is logged.
        """

    @abstractmethod
    def seen(self, who: str) -> bool:
        """Return whether `who` has been counted in the current period."""

    def _digest(self, who: str) -> bytes:
        return hmac.digest(self._secret, who.encode(), hashlib.sha256)[:16]


class DatabaseCounts(Counts):
    """Counters in PostgreSQL, by its clock."""

    def __init__(self, db: Database, secret: str) -> None:
        super().__init__(secret)
        self._engine = db.engine

    def hit(self, acts: Sequence[Counted]) -> tuple[float, Rate] | None:
        """Count in one statement, which is not committed if an act exceeds its rate."""
        rates: dict[tuple[bytes, int], Rate] = {}
        for act in acts:
            key = self._digest(act.who), act.rate.seconds
            rates[key] = min(act.rate, rates.get(key, act.rate))
        who, seconds = zip(*rates, strict=True)
        values = {"who": list(who), "seconds": list(seconds)}
        try:
            with translated_errors(self._engine), self._engine.connect() as connection:
                for digest, period, count, left in connection.execute(COUNT_ALL, values):
                    rate = rates[bytes(digest), period]
                    if count > rate.most:
                        return float(left), rate
                if random.randrange(SWEEP_ONE_IN) == 0:  # noqa: S311  no secret
                    connection.execute(delete(RateCount).where(RateCount.ends <= CLOCK))
                connection.commit()
        except AnnotatorError as error:
            log.warning("rate limits are off: %s", error.message)
        return None

    def seen(self, who: str) -> bool:
        """Look the digest up."""
        ends = RateCount.ends > CLOCK, RateCount.ends <= CLOCK + RateCount.seconds
        query = select(RateCount.who).where(RateCount.who == self._digest(who), *ends)
        try:
            with translated_errors(self._engine), self._engine.connect() as connection:
                return connection.scalar(query) is not None
        except AnnotatorError:
            return False


class FileCounts(Counts):
    """Counters in a SQLite file, for the processes of one machine."""

    def __init__(self, path: Path, secret: str, clock: Callable[[], float] = time.time) -> None:
        super().__init__(secret)
        self._path = path
        self._clock = clock
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None

    def hit(self, acts: Sequence[Counted]) -> tuple[float, Rate] | None:
        """Count act by act in one transaction."""
        try:
            with self._writing() as rows:
                now = self._clock()  # an earlier time would take what others counted for wrong
                for act in acts:
                    values = {"who": self._digest(act.who), "seconds": act.rate.seconds, "now": now}
                    count, ends = rows.execute(COUNT, values).fetchone()
                    if count > act.rate.most:
                        rows.rollback()
                        return ends - now, act.rate
                if random.randrange(SWEEP_ONE_IN) == 0:  # noqa: S311  no secret
                    rows.execute("DELETE FROM counts WHERE ends <= ?", (now,))
        except sqlite3.Error as error:
            log.warning("rate limits are off: %s cannot be used (%s)", self._path, error)
        return None

    def seen(self, who: str) -> bool:
        """Look the digest up."""
        query = "SELECT 1 FROM counts WHERE who = :who AND ends > :now AND ends <= :now + seconds"
        try:
            with self._writing() as rows:
                values = {"who": self._digest(who), "now": self._clock()}
                row = rows.execute(query, values).fetchone()
        except sqlite3.Error:
            return False
        return row is not None

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            self._connection = self._connection or _open(self._path)
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
            finally:
                self._connection.commit()


def _open(path: Path) -> sqlite3.Connection:
    opened = sqlite3.connect(
        path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
    )
    for line in ("PRAGMA journal_mode=WAL", "PRAGMA synchronous=OFF", TABLE):
        opened.execute(line)
    return opened


def open_counts(config: Config, db: Database) -> Counts:
    """Return the counters of a site."""
    secret = site_secrets.get(config, db, "limits")
    if db.engine.dialect.name == "postgresql":
        return DatabaseCounts(db, secret)
    return FileCounts(config.data / FILE, secret)


def mend(config: Config) -> None:
    """Delete the file, if there is one, if it is damaged; call before any process opens it."""
    path = config.data / FILE
    if not path.exists():
        return
    try:
        with closing(_open(path)) as opened:
            fine = opened.execute("PRAGMA quick_check").fetchone() == ("ok",)
    except sqlite3.OperationalError:
        return  # locked, or no room: not damaged
    except sqlite3.DatabaseError:
        fine = False
    if not fine:
        for end in ("", "-wal", "-shm"):
            path.with_name(path.name + end).unlink(missing_ok=True)
