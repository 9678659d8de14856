"""Write a segment of records, and read them back from it.

A new segment is made in memory and written in one go. Joining segments is reading their records
back and writing one segment of them: analysing a text again costs less than moving its postings,
and what has been deleted cannot come back.
"""

from __future__ import annotations

from array import array
from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any

from whoosh import fields

from annotator.search.analysis import fold_field, pairs
from annotator.search.engines.whoosh.catalog import CatalogBuilder, write_catalog
from annotator.search.engines.whoosh.codec import ListCodec, Postings
from annotator.search.engines.whoosh.scoring import impact, norm
from annotator.search.nodes import TEXT_FIELDS, VALUE_FIELDS
from annotator.search.paging import microseconds, moment
from annotator.search.record import Record

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from annotator.search.engines.whoosh.codec import ListWriter
    from annotator.search.engines.whoosh.storage import DurableStorage
    from annotator.search.nodes import TextField

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

    def add(self, doc: int, words: list[tuple[str, str]]) -> None:
        """Take the words, as (term, form), of the next document."""
        positions, start = self._positions, len(self._doc_at)
        for position, (_, form) in enumerate(words, start):
            positions[form].append(position)
        self._doc_at.extend([doc] * (len(words) + 1))  # one place stays empty, see `catalog`
        self._lengths.append(len(words))

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


class _Terms:
    """Gathers everything that can be looked up in a segment."""

    def __init__(self) -> None:
        self._texts = {field: _Field(field) for field in TEXT_FIELDS}
        self._values: dict[str, defaultdict[str, array[int]]] = {
            field: defaultdict(lambda: array("I")) for field in VALUE_FIELDS
        }
        self._stems: set[tuple[str, str]] = set()

    def add_words(self, doc: int, words: dict[TextField, list[tuple[str, str]]]) -> None:
        """Take the words of the next document, by field."""
        for field, found in words.items():
            self._texts[field].add(doc, found)
            self._stems.update(found)

    def add_values(self, doc: int, values: dict[str, tuple[str, ...]]) -> None:
        """Take the values of the next document, by field."""
        for field, given in values.items():
            for value in given:
                self._values[field][fold_field(field, value)].append(doc)

    def write(self, writer: ListWriter) -> None:
        """Write all terms: words, values, and which words have which stem."""
        for field in self._texts.values():
            field.write(writer)
        for name, lists in self._values.items():
            for value in sorted(lists):
                writer.add_list(name, value, Postings(lists[value], array("B"), array("I")))
        for entry in sorted(term + SEPARATOR + form for term, form in self._stems):
            writer.add_entry(STEMS, entry)
        writer.close()


def write_segment(storage: DurableStorage, records: Iterable[Record]) -> Any:
    """Write the records as one new segment and return Whoosh's description of it.

    There must be at least one. Nothing refers to the segment until a table of contents does.
    """
    segment = CODEC.new_segment(storage, INDEX_NAME)
    stored = CODEC.per_document_writer(storage, segment)
    terms, catalog = _Terms(), CatalogBuilder()
    doc = -1
    for doc, record in enumerate(records):
        words: dict[TextField, list[tuple[str, str]]] = {
            "text": pairs(record.body),
            "quote": pairs(record.quote),
        }
        lengths = {field: len(found) for field, found in words.items()}
        terms.add_words(doc, words)
        terms.add_values(doc, catalog.add(record, lengths))
        _store(stored, doc, record, lengths)
    stored.close()
    terms.write(CODEC.field_writer(storage, segment))
    with segment.create_file(storage, CATALOG) as file:
        file.write(write_catalog(catalog.build()))
    segment.set_doc_count(doc + 1)
    segment.create_compound_file(storage)
    segment.checksum = storage.checksum(segment.make_filename(segment.COMPOUND_EXT))
    return segment


def _store(stored: Any, doc: int, record: Record, lengths: Mapping[TextField, int]) -> None:
    """Keep the whole record, to show it and to write it into another segment."""
    stored.start_doc(doc)
    for field, length in lengths.items():
        stored.add_field(field, SCHEMA[field], None, length)  # for Whoosh's own searcher
    for name in Record.__slots__:
        value = getattr(record, name)
        stored.add_field(name, None, microseconds(value) if name == "created" else value, 0)
    stored.finish_doc()


def read_record(stored: dict[str, Any]) -> Record:
    """Return the record that `write_segment` stored; its time is in UTC."""
    return Record(**{**stored, "created": moment(stored["created"])})
