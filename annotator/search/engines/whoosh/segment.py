"""One segment of the index, opened for reading by any number of threads."""

from __future__ import annotations

import os
import weakref
from typing import TYPE_CHECKING, Any

from whoosh.filedb.compound import CompoundStorage

from annotator.search.engines.whoosh.build import CATALOG, CODEC, SEPARATOR, STEMS, read_record
from annotator.search.engines.whoosh.catalog import read_catalog

if TYPE_CHECKING:
    from array import array
    from collections.abc import Iterator

    from annotator.search.engines.whoosh.codec import Postings
    from annotator.search.engines.whoosh.storage import DurableStorage
    from annotator.search.record import Record


class Segment:
    """The words, catalog and records of one segment; what was deleted since is not known here."""

    def __init__(self, storage: DurableStorage, whoosh_segment: Any) -> None:
        """Open it. Raises ValueError where the file is not as it was written."""
        check_segment(storage, whoosh_segment)
        file = storage.open_file(whoosh_segment.make_filename(whoosh_segment.COMPOUND_EXT))
        self.written = os.fstat(file.raw_file().fileno()).st_mtime  # seconds since the epoch
        weakref.finalize(self, file.raw_file().close)  # threads may still read: no `close` here
        files = CompoundStorage(file, use_mmap=False)
        name = whoosh_segment.make_filename(CATALOG)
        self.id: str = whoosh_segment.segment_id()
        self.catalog = read_catalog(files.open_file(name).get(0, files.file_length(name)))
        self._terms = CODEC.terms_reader(files, whoosh_segment)
        self._stored = CODEC.per_document_reader(files, whoosh_segment)

    def word(self, field: str, term: str) -> list[Postings]:
        """Return the lists of all words with this stem in a text field, without positions."""
        lists = (self._terms.read(field, form) for form in self._forms(term))
        return [found for found in lists if found is not None]

    def positions(self, field: str, term: str) -> list[array[int]]:
        """Return the positions of each word with this stem in a text field."""
        return [self._terms.positions(field, form) for form in self._forms(term)]

    def value(self, field: str, value: str) -> Postings | None:
        """Return the list of a folded value."""
        return self._terms.read(field, value)

    def beginning(self, field: str, start: str) -> Iterator[Postings]:
        """Yield the list of every folded form or value that begins so, without positions."""
        return self._terms.read_from(field, start)

    def _forms(self, term: str) -> list[str]:
        return self._terms.entries_from(STEMS, term + SEPARATOR)

    def stored(self, doc: int) -> dict[str, Any]:
        """Return a record's fields as they were stored."""
        fields: dict[str, Any] = self._stored.stored_fields(doc)
        return fields

    def record(self, doc: int) -> Record:
        """Return one record."""
        return read_record(self.stored(doc))


def check_segment(storage: DurableStorage, whoosh_segment: Any) -> None:
    """Compare the file of a segment with its checksum. Raises ValueError where they differ."""
    expected = getattr(whoosh_segment, "checksum", None)  # older indexes have none
    name = whoosh_segment.make_filename(whoosh_segment.COMPOUND_EXT)
    if expected is not None and storage.checksum(name) != expected:
        raise ValueError(f"{name} is not as it was written")
