"""Rate limits such as `20/hour, 100/day`; pure."""

from __future__ import annotations

import math
import re
from typing import NamedTuple

SECONDS = {"second": 1, "minute": 60, "hour": 3_600, "day": 86_400}
MAX_SPOKEN = 90
UNITS = ((1, "second"), (60, "minute"), (3_600, "hour"), (86_400, "day"))
FORM = re.compile(r"(\d{1,9})/(?:(\d{1,4}) ?)?(second|minute|hour|day)s?\Z")


class Rate(NamedTuple):
    """At most `most` times within `seconds`, counted from the first of them."""

    most: int
    seconds: int


def read(text: str) -> tuple[Rate, ...]:
    """Parse rates, which all apply. Raises ValueError with the expected format."""
    rates = []
    for part in text.split(",") if text.strip() else ():
        match = FORM.match(part.strip())
        if not match or not int(match[1]) or match[2] == "0":
            raise ValueError(f"must be written like 20/hour or 5/10 minutes, not {part.strip()!r}")
        rates.append(Rate(int(match[1]), int(match[2] or 1) * SECONDS[match[3]]))
    return tuple(rates)


def spoken(seconds: float) -> str:
    """Return a duration in words, rounded up: `40 seconds`, `12 minutes`, `3 hours`."""
    size, word = next((unit for unit in UNITS if seconds <= unit[0] * MAX_SPOKEN), UNITS[-1])
    number = max(1, math.ceil(seconds / size))
    return f"{number} {word}{'s' * (number != 1)}"
