"""A mixed load over time: requests a second, how long each takes, and whether anything grows.

    python -m benchmarks.load [--minutes 30] [--count 100000] [--workers 1 2] [--data FOLDER]

16 clients on loopback, each on a connection of its own, one request at a time: 90 % reads, 10 %
writes, over a site with `--count` annotations. It stops by itself after `--minutes` for each number
of workers. The last lines say what memory (the pages of all processes of the server that are their
own) and open files have grown by since the warm-up, the first sixth of the time. With `--data` the
site is filled there once, kept, and used again by the next run.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from annotator.config import DATABASE, Config
from annotator.parts import open_parts
from annotator.services.accounts import accounts, credentials
from annotator.services.editions import editions
from benchmarks.site import CHARTER, CONSTITUTION, ask, free_port, prepare

CLIENTS = 16
SAMPLES = 30
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
WORDS = ("ba", "do", "fegi", "luma", "nope", "rita", "vumado", "sopega")
READS = {
    "GET /": 10,
    "GET /d/d": 15,
    "GET /d/d/p/PID": 15,
    "GET /a/ID": 10,
    "GET /api/annotations": 15,
    "GET /api/provisions/…/annotations": 15,
    "GET /api/search": 10,
}
WRITES = {
    "POST /api/annotations": 7,
    "PATCH /api/annotations/ID": 2,
    "DELETE /api/annotations/ID": 1,
}


@dataclass
class Seen:
    """The results of requests: milliseconds by kind, and every unsuccessful response."""

    times: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    errors: Counter[str] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)


@dataclass(frozen=True)
class Place:
    """The target of the clients: the port, a token, and addresses."""

    port: int
    token: str
    pids: tuple[str, ...]
    ids: tuple[str, ...]
    length: int


def client(place: Place, seen: Seen, until: float, seed: str) -> None:
    """Send requests until the time is over; the seed determines them."""
    chance, own = random.Random(seed), list[str]()
    connection = http.client.HTTPConnection("127.0.0.1", place.port, timeout=60)
    kinds = READS | WRITES
    while time.monotonic() < until:
        kind = chance.choices(tuple(kinds), tuple(kinds.values()))[0]
        method, path, body = _request(kind, place, own, chance)
        began = time.perf_counter()
        try:
            answer, data = ask(connection, method, path, body, **_headers(method, place))
            status = answer.status
        except (OSError, http.client.HTTPException) as error:
            status, data = 0, repr(error).encode()
            connection.close()
        took = (time.perf_counter() - began) * 1000
        if status == 201:
            own.append(json.loads(data)["id"])
        with seen.lock:
            seen.times[kind].append(took)
            if status not in {200, 201, 204}:
                seen.errors[f"{kind}: {status or data.decode()}"] += 1
    connection.close()


def _headers(method: str, place: Place) -> dict[str, str]:
    return {"Authorization": f"Bearer {place.token}"} if method != "GET" else {}


def _request(
    kind: str, place: Place, own: list[str], chance: random.Random
) -> tuple[str, str, object]:
    method, path = kind.split()
    if method == "GET":
        path = {
            "/api/annotations": f"{path}?document=d&sort=newest",
            "/api/search": f"{path}?q={chance.choice(WORDS)}",
            "/api/provisions/…/annotations": "/api/provisions/d/PID/annotations",
        }.get(path, path)
        path = path.replace("PID", chance.choice(place.pids)).replace(
            "ID", chance.choice(place.ids)
        )
        return method, path, None
    if method == "POST" or not own:
        start = chance.randrange(place.length - 100)
        target = {"start": start, "end": start + 60}
        return (
            "POST",
            "/api/annotations",
            {"document": "d", "body": _words(chance), "target": target},
        )
    if method == "PATCH":
        return method, f"/api/annotations/{chance.choice(own)}", {"body": _words(chance)}
    return method, f"/api/annotations/{own.pop(chance.randrange(len(own)))}", None


def _words(chance: random.Random) -> str:
    return f"{' '.join(chance.choices(WORDS, k=20))} {chance.randrange(10**9)}."


def processes(parent: int) -> list[int]:
    """Return the process ids of the server and its workers."""
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    return [parent, *(int(child) for child in children)]


def weight(parent: int) -> tuple[float, int]:
    """Return the memory of the server's processes in MB, and how many files they have open.

    What is only mapped from files does not count: the system takes it back when it likes, and each
    of SQLite's connections maps the whole database again.
    """
    memory = files = 0
    for pid in processes(parent):
        _, resident, shared, *_ = Path(f"/proc/{pid}/statm").read_text().split()
        memory += (int(resident) - int(shared)) * PAGE_BYTES
        files += len(list(Path(f"/proc/{pid}/fd").iterdir()))
    return memory / 1e6, files


@contextmanager
def served(config: Config, workers: int, **environ: str) -> Iterator[tuple[int, int]]:
    """Run the server, without rate limits unless `environ` has them; yield its port and id."""
    port = free_port()
    command = [sys.executable, "-m", "annotator", "--data", str(config.data), "serve"]
    command += ["--port", str(port), "--workers", str(workers)]
    environment = {**os.environ, "ANNOTATOR_LIMITS": "off", **environ}
    with (config.data / "serve.log").open("ab") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, env=environment)
    try:
        for _ in range(600):
            try:
                ask(http.client.HTTPConnection("127.0.0.1", port, timeout=5), "GET", "/health")
                break
            except OSError:
                time.sleep(0.1)
        yield port, process.pid
    finally:
        os.kill(process.pid, signal.SIGTERM)
        process.wait(60)


def measure(config: Config, place: Place, workers: int, seconds: float) -> bool:
    """Load a server for some seconds and print the results; return whether all went well."""
    seen = Seen()
    with served(config, workers) as (port, process):
        here = Place(port, place.token, place.pids, place.ids, place.length)
        until = time.monotonic() + seconds
        clients = [
            threading.Thread(target=client, args=(here, seen, until, f"{process} {number}"))
            for number in range(CLIENTS)
        ]
        for each in clients:
            each.start()
        weights = []
        while (left := until - time.monotonic()) > 0:
            time.sleep(min(seconds / SAMPLES, left))
            weights.append(weight(process))
        for each in clients:
            each.join()
    report(seen, weights, workers, seconds)
    return not seen.errors


def report(seen: Seen, weights: list[tuple[float, int]], workers: int, seconds: float) -> None:
    """Print the table of one number of workers."""
    number = sum(len(times) for times in seen.times.values())
    rate = number / seconds
    print(f"\n{workers} worker(s), {seconds:.0f} s: {number:,} requests, {rate:.1f} a second")
    print(f"{'milliseconds':<36} {'requests':>8} {'/s':>7} {'p50':>8} {'p95':>8} {'p99':>8}")
    for kind in (*READS, *WRITES):
        times = sorted(seen.times[kind])
        if times:
            p95, p99 = (times[min(len(times) - 1, int(len(times) * at))] for at in (0.95, 0.99))
            p50 = statistics.median(times)
            often = len(times) / seconds
            print(f"{kind:<36} {len(times):>8,} {often:>7.1f} {p50:>8.1f} {p95:>8.1f} {p99:>8.1f}")
    print(f"errors: {dict(seen.errors) or 'none'}")
    warm = weights[len(weights) // 6 :]
    for name, at in (("memory, MB", 0), ("open files", 1)):
        shown = " ".join(f"{each[at]:.0f}" for each in warm[:: max(1, len(warm) // 8)])
        print(f"{name} after warm-up: {shown}; {warm[-1][at] - warm[0][at]:+.0f} since")


def filled(folder: Path, count: int) -> Config:
    """Return a site with `count` annotations: the one in the folder, or a new one."""
    if (folder / DATABASE).exists():
        return Config(data=folder)
    began = time.perf_counter()
    config = prepare(folder, CONSTITUTION if CONSTITUTION.exists() else CHARTER, count)
    print(
        f"{count:,} annotations written, placed and indexed in {time.perf_counter() - began:.0f} s"
    )
    return config


def main() -> None:
    """Fill a site once and load it with each number of workers."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--minutes", type=float, default=30)
    options.add_argument("--count", type=int, default=100_000)
    options.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    options.add_argument("--data", type=Path, help="where the site is, or will be")
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as passing:
        config = filled(chosen.data or Path(passing), chosen.count)
        parts = open_parts(config)
        with parts.db.transaction() as session:
            token = credentials.create_token(session, accounts.viewer_named(session, "measurer"))
            loaded = editions.newest(session, "d")
        parts.close()
        ids = tuple(
            f"{number:016d}" for number in range(0, chosen.count, max(1, chosen.count // 500))
        )
        place = Place(0, token, loaded.pids, ids, len(loaded.parsed.text))
        fine = [measure(config, place, number, chosen.minutes * 60) for number in chosen.workers]
    raise SystemExit(0 if all(fine) else 1)


if __name__ == "__main__":
    main()
