"""An engine without an index, which looks at every record for every query: the tests' oracle.

It is meant to be seen to be right: a record matches a node or not, and no two records share
anything. It is lost with the process, and slow above some thousand records.
"""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from annotator.search.analysis import fold_field, pairs
from annotator.search.engine import (
    FACETS,
    Engine,
    Hit,
    HitPage,
    apply_each,
    log_refused,
    most_frequent,
)
from annotator.search.nodes import (
    TEXT_FIELDS,
    And,
    Created,
    Everything,
    Node,
    Not,
    Or,
    Prefix,
    Value,
    WordsNode,
    sought,
)
from annotator.search.paging import microseconds, place, read_page, read_weights, write_cursor
from annotator.search.record import Record, field_values
from annotator.search.snippets import Highlighter

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

    from annotator.search.engine import Sort
    from annotator.search.nodes import Query
    from annotator.search.paging import Place
    from annotator.search.record import Change


@dataclass(frozen=True)
class _Held:
    """A record, analysed once."""

    record: Record
    words: dict[str, list[tuple[str, str]]]
    values: dict[str, tuple[str, ...]]


class MemoryEngine(Engine):
    """Fulfils `annotator.search.engine.Engine` in the memory of one process."""

    shared = True  # it compares versions as an engine of several hosts must

    def __init__(self) -> None:
        self._held: dict[str, _Held] = {}
        self._versions: dict[str, int] = {}  # of deleted records too
        self._floor = 0  # the version of the last rebuild
        self._changing = threading.Lock()

    def apply(self, changes: Iterable[Change]) -> Mapping[str, str]:
        """Take in the changes at once; see the protocol."""
        with self._changing:
            held, versions = dict(self._held), dict(self._versions)

            def commit(some: Sequence[Change]) -> None:
                made = [(each, _hold(each) if isinstance(each, Record) else None) for each in some]
                for change, new in made:
                    if change.version < versions.get(change.key, self._floor):
                        continue
                    versions[change.key] = change.version
                    held.pop(change.key, None)
                    if new is not None:
                        held[change.key] = new

            refused = apply_each(commit, [*changes])
            self._held, self._versions = held, versions
        return refused

    def search(
        self,
        query: Query,
        *,
        sort: Sort = "relevance",
        after: str | None = None,
        limit: int = 20,
        facets: bool = True,
        snippets: bool = True,
    ) -> HitPage:
        """Return one page of hits; see the protocol."""
        behind, state = read_page(sort, after, limit)
        read_weights(state, 0)  # no score depends on other records
        root = query.root
        found = [held for held in self._held.values() if _matches(held, root)]
        leaves = sought(root) if sort == "relevance" else ()
        ranked = sorted((_place(held, sort, leaves), held.record.key) for held in found)
        rest = [each for each in ranked if behind is None or each[0] > behind]
        highlighter = Highlighter(root)
        hits = []
        for _, key in rest[:limit]:
            held = self._held[key]
            snippet = highlighter.snippet(held.record.body, held.record.quote) if snippets else ()
            hits.append(Hit(key, _score(held, leaves), snippet))
        return HitPage(
            hits=tuple(hits),
            total=len(found),
            facets={f: most_frequent(f, _count(f, found)) for f in FACETS} if facets else {},
            next=write_cursor(sort, rest[limit - 1][0]) if len(rest) > limit else None,
        )

    def keys(self, query: Query) -> Iterator[str]:
        """Yield the keys of all hits; see the protocol."""
        yield from sorted(key for key, held in self._held.items() if _matches(held, query.root))

    def revisions(self) -> Iterator[tuple[str, str]]:
        """Yield every record's key and revision; see the protocol."""
        yield from sorted((key, held.record.revision) for key, held in self._held.items())

    def ready(self) -> bool:
        """Return True: nothing of it can be damaged."""
        return True

    def count(self) -> int:
        """Return how many records are held; see the protocol."""
        return len(self._held)

    def rebuild(self, records: Iterable[Record], version: Callable[[], int] = int) -> int:
        """Hold these records and no others; see the protocol."""
        with self._changing:
            made: dict[str, _Held] = {}
            refused = apply_each(
                lambda some: made.update({each.key: _hold(each) for each in some}), [*records]
            )
            log_refused(refused)
            self._held, self._versions, self._floor = made, {}, version()
        return len(made)


def _hold(record: Record) -> _Held:
    values = {
        field: tuple(fold_field(field, value) for value in given)
        for field, given in field_values(record).items()
    }
    return _Held(record, {"text": pairs(record.body), "quote": pairs(record.quote)}, values)


def _matches(held: _Held, node: Node) -> bool:
    match node:
        case WordsNode() | Prefix():
            return any(_times(held, field, node) for field in TEXT_FIELDS)
        case Value(field, value, is_prefix):
            return any(v.startswith(value) if is_prefix else v == value for v in held.values[field])
        case Created(since, until):
            created = held.record.created
            return (since is None or created >= since) and (until is None or created < until)
        case And(parts):
            return all(_matches(held, part) for part in parts)
        case Or(parts):
            return any(_matches(held, part) for part in parts)
        case Not(part):
            return not _matches(held, part)
        case Everything():
            return True


def _times(held: _Held, field: str, leaf: WordsNode | Prefix) -> int:
    """Return how often the words of a leaf stand in one text field."""
    if leaf.field not in (None, field):
        return 0
    words = held.words[field]
    if isinstance(leaf, Prefix):
        return sum(form.startswith(leaf.start) for _, form in words)
    terms = [term for term, _ in words]
    size = len(leaf.terms)
    return sum(tuple(terms[i : i + size]) == leaf.terms for i in range(len(terms) - size + 1))


def _score(held: _Held, leaves: Collection[WordsNode | Prefix]) -> float:
    """Return how often all words stand in the record, those of its quote counting half."""
    return sum(_times(held, "text", leaf) + _times(held, "quote", leaf) / 2 for leaf in leaves)


def _place(held: _Held, sort: Sort, leaves: Collection[WordsNode | Prefix]) -> Place:
    record = held.record
    return place(
        sort,
        score=_score(held, leaves),
        created=microseconds(record.created),
        document=record.document,
        start=record.start,
        key=record.key,
    )


def _count(field: str, found: Iterable[_Held]) -> Counter[str]:
    return Counter(value for held in found for value in field_values(held.record)[field])
