"""The folder of the index: its current state and the lock of its writer.

    CURRENT        the name of the current index's folder; replaced in one step
    LOCK           held by the writer
    v1.2-3fa94c/   a Whoosh index: tables of contents and segments

The name begins with the versions of the files and of the analysis, so that an index of another
release is not misread; it counts as missing, and is rebuilt.
"""

from __future__ import annotations

import logging
import os
import pickle
import re
import secrets
import shutil
import struct
import sys
import threading
import time
import zlib
from array import array
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zlib import crc32

from filelock import FileLock, Timeout
from whoosh.filedb.compound import SubFile
from whoosh.filedb.filestore import FileStorage
from whoosh.filedb.structfile import StructFile
from whoosh.index import TOC, clean_files
from whoosh.index import IndexError as WhooshIndexError

from annotator.errors import Unavailable
from annotator.search import analysis
from annotator.search.engine import unreadable
from annotator.search.engines.whoosh.segment import INDEX_NAME, SCHEMA, Segment, check_segment

_VERSION = f"v2.{analysis.VERSION}-"
_NAME = re.compile(rf"{re.escape(_VERSION)}[0-9a-f]{{16}}")
_CURRENT = "CURRENT"
_DAMAGED = "damaged"  # stands there instead of a name
_CHUNK = 1 << 20  # bytes read at once for a checksum
LOCK_SECONDS = 10.0
_TRIES = 50  # a reader that always comes between two commits; each try takes _PAUSE_SECONDS
_PAUSE_SECONDS = 0.01
_DAMAGE = (  # what bytes that are not ours can raise while they are read
    EOFError,
    pickle.UnpicklingError,
    struct.error,
    WhooshIndexError,
    AssertionError,
    AttributeError,
    ImportError,
    LookupError,
    MemoryError,
    OSError,
    OverflowError,
    TypeError,
    ValueError,
    zlib.error,
)


log = logging.getLogger(__name__)


@dataclass(frozen=True)
class LiveSegment:
    """A segment, and the documents deleted from it."""

    segment: Segment
    deleted: frozenset[int]

    @property
    def size(self) -> int:
        """The number of records that can be found."""
        return self.segment.catalog.size - len(self.deleted)


@dataclass(frozen=True)
class Snapshot:
    """The index at one moment; it stays readable after later commits."""

    name: str = ""
    generation: int = -1
    parts: tuple[LiveSegment, ...] = ()


