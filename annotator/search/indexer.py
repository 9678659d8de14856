"""The indexer: empties the outbox into the search engine.

One process at a time holds the lock and feeds the engine; `serve` runs it as a thread in whichever
of its processes gets there first, and a command does its own share when nobody serves. A row is
struck out only after the engine has committed, so a crash at any moment costs nothing but a repeat.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from filelock import FileLock, Timeout
from sqlalchemy.orm import Session

from annotator.db import Database
from annotator.models import Outbox
from annotator.search import outbox
from annotator.search.engine import Engine
from annotator.search.gather import Gatherer, everything
from annotator.search.record import Deletion, Record

POLL_SECONDS = 0.1
STANDBY_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 30.0
LONGEST_GOODBYE_SECONDS = 5.0
Note = Callable[[Database, Sequence[str]], None]
log = logging.getLogger(__name__)


class Indexer:
    """Feeds one engine from one database, whoever else tries to."""

    def __init__(
        self, db: Database, engine: Engine, lock: Path, note: Note = lambda _db, _ids: None
    ) -> None:
        """`note` is told which annotations have changed, once the engine has them."""
        self._db = db
        self._note = note
        self._engine = engine
        lock.parent.mkdir(parents=True, exist_ok=True)
        self._lock = FileLock(lock, thread_local=False)
        self._woken = threading.Event()
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None

    def drain(self) -> int | None:
        """Empty the outbox and tell how many rows that took; None if another process does it."""
        try:
            with self._lock.acquire(blocking=False):
                self._recover()
                return self._drain()
        except Timeout:
            return None

    def rebuild(self) -> int:
        """Build the index anew from the database and put it in place of the old; count records.

        Waits for the indexer of a running server to finish what it is at.
        """
        known: list[int] = []
        number = self._engine.rebuild(self._present(known))
        with self._db.reading() as session:
            changed = _annotations(outbox.rows(session, known))
        self._note(self._db, changed)
        with self._db.transaction() as session:
            for at in range(0, len(known), outbox.BATCH):
                outbox.done(session, known[at : at + outbox.BATCH])
        return number

    def _present(self, known: list[int]) -> Iterator[Record]:
        """Yield all records of one moment: that at which the engine, its lock held, asks for one.

        What the outbox holds at that moment is put into `known`; later rows are not in the records.
        """
        with self._db.reading() as session:
            known += outbox.ids(session)
            yield from everything(session)

    def start(self) -> None:
        """Index in a thread of this process, as long as this process holds the lock."""
        self._thread = threading.Thread(target=self._run, name="indexer", daemon=True)
        self._thread.start()

    def wake(self) -> None:
        """Say that something has just been written, so that nobody waits for the next look."""
        self._woken.set()

    def stop(self) -> None:
        """End the thread after the batch it is at; a long rebuild ends with the process."""
        self._stopped.set()
        self._woken.set()
        if self._thread is not None:
            self._thread.join(LONGEST_GOODBYE_SECONDS)

    def _run(self) -> None:
        while not self._stopped.is_set():
            try:
                with self._lock.acquire(blocking=False):
                    self._serve()
            except Timeout:
                self._stopped.wait(STANDBY_SECONDS)

    def _serve(self) -> None:
        pause = POLL_SECONDS
        while not self._stopped.is_set():
            try:
                self._recover()
                idle = self._drain() == 0
                pause = POLL_SECONDS
                if idle:
                    self._engine.tidy()
            except Exception:  # the thread must outlive a full disk or a locked database
                log.exception("the search index could not be brought up to date; trying again")
                self._engine.verify()
                pause = min(pause * 2, LONGEST_PAUSE_SECONDS)
            self._woken.wait(pause)
            self._woken.clear()

    def _recover(self) -> None:
        """Build the index anew where there is none that can be read, or it is of other rows."""
        with self._db.reading() as session:
            other = outbox.needs_rebuild(session)
        if other or not self._engine.ready():
            self.rebuild()

    def _drain(self) -> int:
        total = 0
        while not self._stopped.is_set():
            taken = self._take()
            total += taken
            if taken < outbox.BATCH:
                break
        return total

    def _take(self) -> int:
        """Take one batch from the outbox into the engine."""
        with self._db.reading() as session:
            rows = outbox.first(session)
            if not rows:
                return 0
            ids = [row.id for row in rows]
            self._engine.apply(_changes(session, rows))
        self._note(self._db, _annotations(rows))
        with self._db.transaction() as session:
            outbox.done(session, ids)
        return len(ids)


def _changes(session: Session, rows: Sequence[Outbox]) -> list[Record | Deletion]:
    gatherer = Gatherer(session)
    changes: list[Record | Deletion] = []
    for document in dict.fromkeys(int(row.key) for row in rows if row.kind == "document"):
        changes += gatherer.provisions(document)
    return changes + gatherer.annotations(_annotations(rows))


def _annotations(rows: Sequence[Outbox]) -> list[str]:
    return list(dict.fromkeys(row.key for row in rows if row.kind == "annotation"))
