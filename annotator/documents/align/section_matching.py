"""Pair the sections of two editions.

The features of a section are its anchor in the source, its heading, its contents and its parent
section. So a section that was renamed, rewritten or moved is recognised, but not one that was all
three; and in another part of the document an equal heading is not enough.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from itertools import product

from rapidfuzz.distance import Indel

from annotator.documents.align.similarity import Side

# The least share of common words that pairs sections with different headings.
SAME_CONTENTS = 0.5
# If their parent sections are paired.
SAME_CONTENTS_BELOW = 0.35
# If their headings are similar, or equal.
SOME_CONTENTS = 0.2
FEW_CONTENTS = 0.05
HEADING_SIMILAR = 0.6
# Words in more sections than this are ignored.
MAX_SECTIONS = 30
# Each round uses the pairs of parent sections from the round before; more rounds change nothing.
MAX_ROUNDS = 4

Pair = tuple[int, int]


@dataclass(frozen=True, slots=True)
class _Features:
    """The features of a pair of sections; `heading`, `contents` and `own` go from 0 to 1.

    `heading` is the similarity of the headings, `contents` the share of common words; `own` gives
    words that are in several sections less weight. `above` is 1 if the parent sections are paired,
    -1 if they are paired with others. `only` means that no other section has this heading, `empty`
    that both contain only subsections.
    """

    anchor: bool
    heading: float
    contents: float
    own: float
    above: int
    only: bool
    empty: bool

    def suffices(self) -> bool:
        if self.anchor or (
            self.heading == 1.0
            and (self.above > 0 or (self.only and (self.empty or not self.above)))
        ):
            return True
        if self.above < 0:
            return self.own >= (SOME_CONTENTS if self.heading == 1.0 else SAME_CONTENTS)
        if self.heading >= HEADING_SIMILAR:
            return self.contents >= (FEW_CONTENTS if self.heading == 1.0 else SOME_CONTENTS)
        return self.contents >= (SAME_CONTENTS_BELOW if self.above else SAME_CONTENTS)

    def weight(self) -> float:
        heading = 0.5 * self.heading + 0.75 * (self.heading == 1.0)
        return 2 * self.anchor + self.contents + self.own + heading + 1.5 * max(0, self.above)


def pair_sections(old: Side, new: Side) -> dict[int, int]:
    """Return the ordinal of the new section for each old section that is paired."""
    pairing = _Pairing(old, new)
    pairs: dict[int, int] = {}
    for _ in range(MAX_ROUNDS):
        previous, pairs = pairs, pairing.best_pairs(pairs)
        if pairs == previous:
            break
    return pairs


class _Pairing:
    def __init__(self, old: Side, new: Side) -> None:
        self._old, self._new = old, new
        self._contents, self._own = _contents_in_common(old, new)
        self._names = names = [
            {at: side.unnumbered_title(at) or side.title(at) for at in side.sections}
            for side in (old, new)
        ]
        self._counts = [Counter(by_section.values()) for by_section in names]
        self._siblings = [
            Counter((side.section_of(section), name) for section, name in by_section.items())
            for side, by_section in zip((old, new), names, strict=True)
        ]
        candidates = set(self._contents)
        for key in (Side.title, Side.anchor, Side.unnumbered_title):
            before, after = _by_name(old, key), _by_name(new, key)
            for name in before.keys() & after.keys():
                olds, news = before[name], after[name]
                # Very many sections of one name are only paired in order.
                few = len(olds) * len(news) <= MAX_SECTIONS**2
                candidates.update(product(olds, news) if few else zip(olds, news, strict=False))
        self._candidates = sorted(candidates)

    def best_pairs(self, parents: dict[int, int]) -> dict[int, int]:
        """Pair sections, highest weight first; `parents` are the pairs of their parent sections."""
        back = {other: section for section, other in parents.items()}
        weighed = []
        for pair in self._candidates:
            features = self._features(*pair, self._above(*pair, parents, back))
            if features.suffices():
                weighed.append((features.weight(), pair))
        pairs: dict[int, int] = {}
        paired: set[int] = set()
        for _, (section, other) in sorted(weighed, key=lambda entry: (-entry[0], entry[1])):
            if section not in pairs and other not in paired:
                pairs[section] = other
                paired.add(other)
        return pairs

    def _features(self, section: int, other: int, above: int) -> _Features:
        anchor = self._old.anchor(section)
        name = self._names[0][section]
        return _Features(
            anchor=bool(anchor) and anchor == self._new.anchor(other),
            heading=self._heading_similarity(section, other),
            contents=self._contents.get((section, other), 0.0),
            own=self._own.get((section, other), 0.0),
            above=above,
            only=self._counts[0][name] == self._counts[1][name] == 1,
            empty=section not in self._old.contents and other not in self._new.contents,
        )

    def _heading_similarity(self, section: int, other: int) -> float:
        """Return the similarity of two headings, 1.0 if their words are equal.

        Headings that differ only in their numbers, such as "Article 1" and "Article 2", are equal
        if no sibling has the same words.
        """
        titles = self._old.title(section), self._new.title(other)
        if titles[0] == titles[1]:
            return 1.0
        name, other_name = self._names[0][section], self._names[1][other]
        if name and name == other_name:
            counts = (
                self._siblings[0][self._old.section_of(section), name],
                self._siblings[1][self._new.section_of(other), name],
            )
            return 1.0 if counts == (1, 1) else Indel.normalized_similarity(*titles)
        return min(0.99, Indel.normalized_similarity(name, other_name))

    def _above(self, section: int, other: int, pairs: dict[int, int], back: dict[int, int]) -> int:
        parent, other_parent = self._old.section_of(section), self._new.section_of(other)
        if parent is None or other_parent is None:
            return int(parent is other_parent)
        if parent in pairs or other_parent in back:
            return 1 if pairs.get(parent) == other_parent else -1
        return 0


def _by_name(side: Side, key: Callable[[Side, int], str]) -> dict[str, list[int]]:
    by_name: dict[str, list[int]] = defaultdict(list)
    for section in side.sections:
        if name := key(side, section):
            by_name[name].append(section)
    return by_name


def _contents_in_common(old: Side, new: Side) -> tuple[dict[Pair, float], dict[Pair, float]]:
    """Return the share of common words of each pair of sections that has any, twice.

    In the second mapping, words count less the more sections they are in.
    """
    texts = set(map(old.texts.__getitem__, old.units)) & set(map(new.texts.__getitem__, new.units))
    before, after = _contents(old, texts), _contents(new, texts)
    old_sections, new_sections = _sections_by_element(before), _sections_by_element(after)
    common: dict[Pair, float] = defaultdict(float)
    own: dict[Pair, float] = defaultdict(float)
    for element in old_sections.keys() & new_sections.keys():
        olds, news = old_sections[element], new_sections[element]
        most = max(len(olds), len(news))
        if most <= MAX_SECTIONS:
            for pair in product(olds, news):
                weight = min(before[pair[0]][element], after[pair[1]][element])
                common[pair] += weight
                own[pair] += weight / most
    old_totals, new_totals = (
        {section: sum(elements.values()) for section, elements in contents.items()}
        for contents in (before, after)
    )
    for shares in (common, own):
        for section, other in shares:
            shares[section, other] *= 2 / (old_totals[section] + new_totals[other])
    return common, own


def _sections_by_element(contents: dict[int, dict[Hashable, int]]) -> dict[Hashable, list[int]]:
    sections: dict[Hashable, list[int]] = defaultdict(list)
    for section, elements in contents.items():
        for element in elements:
            sections[element].append(section)
    return sections


def _contents(side: Side, texts: set[str]) -> dict[int, dict[Hashable, int]]:
    """Return the elements of each section's own text, with their number of words.

    A unit that both editions have (its text is in `texts`) is one element; each phrase of any other
    unit is one. A section without text has the elements of its subsections, marked "below" so that
    it is not paired with its own subsection.
    """
    contents: dict[int, dict[Hashable, int]] = {section: {} for section in side.sections}
    for section in reversed(side.sections):
        own: dict[Hashable, int] = {}
        for unit in side.contents.get(section, ()):
            if (text := side.texts[unit]) in texts:
                own[text] = text.count(" ") + 1
            else:
                own |= dict.fromkeys(side.phrases(unit), 1)
        contents[section] = own or contents[section]
        parent = side.section_of(section)
        # A parent with its own text replaces these elements later.
        if parent is not None and parent not in side.contents:
            below = contents[section].items()
            contents[parent] |= {("below", element): size for element, size in below}
    return contents
