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
from dataclasses import dataclass
from functools import cached_property
from operator import itemgetter
from typing import TYPE_CHECKING, NamedTuple

from annotator.search.nodes import VALUE_FIELDS
from annotator.search.paging import microseconds
from annotator.search.record import field_values

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from annotator.search.record import Record


class Ordinals(NamedTuple):
    """One field's values: each document's number points into the list of all combinations."""

    combinations: list[tuple[str, ...]]
    numbers: array[int]


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
    values: dict[str, Ordinals]
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

    def words(self, field: str) -> int:
        """Return how many words all documents together have in a text field."""
        return self.bases[field][-1] - self.size

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

    def count_values(self, field: str, docs: Sequence[int]) -> Counter[str]:
        """Return how many of `docs` have each value of a field."""
        combinations, numbers = self.values[field]
        counts: Counter[str] = Counter()
        for number, count in Counter(_pick(numbers, docs)).items():
            for value in combinations[number]:
                counts[value] += count
        return counts


def _pick(numbers: array[int], docs: Sequence[int]) -> Iterable[int]:
    """Return the numbers at `docs`; itemgetter takes half the time of a loop."""
    if len(docs) < 2:
        return [numbers[doc] for doc in docs]
    picked: tuple[int, ...] = itemgetter(*docs)(numbers)
    return picked


class CatalogBuilder:
    """Takes records in the order of their numbers and makes their catalog."""

    def __init__(self) -> None:
        self._records: list[tuple[str, str, str, int, int]] = []
        self._bases = {"text": array("I", [0]), "quote": array("I", [0])}
        self._values: dict[str, dict[tuple[str, ...], int]] = {f: {} for f in VALUE_FIELDS}
        self._numbers: dict[str, array[int]] = {f: array("I") for f in VALUE_FIELDS}

    def add(self, record: Record, lengths: dict[str, int]) -> dict[str, tuple[str, ...]]:
        """Take one record with the number of words in each text field; return its values."""
        created = microseconds(record.created)
        self._records.append((record.key, record.revision, record.document, created, record.start))
        for field, length in lengths.items():
            self._bases[field].append(self._bases[field][-1] + length + 1)
        values = field_values(record)
        for field, combination in values.items():
            known = self._values[field]
            self._numbers[field].append(known.setdefault(combination, len(known)))
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
            values={
                field: Ordinals(list(known), self._numbers[field])
                for field, known in self._values.items()
            },
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
