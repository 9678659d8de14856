"""The site at full size: provisions, posting, the reading page, the export.

    python -m benchmarks.site [--counts 1000 100000] [--text FILE]

Without --text the constitution is looked for beside the repository, and the charter is read where
it is not there. Requests go to a real server (`annotator serve`) on loopback, one at a time; the
baseline of each table row is measured in the same run.
"""

from __future__ import annotations

import argparse
import gzip
import http.client
import json
import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from annotator import formats
from annotator.config import Config
from annotator.parts import Parts, open_parts
from annotator.services.accounts import accounts, credentials
from annotator.services.annotations import listings
from annotator.services.annotations.filters import Filter
from annotator.services.exchange import exports
from annotator.services.revisions import add_edition
from benchmarks.commentary import fill
from scripts.postgresql import free_port

ROOT = Path(__file__).parent.parent
CONSTITUTION = ROOT.parent / "shared" / "corpus" / "constitution" / "2026-01-20.md"
CHARTER = ROOT / "corpus" / "charter" / "2026-09-01.md"
ROUNDS = 40


def milliseconds(act: Callable[[], object], rounds: int = ROUNDS) -> list[float]:
    """Time `act`, after three rounds that do not count."""
    times = []
    for number in range(rounds + 3):
        began = time.perf_counter()
        act()
        if number >= 3:
            times.append((time.perf_counter() - began) * 1000)
    return sorted(times)


def row(name: str, times: list[float], note: str = "") -> None:
    """Print one line: median, 95th percentile, slowest."""
    p95 = times[int(len(times) * 0.95) - 1]
    print(f"{name:<52} {statistics.median(times):>9.2f} {p95:>9.2f} {times[-1]:>9.2f}  {note}")


def prepare(folder: Path, text: Path, count: int) -> Config:
    """Make a site with one edition and `count` annotations."""
    config = Config(data=folder)
    parts = open_parts(config)
    with parts.db.transaction() as session:
        add_edition.add(
            session, slug="d", label="2026-01-20", data=text.read_bytes(), name=text.name
        )
    with parts.db.transaction() as session:
        fill(session, "d", count)
        accounts.sign_up(session, "measurer", None)
    parts.indexer.rebuild()  # or the server would be busy with it while it is measured
    parts.close()
    return config


def busiest(parts: Parts, most: int = 20) -> list[str]:
    """Name provisions with commentary, from the busiest section down to paragraphs."""
    with parts.db.reading() as session:
        from annotator.services.editions import editions
        from annotator.services.reading import reading_page

        loaded = editions.newest(session, "d")
        counts = reading_page.commentary(session, loaded).counts
    full = [n for n in sorted(counts, key=lambda n: -counts[n]) if counts[n] >= 50] or sorted(
        counts
    )
    step = max(1, len(full) // most)
    return [loaded.pids[ordinal] for ordinal in full[::step]][:most]


def measure_provisions(config: Config, count: int) -> float:
    """Time the first page of all commentary on a provision, through the services."""
    parts = open_parts(config)
    pids, medians = busiest(parts), []

    def read(pid: str) -> None:
        with parts.db.reading() as session:
            listings.page(session, Filter(document="d", provision=pid), "place", limit=50)

    every: list[float] = []
    for pid in pids:
        times = milliseconds(lambda pid=pid: read(pid), 15)  # type: ignore[misc]
        every += times
        medians.append(statistics.median(times))
    row(
        f"commentary on a provision, 50 of it, at {count:,}",
        sorted(every),
        f"{len(pids)} provisions",
    )
    parts.close()
    return statistics.median(every)


def measure_export(config: Config, count: int) -> None:
    """Time the whole export, and the memory that it takes at its peak."""
    parts = open_parts(config)
    began, size = time.perf_counter(), 0
    with parts.db.reading() as session:
        chosen = formats.named("jsonl")
        found = exports.export(session, chosen, Filter(), "CC-BY-4.0", config.address)
        for piece in chosen.write(found.annotations, found.envelope):
            size += len(piece)
    seconds = time.perf_counter() - began
    tracemalloc.start()
    with parts.db.reading() as session:
        for number, _ in enumerate(listings.everything(session, Filter())):
            if number == 20_000:
                break
    peak = tracemalloc.get_traced_memory()[1] / 1e6
    tracemalloc.stop()
    print(
        f"{f'export of {count:,} as jsonl, seconds':<52} {seconds:>9.2f} "
        f"{'':>9} {'':>9}  {size / 1e6:.0f} MB; peak of Python's memory {peak:.0f} MB"
    )
    parts.close()


@contextmanager
def served(config: Config, settings: Path | None = None) -> Iterator[http.client.HTTPConnection]:
    """Run the real server on loopback; it is ended by its process id."""
    port = free_port()
    command = [
        sys.executable,
        "-m",
        "annotator",
        *(["--config", str(settings)] if settings else []),
        "--data",
        str(config.data),
        "serve",
        "--port",
        str(port),
    ]
    environ = {**os.environ, "ANNOTATOR_LIMITS": "off"}
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=environ)
    try:
        yield _connect(port)
    finally:
        os.kill(process.pid, signal.SIGTERM)
        process.wait(30)


