"""Which provisions were split in several, and which were merged into one, by the words they share.

A part is recognised by its phrases: most of its words stand in the whole, in a stretch that no
other part accounts for. So a copy is no part, and neither is a text that shares common words only.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from annotator.documents.sides import Side
from annotator.documents.similarity import Phrase, covered, likeness

# The share of a part's words that must stand in the whole, in phrases of it.
PART = 0.5
# Or, where a part has grown, the share of the whole's words that stand in it.
CARRIED = 0.25
# Fewer words than this are no evidence, of the one and of the other.
FEWEST_WORDS = 5
MANY_WORDS = 10
# A phrase that stands in more provisions than this leads nowhere.
MOST_PLACES = 20


@dataclass(frozen=True, slots=True)
class Division:
    """A whole on one side and its parts on the other, by ordinal, two parts at least.

    `carried` counts the words of the whole that stand in the parts which had no other pair.
    """

    whole: int
    parts: tuple[int, ...]
    carried: int


def divisions(wholes: Side, parts: Side, pairs: Mapping[int, int]) -> list[Division]:
    """Find the provisions of `wholes` whose words stand in several provisions of `parts`.

    `pairs` leads from wholes to parts; a pair of equal texts stays as it is, and so does each part
    that is paired with another whole.
    """
    found = []
    for whole, free in _candidates(wholes, parts, pairs).items():
        division = _divide(wholes, parts, whole, pairs.get(whole), free)
        if division:
            found.append(division)
    return found


def _divide(
    wholes: Side, parts: Side, whole: int, paired: int | None, free: Iterable[int]
) -> Division | None:
    words = wholes.words[whole]
    left = [True] * len(words)
    chosen: list[int] = []
    carried = 0
    if paired is not None:
        chosen.append(paired)
        left = _without(words, left, parts.phrases[paired])
    for part in sorted(free, key=lambda one: (-likeness(words, parts.words[one]), one)):
        rest = _phrases_left(words, left)
        inside = sum(covered(parts.words[part], rest))
        if _is_part(inside, len(parts.words[part]), len(words)):
            chosen.append(part)
            left = _without(words, left, parts.phrases[part])
            carried += inside
    if len(chosen) < 2:
        return None
    return Division(whole, tuple(sorted(chosen)), carried)


def _is_part(inside: int, part: int, whole: int) -> bool:
    """Judge by how many words of a part stand in the whole, and how many both have."""
    if inside >= FEWEST_WORDS and inside >= PART * part:
        return True
    return inside >= MANY_WORDS and inside >= CARRIED * whole


def _without(words: tuple[str, ...], left: list[bool], taken: Iterable[Phrase]) -> list[bool]:
    gone = covered(words, frozenset(taken))
    return [still and not now for still, now in zip(left, gone, strict=True)]


def _phrases_left(words: tuple[str, ...], left: list[bool]) -> set[Phrase]:
    """Give the phrases that lie wholly in what is left of the words."""
    return {
        words[at : at + 3]
        for at in range(len(words) - 2)
        if left[at] and left[at + 1] and left[at + 2]
    }


def _candidates(wholes: Side, parts: Side, pairs: Mapping[int, int]) -> dict[int, list[int]]:
    """Give, for each whole that is not unchanged, the unpaired parts that share a phrase with it."""
    places: dict[Phrase, list[int]] = defaultdict(list)
    taken = set(pairs.values())
    for part in parts.units:
        if part not in taken and len(parts.words[part]) >= FEWEST_WORDS:
            for phrase in parts.phrases[part]:
                places[phrase].append(part)
    found: dict[int, list[int]] = {}
    for whole in wholes.units:
        paired = pairs.get(whole)
        if paired is not None and wholes.texts[whole] == parts.texts[paired]:
            continue
        sharing = {
            part
            for phrase in wholes.phrases[whole]
            if len(places.get(phrase, ())) <= MOST_PLACES
            for part in places.get(phrase, ())
            if parts.is_code(part) == wholes.is_code(whole)
        }
        if sharing:
            found[whole] = sorted(sharing)
    return found
