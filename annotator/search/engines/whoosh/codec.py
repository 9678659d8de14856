"""Whoosh's codec with posting lists that are read whole: packed arrays, one after the other.

Whoosh's own codec cuts a list into compressed blocks, to skip through them and leave most unread.
Our searches count all hits and their facets, so they read every list to its end, and from arrays
that takes a tenth of the time. All else is Whoosh's: its term index, stored fields, segments and
tables of contents.

A list holds the impact of its word in each document: how much the word counts there, from 1 to 255.
It is that of BM25 (`pages`): it grows with the word's number in a text, ever more slowly, and
shrinks with the text's length. As this is measured against a typical one, an impact never changes.
"""

from __future__ import annotations

import struct
from array import array
from collections.abc import Iterator
from hashlib import md5
from itertools import starmap
from typing import Any, NamedTuple, TypeAlias

from whoosh.codec.whoosh3 import W3Codec, W3FieldWriter, W3TermsReader
from whoosh.filedb.filetables import OrderedHashWriter
from whoosh.system import pack_ushort

Ints: TypeAlias = "array[int] | None"

STEMS = "stem"  # a field of entries without lists: a stem, _SEPARATOR, a form that has this stem
_SEPARATOR = "\0"  # in no term
_DOC_BYTES = 4
_LENGTHS = struct.Struct("!ii")  # before each key of Whoosh's term index: of key and value
_SLOT = struct.Struct("!Iq")  # in its hash tables: a hash, and where its entry is
# A W3TermInfo: flags, weight, documents, lengths, highest weight, first and last document; then
# the offset of the list, and its length. Of all this we read three numbers.
_WHOLE_ENTRY = struct.Struct("!BfIBBfIIqi")
_ENTRY = struct.Struct("!5xI14xqi")

HIGHEST = {"text": 255, "quote": 100}


def impact(field: str, count: int, norm: float) -> int:
    """Return the impact of a word with this count in a text, 1 to 255."""
    return int(HIGHEST[field] * count / (count + norm)) or 1


class Postings(NamedTuple):
    """The documents of a segment that have one term in one field.

    docs: numbers of documents within the segment, ascending.
    impacts: the term's impact in each; empty if only its presence is stored.
    """

    docs: array[int]
    impacts: array[int]


class _TermIndex(OrderedHashWriter):  # type: ignore[misc]
    """Writes Whoosh's term index, each entry and each table in one piece: a third of the time."""

    def __init__(self, dbfile: Any) -> None:
        super().__init__(dbfile)
        self._write = dbfile.raw_file().write
        self._at = dbfile.tell()

    def add(self, key: bytes, value: bytes) -> None:
        self._write(_LENGTHS.pack(len(key), len(value)) + key + value)
        self.index.append(self._at)
        hashed = int.from_bytes(md5(key, usedforsecurity=False).digest()[-4:], "big")
        self.buckets[hashed & 255].append((hashed, self._at))
        self._at += _LENGTHS.size + len(key) + len(value)

    def _write_hashes(self) -> None:
        """Write a table for each bucket: a hash and the offset of its entry in each used slot."""
        for entries in self.buckets:
            slots = [(0, 0)] * (2 * len(entries))
            for hashed, position in entries:
                slot = (hashed >> 8) % len(slots)
                while slots[slot][1]:
                    slot = (slot + 1) % len(slots)
                slots[slot] = (hashed, position)
            self.directory.append((self._at, len(slots)))
            self._at += self._write(b"".join(starmap(_SLOT.pack, slots)))