class IndexFolder:
    """The folder of the index; each process has its own object."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._snapshot = Snapshot()
        self._loading = threading.Lock()
        self._swept = False
        self.had_index = False  # whether this process has read one

    def snapshot(self) -> Snapshot:
        """Return the index as last committed by any process; empty if there is none.

        Raises Unavailable if it cannot be read. Costs two directory reads if nothing has changed.
        """
        for _ in range(_TRIES):
            try:
                name, generation = self._latest()
                with self._loading:
                    if (self._snapshot.name, self._snapshot.generation) != (name, generation):
                        self._load(name, generation)
                    return self._snapshot
            except FileNotFoundError:  # a commit has come in between and taken the old files away
                time.sleep(_PAUSE_SECONDS)
            except (Unavailable, *_DAMAGE) as error:
                self.verify()  # whoever feeds the index hears of it so, in whichever process
                raise unreadable() from error
        self.verify()
        raise unreadable()

    def ready(self) -> bool:
        """Return whether there is a current index that can be opened."""
        try:
            return bool(self.snapshot().name)
        except Unavailable:
            return False

    def verify(self) -> bool:
        """Read every file of the current index, and disable a damaged one.

        Returns whether there is an undamaged index.
        """
        for _ in range(_TRIES):
            looked: tuple[str, int] | None = None
            try:
                looked = self._latest()
                for described in self.described(Snapshot(*looked)):
                    check_segment(self.storage(looked[0]), described)
                return bool(looked[0])
            except (Unavailable, *_DAMAGE) as error:
                with suppress(Unavailable, OSError):
                    if looked and self._latest() != looked:
                        continue  # a commit has come in between and taken the files away
                self._put_out_of_force(error)
                return False
        return True

    def _put_out_of_force(self, reason: Exception) -> None:
        """Disable the current index for all readers and writers until it is rebuilt."""
        self._snapshot = Snapshot()
        current = self._path / _CURRENT
        with suppress(OSError, ValueError):
            if current.read_text() == _DAMAGED:
                return
        log.warning("the search index cannot be used and will be rebuilt: %s", reason)
        with suppress(OSError):
            new = self._path / f"{_CURRENT}.{secrets.token_hex(4)}"
            new.write_text(_DAMAGED)
            new.replace(current)

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Verify the index if reading it fails. Raises Unavailable if it is damaged."""
        try:
            yield
        except _DAMAGE as error:
            if self.verify():
                raise  # a fault of the program, not of the files
            raise unreadable() from error

    def described(self, snapshot: Snapshot) -> list[Any]:
        """Return Whoosh's descriptions of the parts, in order; the caller may change them."""
        if not snapshot.name:
            return []
        storage = self.storage(snapshot.name)
        segments: list[Any] = TOC.read(storage, INDEX_NAME, gen=snapshot.generation).segments
        return segments

    def storage(self, name: str) -> DurableStorage:
        """Return the storage of one index in this folder."""
        return DurableStorage(str(self._path / name))

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the lock. Raises Unavailable after LOCK_SECONDS, or if the disk is full."""
        try:
            if not self._path.is_dir():  # a file or a broken link is nothing of ours
                self._path.unlink(missing_ok=True)
            if (self._path / "LOCK").is_dir():
                shutil.rmtree(self._path / "LOCK")
            self._path.mkdir(parents=True, exist_ok=True)
            with FileLock(self._path / "LOCK", timeout=LOCK_SECONDS):
                self._sweep()
                yield
        except Timeout as error:
            raise Unavailable("Another process is writing the search index: try again.") from error
        except OSError as error:
            self._swept = False  # something may lie half-written
            raise Unavailable(f"The search index cannot be written: {error.strerror}.") from error

    def create(self) -> str:
        """Create an index that is not yet current, and return its name; hold the lock."""
        name = _VERSION + secrets.token_hex(8)
        self.storage(name).create()
        return name

    def commit(self, name: str, generation: int, segments: Sequence[Any]) -> None:
        """Make these segments, described by Whoosh, the content of an index; hold the lock."""
        storage = self.storage(name)
        TOC(SCHEMA, list(segments), generation).write(storage, INDEX_NAME)
        clean_files(storage, INDEX_NAME, generation, segments)

    def put_in_force(self, name: str) -> None:
        """Make this index the current one, and remove all others; hold the lock."""
        new = self._path / f"{_CURRENT}.new"
        for path in (new, self._path / _CURRENT):
            if path.is_dir():  # nothing of ours
                shutil.rmtree(path)
        with new.open("w") as file:
            file.write(name)
            file.flush()
            os.fsync(file.fileno())
        new.replace(self._path / _CURRENT)
        sync_folder(self._path)
        self._swept = False
        self._sweep()

    def close(self) -> None:
        """Close all files."""
        self._snapshot = Snapshot()

    def _current(self) -> str:
        """Return the name of the current index, or ""."""
        try:
            name = (self._path / _CURRENT).read_text()
        except FileNotFoundError:
            return ""
        except (OSError, ValueError) as error:
            raise unreadable() from error
        if not _NAME.fullmatch(name):
            raise unreadable()
        return name

    def _latest(self) -> tuple[str, int]:
        name = self._current()
        if not name:
            return "", -1
        generation = TOC._latest_generation(os.listdir(self._path / name), INDEX_NAME)
        if generation < 0:
            raise FileNotFoundError(name)
        return name, generation

    def _load(self, name: str, generation: int) -> None:
        storage = self.storage(name)
        opened = {part.segment.id: part.segment for part in self._snapshot.parts}
        parts = []
        for described in self.described(Snapshot(name, generation)):
            segment = opened.get(described.segment_id()) or Segment(storage, described)
            parts.append(LiveSegment(segment, frozenset(described.deleted_docs())))
        self._snapshot = Snapshot(name, generation, tuple(parts))
        self.had_index = self.had_index or bool(name)

    def _sweep(self) -> None:
        """Remove, once, what a killed writer left, if it is clear which index is current."""
        if self._swept:
            return
        try:
            name = self._current()
        except Unavailable:
            return
        current = self._path / name
        if not (name and current.is_dir()):
            return
        for path in self._path.iterdir():
            if path.is_dir() and path != current:
                shutil.rmtree(path, ignore_errors=True)
            elif path.name.startswith(f"{_CURRENT}."):
                path.unlink(missing_ok=True)
        for path in current.glob(f"_{INDEX_NAME}_*.toc.*"):
            path.unlink(missing_ok=True)
        shutil.rmtree(current / f"{INDEX_NAME}.tmp", ignore_errors=True)
        self._swept = True


class SharedFile(StructFile):  # type: ignore[misc]
    """A file, or a part of one, whose `get` methods are stateless and thread-safe.

    `read` and `seek` are Whoosh's and keep a position: they are for opening only.
    """

    def __init__(self, fileobj: Any, name: str, descriptor: int, start: int = 0) -> None:
        super().__init__(fileobj, name=name)
        self._descriptor = descriptor
        self._start = start

    def get(self, position: int, length: int) -> bytes:
        """Return `length` bytes from `position`."""
        return os.pread(self._descriptor, length, self._start + position)

    def get_array(self, position: int, typecode: str, length: int) -> array[int]:
        """Return `length` numbers, which Whoosh writes with the high byte first."""
        numbers = array(typecode)
        numbers.frombytes(self.get(position, length * numbers.itemsize))
        if sys.byteorder == "little":
            numbers.byteswap()
        return numbers

    def subset(self, offset: int, length: int, name: str | None = None) -> SharedFile:
        """Return a part of this file as a file; it needs this one to stay open."""
        part = SubFile(self.file, offset, length)
        return SharedFile(part, name or self._name, self._descriptor, self._start + offset)


class DurableStorage(FileStorage):  # type: ignore[misc]
    """A folder whose segments and tables of contents are on the disk once closed."""

    supports_mmap = False  # Whoosh copies what it maps

    def __init__(self, path: str) -> None:
        super().__init__(path, supports_mmap=False)

    def create_file(self, name: str, **options: Any) -> StructFile:
        """Return a new file to write to."""
        if name.endswith(".seg") or ".toc" in name:
            options["onclose"] = _sync
        return super().create_file(name, **options)

    def open_file(self, name: str, **_: Any) -> SharedFile:
        """Open a file to read; it is closed when nothing refers to it any more."""
        fileobj = open(self._fpath(name), "rb")  # noqa: SIM115 # outlives this function
        return SharedFile(fileobj, name, fileobj.fileno())

    def checksum(self, name: str) -> int:
        """Return the CRC-32 of a whole file."""
        crc = 0
        with open(self._fpath(name), "rb") as file:
            while piece := file.read(_CHUNK):
                crc = crc32(piece, crc)
        return crc

    def rename_file(self, oldname: str, newname: str, safe: bool = False) -> None:
        """Rename a file durably."""
        super().rename_file(oldname, newname, safe=safe)
        sync_folder(self.folder)


def sync_folder(path: str | os.PathLike[str]) -> None:
    """Wait until the names in a folder are on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sync(file: StructFile) -> None:
    file.flush()
    os.fsync(file.fileno())
