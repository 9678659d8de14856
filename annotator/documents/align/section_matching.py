"""Which section of the new edition continues which of the old.

A section is known by the anchor its source gives it, by its heading, by what stands in it, and by
the section that it stands in. So one that was renamed, rewritten or moved is still itself, but not
one that was all three; and a section of another part is not the same for its heading alone.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from itertools import product

from rapidfuzz.distance import Indel

from annotator.documents.align.features import Side

# Half of the words of both in common: the same section, whatever its heading.
SAME_CONTENTS = 0.5
# In the same section as before.
SAME_CONTENTS_BELOW = 0.35
# With a heading that is alike, or with the same heading, less will do.
SOME_CONTENTS = 0.2
FEW_CONTENTS = 0.05
HEADING_ALIKE = 0.6
# Words that stand in more sections than this tell none of them from the others.
MOST_SECTIONS = 30
# Pairs are chosen by what the round before made of the sections above; more rounds change nothing.
MOST_ROUNDS = 4

Pair = tuple[int, int]


@dataclass(frozen=True, slots=True)
class _Evidence:
    """What speaks for a pair of sections; `contents`, `own` and `heading` go from 0 to 1.

    `contents` is the share of words in common, `own` of those that stand in few other sections.
    `only` says that no other heading reads so, `empty` that both have nothing but subsections.
    `above` is 1 where they stand in sections that correspond, -1 where those have other partners.
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
        if self.heading >= HEADING_ALIKE:
            return self.contents >= (FEW_CONTENTS if self.heading == 1.0 else SOME_CONTENTS)
        return self.contents >= (SAME_CONTENTS_BELOW if self.above else SAME_CONTENTS)

    def weight(self) -> float:
        heading = 0.5 * self.heading + 0.75 * (self.heading == 1.0)
        return 2 * self.anchor + self.contents + self.own + heading + 1.5 * max(0, self.above)


def pair_sections(old: Side, new: Side) -> dict[int, int]:
    """Return the new section that continues each old one, by ordinal, where there is one."""
    pairing = _Pairing(old, new)
    pairs: dict[int, int] = {}
    for _ in range(MOST_ROUNDS):
        before, pairs = pairs, pairing.surest(pairs)
        if pairs == before:
            break
    return pairs


class _Pairing:
    def __init__(self, old: Side, new: Side) -> None:
        self._old, self._new = old, new
        self._contents, self._own = _contents_in_common(old, new)
        self._names = names = [
            {at: side.bare_title(at) or side.title(at) for at in side.sections}
            for side in (old, new)
        ]
        self._times = [Counter(found.values()) for found in names]
        self._siblings = [
            Counter((side.home(section), name) for section, name in found.items())
            for side, found in zip((old, new), names, strict=True)
        ]
        found = set(self._contents)
        keys: tuple[Callable[[Side, int], str], ...] = (Side.title, Side.anchor, Side.bare_title)
        for key in keys:
            before, after = _by_name(old, key), _by_name(new, key)
            for name in before.keys() & after.keys():
                olds, news = before[name], after[name]
                # Of very many sections of one name, only the first with the first, and so on.
                few = len(olds) * len(news) <= MOST_SECTIONS**2
                found.update(product(olds, news) if few else zip(olds, news, strict=False))
        self._candidates = sorted(found)

    def surest(self, above: dict[int, int]) -> dict[int, int]:
        """Pair sections, the surest first; `above` are pairs to know the sections above by."""
        back = {other: section for section, other in above.items()}
        weighed = []
        for pair in self._candidates:
            evidence = self._evidence(*pair, self._above(*pair, above, back))
            if evidence.suffices():
                weighed.append((evidence.weight(), pair))
        pairs: dict[int, int] = {}
        taken: set[int] = set()
        for _, (section, other) in sorted(weighed, key=lambda one: (-one[0], one[1])):
            if section not in pairs and other not in taken:
                pairs[section] = other
                taken.add(other)
        return pairs

    def _evidence(self, section: int, other: int, above: int) -> _Evidence:
        anchor = self._old.anchor(section)
        name = self._names[0][section]
        return _Evidence(
            anchor=bool(anchor) and anchor == self._new.anchor(other),
            heading=self._heading(section, other),
            contents=self._contents.get((section, other), 0.0),
            own=self._own.get((section, other), 0.0),
            above=above,
            only=self._times[0][name] == self._times[1][name] == 1,
            empty=section not in self._old.contents and other not in self._new.contents,
        )

    def _heading(self, section: int, other: int) -> float:
        """Return how alike two headings are, 1.0 where their words are the same.

        Headings that are the same but for their numbers, such as those of "Article 1" and all that
        follow it, must be the only ones of these words in the sections around them.
        """
        titles = self._old.title(section), self._new.title(other)
        if titles[0] == titles[1]:
            return 1.0
        name, other_name = self._names[0][section], self._names[1][other]
        if name and name == other_name:
            times = (
                self._siblings[0][self._old.home(section), name],
                self._siblings[1][self._new.home(other), name],
            )
            return 1.0 if times == (1, 1) else Indel.normalized_similarity(*titles)
        return min(0.99, Indel.normalized_similarity(name, other_name))

    def _above(self, section: int, other: int, pairs: dict[int, int], back: dict[int, int]) -> int:
        above, above_other = self._old.home(section), self._new.home(other)
        if above is None or above_other is None:
            return int(above is above_other)
        if above in pairs or above_other in back:
            return 1 if pairs.get(above) == above_other else -1
        return 0


