"""How often somebody has done something lately, for limits that hold in every process of a site.

The counts lie in a small SQLite file of their own in the data folder, beside the database and not
in it: they are written far more often than anything else, may be lost, and must not wait for the
disk (`docs/decisions/limits.md`). A row holds a digest of who did what, and goes when it is over.
One that would end later than its rate says was counted by a clock that was ahead, and is over too.
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
    """Somebody doing something, in words that only a digest of is kept, and how often they may."""

    who: str
    rate: Rate


class Counts:
    """The counts of a site. `secret` keeps the digests from being guessed at."""

    def __init__(self, path: Path, secret: str, clock: Callable[[], float] = time.time) -> None:
        self._path = path
        self._secret = secret.encode()
        self._clock = clock
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None

    def hit(self, acts: Sequence[Counted]) -> tuple[float, Rate] | None:
        """Count an act once for everyone it counts for, unless one of them has done enough.

        Then nothing is counted, and the answer says for how many seconds, and which rate it was.
        A file that cannot be used limits nobody; that is logged.
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
            log.warning("limits do not hold: %s cannot be used (%s)", self._path, error)
        return None

    def seen(self, who: str) -> bool:
        """Return whether `who` has been counted and the time is not over."""
        query = "SELECT 1 FROM counts WHERE who = :who AND ends > :now AND ends <= :now + seconds"
        try:
            with self._writing() as rows:
                values = {"who": self._digest(who), "now": self._clock()}
                found = rows.execute(query, values).fetchone()
        except sqlite3.Error:
            return False
        return found is not None

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
    """Throw the file away if it is damaged; for the one process that starts the others."""
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
