"""Rate counters shared by every process of a site.

They are in an SQLite file of their own in the data folder: they are written far more often than
anything else, may be lost, and must not wait for the disk (`docs/decisions/limits.md`). A row holds
a digest of who did what, until its period ends. A row that ends later than its rate allows was
written by a clock that ran ahead, and has ended too.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import random
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple

from annotator.rates import Rate

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
log = logging.getLogger(__name__)


class Counted(NamedTuple):
    """An act to count: who did what (stored as a digest), and the rate that limits it."""

    who: str
    rate: Rate


class Counts:
    """The counters of a site, with digests keyed by `secret`."""

    def __init__(self, path: Path, secret: str, clock: Callable[[], float] = time.time) -> None:
        self._path = path
        self._secret = secret.encode()
        self._clock = clock
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None

    def hit(self, acts: Sequence[Counted]) -> tuple[float, Rate] | None:
        """Count all `acts` and return None, unless one exceeds its rate.

        Then count none; return the seconds until it is allowed again, and the rate. A file that
        cannot be used limits nobody; that is logged.
        """
        now = self._clock()
        try:
            with self._writing() as rows:
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
        """Return whether `who` has been counted in the current period."""
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

    def _digest(self, who: str) -> bytes:
        return hmac.digest(self._secret, who.encode(), hashlib.sha256)[:16]

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


def mend(path: Path) -> None:
    """Delete the file if it is damaged; call before any other process opens it."""
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
