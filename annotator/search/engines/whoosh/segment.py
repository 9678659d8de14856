"""Segments of the index: written once, in one go, and read by any number of threads.

Joining segments is reading their records back and writing one segment of them: analysing a text
again costs less than moving its postings, and what has been deleted cannot come back.
"""

from __future__ import annotations

import os
import weakref
from array import array
from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any

from whoosh import fields
from whoosh.filedb.compound import CompoundStorage

from annotator.search.analysis import fold_field, pairs
from annotator.search.engines.whoosh.catalog import CatalogBuilder, read_catalog, write_catalog
from annotator.search.engines.whoosh.codec import ListCodec, Postings, impact, norm
from annotator.search.nodes import TEXT_FIELDS, VALUE_FIELDS
from annotator.search.paging import microseconds, moment
from annotator.search.record import Record

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from annotator.search.engines.whoosh.codec import ListWriter
    from annotator.search.engines.whoosh.folder import DurableStorage

INDEX_NAME = "MAIN"
CATALOG = ".cat"
STEMS = "stem"  # a field of entries without lists: a stem, SEPARATOR, a form that has this stem
SEPARATOR = "\0"  # in no term
CODEC = ListCodec()
SCHEMA = fields.Schema(
    **{name: fields.STORED() for name in Record.__slots__}
    | {field: fields.TEXT() for field in TEXT_FIELDS}
    | {field: fields.KEYWORD() for field in VALUE_FIELDS}
    | {STEMS: fields.ID()}
)


class _Field:
    """Gathers where each word stands in one text field."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._positions: defaultdict[str, array[int]] = defaultdict(lambda: array("I"))
        self._doc_at = array("I")
        self._lengths: list[int] = []

    def add(self, doc: int, words: list[tuple[str, str]]) -> int:
        """Take the words, as (term, form), of the next document; return their number."""
        positions, start = self._positions, len(self._doc_at)
        for position, (_, form) in enumerate(words, start):
            positions[form].append(position)
        self._doc_at.extend([doc] * (len(words) + 1))  # one place stays empty, see `catalog`
        self._lengths.append(len(words))
        return len(words)

    def write(self, writer: ListWriter) -> None:
        """Write every word with its list."""
        doc_at = self._doc_at.__getitem__
        norms = [norm(self._name, length) for length in self._lengths]
        for form in sorted(self._positions):
            positions = self._positions[form]
            counts = Counter(map(doc_at, positions))  # ascending, as the positions are
            impacts = [impact(self._name, count, norms[doc]) for doc, count in counts.items()]
            postings = Postings(array("I", counts), array("B", impacts), positions)
            writer.add_list(self._name, form, postings)


def write_segment(storage: DurableStorage, records: Iterable[Record]) -> Any:
    """Write the records as one new segment and return Whoosh's description of it.

    There must be at least one. Nothing refers to the segment until a table of contents does.
    """
    segment = CODEC.new_segment(storage, INDEX_NAME)
    stored = CODEC.per_document_writer(storage, segment)
    catalog, texts = CatalogBuilder(), {field: _Field(field) for field in TEXT_FIELDS}
    stems: set[tuple[str, str]] = set()
    values: dict[str, defaultdict[str, array[int]]] = {
        field: defaultdict(lambda: array("I")) for field in VALUE_FIELDS
    }
    doc = -1
    for doc, record in enumerate(records):
        words = {"text": pairs(record.body), "quote": pairs(record.quote)}
        stems.update(*words.values())
        lengths = {field: texts[field].add(doc, words[field]) for field in TEXT_FIELDS}
        for field, given in catalog.add(record, lengths).items():
            for value in given:
                values[field][fold_field(field, value)].append(doc)
        stored.start_doc(doc)
        for name in Record.__slots__:
            value = getattr(record, name)
            stored.add_field(name, None, microseconds(value) if name == "created" else value, 0)
        stored.finish_doc()
    stored.close()
    writer = CODEC.field_writer(storage, segment)
    for text in texts.values():
        text.write(writer)
    for name, lists in values.items():
        for value in sorted(lists):
            writer.add_list(name, value, Postings(lists[value], array("B"), array("I")))
    for entry in sorted(term + SEPARATOR + form for term, form in stems):
        writer.add_entry(STEMS, entry)
    writer.close()
    with segment.create_file(storage, CATALOG) as file:
        file.write(write_catalog(catalog.build()))
    segment.set_doc_count(doc + 1)
    segment.create_compound_file(storage)
    segment.checksum = storage.checksum(segment.make_filename(segment.COMPOUND_EXT))
    return segment


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

    def record(self, doc: int) -> Record:
        """Return one record; its time is in UTC."""
        stored: dict[str, Any] = self._stored.stored_fields(doc)
        return Record(**{**stored, "created": moment(stored["created"])})


def check_segment(storage: DurableStorage, whoosh_segment: Any) -> None:
    """Compare the file of a segment with its checksum. Raises ValueError where they differ."""
    name = whoosh_segment.make_filename(whoosh_segment.COMPOUND_EXT)
    if storage.checksum(name) != whoosh_segment.checksum:
        raise ValueError(f"{name} is not as it was written")
