"""The indexer moves changes from the outbox to the search engine.

One process of a site at a time holds the lease of the task and feeds the engine; `serve` runs it as
a thread in the first of its processes to get the lease, and a command indexes its own changes when
no server runs. A row is deleted only after the engine has committed, so after a crash the work is
repeated. A row whose record the engine cannot store is retried a few times with growing delays,
without blocking others, and then deleted.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import chain

from annotator.db import Database
from annotator.leases import Leases
from annotator.models import Outbox
from annotator.search import outbox
from annotator.search.engine import Engine
from annotator.search.gather import Gatherer, everything
from annotator.search.record import Record

POLL_SECONDS = 0.1
PAUSE_SECONDS = 0.1  # after a batch, so that commits, which are slow, have more changes
LONGEST_GOODBYE_SECONDS = 5.0
TRIES = 4  # of a record that the engine cannot store
RETRY_SECONDS = 1.0  # before the second try; RETRY_FACTOR times longer before each further one
RETRY_FACTOR = 8
Note = Callable[[Database, Sequence[str]], None]
TASK = "indexer"
log = logging.getLogger(__name__)


class Indexer:
    """Feeds one engine from one database."""

    def __init__(
        self, db: Database, engine: Engine, leases: Leases, note: Note = lambda _db, _ids: None
    ) -> None:
        """Call `note` with the changed annotations once the engine has them."""
        self._db = db
        self._note = note
        self._engine = engine
        self._leases = leases
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None
        self._refused: dict[int, tuple[int, float]] = {}  # by row: tries, and when to try again

    def drain(self) -> int | None:
        """Empty the outbox and return the number of rows; None if another process is doing so."""
        with self._leases.holding(TASK) as leads:
            if not leads:
                return None
            self._recover()
            return self._drain()

    def rebuild(self) -> int:
        """Rebuild the index from the database, and return the number of records.

        Waits for the indexer of a running server to finish its batch.
        """
        covered: list[int] = []
        versions = [0]

        def present() -> Iterator[Record]:
            """Yield all records as of the first request by the engine, which then has its lock."""
            with self._db.reading() as session:
                covered.extend(outbox.ids(session))
                versions.append(outbox.version(session))
                yield from everything(session)

        number = self._engine.rebuild(present(), lambda: versions[-1])
        # In batches, so that killed processes make progress and no transaction is long.
        for at in range(0, len(covered) or 1, outbox.BATCH):
            with self._db.reading() as session:
                rows = outbox.rows(session, covered[at : at + outbox.BATCH])
            self._finish(rows, rebuilt=True)
        return number

    def start(self) -> None:
        """Index in a thread of this process as long as this process holds the lease."""
        self._thread = self._leases.lead(TASK, self._index, self._stopped)

    def stop(self) -> None:
        """Stop the thread after its current batch; a long rebuild stops with the process."""
        self._stopped.set()
        if self._thread is not None:
            self._thread.join(LONGEST_GOODBYE_SECONDS)

    def _index(self) -> float:
        """Apply the pending changes; return how many seconds to wait for more."""
        try:
            self._recover()
            if self._drain(PAUSE_SECONDS) == 0:
                self._engine.tidy()
        except Exception:
            self._engine.verify()
            raise
        return POLL_SECONDS

    def _recover(self) -> None:
        """Rebuild the index if it is unreadable, or lacks changes that another index took."""
        with self._db.reading() as session:
            other = outbox.needs_rebuild(session, self._engine.index)
        if other or not self._engine.ready():
            self._leases.require(TASK)
            self.rebuild()

    def _drain(self, pause: float = 0.0) -> int:
        total = 0
        while not self._stopped.is_set():
            with self._db.reading() as session:
                later = [i for i, (_, again) in self._refused.items() if again > time.monotonic()]
                rows = outbox.first(session, but=later)
                if not rows:
                    break
                gatherer = Gatherer(session)
                documents = dict.fromkeys(row.key for row in rows if row.kind == "document")
                made = {("document", key): gatherer.provisions(int(key)) for key in documents}
                annotations = _annotations(rows)
                changes = gatherer.annotations(annotations)
                made |= {
                    ("annotation", key): [change]
                    for key, change in zip(annotations, changes, strict=True)
                }
                self._leases.require(TASK)
                refused = self._engine.apply(chain(*made.values()))
            if refused:
                reasons = {
                    row: [refused[each.key] for each in made[row.kind, row.key]
                          if each.key in refused]
                    for row in rows
                }  # fmt: skip
                rows = [row for row in rows if not self._is_retried(row, reasons[row])]
            self._finish(rows)
            total += len(rows)
            if len(rows) < outbox.BATCH:
                self._stopped.wait(pause)
        return total

    def _is_retried(self, row: Outbox, reasons: Sequence[str]) -> bool:
        """Return whether a row with refused records is retried later."""
        tries, _ = self._refused.pop(row.id, (0, 0.0))
        if not reasons:
            return False
        name = f"the search index cannot store {row.kind} {row.key} ({reasons[0]})"
        if tries + 1 == TRIES:
            log.error("%s; it is left out", name)
            return False
        log.warning("%s; trying again", name)
        pause = RETRY_SECONDS * RETRY_FACTOR**tries
        self._refused[row.id] = (tries + 1, time.monotonic() + pause)
        return True

    def _finish(self, rows: Sequence[Outbox], *, rebuilt: bool = False) -> None:
        """Delete rows that the engine has applied, after `note` has run."""
        self._note(self._db, _annotations(rows))
        with self._db.transaction() as session:
            outbox.done(session, [row.id for row in rows], self._engine.index, rebuilt=rebuilt)


def _annotations(rows: Sequence[Outbox]) -> list[str]:
    return list(dict.fromkeys(row.key for row in rows if row.kind == "annotation"))
