"""Whoosh's codec with posting lists that are read whole: a few packed arrays for each term.

Whoosh's own codec cuts a list into compressed blocks, to skip through them and leave most unread.
Our searches count all hits and their facets, so they read every list to its end, and that takes a
tenth of the time from arrays. All else is Whoosh's: its term index, stored fields, segments and
table of contents; its own searcher finds words in this index too.
"""

from __future__ import annotations

import struct
from array import array
from typing import TYPE_CHECKING, Any, NamedTuple

from whoosh.codec.whoosh3 import W3Codec, W3FieldWriter, W3TermInfo, W3TermsReader
from whoosh.matching import ListMatcher
from whoosh.system import pack_ushort

if TYPE_CHECKING:
    from collections.abc import Iterator

_HEADER = struct.Struct("=IIB")  # documents, positions, whether counts are kept
_ENTRY_EXISTS = b""


class Postings(NamedTuple):
    """Where one term stands in one field of a segment.

    docs: numbers of documents within the segment, ascending.
    counts: how often in each of them; empty where only presence is kept.
    positions: every place, ascending, counted through the whole field (see `catalog`); or empty.
    """

    docs: array[int]
    counts: array[int]
    positions: array[int]


def present_in(docs: array[int]) -> Postings:
    """Return the postings of a value, which is there or not."""
    return Postings(docs, array("H"), array("I"))


def pack(postings: Postings) -> bytes:
    """Return the bytes of a list; they are read on the machine that wrote them."""
    docs, counts, positions = postings
    header = _HEADER.pack(len(docs), len(positions), bool(counts))
    return b"".join((header, docs.tobytes(), counts.tobytes(), positions.tobytes()))


def unpack(data: bytes) -> Postings:
    """Return the list that `pack` wrote."""
    docs, positions, counted = _HEADER.unpack_from(data)
    counts_at = _HEADER.size + 4 * docs
    positions_at = counts_at + (2 * docs if counted else 0)
    return Postings(
        array("I", data[_HEADER.size : counts_at]),
        array("H", data[counts_at:positions_at]),
        array("I", data[positions_at : positions_at + 4 * positions]),
    )


class ListWriter(W3FieldWriter):  # type: ignore[misc]
    """Writes the terms of a segment with their lists: field by field, each in the terms' order."""

    def add_list(self, field: str, term: str, postings: Postings) -> None:
        """Write one term; terms ascend within a field, and a field's terms come together."""
        data = pack(postings)
        info = W3TermInfo()
        info.set_extent(self._postfile.tell(), len(data))
        self._describe(info, postings)
        self._postfile.write(data)
        self._tindex.add(self._key(field, term), info.to_bytes())

    def add_entry(self, field: str, term: str) -> None:
        """Write a term that has no list: an entry to be looked through."""
        self._tindex.add(self._key(field, term), _ENTRY_EXISTS)

    def _key(self, field: str, term: str) -> bytes:
        number = self._fieldmap.setdefault(field, len(self._fieldmap))
        key: bytes = pack_ushort(number) + term.encode()
        return key

    @staticmethod
    def _describe(info: Any, postings: Postings) -> None:
        """Tell Whoosh's own searcher what it asks about a term."""
        info._df = len(postings.docs)
        info._weight = float(sum(postings.counts) or len(postings.docs))
        info._maxweight = float(max(postings.counts, default=1))
        info._minid, info._maxid = postings.docs[0], postings.docs[-1]


class ListReader(W3TermsReader):  # type: ignore[misc]
    """Looks terms up and reads their lists whole; any thread may, at any time."""

    def read(self, field: str, term: str) -> Postings | None:
        """Return the list of a term, or None where no document has it."""
        data = self._tindex.get(self._keycoder(field, term.encode()))
        return self._unpacked(W3TermInfo.from_bytes(data)) if data else None

    def read_from(self, field: str, prefix: str) -> Iterator[tuple[str, Postings]]:
        """Yield every term that begins with `prefix`, with its list."""
        start = self._keycoder(field, prefix.encode())
        for key, data in self._tindex.items_from(start):
            if not key.startswith(start):
                return
            yield key[2:].decode(), self._unpacked(W3TermInfo.from_bytes(data))

    def entries_from(self, field: str, prefix: str) -> Iterator[str]:
        """Yield what follows `prefix` in every term that begins with it."""
        start = self._keycoder(field, prefix.encode())
        for key in self._tindex.keys_from(start):
            if not key.startswith(start):
                return
            yield key[len(start) :].decode()

    def _unpacked(self, info: Any) -> Postings:
        return _read(self._postfile, info)


def _read(file: Any, info: Any) -> Postings:
    offset, (length,) = info.extent()  # read back, Whoosh's length is a tuple
    return unpack(file.get(offset, length))


class ListCodec(W3Codec):  # type: ignore[misc]
    """Tells Whoosh to write and read this kind of list."""

    def field_writer(self, storage: Any, segment: Any) -> ListWriter:
        """Return what writes the terms of a new segment."""
        return ListWriter(self, storage, segment)

    def terms_reader(self, storage: Any, segment: Any) -> ListReader:
        """Return what reads the terms of a segment."""
        name = segment.make_filename(self.TERMS_EXT)
        terms = storage.open_file(name)
        lists = segment.open_file(storage, self.POSTS_EXT)
        return ListReader(self, terms, storage.file_length(name), lists)

    def postings_reader(
        self,
        dbfile: Any,
        terminfo: Any,
        format_: Any,
        term: Any = None,
        scorer: Any = None,
    ) -> ListMatcher:
        """Return a list as Whoosh's own searcher takes it."""
        docs, counts, _ = _read(dbfile, terminfo)
        weights = list(map(float, counts)) or None
        return ListMatcher(
            docs, weights, format=format_, scorer=scorer, term=term, terminfo=terminfo
        )