def _by_name(side: Side, key: Callable[[Side, int], str]) -> dict[str, list[int]]:
    """Return the sections of each name."""
    found: dict[str, list[int]] = defaultdict(list)
    for section in side.sections:
        if name := key(side, section):
            found[name].append(section)
    return found


def _contents_in_common(old: Side, new: Side) -> tuple[dict[Pair, float], dict[Pair, float]]:
    """Return the share of their words that two sections have in common, where it is not nothing.

    The second counts what stands in several sections for a part of it only.
    """
    texts = set(map(old.texts.__getitem__, old.units)) & set(map(new.texts.__getitem__, new.units))
    before, after = _contents(old, texts), _contents(new, texts)
    here, there = _places(before), _places(after)
    common: dict[Pair, float] = defaultdict(float)
    own: dict[Pair, float] = defaultdict(float)
    for element in here.keys() & there.keys():
        olds, news = here[element], there[element]
        share = max(len(olds), len(news))
        if share <= MOST_SECTIONS:
            for pair in product(olds, news):
                weight = min(before[pair[0]][element], after[pair[1]][element])
                common[pair] += weight
                own[pair] += weight / share
    sums = [{at: sum(known.values()) for at, known in found.items()} for found in (before, after)]
    for found in (common, own):
        for pair in found:
            found[pair] *= 2 / (sums[0][pair[0]] + sums[1][pair[1]])
    return common, own


def _places(contents: dict[int, dict[Hashable, int]]) -> dict[Hashable, list[int]]:
    places: dict[Hashable, list[int]] = defaultdict(list)
    for section, known in contents.items():
        for element in known:
            places[element].append(section)
    return places


def _contents(side: Side, texts: set[str]) -> dict[int, dict[Hashable, int]]:
    """Return what each section's own text consists of; where it has none, its subsections' texts.

    These count as text below, so that a section without text is not taken for its own subsection.
    Each element has its number of words. A unit that both editions have (its text is among `texts`)
    is one element, any other as many as it has phrases.
    """
    found: dict[int, dict[Hashable, int]] = {section: {} for section in side.sections}
    for section in reversed(side.sections):
        own: dict[Hashable, int] = {}
        for unit in side.contents.get(section, ()):
            if (text := side.texts[unit]) in texts:
                own[text] = text.count(" ") + 1
            else:
                own |= dict.fromkeys(side.phrases(unit), 1)
        found[section] = own or found[section]
        above = side.home(section)
        # What has words of its own is known by them, and drops these when its turn comes.
        if above is not None and above not in side.contents:
            found[above] |= {("below", element): size for element, size in found[section].items()}
    return found
