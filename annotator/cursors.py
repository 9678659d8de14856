"""Cursors: the end of a page of a list, as text for an address.

A cursor holds the order of its list and the unique sort key of the last row. The next page begins
after it, even if rows were added or deleted in between.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from annotator.errors import Malformed

LARGEST = 2**63  # the first integer that databases do not store


def write(order: str, key: Sequence[object]) -> str:
    """Return a cursor for the sort key of the last row of a page: of JSON types and times."""
    text = json.dumps([order, *key], separators=(",", ":"), default=datetime.isoformat)
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read(cursor: str, order: str, shape: Sequence[type | tuple[type, ...]]) -> list[Any]:
    """Return the sort key of a cursor of `order`, with the types of `shape`. Raises Malformed."""
    values: list[Any] = []
    # The errors of binascii are ValueErrors.
    with suppress(ValueError, TypeError, LookupError, OverflowError, RecursionError):
        values = json.loads(base64.urlsafe_b64decode((cursor + "=" * (-len(cursor) % 4)).encode()))
        for at, kind in enumerate(shape, 1):
            if kind is datetime:
                values[at] = datetime.fromisoformat(values[at]).astimezone(UTC)
    if not (isinstance(values, list) and values[:1] == [order] and _fits(values[1:], shape)):
        raise Malformed("This cursor belongs to another list. Start again without it.",
                        field="cursor")  # fmt: skip
    return values[1:]


def _fits(key: list[Any], shape: Sequence[type | tuple[type, ...]]) -> bool:
    numbers = [each for each in key if isinstance(each, int)]
    return (
        len(key) == len(shape)
        and all(map(isinstance, key, shape))
        and not any(isinstance(each, bool) or abs(each) >= LARGEST for each in numbers)
    )
