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
    from collections.abc import Iterable

    from annotator.search.engines.whoosh.codec import ListWriter
    from annotator.search.engines.whoosh.storage import DurableStorage

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


class _Inverter:
    """Gathers where each word stands in one text field."""

    def __init__(self) -> None:
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

    def write(self, writer: ListWriter, field: str) -> None:
        """Write every word with its list."""
        doc_at = self._doc_at.__getitem__
        norms = [norm(field, length) for length in self._lengths]
        for form in sorted(self._positions):
            positions = self._positions[form]
            counts = Counter(map(doc_at, positions))  # ascending, as the positions are
            impacts = [impact(field, count, norms[doc]) for doc, count in counts.items()]
            writer.add_list(
                field, form, Postings(array("I", counts), array("B", impacts), positions)
            )


def write_segment(storage: DurableStorage, records: Iterable[Record]) -> Any:
    """Write the records as one new segment and return Whoosh's description of it.

    There must be at least one. Nothing refers to the segment until a table of contents does.
    """
    segment = CODEC.new_segment(storage, INDEX_NAME)
    stored = CODEC.per_document_writer(storage, segment)
    texts: dict[str, _Inverter] = {field: _Inverter() for field in TEXT_FIELDS}
    values: dict[str, defaultdict[str, array[int]]] = {
        field: defaultdict(lambda: array("I")) for field in VALUE_FIELDS
    }
    stems: set[tuple[str, str]] = set()
    catalog = CatalogBuilder()
    count = 0
    for doc, record in enumerate(records):
        words = {"text": pairs(record.body), "quote": pairs(record.quote)}
        for field, found in words.items():
            texts[field].add(doc, found)
            stems.update(found)
        for field, given in catalog.add(record, {f: len(w) for f, w in words.items()}).items():
            for value in given:
                values[field][fold_field(field, value)].append(doc)
        _store(stored, doc, record, words)
        count = doc + 1
    stored.close()
    _write_terms(storage, segment, texts, values, stems)
    with segment.create_file(storage, CATALOG) as file:
        file.write(write_catalog(catalog.build()))
    segment.set_doc_count(count)
    segment.create_compound_file(storage)
    return segment


def _write_terms(
    storage: DurableStorage,
    segment: Any,
    texts: dict[str, _Inverter],
    values: dict[str, defaultdict[str, array[int]]],
    stems: set[tuple[str, str]],
) -> None:
    writer = CODEC.field_writer(storage, segment)
    for field, inverter in texts.items():
        inverter.write(writer, field)
    for field, lists in values.items():
        for value in sorted(lists):
            writer.add_list(field, value, Postings(lists[value], array("B"), array("I")))
    for entry in sorted(term + SEPARATOR + form for term, form in stems):
        writer.add_entry(STEMS, entry)
    writer.close()


def _store(stored: Any, doc: int, record: Record, words: dict[str, list[Any]]) -> None:
    """Keep the whole record, to show it and to write it into another segment."""
    stored.start_doc(doc)
    for field, found in words.items():
        stored.add_field(field, SCHEMA[field], None, len(found))  # lengths, for Whoosh's searcher
    for name in Record.__slots__:
        value = getattr(record, name)
        stored.add_field(name, None, microseconds(value) if name == "created" else value, 0)
    stored.finish_doc()


def read_record(stored: dict[str, Any]) -> Record:
    """Return the record that `write_segment` stored; its time is in UTC."""
    return Record(**{**stored, "created": moment(stored["created"])})
