"""Align two editions: which provision became which, with a verdict on each.

A verdict is about a provision's own words: for a section its heading, for a list item its words
without the items nested in it, which have their own verdicts. Nothing is guessed: a provision
without a sufficiently similar counterpart is retired, and a provision in its place is new.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Literal

from annotator.documents.align.matching import pair_units
from annotator.documents.align.section_matching import pair_sections
from annotator.documents.align.similarity import (
    Side,
    covered,
    heaviest_increasing,
    phrases,
    score,
    words_of,
)
from annotator.documents.align.splits_and_merges import Division, divisions
from annotator.documents.parsed import Parsed

Verdict = Literal["same", "edited", "moved", "split", "merged", "new", "retired"]

# Words in a phrase that two different documents hardly ever share.
LONG_PHRASE = 6
# Characters in a block that they hardly ever share.
LONG_BLOCK = 40


@dataclass(frozen=True, slots=True)
class Aligned:
    """A row of an alignment: a provision of the old edition and one of the new, by ordinal.

    `old` is None for a new provision and `new` for a retired one. A split has a row for each part,
    a merge for each merged provision; no provision has two verdicts. `same` and `moved` keep the
    words; a `moved` provision is in another section or in another order among its siblings;
    `edited` words changed, whether they moved or not. `score` is the normalised Levenshtein
    similarity of both texts, 1.0 if they are equal, and 0.0 if there is only one.
    """

    old: int | None
    new: int | None
    verdict: Verdict
    score: float


def align_editions(old: Parsed, new: Parsed) -> list[Aligned]:
    """Align every provision of two editions, in the order of the new text.

    A retired provision follows the counterpart of the provision before it.
    """
    before, after = Side(old), Side(new)
    sections = pair_sections(before, after)
    pairs = pair_units(before, after, sections)
    rows = list(_divided(before, after, pairs, sections))
    return _completed(before, after, rows, pairs | sections, sections)


def relate(old: Parsed, new: Parsed, pairs: Iterable[tuple[int, int]]) -> list[Aligned]:
    """Align two editions by the (old, new) ordinals that an editor paired.

    Several pairs with the same old ordinal are a split, with the same new ordinal a merge.
    """
    before, after = Side(old), Side(new)
    unique = sorted(set(pairs))
    old_counts = Counter(old_ordinal for old_ordinal, _ in unique)
    new_counts = Counter(new_ordinal for _, new_ordinal in unique)
    single: dict[int, int] = {}
    rows: list[Aligned] = []
    for old_ordinal, new_ordinal in unique:
        if old_counts[old_ordinal] == new_counts[new_ordinal] == 1:
            single[old_ordinal] = new_ordinal
        else:
            similarity = score(before.texts[old_ordinal], after.texts[new_ordinal])
            verdict: Verdict = "split" if old_counts[old_ordinal] > 1 else "merged"
            rows.append(Aligned(old_ordinal, new_ordinal, verdict, similarity))
    sections = {section: single[section] for section in before.sections if section in single}
    return _completed(before, after, rows, single, sections)


def inheritance(relation: Sequence[Aligned], number: int) -> list[int | None]:
    """Return, for each of the `number` new ordinals, the old one whose pid it inherits, or None.

    The part of a split that is most similar to the whole inherits its pid; a merged provision
    inherits from the most similar of its sources; the first among equals. No old ordinal is
    returned twice.
    """
    ancestors: list[int | None] = [None] * number
    used: set[int] = set()
    for row in sorted(relation, key=lambda row: (-row.score, row.old or 0, row.new or 0)):
        if row.old is None or row.new is None or row.old in used or ancestors[row.new] is not None:
            continue
        ancestors[row.new] = row.old
        used.add(row.old)
    return ancestors


def text_in_common(old: Parsed, new: Parsed) -> float:
    """Return the share of the new text's words that are in passages of the old, 0 to 1.

    A passage is a run of `LONG_PHRASE` words or more; so for another document it is almost 0.
    """
    old_blocks, new_blocks = (
        [parsed.text[block.start : block.end] for block in parsed.blocks] for parsed in (old, new)
    )
    equal = {text for text in set(old_blocks) & set(new_blocks) if len(text) >= LONG_BLOCK}
    old_words, new_words = (
        words_of(" ".join(text for text in blocks if text not in equal))
        for blocks in (old_blocks, new_blocks)
    )
    in_old = covered(new_words, frozenset(phrases(old_words, LONG_PHRASE)), LONG_PHRASE)
    equal_length = sum(len(text) for text in new_blocks if text in equal)
    shared_length = sum(len(word) for word, is_in in zip(new_words, in_old, strict=True) if is_in)
    return (equal_length + shared_length) / max(1, equal_length + sum(map(len, new_words)))


def _divided(
    before: Side, after: Side, pairs: dict[int, int], sections: dict[int, int]
) -> Iterable[Aligned]:
    """Yield the rows of splits and merges, and remove their provisions from `pairs`."""
    pairs_back, sections_back = (
        {new_ordinal: old_ordinal for old_ordinal, new_ordinal in mapping.items()}
        for mapping in (pairs, sections)
    )
    candidates: list[tuple[Division, Verdict]] = []
    candidates += [(split, "split") for split in divisions(before, after, pairs, sections)]
    candidates += [
        (merge, "merged") for merge in divisions(after, before, pairs_back, sections_back)
    ]
    used_old, used_new = set[int](), set[int]()
    for division, verdict in sorted(candidates, key=lambda pair: (-pair[0].carried, pair[1])):
        olds, news = {division.whole}, set(division.parts)
        if verdict == "merged":
            olds, news = news, olds
        if olds & used_old or news & used_new:
            continue
        used_old |= olds
        used_new |= news
        for old_ordinal, new_ordinal in sorted(product(olds, news)):
            pairs.pop(old_ordinal, None)
            similarity = score(before.texts[old_ordinal], after.texts[new_ordinal])
            yield Aligned(old_ordinal, new_ordinal, verdict, similarity)


def _moved(
    before: Side, after: Side, pairs: Mapping[int, int], sections: Mapping[int, int]
) -> set[int]:
    """Return the old ordinals that are now in another section, or out of order in their own."""
    siblings: dict[int | None, list[int]] = defaultdict(list)
    moved: set[int] = set()
    for old_ordinal, new_ordinal in sorted(pairs.items()):
        section = before.section_of(old_ordinal)
        counterpart = None if section is None else sections.get(section, -1)
        if after.section_of(new_ordinal) == counterpart:
            siblings[section].append(old_ordinal)
        else:
            moved.add(old_ordinal)
    for ordinals in siblings.values():
        provisions = [before.parsed.provisions[ordinal] for ordinal in ordinals]
        weights = [provision.end - provision.start + 1 for provision in provisions]
        in_order = heaviest_increasing([pairs[ordinal] for ordinal in ordinals], weights)
        moved.update(set(ordinals) - {ordinals[index] for index in in_order})
    return moved


def _completed(
    before: Side,
    after: Side,
    divided: list[Aligned],
    pairs: Mapping[int, int],
    sections: Mapping[int, int],
) -> list[Aligned]:
    """Add the rows of pairs, retired and new provisions to `divided`, in the order of the new text.

    A retired provision follows the counterpart of the provision before it.
    """
    rows = list(divided)
    moved = _moved(before, after, pairs, sections)
    for old, new in pairs.items():
        if before.texts[old] != after.texts[new]:
            rows.append(Aligned(old, new, "edited", score(before.texts[old], after.texts[new])))
        else:
            rows.append(Aligned(old, new, "moved" if old in moved else "same", 1.0))
    counterparts: dict[int, int] = {}
    for row in rows:
        if row.old is not None and row.new is not None:
            counterparts[row.old] = min(row.new, counterparts.get(row.old, row.new))
    paired_new = {row.new for row in rows}
    # Sort keys: the new ordinal, whether the provision is retired, the old ordinal.
    keyed = [((row.new or 0, False, row.old or 0), row) for row in rows]
    keyed += [
        ((new, False, -1), Aligned(None, new, "new", 0.0))
        for new in range(len(after.texts))
        if new not in paired_new
    ]
    latest = -1
    for old in range(len(before.texts)):
        latest = counterparts.get(old, latest)
        if old not in counterparts:
            keyed.append(((latest, True, old), Aligned(old, None, "retired", 0.0)))
    return [row for _, row in sorted(keyed, key=lambda pair: pair[0])]
