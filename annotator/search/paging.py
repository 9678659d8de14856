"""The order of hits, and the cursors from one page to the next."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, TypeAlias

from annotator import cursors
from annotator.errors import Malformed
from annotator.search.engine import MAX_LIMIT, SORTS

if TYPE_CHECKING:
    from annotator.search.engine import Sort

# relevance: (-score, -created, key); newest: (-created, key); place: (document, start, key);
# created in microseconds since 1970. Ascending order is the order of the pages.
Place: TypeAlias = tuple[float | str, ...]

_SHAPES: dict[str, tuple[type | tuple[type, ...], ...]] = {
    "relevance": ((int, float), int, str),
    "newest": (int, str),
    "place": (str, int, str),
}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def microseconds(moment: datetime) -> int:
    """Return the moment in microseconds since 1970; it must have a time zone."""
    return (moment - _EPOCH) // timedelta(microseconds=1)


def moment(microseconds: int) -> datetime:
    """Return the moment in UTC that is so many microseconds after 1970."""
    return _EPOCH + timedelta(microseconds=microseconds)


def place(sort: Sort, *, score: float, created: int, document: str, start: int, key: str) -> Place:
    """Return the sort key of a hit for `sort`; `created` is in microseconds."""
    if sort == "relevance":
        return (-score, -created, key)
    return (-created, key) if sort == "newest" else (document, start, key)


def read_page(sort: Sort, after: str | None, limit: int) -> Place | None:
    """Return the sort key in the cursor `after`, and check `sort` and `limit`.

    Raises Malformed for an unknown sort, a limit below 1 or above MAX_LIMIT, and a cursor of
    another sort.
    """
    if sort not in SORTS:
        raise Malformed(f"sort takes {', '.join(SORTS)}, not {sort}.", field="sort")
    if not 1 <= limit <= MAX_LIMIT:
        raise Malformed(f"limit takes 1 to {MAX_LIMIT}, not {limit}.", field="limit")
    return None if after is None else tuple(cursors.read(after, sort, _SHAPES[sort]))
