"""Segments of the index: written once, and read by any number of threads.

To join segments, their records are read and written as one segment: analysing a text again costs
less than moving its postings, and deleted records cannot come back.
"""

from __future__ import annotations

import os
import pickle
import weakref
from array import array
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from whoosh import fields
from whoosh.filedb.compound import CompoundStorage

from annotator.search.analysis import fold_field, pairs
from annotator.search.engines.pages import norm
from annotator.search.engines.whoosh.catalog import Catalog, make_catalog
from annotator.search.engines.whoosh.codec import STEMS, ListCodec, ListReader, ListWriter, impact
from annotator.search.nodes import TEXT_FIELDS, VALUE_FIELDS
from annotator.search.paging import microseconds, moment
from annotator.search.record import Record, field_values

if TYPE_CHECKING:  # it imports this module
    from annotator.search.engines.whoosh.folder import DurableStorage

INDEX_NAME = "MAIN"
CATALOG = ".cat"
CODEC = ListCodec()
SCHEMA = fields.Schema(
    **{name: fields.STORED() for name in Record.__slots__}
    | {field: fields.TEXT() for field in TEXT_FIELDS}
    | {field: fields.KEYWORD() for field in VALUE_FIELDS}
    | {STEMS: fields.ID()}
)


class _Field:
    """Collects the positions of each word of one text field."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.lengths: list[int] = []
        self._places: defaultdict[str, array[int]] = defaultdict(lambda: array("I"))
        self._doc_at = array("I")

    def add(self, words: list[tuple[str, str]]) -> None:
        for place, (_, form) in enumerate(words, len(self._doc_at)):
            self._places[form].append(place)
        self._doc_at.extend([len(self.lengths)] * (len(words) + 1))  # one stays empty: `catalog`
        self.lengths.append(len(words))

    def write(self, writer: ListWriter) -> None:
        doc_at = self._doc_at.__getitem__
        norms = [norm(self.name, length) for length in self.lengths]
        for form in sorted(self._places):
            places = self._places[form]
            counts = Counter(map(doc_at, places))  # ascending, as the places are
            impacts = [impact(self.name, count, norms[doc]) for doc, count in counts.items()]
            writer.add(self.name, form, array("I", counts), array("B", impacts), places)


def write_segment(storage: DurableStorage, records: Sequence[Record]) -> Any:
    """Write the records, at least one, as a new segment and return Whoosh's description of it.

    The segment is unused until a table of contents refers to it.
    """
    segment = CODEC.new_segment(storage, INDEX_NAME)
    stored = CODEC.per_document_writer(storage, segment)
    texts: dict[str, _Field] = {field: _Field(field) for field in TEXT_FIELDS}
    values: dict[str, list[tuple[str, ...]]] = {field: [] for field in VALUE_FIELDS}
    stems: set[tuple[str, str]] = set()
    for doc, record in enumerate(records):
        for field, words in {"text": pairs(record.body), "quote": pairs(record.quote)}.items():
            texts[field].add(words)
            stems.update(words)
        for field, entries in field_values(record).items():
            values[field].append(entries)
        stored.start_doc(doc)
        for name in Record.__slots__:
            value = getattr(record, name)
            stored.add_field(name, None, microseconds(value) if name == "created" else value, 0)
        stored.finish_doc()
    stored.close()
    writer = CODEC.field_writer(storage, segment)
    for text in texts.values():
        text.write(writer)
    for field, each in values.items():
        lists: defaultdict[str, array[int]] = defaultdict(lambda: array("I"))
        for doc, entries in enumerate(each):
            for value in entries:
                lists[fold_field(field, value)].append(doc)
        for value in sorted(lists):
            writer.add(field, value, lists[value])
    for stem, form in sorted(stems):
        writer.add_stem(stem, form)
    writer.close()
    lengths = {field: text.lengths for field, text in texts.items()}
    with segment.create_file(storage, CATALOG) as file:
        file.write(pickle.dumps(make_catalog(records, lengths, values), protocol=5))
    segment.set_doc_count(len(records))
    segment.create_compound_file(storage)
    segment.checksum = storage.checksum(segment.make_filename(segment.COMPOUND_EXT))
    return segment


class Segment:
    """The words, catalog and records of one segment, without later deletions."""

    def __init__(self, storage: DurableStorage, whoosh_segment: Any) -> None:
        """Open it. Raises ValueError if the file is damaged."""
        check_segment(storage, whoosh_segment)
        file = storage.open_file(whoosh_segment.make_filename(whoosh_segment.COMPOUND_EXT))
        self.written = os.fstat(file.raw_file().fileno()).st_mtime  # seconds since the epoch
        weakref.finalize(self, file.raw_file().close)  # threads may still read: no `close` here
        files = CompoundStorage(file, use_mmap=False)
        name = whoosh_segment.make_filename(CATALOG)
        self.id: str = whoosh_segment.segment_id()
        # The folder is ours alone, and Whoosh's own files are pickles too.
        data = files.open_file(name).get(0, files.file_length(name))
        self.catalog: Catalog = pickle.loads(data)  # noqa: S301
        self.lists: ListReader = CODEC.terms_reader(files, whoosh_segment)
        self._stored = CODEC.per_document_reader(files, whoosh_segment)

    def record(self, doc: int) -> Record:
        """Return one record; its time is in UTC."""
        stored: dict[str, Any] = self._stored.stored_fields(doc)
        return Record(**{**stored, "created": moment(stored["created"])})


def check_segment(storage: DurableStorage, whoosh_segment: Any) -> None:
    """Compare the file of a segment with its checksum. Raises ValueError if they differ."""
    name = whoosh_segment.make_filename(whoosh_segment.COMPOUND_EXT)
    if storage.checksum(name) != whoosh_segment.checksum:
        raise ValueError(f"{name} has changed since it was written")
