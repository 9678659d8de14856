"""All that a filter finds, as somebody saw it: if it has changed since, an act does nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from annotator.errors import Conflict


def state_of(items: Iterable[tuple[str, str]], about: str = "") -> str:
    """Return the state of a selection from the ids and the states of its items, in order."""
    lines = "\n".join((about, *map(" ".join, items)))
    return hashlib.sha256(lines.encode()).hexdigest()[:24]


def require_unchanged(seen: str, present: str, total: int) -> None:
    """Raise Conflict, with the present state, unless a selection is as it was seen."""
    if seen != present:
        raise Conflict(
            f"The comments that match have changed since you opened them: {total:,} match now. "
            "Nothing was done. Check them and try again.",
            total=total, state=present,
        )  # fmt: skip
