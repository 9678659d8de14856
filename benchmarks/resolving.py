"""How long an address takes: resolved in its own edition, and followed into the next.

    python -m benchmarks.resolving

Reads two editions of the constitution beside the repository, or of the charter where they are not
there. The baseline is parsing the same address without looking anything up.
"""

from __future__ import annotations

import random
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from annotator.config import Config
from annotator.documents.address import notation
from annotator.parts import open_parts
from annotator.services.addressing import resolver
from annotator.services.editions import editions, provisions
from annotator.services.revisions import add_edition
from benchmarks.site import CHARTER, CONSTITUTION

SAMPLE = 300


def timed(act: Callable[[str], object], cites: list[str]) -> list[float]:
    """Time `act` on each address, in milliseconds, sorted."""
    times = []
    for cite in cites:
        began = time.perf_counter()
        act(cite)
        times.append((time.perf_counter() - began) * 1000)
    return sorted(times)


def main() -> None:
    """Print one table."""
    first = CONSTITUTION if CONSTITUTION.exists() else CHARTER
    second = first.with_name("2026-01-29.md" if CONSTITUTION.exists() else "2026-11-01.md")
    with tempfile.TemporaryDirectory() as folder:
        parts = open_parts(Config(data=Path(folder)))
        with parts.db.transaction() as session:
            for path in (first, second):
                add_edition.add(
                    session, slug="d", label=path.stem, data=path.read_bytes(), name=path.name
                )
        with parts.db.reading() as session:
            old = editions.labelled(session, "d", first.stem)
            views = [provisions.view(old, at) for at in range(len(old.pids))]
            chance = random.Random(1)
            cites = [chance.choice((view.address, view.living, f"{view.address}.s1"))
                     for view in chance.choices(views, k=SAMPLE) if view.number]  # fmt: skip
            rows = {
                "baseline: the address read": lambda cite: notation.read(cite),
                "resolve, in its own edition": lambda cite: resolver.resolve(session, cite),
                "resolve, followed into the next": lambda cite: resolver.resolve(
                    session, cite, edition=second.stem),
            }  # fmt: skip
            print(f"{first.name}, {len(cites)} addresses; milliseconds: median, p95, slowest")
            for name, act in rows.items():
                times = timed(act, cites)
                p95 = times[int(len(times) * 0.95)]
                print(f"{name:<36} {statistics.median(times):8.3f} {p95:8.3f} {times[-1]:8.3f}")
        parts.close()


if __name__ == "__main__":
    main()