class ListWriter(W3FieldWriter):  # type: ignore[misc]
    """Writes the terms of a segment with their lists: field by field, each in the terms' order."""

    def __init__(self, codec: Any, storage: Any, segment: Any) -> None:
        super().__init__(codec, storage, segment)
        self._tindex.dbfile.close()
        self._tindex: Any = _TermIndex(self._create_file(W3Codec.TERMS_EXT))
        self._tindex.extras["fieldmap"] = self._fieldmap
        self._at = 0

    def add(
        self, field: str, term: str, docs: array[int], impacts: Ints = None, places: Ints = None
    ) -> None:
        """Write one term; terms ascend within a field, and a field's terms are consecutive.

        `places` are all positions of the term, ascending, counted through the field (see
        `catalog`).
        """
        data = b"".join(numbers.tobytes() for numbers in (docs, impacts, places) if numbers)
        self._postfile.write(data)
        entry = _WHOLE_ENTRY.pack(
            *(0, 0, len(docs), 0, 0, 0, docs[0], docs[-1], self._at, len(data))
        )
        self._at += len(data)
        self._tindex.add(self._key(field, term), entry)

    def add_stem(self, stem: str, form: str) -> None:
        """Store that a form has this stem; stems ascend."""
        self._tindex.add(self._key(STEMS, stem + _SEPARATOR + form), b"")

    def _key(self, field: str, term: str) -> bytes:
        number = self._fieldmap.setdefault(field, len(self._fieldmap))
        key: bytes = pack_ushort(number) + term.encode()
        return key


class ListReader(W3TermsReader):  # type: ignore[misc]
    """Looks up terms and reads their lists whole; thread-safe."""

    def read(self, field: str, term: str) -> Postings | None:
        """Return the list of a form or value, or None if no document has it."""
        entry = self._entry(field, term)
        return self._list(entry) if entry else None

    def beginning(self, field: str, prefix: str) -> Iterator[Postings]:
        """Yield the list of every form or value that begins with `prefix`."""
        for _, entry in self._items_from(self._keycoder(field, prefix.encode())):
            yield self._list(entry)

    def word(self, field: str, stem: str) -> list[Postings]:
        """Return the lists of all words with this stem in a text field."""
        entries = [self._entry(field, form) for form in self._forms(stem)]
        return [self._list(entry) for entry in entries if entry]

    def places(self, field: str, stem: str) -> list[array[int]]:
        """Return all places of each word with this stem in a text field."""
        lists = []
        for form in self._forms(stem):
            if entry := self._entry(field, form):
                number, offset, length = _ENTRY.unpack(entry)
                before = number * (_DOC_BYTES + 1)
                lists.append(array("I", self._postfile.get(offset + before, length - before)))
        return lists

    def _forms(self, stem: str) -> list[str]:
        prefix = self._keycoder(STEMS, f"{stem}{_SEPARATOR}".encode())
        return [key[len(prefix) :].decode() for key, _ in self._items_from(prefix)]

    def _entry(self, field: str, term: str) -> bytes | None:
        entry: bytes | None = self._tindex.get(self._keycoder(field, term.encode()))
        return entry

    def _list(self, entry: bytes) -> Postings:
        number, offset, length = _ENTRY.unpack(entry)
        data = self._postfile.get(offset, min(length, number * (_DOC_BYTES + 1)))
        docs_end = number * _DOC_BYTES
        return Postings(array("I", data[:docs_end]), array("B", data[docs_end:]))

    def _items_from(self, prefix: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Yield (key, value) of all terms with this prefix; they are consecutive, and read at once.

        0xff is in no term, so nothing with the prefix comes after it.
        """
        index = self._tindex
        first, end = index.closest_key_pos(prefix), index.closest_key_pos(prefix + b"\xff")
        if first is None:
            return
        data = index.dbfile.get(first, (end or index.endofdata) - first)
        at = 0
        while at < len(data):
            key_length, value_length = _LENGTHS.unpack_from(data, at)
            at += _LENGTHS.size
            value_at = at + key_length
            yield data[at:value_at], data[value_at : value_at + value_length]
            at = value_at + value_length


class ListCodec(W3Codec):  # type: ignore[misc]
    """Makes Whoosh write and read this kind of list."""

    def field_writer(self, storage: Any, segment: Any) -> ListWriter:
        """Return the writer of a new segment's terms."""
        return ListWriter(self, storage, segment)

    def terms_reader(self, storage: Any, segment: Any) -> ListReader:
        """Return the reader of a segment's terms."""
        name = segment.make_filename(self.TERMS_EXT)
        terms = storage.open_file(name)
        lists = segment.open_file(storage, self.POSTS_EXT)
        return ListReader(self, terms, storage.file_length(name), lists)
