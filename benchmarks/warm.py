"""Requests a second of cached anonymous pages, compared with `/health/live`.

    python -m benchmarks.warm [--count 10000] [--seconds 4] [--rounds 3] [--data FOLDER]

Needs `wrk`. Each round measures `/health/live`, then one page, in turn; a row is the median of a
page's rate and of its ratio to the `/health/live` just before it. Rate limits count, with rates
that are not reached. With `--data` the site is filled there once and kept.
"""

from __future__ import annotations

import argparse
import re
import shutil
import statistics
import subprocess
import tempfile
from http.client import HTTPConnection
from pathlib import Path

from annotator.config import Config
from annotator.parts import open_parts
from annotator.services.editions import editions
from annotator.services.reading import reading_page
from benchmarks.load import filled, served
from benchmarks.site import ask

COUNTED = {
    "ANNOTATOR_LIMITS": "on", "ANNOTATOR_RATES_READ": "9999999/minute",
    "ANNOTATOR_RATES_SEARCH": "9999999/minute",
}  # fmt: skip
WARMING = 6  # requests for each page, so that every worker has seen it
BASELINE = "/health/live"


def rate(port: int, path: str, seconds: int) -> float:
    """Return the requests a second that 16 connections get answered, all with 200."""
    command = ["wrk", "-t2", "-c16", f"-d{seconds}s", "-H", "Accept-Encoding: gzip",
               f"http://127.0.0.1:{port}{path}"]  # fmt: skip
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in printed:
        raise SystemExit(f"{path} was not always answered with 200:\n{printed}")
    found = re.search(r"Requests/sec:\s+([\d.]+)", printed)
    assert found
    return float(found[1])


def addresses(config: Config) -> dict[str, str]:
    """Return the measured pages by name: the busiest section and paragraph among them."""
    parts = open_parts(config)
    with parts.db.reading() as session:
        loaded = editions.newest(session, "d")
        counts = reading_page.commentary(session, loaded).counts
    parts.close()
    sections = {at for at, it in enumerate(loaded.parsed.provisions) if it.kind == "section"}
    section = max(sections, key=lambda at: counts.get(at, 0))
    paragraph = max(counts.keys() - sections, key=lambda at: counts[at])
    return {
        "front page": "/",
        "reading page": "/d/d",
        "section page": f"/d/d/p/{loaded.pids[section]}",
        "provision page": f"/d/d/p/{loaded.pids[paragraph]}",
        "permalink": "/a/0000000000000000",
        "list (API)": "/api/annotations?document=d&sort=newest",
        "search (API)": "/api/search?q=luma",
        "search page": "/search?q=luma",
    }


def main() -> None:
    """Serve a site and print the table."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--count", type=int, default=10_000)
    options.add_argument("--seconds", type=int, default=4)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--workers", type=int, default=2)
    options.add_argument("--data", type=Path, help="where the site is, or will be")
    chosen = options.parse_args()
    if not shutil.which("wrk"):
        raise SystemExit("wrk is not installed.")
    with tempfile.TemporaryDirectory() as passing:
        config = filled(chosen.data or Path(passing), chosen.count)
        pages = addresses(config)
        rates: dict[str, list[tuple[float, float]]] = {name: [] for name in pages}
        with served(config, chosen.workers, **COUNTED) as (port, _):
            for path in list(pages.values()) * WARMING:
                connection = HTTPConnection("127.0.0.1", port, timeout=60)
                assert ask(connection, "GET", path, **{"Accept-Encoding": "gzip"})[0].status == 200
                connection.close()
            for _ in range(chosen.rounds):
                for name, path in pages.items():
                    baseline = rate(port, BASELINE, chosen.seconds)
                    rates[name].append((rate(port, path, chosen.seconds), baseline))
    print(f"{chosen.workers} worker(s), {chosen.count:,} annotations; requests a second")
    print(f"{'':<16} {'page':>8} {BASELINE:>13} {'ratio':>7}")
    for name, pairs in rates.items():
        page, live = (statistics.median(column) for column in zip(*pairs, strict=True))
        ratio = statistics.median(mine / other for mine, other in pairs)
        print(f"{name:<16} {page:>8.0f} {live:>13.0f} {ratio:>7.2f}")


if __name__ == "__main__":
    main()
