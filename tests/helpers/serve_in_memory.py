"""`annotator` with the engine of the tests, and a clock that is CLOCK_AHEAD seconds ahead."""

import os
import time
from datetime import UTC, datetime, tzinfo

from annotator import db
from annotator.cli import main
from annotator.search import engines
from tests.search.memory_engine import MemoryEngine

AHEAD = float(os.environ.get("CLOCK_AHEAD", "0"))
REAL = time.time


class Clock(datetime):
    """The time of this machine, as it takes it to be."""

    @classmethod
    def now(cls, tz: tzinfo | None = UTC) -> "Clock":
        return cls.fromtimestamp(time.time(), tz)


engines.open_engine = lambda *_: MemoryEngine()  # type: ignore[assignment]
time.time = lambda: REAL() + AHEAD
db.datetime = Clock  # type: ignore[misc]

if __name__ == "__main__":
    main()
