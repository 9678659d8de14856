"""The order of hits, and the cursors from one page to the next."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from math import isfinite, nan
from typing import NamedTuple, TypeAlias

from annotator import cursors
from annotator.errors import Malformed
from annotator.search.engine import MAX_LIMIT, SORTS, Sort

# relevance: (-score, -created, key); newest: (-created, key); oldest: (created, key);
# place: (document, start, key); created in microseconds since 1970. The order of the pages ascends.
Place: TypeAlias = tuple[float | str, ...]

_SHAPES: dict[str, tuple[type | tuple[type, ...], ...]] = {
    "relevance": ((int, float), int, str, str),
    "newest": (int, str),
    "oldest": (int, str),
    "place": (str, int, str),
}
_FOREIGN = "This cursor belongs to another list. Start again without it."
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def microseconds(moment: datetime) -> int:
    """Convert a time with a time zone to microseconds since 1970."""
    return (moment - _EPOCH) // timedelta(microseconds=1)


def moment(microseconds: int) -> datetime:
    """Convert microseconds since 1970 to a time in UTC."""
    return _EPOCH + timedelta(microseconds=microseconds)


def place(sort: Sort, *, score: float, created: int, document: str, start: int, key: str) -> Place:
    """Return the sort key of a hit for `sort`; `created` is in microseconds."""
    if sort == "relevance":
        return (-score, -created, key)
    if sort == "place":
        return (document, start, key)
    return (-created if sort == "newest" else created, key)


class Start(NamedTuple):
    """Where a page starts: after `place`, or at the beginning.

    `state` is written by the engine with `write_cursor`: what the scores depend on besides the
    records, so that they are stable between pages while the index changes.
    """

    place: Place | None = None
    state: str = ""


def read_page(sort: Sort, after: str | None, limit: int) -> Start:
    """Return where the page after the cursor `after` starts, and check `sort` and `limit`.

    Raises Malformed for an unknown sort, a limit below 1 or above MAX_LIMIT, and a cursor of
    another sort.
    """
    if sort not in SORTS:
        raise Malformed(f"sort takes {', '.join(SORTS)}, not {sort}.", field="sort")
    if not 1 <= limit <= MAX_LIMIT:
        raise Malformed(f"limit takes 1 to {MAX_LIMIT}, not {limit}.", field="limit")
    if after is None:
        return Start()
    values = cursors.read(after, sort, _SHAPES[sort])
    return Start(tuple(values[:3]), values[3]) if sort == "relevance" else Start(tuple(values))


def write_cursor(sort: Sort, last: Place, state: str = "") -> str:
    """Return the cursor for the page after the hit at `last`."""
    return cursors.write(sort, (*last, state) if sort == "relevance" else last)


def write_weights(weights: Sequence[float]) -> str:
    """Return the weights of a query's words as the state of a listing."""
    return " ".join(weight.hex() for weight in weights)


def read_weights(state: str, number: int) -> list[float]:
    """Return as many weights from the state of a listing. Raises Malformed."""
    try:
        weights = [float.fromhex(weight) for weight in state.split()]
    except (ValueError, OverflowError):
        weights = [nan]
    if len(weights) != number or not all(map(isfinite, weights)):
        raise Malformed(_FOREIGN, field="cursor")
    return weights
