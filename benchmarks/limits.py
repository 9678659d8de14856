"""The cost of counting an act: `python -m benchmarks.limits`.

The baseline counts the same two rows in the site's own database, which waits for the disk. Files
are made beside this script, so that the disk is one that a site would use.
"""

from __future__ import annotations

import multiprocessing
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import text

from annotator.db import Database
from annotator.rates import Rate
from annotator.web.http.rate_limits import COUNT, TABLE, Counted, FileCounts

ACTS, SLOW_ACTS = 5_000, 500
RATE = Rate(10**9, 60)


def timed(act: Callable[[int], object], times: int) -> list[float]:
    """Run `act` repeatedly; return the microseconds of each run."""
    took = []
    for number in range(times):
        begun = time.perf_counter()
        act(number)
        took.append((time.perf_counter() - begun) * 1e6)
    return took


def counted(path: Path) -> list[float]:
    """Count acts in the file of limits."""
    counts = FileCounts(path, "secret")
    network = Counted("network", RATE)
    return timed(lambda number: counts.hit([Counted(f"read {number % 500}", RATE), network]), ACTS)


def in_database(path: Path) -> list[float]:
    """Count acts in a database as a site has it."""
    db = Database(f"sqlite:///{path}")

    def count(number: int) -> None:
        with db.transaction() as session:
            for who in (f"read {number % 500}", "network"):
                values = {"who": who.encode(), "seconds": 60, "now": time.time()}
                session.execute(text(COUNT), values).fetchone()

    with db.transaction() as session:
        session.execute(text(TABLE))
    took = timed(count, SLOW_ACTS)
    db.close()
    return took


def main() -> None:
    """Print one table."""
    with tempfile.TemporaryDirectory(dir=Path(__file__).parent) as name:
        folder = Path(name)
        rows = [("file of limits, one process", counted(folder / "one"))]
        with multiprocessing.get_context("spawn").Pool(2) as pool:
            both = pool.map(counted, [folder / "two"] * 2)
        rows.append(("file of limits, two processes", both[0] + both[1]))
        rows.append(("the site's database", in_database(folder / "database")))
    print(f"{'an act counted in':32} {'p50 µs':>8} {'p95 µs':>8} {'p99 µs':>8}")
    for label, took in rows:
        shares = statistics.quantiles(took, n=100)
        print(f"{label:32} {shares[49]:8.0f} {shares[94]:8.0f} {shares[98]:8.0f}")


if __name__ == "__main__":
    main()
