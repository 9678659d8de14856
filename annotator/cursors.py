"""Cursors: where a page of a list ended, as text that fits into an address.

A cursor holds the order of its list and the sort key of the last row, which is unique. The next
page begins behind it, wherever rows have come or gone in between.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from annotator.errors import Malformed

LARGEST = 2**63  # what databases keep of a number


def write(order: str, key: Sequence[object]) -> str:
    """Write the sort key of the last row of a page, in JSON's types."""
    text = json.dumps([order, *key], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read(cursor: str, order: str, shape: Sequence[type | tuple[type, ...]]) -> list[Any]:
    """Read a sort key of `order` that has the types of `shape`. Raises Malformed."""
    found: list[Any] = []
    with suppress(ValueError, TypeError, RecursionError):  # binascii's errors are ValueErrors
        found = json.loads(base64.urlsafe_b64decode((cursor + "=" * (-len(cursor) % 4)).encode()))
    if not (isinstance(found, list) and found[:1] == [order] and _fits(found[1:], shape)):
        raise Malformed("This cursor is not one of this list. Start again without it.",
                        field="cursor")  # fmt: skip
    return found[1:]


def _fits(key: list[Any], shape: Sequence[type | tuple[type, ...]]) -> bool:
    numbers = [each for each in key if isinstance(each, int)]
    return (
        len(key) == len(shape)
        and all(map(isinstance, key, shape))
        and not any(isinstance(each, bool) or abs(each) >= LARGEST for each in numbers)
    )
