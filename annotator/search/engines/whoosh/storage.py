"""The folder of a Whoosh index, so that its files survive a crash and threads share them.

Whoosh by itself neither waits until its files are on the disk nor reads one file from two threads
without a mix-up, and it copies whatever it maps into memory. Here files are read at absolute
places, and a segment or a table of contents is on the disk before anything refers to it.
"""

from __future__ import annotations

import os
import sys
from array import array
from typing import Any
from zlib import crc32

from whoosh.filedb.compound import SubFile
from whoosh.filedb.filestore import FileStorage
from whoosh.filedb.structfile import StructFile

_CHUNK = 1 << 20


class SharedFile(StructFile):  # type: ignore[misc]
    """A file, or a part of one, whose `get` methods keep no place and so suit any thread.

    `read` and `seek` are Whoosh's and do keep one: they are for opening only.
    """

    def __init__(self, fileobj: Any, name: str, descriptor: int, start: int = 0) -> None:
        super().__init__(fileobj, name=name)
        self._descriptor = descriptor
        self._start = start

    def get(self, position: int, length: int) -> bytes:
        """Return `length` bytes from `position` on."""
        return os.pread(self._descriptor, length, self._start + position)

    def get_array(self, position: int, typecode: str, length: int) -> array[int]:
        """Return `length` numbers, which Whoosh writes with the high byte first."""
        numbers = array(typecode)
        numbers.frombytes(self.get(position, length * numbers.itemsize))
        if sys.byteorder == "little":
            numbers.byteswap()
        return numbers

    def subset(self, offset: int, length: int, name: str | None = None) -> SharedFile:
        """Return a part of this file as a file of its own; it needs this one to stay open."""
        part = SubFile(self.file, offset, length)
        return SharedFile(part, name or self._name, self._descriptor, self._start + offset)


class DurableStorage(FileStorage):  # type: ignore[misc]
    """A folder whose segments and tables of contents are on the disk once they are closed."""

    supports_mmap = False  # Whoosh copies what it maps

    def __init__(self, path: str) -> None:
        super().__init__(path, supports_mmap=False)

    def create_file(self, name: str, **options: Any) -> StructFile:
        """Return a new file to write to."""
        if name.endswith(".seg") or ".toc" in name:
            options["onclose"] = _sync
        return super().create_file(name, **options)

    def open_file(self, name: str, **_: Any) -> SharedFile:
        """Return a file to read; it is closed when nothing refers to it any more."""
        fileobj = open(self._fpath(name), "rb")  # noqa: SIM115 # outlives this function
        return SharedFile(fileobj, name, fileobj.fileno())

    def checksum(self, name: str) -> int:
        """Return the CRC-32 of a whole file."""
        found = 0
        with open(self._fpath(name), "rb") as file:
            while piece := file.read(_CHUNK):
                found = crc32(piece, found)
        return found

    def rename_file(self, oldname: str, newname: str, safe: bool = False) -> None:
        """Return a file another name, for good."""
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
