"""Leases: one process of a site at a time does a task, and holds its lease.

On one machine a lease is a lock on a file; `annotator.hosts` has those of several hosts.
"""

from __future__ import annotations

import json
import logging
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from filelock import FileLock, Timeout

from annotator import __version__
from annotator.db import now
from annotator.errors import AnnotatorError, Unavailable

TASKS = ("indexer", "rendering", "housekeeping", "teller", "mailer", "webmention")
STANDBY_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 30.0
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class HostState:
    """A host that is alive; `silent` is the number of seconds since its last heartbeat."""

    name: str
    version: str
    started: datetime
    silent: float


@dataclass(frozen=True, slots=True)
class Leadership:
    """The hosts that are alive, and the holder of each task that is led."""

    hosts: tuple[HostState, ...]
    leaders: dict[str, str]


class Leases(ABC):
    """The leases of one process."""

    def __init__(self, holder: str) -> None:
        self._holder = holder
        self._held: set[str] = set()
        self._mutex = threading.RLock()

    @contextmanager
    def holding(self, task: str) -> Iterator[bool]:
        """Hold a task's lease, unless another thread or process does; yield whether it is held."""
        with self._mutex:
            taken = task not in self._held and self._take(task)
            if taken:
                self._held.add(task)
        try:
            yield taken
        finally:
            if taken:
                with self._mutex:
                    if task in self._held:
                        self._held.discard(task)
                        self._release(task)

    def require(self, task: str) -> None:
        """Raise Unavailable unless this process still holds the lease; call before writing."""
        if task not in self._held:
            raise Unavailable(f"Another process of this site has taken over {task}.")

    def lead(
        self,
        task: str,
        work: Callable[[], float | None],
        stopped: threading.Event,
    ) -> threading.Thread:
        """Repeat `work` in a thread while this process holds the lease of `task`.

        `work` returns how many seconds to wait before the next time; None ends the thread. After an
        error the lease is free for others for a while.
        """

        def run() -> None:
            pause = STANDBY_SECONDS
            while not stopped.is_set():
                try:
                    with self.holding(task) as leads:
                        while leads and not stopped.is_set() and task in self._held:
                            wait = work()
                            if wait is None:
                                return
                            pause = STANDBY_SECONDS
                            stopped.wait(wait)
                except AnnotatorError as error:
                    log.warning("%s failed; it will be retried: %s", task, error.message)
                    pause = min(pause * 2, LONGEST_PAUSE_SECONDS)
                except Exception:  # the thread must outlive a full disk or a bad row
                    log.exception("%s failed; it will be retried", task)
                    pause = min(pause * 2, LONGEST_PAUSE_SECONDS)
                stopped.wait(pause)

        thread = threading.Thread(target=run, name=task, daemon=True)
        thread.start()
        return thread

    @abstractmethod
    def _take(self, task: str) -> bool: ...

    @abstractmethod
    def _release(self, task: str) -> None: ...

    @abstractmethod
    def state(self) -> Leadership:
        """Return the hosts that are alive and who leads what."""

    def replica_lag(self) -> float | None:
        """Return how many seconds the replica is behind; or None if none responds."""
        return None

    def register(self, *, alone: bool, index: str = "") -> None:  # noqa: B027  only a database knows hosts
        """Record this host before it serves."""

    def leave(self) -> None:  # noqa: B027
        """Remove this host, which has stopped serving."""

    def close(self) -> None:  # noqa: B027
        """Release all leases."""


class FileLeases(Leases):
    """Leases on one machine: locks on files in the data folder, which name their holders."""

    def __init__(self, folder: Path, holder: str) -> None:
        super().__init__(holder)
        self._folder = folder
        self._locks: dict[str, FileLock] = {}

    def _path(self, task: str) -> Path:
        return self._folder / f"{task}.lock"

    def _take(self, task: str) -> bool:
        self._folder.mkdir(parents=True, exist_ok=True)
        lock = self._locks.setdefault(task, FileLock(self._path(task), thread_local=False))
        try:
            lock.acquire(blocking=False)
        except Timeout:
            return False
        with suppress(OSError):  # a full disk
            holder = {"name": self._holder, "version": __version__, "started": now().isoformat()}
            self._path(task).write_text(json.dumps(holder))
        return True

    def _release(self, task: str) -> None:
        self._locks[task].release()

    def state(self) -> Leadership:
        """Read the names of those who hold a lock; a host without a lease is not listed."""
        hosts: dict[str, HostState] = {}
        leaders: dict[str, str] = {}
        for task in TASKS:
            path = self._path(task)
            try:
                if path.exists():
                    FileLock(path).acquire(blocking=False).lock.release()
            except (Timeout, OSError):
                with suppress(OSError, ValueError, LookupError, TypeError):
                    holder = json.loads(path.read_text())
                    started = datetime.fromisoformat(holder["started"])
                    leaders[task] = name = str(holder["name"])
                    hosts.setdefault(name, HostState(name, str(holder["version"]), started, 0.0))
        return Leadership(tuple(hosts.values()), leaders)
