"""The data of every document in a segment that searches need, as arrays that stay in memory.

A segment never changes, so its catalog is read once in each process. Positions in a text field are
counted through the whole segment: the first word of document d is at `bases[d]`, and one position
between documents stays empty, so that no phrase begins in one and ends in the next.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, chain
from operator import itemgetter
from typing import TypeAlias

from annotator.search.paging import microseconds
from annotator.search.record import Record

Layer: TypeAlias = "array[int] | dict[int, int]"
Pick: TypeAlias = Callable[["array[int]"], Iterable[int]]

_NONE = 0  # the number of no value
_FEW = 8  # one in so many documents; then a dict is smaller, and sooner gone through
Counts: TypeAlias = "dict[str, Counter[str]]"  # of values, by field


@dataclass(frozen=True, slots=True)
class FieldValues:
    """The values of all documents: numbers in `layers` are indexes in `names`.

    If every document has one value, and the same, there are no layers, and `names` has only that
    value.
    """

    names: list[str]
    layers: list[Layer]

    def count(self, docs: AbstractSet[int], pick: Pick) -> Counter[str]:
        """Count how many of `docs` have each value; `pick` selects theirs from an array."""
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
        """The number of documents, including those deleted since."""
        return len(self.keys)

    @cached_property
    def oldest(self) -> array[int]:
        """The documents in the order of that sort."""
        numbers = range(self.size)
        return array("I", sorted(numbers, key=lambda n: (self.created[n], self.keys[n])))

    @cached_property
    def number_of(self) -> dict[str, int]:
        """The number of each document by its key; only needed for writing."""
        return {key: number for number, key in enumerate(self.keys)}

    def length(self, field: str, doc: int) -> int:
        """Count the words of a document in a text field."""
        bases = self.bases[field]
        return bases[doc + 1] - bases[doc] - 1

    def doc_at(self, field: str, position: int) -> int:
        """Return the document that has this position."""
        return bisect_right(self.bases[field], position) - 1

    def created_within(self, since: int | None, until: int | None) -> set[int]:
        """Return the documents created from `since` on and before `until`, in microseconds."""
        first = 0 if until is None else self._older_than(until)
        last = self.size if since is None else self._older_than(since)
        return set(self.newest[first:last])

    def _older_than(self, moment: int) -> int:
        """Return the index in `newest` of the first document created before `moment`."""
        return bisect_right(self.newest, -moment, key=lambda doc: -self.created[doc])

    def count_values(self, fields: Iterable[str], docs: AbstractSet[int]) -> Counts:
        """Count how many of `docs` have each value of each field.

        If `docs` are most documents, the others are counted and subtracted from the counts of all.
        """
        if 2 * len(docs) <= self.size:
            return self._count(fields, docs)
        rest = self._count(fields, self.everything - docs)
        counts = {field: self._counts_of_all[field].copy() for field in fields}
        for field, count in counts.items():
            count.subtract(rest[field])
        return {field: +count for field, count in counts.items()}

    @cached_property
    def everything(self) -> frozenset[int]:
        """The numbers of all documents."""
        return frozenset(range(self.size))

    @cached_property
    def _counts_of_all(self) -> Counts:
        return self._count(self.values, self.everything)

    def _count(self, fields: Iterable[str], docs: AbstractSet[int]) -> Counts:
        pick: Pick = lambda numbers: [numbers[doc] for doc in docs]  # noqa: E731
        if len(docs) > 1:
            pick = itemgetter(*docs)  # half the time of a loop
        return {field: self.values[field].count(docs, pick) for field in fields}


def make_catalog(
    records: Sequence[Record],
    lengths: Mapping[str, Iterable[int]],
    values: Mapping[str, Sequence[tuple[str, ...]]],
) -> Catalog:
    """Return the catalog of records in the order of their numbers; there is at least one.

    lengths: the number of words of each in a text field. values: those of each in a value field.
    """
    keys = [record.key for record in records]
    documents = [record.document for record in records]
    created = array("q", (microseconds(record.created) for record in records))
    starts = array("q", (record.start for record in records))
    numbers = range(len(records))
    return Catalog(
        keys=keys,
        revisions=[record.revision for record in records],
        documents=documents,
        created=created,
        starts=starts,
        bases={
            field: array("I", accumulate((length + 1 for length in each), initial=0))
            for field, each in lengths.items()
        },
        values={field: _lay_out(each) for field, each in values.items()},
        newest=array("I", sorted(numbers, key=lambda n: (-created[n], keys[n]))),
        in_place=array("I", sorted(numbers, key=lambda n: (documents[n], starts[n], keys[n]))),
    )


def _lay_out(rows: Sequence[tuple[str, ...]]) -> FieldValues:
    if len(set(rows)) == 1 and len(rows[0]) < 2:
        return FieldValues(list(rows[0]), [])
    numbers: dict[str, int] = {"": _NONE}
    for value in chain.from_iterable(rows):
        numbers.setdefault(value, len(numbers))
    layers: list[Layer] = []
    for level in range(max(map(len, rows))):
        having = {doc: numbers[v[level]] for doc, v in enumerate(rows) if len(v) > level}
        if len(having) * _FEW < len(rows):
            layers.append(having)
        else:
            every = (having.get(doc, _NONE) for doc in range(len(rows)))
            layers.append(array("H" if len(numbers) < 65_536 else "I", every))
    return FieldValues(list(numbers), layers)
