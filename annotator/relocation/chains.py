"""A chain: the parts of a span that follow each other in the new text as they did in the old."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise, product

from annotator.documents.align.similarity import heaviest_rising
from annotator.relocation.passages import NewSpan

Chain = list[NewSpan]


def in_order(parts: Sequence[NewSpan]) -> Chain:
    """Return the parts that follow each other in the new text, those with the most words."""
    chain = heaviest_rising([part.start for part in parts], [part.weight for part in parts])
    return [parts[index] for index in chain]


def weight(chain: Chain) -> int:
    """Count the characters of the old words in a chain."""
    return sum(part.weight for part in chain)


def without_rewritten(chain: Chain) -> Chain:
    """Return the parts whose words correspond one for one."""
    return [part for part in chain if part.kind != "rewritten"]


def options(chain: Chain) -> list[tuple[int, int]]:
    """Return the ranges that a chain may mean.

    There are several where an end is cut out of rewritten words: with all of those, or none.
    """
    kept = without_rewritten(chain)
    starts, ends = {chain[0].start}, {chain[-1].end}
    if kept and chain[0].cut:
        starts.add(kept[0].start)
    if kept and chain[-1].cut:
        ends.add(kept[-1].end)
    return list(product(sorted(starts), sorted(ends)))


def without_the_far_side(chain: Chain) -> Chain:
    """Cut a chain at its widest hole and keep the side with more words; one part leaves nothing."""
    if len(chain) < 2:
        return []
    holes = [after.start - before.end for before, after in pairwise(chain)]
    cut = holes.index(max(holes)) + 1
    return max(chain[:cut], chain[cut:], key=weight)
