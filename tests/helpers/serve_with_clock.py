"""`annotator` on a machine whose clock is CLOCK_AHEAD seconds ahead."""

import os
import time
from datetime import UTC, datetime, tzinfo

from annotator import db
from annotator.cli import main

AHEAD = float(os.environ.get("CLOCK_AHEAD", "0"))
REAL = time.time


class Clock(datetime):
    """The time of this machine, as it takes it to be."""

    @classmethod
    def now(cls, tz: tzinfo | None = UTC) -> "Clock":
        return cls.fromtimestamp(time.time(), tz)


time.time = lambda: REAL() + AHEAD
db.datetime = Clock  # type: ignore[misc]

if __name__ == "__main__":
    main()
