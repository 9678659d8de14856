"""Lining two editions up: which provision became which, with a verdict on each.

What a verdict speaks of are a provision's own words: of a section its heading, of a list item its
words without the items nested in it, which have verdicts of their own. Nothing is guessed: what is
not alike enough is retired, and what stands in its place is new.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Literal

from annotator.documents.align.features import Side
from annotator.documents.align.matching import pair_units
from annotator.documents.align.section_matching import pair_sections
from annotator.documents.align.similarity import covered, heaviest_rising, phrases, score, words_of
from annotator.documents.align.splits_and_merges import Division, divisions
from annotator.documents.parsed import Parsed

Verdict = Literal["same", "edited", "moved", "split", "merged", "new", "retired"]

# Words in a phrase that two different documents hardly ever share.
LONG_PHRASE = 6
# Characters in a block that they hardly ever share.
LONG_BLOCK = 40


@dataclass(frozen=True, slots=True)
class Aligned:
    """How one provision of the old edition relates to one of the new, both by ordinal.

    `old` is None for a new one and `new` for a retired one. A split has a row for each part, a
    merge for each of those merged; no provision stands in two relations. `same` and `moved` keep
    the words; `moved` stands in another section, or in another order among its neighbours; words
    that changed are `edited`, wherever they stand. `score` is the normalised Levenshtein similarity
    of both texts, 1.0 the same, and 0.0 where there is only one.
    """

    old: int | None
    new: int | None
    verdict: Verdict
    score: float


def align_editions(old: Parsed, new: Parsed) -> list[Aligned]:
    """Relate every provision of two editions, in the order of the new text.

    A retired provision follows what became of the one before it.
    """
    before, after = Side(old), Side(new)
    sections = pair_sections(before, after)
    pairs = pair_units(before, after, sections)
    rows = list(_divided(before, after, pairs, sections))
    pairs |= sections
    moved = _moved(before, after, pairs, sections)
    for one, other in pairs.items():
        rows.append(_paired(before, after, one, other, one in moved))
    related = {row.old for row in rows}, {row.new for row in rows}
    rows += [Aligned(at, None, "retired", 0.0) for at in _missing(old, related[0])]
    rows += [Aligned(None, at, "new", 0.0) for at in _missing(new, related[1])]
    return _sorted(rows)


def relate(old: Parsed, new: Parsed, pairs: Iterable[tuple[int, int]]) -> list[Aligned]:
    """Relate two editions by the (old, new) ordinals that an editor says correspond, as `align`.

    Several of one old provision are a split, several of one new a merge.
    """
    before, after = Side(old), Side(new)
    every = sorted(set(pairs))
    olds, news = Counter(one for one, _ in every), Counter(other for _, other in every)
    single = {one: other for one, other in every if olds[one] == news[other] == 1}
    sections = {one: single[one] for one in before.sections if one in single}
    moved = _moved(before, after, single, sections)
    rows = [_paired(before, after, one, other, one in moved) for one, other in single.items()]
    for one, other in every:
        if one not in single:
            verdict: Verdict = "split" if olds[one] > 1 else "merged"
            rows.append(Aligned(one, other, verdict, score(before.texts[one], after.texts[other])))
    rows += [Aligned(at, None, "retired", 0.0) for at in _missing(old, {*olds})]
    rows += [Aligned(None, at, "new", 0.0) for at in _missing(new, {*news})]
    return _sorted(rows)


def inheritance(relation: Sequence[Aligned], number: int) -> list[int | None]:
    """Return, for each of the `number` new ordinals, the old one whose pid it inherits, or None.

    Of the parts of a split the one most like the whole inherits; what was merged inherits from the
    one most like it; among equals the first. No old ordinal stands twice.
    """
    heirs: list[int | None] = [None] * number
    gone: set[int] = set()
    for row in sorted(relation, key=lambda row: (-row.score, row.old or 0, row.new or 0)):
        if row.old is None or row.new is None or row.old in gone or heirs[row.new] is not None:
            continue
        heirs[row.new] = row.old
        gone.add(row.old)
    return heirs


def text_in_common(old: Parsed, new: Parsed) -> float:
    """Return the share of the new text's words that stand in passages of the old, 0 to 1.

    A passage is a run of `LONG_PHRASE` words or more; so for another document it is almost 0.
    """
    sides = [[one.text[block.start : block.end] for block in one.blocks] for one in (old, new)]
    both = {text for text in set(sides[0]) & set(sides[1]) if len(text) >= LONG_BLOCK}
    before, after = (words_of(" ".join(x for x in side if x not in both)) for side in sides)
    known = frozenset(phrases(before, LONG_PHRASE))
    found = covered(after, known, LONG_PHRASE)
    kept = sum(len(text) for text in sides[1] if text in both)
    shared = sum(len(word) for word, stands in zip(after, found, strict=True) if stands)
    return (kept + shared) / max(1, kept + sum(map(len, after)))


def _paired(before: Side, after: Side, one: int, other: int, moved: bool) -> Aligned:
    if before.texts[one] != after.texts[other]:
        return Aligned(one, other, "edited", score(before.texts[one], after.texts[other]))
    return Aligned(one, other, "moved" if moved else "same", 1.0)


def _divided(
    before: Side, after: Side, pairs: dict[int, int], sections: dict[int, int]
) -> Iterable[Aligned]:
    """Return the rows of splits and merges, and take their provisions out of `pairs`."""
    back, sections_back = (
        {there: here for here, there in each.items()} for each in (pairs, sections)
    )
    found: list[tuple[Division, Verdict]] = []
    found += [(one, "split") for one in divisions(before, after, pairs, sections)]
    found += [(one, "merged") for one in divisions(after, before, back, sections_back)]
    gone: tuple[set[int], set[int]] = set(), set()
    for division, verdict in sorted(found, key=lambda one: (-one[0].carried, one[1])):
        olds, news = {division.whole}, set(division.parts)
        if verdict == "merged":
            olds, news = news, olds
        if olds & gone[0] or news & gone[1]:
            continue
        gone[0].update(olds)
        gone[1].update(news)
        for one, other in sorted(product(olds, news)):
            pairs.pop(one, None)
            alike = score(before.texts[one], after.texts[other])
            yield Aligned(one, other, verdict, alike)


def _moved(
    before: Side, after: Side, pairs: Mapping[int, int], sections: Mapping[int, int]
) -> set[int]:
    """Return the old ordinals that stand in another section now, or out of order in their own."""
    siblings: dict[int | None, list[int]] = defaultdict(list)
    moved: set[int] = set()
    for one, other in sorted(pairs.items()):
        home, other_home = before.home(one), after.home(other)
        if other_home == (None if home is None else sections.get(home, -1)):
            siblings[home].append(one)
        else:
            moved.add(one)
    for ordinals in siblings.values():
        spans = (before.parsed.provisions[one] for one in ordinals)
        weights = [it.end - it.start + 1 for it in spans]
        chain = heaviest_rising([pairs[one] for one in ordinals], weights)
        moved.update(set(ordinals) - {ordinals[at] for at in chain})
    return moved


def _missing(parsed: Parsed, related: set[int | None]) -> list[int]:
    return [at for at in range(len(parsed.provisions)) if at not in related]


def _sorted(rows: list[Aligned]) -> list[Aligned]:
    """Order rows by the new text; a retired provision follows what became of the one before it."""
    became: dict[int, int] = {}
    for row in rows:
        if row.old is not None and row.new is not None:
            became[row.old] = min(row.new, became.get(row.old, row.new))
    follows: dict[int, int] = {}
    latest = -1
    for old in sorted(row.old for row in rows if row.old is not None):
        latest = follows[old] = became.get(old, latest)

    def place(row: Aligned) -> tuple[int, bool, int]:
        old = -1 if row.old is None else row.old
        return (follows[old], True, old) if row.new is None else (row.new, False, old)

    return sorted(rows, key=place)
