"""Which section of the new edition continues which of the old.

A section is known by the anchor its source gives it, by its heading, and by what stands in it; so
one that was renamed, rewritten or moved is still itself, but not one that was all three.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import product

from rapidfuzz.distance import Indel

from annotator.documents.align.features import Side
from annotator.documents.align.similarity import Phrase

# Half of the words of both in common: the same section, whatever its heading.
SAME_CONTENTS = 0.5
# With a heading that is alike, or with the same heading, less will do.
SOME_CONTENTS = 0.2
FEW_CONTENTS = 0.05
HEADING_ALIKE = 0.6
# A phrase that stands in more sections than this tells none of them from the others.
MOST_SECTIONS = 30

Pair = tuple[int, int]


@dataclass(frozen=True, slots=True)
class _Evidence:
    """What speaks for a pair of sections; `contents` and `heading` go from 0 to 1."""

    anchor: bool
    heading: float
    contents: float
    above: bool
    only: bool

    def suffices(self) -> bool:
        if self.anchor or self.contents >= SAME_CONTENTS:
            return True
        if self.heading == 1.0:
            return self.only or self.above or self.contents >= FEW_CONTENTS
        return self.heading >= HEADING_ALIKE and (self.contents >= SOME_CONTENTS)

    def weight(self) -> float:
        return 2 * self.anchor + (self.heading == 1.0) + self.heading / 2 + self.contents + (
            self.above / 4
        )  # fmt: skip


def pair_sections(old: Side, new: Side) -> dict[int, int]:
    """Return the new section that continues each old one, by ordinal, where there is one."""
    pairing = _Pairing(old, new)
    # What stands below a renamed section is known by it only when that one has been recognised.
    while pairing.advance():
        pass
    return pairing.pairs


class _Pairing:
    def __init__(self, old: Side, new: Side) -> None:
        self._old, self._new = old, new
        self.pairs: dict[int, int] = {}
        self._taken: set[int] = set()
        self._contents = _contents_in_common(old, new)
        self._times = [Counter(map(side.title, side.sections)) for side in (old, new)]
        self._candidates = sorted(self._find_candidates())

    def advance(self) -> bool:
        """Pair what can be paired by what is known so far, the surest first."""
        weighed = [
            (evidence.weight(), pair)
            for pair in self._candidates
            if pair[0] not in self.pairs
            and pair[1] not in self._taken
            and (evidence := self._evidence(*pair)).suffices()
        ]
        before = len(self.pairs)
        for _, (section, other) in sorted(weighed, key=lambda one: (-one[0], one[1])):
            if section not in self.pairs and other not in self._taken:
                self.pairs[section] = other
                self._taken.add(other)
        return len(self.pairs) > before

    def _find_candidates(self) -> set[Pair]:
        found = set(self._contents)
        for key in (Side.title, Side.anchor):
            before, after = _by_name(self._old, key), _by_name(self._new, key)
            for name in before.keys() & after.keys():
                found.update(_combined(before[name], after[name]))
        return found

    def _evidence(self, section: int, other: int) -> _Evidence:
        titles = self._old.title(section), self._new.title(other)
        anchor = self._old.anchor(section)
        return _Evidence(
            anchor=bool(anchor) and anchor == self._new.anchor(other),
            heading=Indel.normalized_similarity(*titles),
            contents=self._contents.get((section, other), 0.0),
            above=self._same_above(section, other),
            only=self._times[0][titles[0]] == self._times[1][titles[1]] == 1,
        )

    def _same_above(self, section: int, other: int) -> bool:
        above, above_other = self._old.home(section), self._new.home(other)
        if above is None or above_other is None:
            return above is above_other
        return self.pairs.get(above) == above_other


def _by_name(side: Side, key: Callable[[Side, int], str]) -> dict[str, list[int]]:
    """Return the sections of each name, those without one if the text begins without a heading."""
    found: dict[str, list[int]] = defaultdict(list)
    for section in side.sections:
        name = key(side, section)
        if name or side.parsed.provisions[section].level == 0:
            found[name].append(section)
    return found


def _combined(olds: Sequence[int], news: Sequence[int]) -> Iterable[Pair]:
    """Combine sections of one name; of very many, only the first with the first, and so on."""
    if len(olds) * len(news) <= MOST_SECTIONS**2:
        return product(olds, news)
    return zip(olds, news, strict=False)


def _contents_in_common(old: Side, new: Side) -> dict[Pair, float]:
    """Return the share of phrases that two sections have in common, where it is not nothing."""
    before, after = _contents(old), _contents(new)
    places: dict[Phrase, list[int]] = defaultdict(list)
    for other, known in after.items():
        for phrase in known:
            places[phrase].append(other)
    common: dict[Pair, int] = defaultdict(int)
    for section, known in before.items():
        for phrase in known & places.keys():
            others = places[phrase]
            if len(others) <= MOST_SECTIONS:
                for other in others:
                    common[section, other] += 1
    return {
        pair: 2 * count / (len(before[pair[0]]) + len(after[pair[1]]))
        for pair, count in common.items()
    }


def _contents(side: Side) -> dict[int, set[Phrase]]:
    """Return the phrases of each section's own text; where it has none, of its subsections'."""
    found: dict[int, set[Phrase]] = {section: set() for section in side.sections}
    for section in reversed(side.sections):
        own = (side.phrases[unit] for unit in side.contents.get(section, ()))
        found[section] = set().union(*own) or found[section]
        above = side.home(section)
        # What has words of its own is known by them, and drops these when its turn comes.
        if above is not None:
            found[above] |= found[section]
    return found
