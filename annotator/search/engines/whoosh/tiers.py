"""When to join segments: few enough to search, and never so much at once that a post must wait."""

from __future__ import annotations

from collections.abc import Sequence

_WIDTH = 4  # so many segments of one tier become one of the next


def to_join(sizes: Sequence[int], adding: int, limit: int) -> list[int]:
    """Return which segments, by index, to write again together with `adding` new records.

    Sizes are the numbers of records in each. Tiers are powers of _WIDTH; once one is full, its
    segments are joined into one of a higher tier, the smallest first, as long as no more than
    `limit` records are written.
    """
    joined: list[int] = []
    total = adding
    for tier in range(_tier(limit) + 1):
        members = [i for i, size in enumerate(sizes) if _tier(size) == tier]
        carried = total > 0 and _tier(total) <= tier
        if len(members) + carried < _WIDTH:
            continue
        fitting = _smallest(sizes, members, limit - total)
        whole = total + sum(sizes[i] for i in fitting)
        if _tier(whole) > tier:
            joined += fitting
            total = whole
    return joined


def _tier(size: int) -> int:
    tier = 0
    while size >= _WIDTH:
        size //= _WIDTH
        tier += 1
    return tier


def _smallest(sizes: Sequence[int], members: list[int], room: int) -> list[int]:
    """Return as many of the members as there is room for."""
    fitting = []
    for index in sorted(members, key=sizes.__getitem__):
        room -= sizes[index]
        if room < 0:
            break
        fitting.append(index)
    return fitting
