"""Count what hits have in common, so that a reader can narrow by it."""

from __future__ import annotations

from collections import Counter
from heapq import nsmallest
from typing import TYPE_CHECKING

from annotator.search.analysis import fold_field
from annotator.search.engine import FACET_VALUES, FacetCount

if TYPE_CHECKING:
    from collections.abc import Mapping


def most_frequent(field: str, counts: Mapping[str, int]) -> tuple[FacetCount, ...]:
    """Return the most frequent values first, at most FACET_VALUES; equal counts by value.

    Values that a query finds together, such as a tag in two cases, count together, under the
    spelling that sorts first.
    """
    folded: Counter[str] = Counter()
    spelling: dict[str, str] = {}
    for value, count in counts.items():
        same = fold_field(field, value)
        folded[same] += count
        spelling[same] = min(spelling.get(same, value), value)
    named = [FacetCount(spelling[same], count) for same, count in folded.items()]
    return tuple(nsmallest(FACET_VALUES, named, key=lambda facet: (-facet.count, facet.value)))
