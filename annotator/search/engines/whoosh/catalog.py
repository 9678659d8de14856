"""What a search needs of every document in a segment, as arrays that stay in memory.

A segment never changes, so its catalog is read once in each process. Positions in a text field are
counted through the whole segment: the first word of document d stands at `bases[d]`, and one
position between documents stays empty, so that no phrase begins in one and ends in the next.
"""

from __future__ import annotations

import pickle
from array import array
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cached_property
from operator import itemgetter
from typing import TYPE_CHECKING, TypeAlias

from annotator.search.nodes import TEXT_FIELDS, VALUE_FIELDS
from annotator.search.paging import microseconds
from annotator.search.record import field_values

if TYPE_CHECKING:
    from annotator.search.nodes import TextField
    from annotator.search.record import Record

Layer: TypeAlias = "array[int] | dict[int, int]"
Pick: TypeAlias = Callable[["array[int]"], Iterable[int]]

_NONE = 0  # the number of no value
_FEW = 8  # one in so many documents; then a dict is smaller, and sooner gone through
Counts: TypeAlias = "dict[str, Counter[str]]"  # of values, by field


@dataclass(frozen=True, slots=True)
class FieldValues:
    """Which documents have which values: numbers in `layers` point into `names`.

    If every document has one value, and the same, there are no layers, and `names` has it alone.
    """

    names: list[str]
    layers: list[Layer]

    def count(self, docs: AbstractSet[int], pick: Pick) -> Counter[str]:
        """Return how many of `docs` have each value; `pick` takes theirs out of an array."""
        if not self.layers:
            return Counter({name: len(docs) for name in self.names if docs})
        numbers: Counter[int] = Counter()
        for layer in self.layers:
            if isinstance(layer, dict):
                numbers.update([number for doc, number in layer.items() if doc in docs])
            else:
                numbers.update(pick(layer))
        numbers.pop(_NONE, None)
        return Counter({self.names[number]: count for number, count in numbers.items()})


def picker(docs: AbstractSet[int]) -> Pick:
    """Return what takes the numbers of `docs` out of an array; in half the time of a loop."""
    if len(docs) < 2:
        return lambda numbers: [numbers[doc] for doc in docs]
    return itemgetter(*docs)


def lay_out(values: Iterable[tuple[str, ...]]) -> FieldValues:
    """Return the values of all documents, given in the order of the documents' numbers."""
    given = list(values)
    if len(set(given)) == 1 and len(given[0]) < 2:
        return FieldValues(list(given[0]), [])
    numbers: dict[str, int] = {"": _NONE}
    for each in given:
        for value in each:
            numbers.setdefault(value, len(numbers))
    depth = max(map(len, given), default=0)
    return FieldValues(list(numbers), [_layer(given, level, numbers) for level in range(depth)])


def _layer(given: list[tuple[str, ...]], level: int, numbers: Mapping[str, int]) -> Layer:
    having = {doc: numbers[v[level]] for doc, v in enumerate(given) if len(v) > level}
    if len(having) * _FEW < len(given):
        return having
    every = (having.get(doc, _NONE) for doc in range(len(given)))
    return array("H" if len(numbers) < 65_536 else "I", every)


@dataclass(frozen=True)
class Catalog:
    """All documents of one segment, by their numbers in it.

    created: microseconds since 1970. bases: for `text` and `quote`, one more than there are
    documents. newest, in_place: the documents in the order of either sort.
    """

    keys: list[str]
    revisions: list[str]
    documents: list[str]
    created: array[int]
    starts: array[int]
    bases: dict[str, array[int]]
    values: dict[str, FieldValues]
    newest: array[int]
    in_place: array[int]

    @property
    def size(self) -> int:
        """How many documents there are, with those deleted since."""
        return len(self.keys)

    @cached_property
    def number_of(self) -> dict[str, int]:
        """The number of each document by its key; only writing asks for it."""
        return {key: number for number, key in enumerate(self.keys)}

    def length(self, field: str, doc: int) -> int:
        """Return how many words a document has in a text field."""
        bases = self.bases[field]
        return bases[doc + 1] - bases[doc] - 1

    def doc_at(self, field: str, position: int) -> int:
        """Return the document that has this position."""
        return bisect_right(self.bases[field], position) - 1

    def created_within(self, since: int | None, until: int | None) -> set[int]:
        """Return the documents made from `since` on and before `until`, in microseconds."""
        first = 0 if until is None else self._older_than(until)
        last = self.size if since is None else self._older_than(since)
        return set(self.newest[first:last])

    def _older_than(self, moment: int) -> int:
        """Return where in `newest` the documents made before `moment` begin."""
        return bisect_right(self.newest, -moment, key=lambda doc: -self.created[doc])

    def count_values(self, fields: Iterable[str], docs: AbstractSet[int]) -> Counts:
        """Return how many of `docs` have each value of each field.

        Of most documents it is those left out that are counted, and taken from the counts of all.
        """
        if 2 * len(docs) <= self.size:
            return self._count(fields, docs)
        others = self._count(fields, self.everything - docs)
        counts = {field: self._counts_of_all[field].copy() for field in fields}
        for field, count in counts.items():
            count.subtract(others[field])
        return {field: +count for field, count in counts.items()}

    @cached_property
    def everything(self) -> frozenset[int]:
        """All documents."""
        return frozenset(range(self.size))

    @cached_property
    def _counts_of_all(self) -> Counts:
        return self._count(self.values, self.everything)

    def _count(self, fields: Iterable[str], docs: AbstractSet[int]) -> Counts:
        pick = picker(docs)
        return {field: self.values[field].count(docs, pick) for field in fields}


class CatalogBuilder:
    """Takes records in the order of their numbers and makes their catalog."""

    def __init__(self) -> None:
        self._records: list[tuple[str, str, str, int, int]] = []
        self._bases: dict[str, array[int]] = {field: array("I", [0]) for field in TEXT_FIELDS}
        self._values: dict[str, list[tuple[str, ...]]] = {field: [] for field in VALUE_FIELDS}

    def add(self, record: Record, lengths: Mapping[TextField, int]) -> dict[str, tuple[str, ...]]:
        """Take one record with the number of words in each text field; return its values."""
        created = microseconds(record.created)
        self._records.append((record.key, record.revision, record.document, created, record.start))
        for field, length in lengths.items():
            self._bases[field].append(self._bases[field][-1] + length + 1)
        values = field_values(record)
        for name, given in values.items():
            self._values[name].append(given)
        return values

    def build(self) -> Catalog:
        """Return the catalog of all that were added; there is at least one."""
        keys, revisions, documents, created, starts = zip(*self._records, strict=True)
        numbers = range(len(keys))
        return Catalog(
            keys=list(keys),
            revisions=list(revisions),
            documents=list(documents),
            created=array("q", created),
            starts=array("q", starts),
            bases=self._bases,
            values={field: lay_out(given) for field, given in self._values.items()},
            newest=array("I", sorted(numbers, key=lambda n: (-created[n], keys[n]))),
            in_place=array("I", sorted(numbers, key=lambda n: (documents[n], starts[n], keys[n]))),
        )


def write_catalog(catalog: Catalog) -> bytes:
    """Return the catalog's bytes."""
    return pickle.dumps(catalog, protocol=5)


def read_catalog(data: bytes) -> Catalog:
    """Return the catalog that `write_catalog` wrote; the index's folder is ours alone."""
    catalog = pickle.loads(data)  # noqa: S301 # Whoosh's own files are pickles too
    if not isinstance(catalog, Catalog):
        raise TypeError("not a catalog")
    return catalog
