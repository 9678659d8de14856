"""Which provisions of the new edition continue which of the old, and in what order they stand.

The pairs are given, by the alignment or by an editor; here it is only worked out what follows from
them. Provisions are named by their ordinals, their indexes in `Parsed.provisions`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from annotator.documents.align.similarity import heaviest_rising
from annotator.documents.parsed import Parsed

Pairs = Iterable[tuple[int, int]]


class Succession:
    """The heirs of each old provision, and whether it kept its place among its neighbours."""

    def __init__(self, old: Parsed, new: Parsed, pairs: Pairs) -> None:
        """Take two editions and the (old, new) ordinals that correspond. Raises IndexError."""
        self._old, self._new = old.provisions, new.provisions
        self._heirs: dict[int, list[int]] = {}
        for before, after in sorted(set(pairs)):
            if not (0 <= before < len(self._old) and 0 <= after < len(self._new)):
                raise IndexError(f"there are no provisions ({before}, {after}) to pair")
            self._heirs.setdefault(before, []).append(after)
        self._placed = self._in_place()

    def heirs(self, ordinal: int) -> list[int]:
        """Return the new provisions that continue an old one, in the order of the text."""
        return self._heirs.get(ordinal, [])

    def in_place(self, ordinal: int) -> bool:
        """Return whether an old provision still stands in its section, in order with the others."""
        return ordinal in self._placed

    def groups(self) -> list[tuple[list[int], list[int]]]:
        """Return the provisions that splits and merges tie together, each side in order."""
        owner: dict[int, int] = {}
        members: dict[int, tuple[list[int], list[int]]] = {}
        for before, afters in self._heirs.items():
            group: tuple[list[int], list[int]] = ([before], [])
            for key in {owner[after] for after in afters if after in owner}:
                olds, news = members.pop(key)
                group[0].extend(olds)
                group[1].extend(news)
            group[1].extend(after for after in afters if after not in owner)
            members[before] = group
            owner.update(dict.fromkeys(group[1], before))
        return [(sorted(olds), sorted(news)) for olds, news in members.values()]

    def remains(self, ordinal: int) -> int:
        """Return the new provision that stands nearest to where an old one, now gone, stood."""
        return next(self._around(ordinal), 0)

    def _around(self, ordinal: int) -> Iterator[int]:
        up: int | None = ordinal
        while up is not None:
            yield from self.heirs(up)
            up = self._old[up].parent
        for neighbour in (*range(ordinal - 1, -1, -1), *range(ordinal + 1, len(self._old))):
            for heir in self.heirs(neighbour):
                section = self._new[heir].section
                yield heir if section is None else section

    def _in_place(self) -> set[int]:
        siblings: dict[int | None, list[int]] = defaultdict(list)
        for before, afters in self._heirs.items():
            section = self._old[before].section
            if self._same_section(section, self._new[afters[0]].section):
                siblings[section].append(before)
        placed: set[int] = set()
        for ordinals in siblings.values():
            # What was merged has one heir; it is in order there if it was in order before.
            places = [self._heirs[at][0] * len(self._old) + at for at in ordinals]
            chain = heaviest_rising(places, [self._length(ordinal) for ordinal in ordinals])
            placed.update(ordinals[index] for index in chain)
        return placed

    def _length(self, ordinal: int) -> int:
        return max(1, self._old[ordinal].end - self._old[ordinal].start)

    def _same_section(self, before: int | None, after: int | None) -> bool:
        if before is None or after is None:
            return before is after
        return after in self.heirs(before)