def _connect(port: int) -> http.client.HTTPConnection:
    for _ in range(3000):  # a busy machine with a large site takes minutes
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        try:
            connection.request("GET", "/health")
            connection.getresponse().read()
        except OSError:
            time.sleep(0.1)
        else:
            return connection
    raise SystemExit("the server did not start")


def ask(
    connection: http.client.HTTPConnection,
    method: str,
    path: str,
    body: object = None,
    **headers: str,
) -> tuple[http.client.HTTPResponse, bytes]:
    """Send one request and read the whole answer."""
    data = None if body is None else json.dumps(body)
    connection.request(method, path, data, {"Content-Type": "application/json", **headers})
    answer = connection.getresponse()
    return answer, answer.read()


def measure_server(config: Config, token: str, count: int) -> None:
    """Time posting, the reading page and its revalidation over HTTP."""
    chance = random.Random(9)
    with served(config) as connection:
        _, text = ask(connection, "GET", "/api/documents/d/editions/2026-01-20/text")
        words = text.decode()
        packed = {"Accept_Encoding": "gzip"}
        headers = {name.replace("_", "-"): value for name, value in packed.items()}
        row(
            f"baseline: GET /health, at {count:,}",
            milliseconds(lambda: ask(connection, "GET", "/health")),
        )
        answer, page = ask(connection, "GET", "/d/d", **headers)
        row(
            f"GET /d/d (reading page), warm, at {count:,}",
            milliseconds(lambda: ask(connection, "GET", "/d/d", **headers)),
            f"{len(page):,} bytes compressed, {len(gzip.decompress(page)):,} in all",
        )
        etag = {"If-None-Match": answer.headers["ETag"], **headers}
        again, _ = ask(connection, "GET", "/d/d", **etag)
        row(
            "GET /d/d with If-None-Match",
            milliseconds(lambda: ask(connection, "GET", "/d/d", **etag)),
            f"status {again.status}",
        )

        def post() -> None:
            start = chance.randrange(len(words) - 200)
            sent = {
                "document": "d",
                "body": "A comment of a few words.",
                "target": {"start": start, "end": start + 60},
            }
            status, _ = ask(
                connection, "POST", "/api/annotations", sent, Authorization=f"Bearer {token}"
            )
            assert status.status == 201

        row(f"POST /api/annotations, at {count:,}", milliseconds(post, 60))
        row(
            f"GET /api/provisions/…/annotations, at {count:,}",
            milliseconds(lambda: ask(connection, "GET", "/api/annotations?document=d&sort=place")),
        )
        measure_filters(connection, count)


def measure_filters(connection: http.client.HTTPConnection, count: int) -> None:
    """Time the filtered commentary on an edition, as JSON and as the page of the map."""
    packed = {"Accept-Encoding": "gzip"}
    commentary, heat = "/api/documents/d/editions/2026-01-20/commentary", "/d/d/map/2026-01-20"
    queries = ("", "author=author+7", "tag=honesty", "verdict=exact", "verdict=edited",
               "after=2026-02-01")  # fmt: skip
    for path, name in ((commentary, "…/commentary"), (heat, "/d/d/map/…")):
        for query in queries:
            answer, _ = ask(connection, "GET", f"{path}?{query}", **packed)
            assert answer.status == 200
            times = milliseconds(
                lambda path=path, query=query: ask(connection, "GET", f"{path}?{query}", **packed),
                7,
            )  # type: ignore[misc]
            row(f"GET {name}?{query}, at {count:,}", times)


def main() -> None:
    """Fill sites of each size and print the table."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--counts", type=int, nargs="+", default=[1_000, 100_000])
    options.add_argument("--text", type=Path)
    chosen = options.parse_args()
    text = chosen.text or (CONSTITUTION if CONSTITUTION.exists() else CHARTER)
    print(f"text: {text.name} ({text.stat().st_size:,} bytes); milliseconds")
    print(f"{'':<52} {'median':>9} {'p95':>9} {'slowest':>9}")
    medians: dict[int, float] = {}
    for count in chosen.counts:
        with tempfile.TemporaryDirectory() as folder:
            began = time.perf_counter()
            config = prepare(Path(folder), text, count)
            print(f"-- {count:,} annotations, filled in {time.perf_counter() - began:.0f} s")
            medians[count] = measure_provisions(config, count)
            measure_export(config, count)
            parts = open_parts(config)
            with parts.db.transaction() as session:
                token = credentials.create_token(
                    session, accounts.viewer_named(session, "measurer")
                )
            parts.close()
            measure_server(config, token, count)
    if len(medians) > 1:
        small, large = min(medians), max(medians)
        print(f"provision at {large:,} / at {small:,}: {medians[large] / medians[small]:.2f}")


if __name__ == "__main__":
    main()
