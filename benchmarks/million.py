"""A site with a million annotations: loading, lookup, pages, posting, search, memory and disk.

    python -m benchmarks.million FOLDER [--number 1000000] [--store ADDRESS] [--engines whoosh]

`--store` is the address of an empty PostgreSQL database; without it the store is SQLite. Each step
writes its results to `FOLDER/results.json` when it ends, and a run goes on after the last step
that has ended; loading goes on after its last batch. The annotations come in through the import
of the product, made of a word model of the text itself. It prints one table in Markdown.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import random
import statistics
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any

import tomli_w
from sqlalchemy import func, select, text

from annotator.cli import COLLECTED_EVERY
from annotator.config import Config, load
from annotator.parts import Parts, open_parts
from annotator.schemas.annotations import Draft, DraftTarget, Incoming
from annotator.services.accounts import accounts, credentials
from annotator.services.editions import editions
from annotator.services.editions.editions import Loaded
from annotator.services.exchange.imports import Intake
from annotator.services.revisions import add_edition
from benchmarks.commentary import TAGS, vocabulary
from benchmarks.site import CHARTER, CONSTITUTION, ask, measure_provisions, milliseconds, served

BATCH = 1_000
SMALL = 1_000  # annotations of the site that lookups are compared with
BEGIN = datetime(2024, 1, 1, tzinfo=UTC)
REPLIES, WHOLE, HIGHLIGHTS, RARE = 0.15, 0.25, 0.05, 0.02  # shares
LENGTHS = (8, 25, 60, 120, 300)  # words of a body, and how often
LENGTH_WEIGHTS = (20, 35, 25, 15, 5)
MARKED = ("*{}*", "**{}**", "> {}\n\n", "\n\n- {}\n", "[{}](https://example.org/essay)", "`{}`")
ROUNDS = 20


class Writer:
    """Makes annotations, determined by their number."""

    def __init__(self, loaded: Loaded, number: int) -> None:
        self._loaded = loaded
        self._following: dict[str, list[str]] = defaultdict(list)
        words = loaded.parsed.text.split()
        for word, following in pairwise(words):
            self._following[word].append(following)
        self._words = words
        self._rare = vocabulary()
        self._authors = max(50, number // 100)
        order = list(range(len(loaded.parsed.provisions)))
        random.Random(1).shuffle(order)
        self._order = order
        self._weights = list(accumulate(1 / (rank + 2) for rank in range(len(order))))

    def batch(self, first: int, size: int) -> list[Incoming]:
        """Return the annotations from number `first` on."""
        chance = random.Random(first)
        items: list[Incoming] = []
        for number in range(first, first + size):
            moment = BEGIN + timedelta(seconds=60 * number + chance.randrange(60))
            author = int(self._authors * chance.random() ** 3)
            answered = chance.choice(items).id if items and chance.random() < REPLIES else None
            is_highlight = answered is None and chance.random() < HIGHLIGHTS
            draft = Draft(
                document=self._loaded.slug,
                edition=self._loaded.label,
                targets=() if answered else (self._target(chance),),
                body=None if is_highlight else self._body(chance),
                tags=tuple(dict.fromkeys(chance.choices(TAGS, k=chance.randrange(3)))),
                in_reply_to=answered,
            )
            items.append(Incoming(f"item {number}", draft, f"reader {author}", f"{number:016d}",
                                  moment, moment))  # fmt: skip
        return items

    def _target(self, chance: random.Random) -> DraftTarget:
        """Choose a provision, the first ones most often, and often only some of its words."""
        ordinal = chance.choices(self._order, cum_weights=self._weights)[0]
        provision, words = self._loaded.parsed.provisions[ordinal], self._loaded.parsed.text
        if chance.random() < WHOLE or provision.end - provision.start < 20:
            return DraftTarget(pid=self._loaded.pids[ordinal])
        start = chance.randrange(provision.start, provision.end - 10)
        end = min(provision.end, start + chance.randint(10, 300))
        if not words[start:end].strip():
            return DraftTarget(pid=self._loaded.pids[ordinal])
        return DraftTarget(start, end, words[start:end])

    def _body(self, chance: random.Random) -> str:
        length = chance.choices(LENGTHS, LENGTH_WEIGHTS)[0]
        word, words = chance.choice(self._words), []
        for _ in range(chance.randint(length // 2, length)):
            words.append(word)
            following = self._following.get(word)
            word = chance.choice(following or self._words)
            if chance.random() < RARE:
                words.append(chance.choice(self._rare))
        if words and chance.random() < 0.25:
            words.insert(chance.randrange(len(words)), chance.choice(MARKED).format(word))
        return " ".join(words or [word])


class Run:
    """One site in a folder, and its measurements by step."""

    def __init__(self, folder: Path, number: int, store: str, engine: str) -> None:
        self.folder, self.number, self.store = folder, number, store
        self._file = folder / "results.json"
        folder.mkdir(parents=True, exist_ok=True)
        self.results: dict[str, Any] = (
            json.loads(self._file.read_text()) if self._file.exists() else {}
        )
        asked = {"number": number, "store": store.partition(":")[0] or "sqlite"}
        if self.results.setdefault("asked", asked) != asked:
            raise SystemExit(f"{folder} has a run with {self.results['asked']}. Name another.")
        self.config = self.use(engine)

    def use(self, engine: str) -> Config:
        """Use a search engine from now on."""
        search = {"engine": engine, "seconds": 60.0}  # on a busy machine, 2 stop some
        settings = {"store": {"database": self.store}, "search": search,
                    "limits": {"enabled": False}}  # fmt: skip
        self.config_file = self.folder / f"{engine}.toml"
        self.config_file.write_text(tomli_w.dumps(settings))
        self.config = load(self.config_file, data=self.folder / "site")
        return self.config

    def step(self, name: str, act: Callable[[], dict[str, Any]]) -> None:
        """Do a step once, and record its results and the load of the machine."""
        if name in self.results:
            print(f"{name}: done before", flush=True)
            return
        began = time.perf_counter()
        found = act()
        self.save(name, found | {"took": time.perf_counter() - began, "load": os.getloadavg()[0]})
        print(f"{name}: {self.results[name]}", flush=True)

    def save(self, name: str, found: dict[str, Any]) -> None:
        """Record results, so that a killed run leaves the old ones or the new ones."""
        self.results[name] = found
        draft = self._file.with_suffix(".new")
        draft.write_text(json.dumps(self.results, indent=1))
        draft.replace(self._file)

    def command(self, *words: str) -> dict[str, Any]:
        """Run a command of the product; return its seconds and its memory in megabytes."""
        began = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "-m", "annotator", "--config", str(self.config_file),
             "--data", str(self.config.data), *words], stdout=subprocess.DEVNULL,
        )  # fmt: skip
        ended, memory = 0, 0.0
        while not ended:  # its rusage would count this process's memory too, before it began
            memory = max(memory, peak(process.pid))
            time.sleep(0.1)
            ended, status, used = os.wait4(process.pid, os.WNOHANG)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise SystemExit(f"annotator {' '.join(words)} ended with {process.returncode}")
        return {
            "seconds": time.perf_counter() - began,
            "processor": used.ru_utime + used.ru_stime,
            "memory": memory,
        }


def peak(pid: int) -> float:
    """Return the peak memory of a process in megabytes."""
    status = Path(f"/proc/{pid}/status").read_text()
    lines = (line.split() for line in status.splitlines())
    return next((int(words[1]) / 1024 for words in lines if words[0] == "VmHWM:"), 0.0)


def make_site(run: Run) -> dict[str, Any]:
    """Add the edition, and the account that posts."""
    source = CONSTITUTION if CONSTITUTION.exists() else CHARTER
    parts = open_parts(run.config)
    with parts.db.transaction() as session:
        add_edition.add(session, slug="d", label="2026-01-20", data=source.read_bytes(),
                        name=source.name)  # fmt: skip
        accounts.sign_up(session, "measurer", None)
    parts.close()
    return {"text": source.name}


def load_until(run: Run, number: int) -> dict[str, Any]:
    """Import annotations until the site has `count`."""
    parts = open_parts(run.config)
    with parts.db.reading() as session:
        writer = Writer(editions.newest(session, "d"), run.number)
    intake = Intake(parts.config.limits, trust_authors=False)
    count = at = _count(parts)
    spent = run.results.get("loading", {"seconds": 0.0, "processor": 0.0})
    shown = time.monotonic()
    while at < number:
        began, used = time.perf_counter(), time.process_time()
        items = writer.batch(at, min(BATCH, number - at))
        with parts.db.transaction() as session:
            refused = [each for each in intake.take(session, items) if each.what != "added"]
        if refused:
            raise SystemExit(f"not imported: {refused[0].line}")
        at += len(items)
        spent = {"seconds": spent["seconds"] + time.perf_counter() - began,
                 "processor": spent["processor"] + time.process_time() - used}  # fmt: skip
        run.save("loading", spent)
        if time.monotonic() - shown > 10 or at == number:
            shown = time.monotonic()
            left = (number - at) * spent["seconds"] / at
            print(f"{at:,} of {number:,} loaded, {left:,.0f} s to go", flush=True)
    parts.close()
    return spent | {"rows": at, "before": count}


def _count(parts: Parts) -> int:
    from annotator.models import Annotation

    with parts.db.reading() as session:
        return session.scalar(select(func.count(Annotation.id))) or 0


def index(run: Run) -> dict[str, Any]:
    """Build the index, and print its size."""
    found = run.command("index", "rebuild")
    held = [path for path in run.config.data.rglob("*") if path.is_file()]
    inside = [path.stat().st_size for path in held if path.parent != run.config.data]
    return found | {"disk": sum(inside) / 1e6}


def database_size(run: Run) -> dict[str, Any]:
    """Return the size of the database in megabytes."""
    if not run.store:
        files = run.config.data.glob("*.sqlite3*")
        return {"disk": sum(path.stat().st_size for path in files) / 1e6}
    parts = open_parts(run.config)
    with parts.db.reading() as session:
        size = session.scalar(text("SELECT pg_database_size(current_database())"))
    parts.close()
    return {"disk": (size or 0) / 1e6}


def serve(run: Run) -> dict[str, Any]:
    """Measure pages, posting and search over HTTP, one request at a time."""
    found: dict[str, Any] = {}
    parts = open_parts(run.config)
    with parts.db.transaction() as session:
        token = credentials.create_token(session, accounts.viewer_named(session, "measurer"))
    parts.close()
    bearer = {"Authorization": f"Bearer {token}"}
    chance = random.Random(7)
    with served(run.config, run.config_file) as connection:
        _, raw = ask(connection, "GET", "/api/documents/d/editions/2026-01-20/text")
        words = raw.decode()

        def get(path: str, **headers: str) -> Callable[[], None]:
            def once() -> None:
                answer, body = ask(connection, "GET", path, **headers)
                if answer.status != 200:
                    raise SystemExit(f"{path}: {answer.status} {body[:200]!r}")

            return once

        def post() -> None:
            start = chance.randrange(len(words) - 200)
            sent = {"document": "d", "body": f"A comment of {time.time_ns()} words.",
                    "target": {"start": start, "end": start + 60}}  # fmt: skip
            answer, body = ask(connection, "POST", "/api/annotations", sent, **bearer)
            if answer.status != 201:
                raise SystemExit(f"POST: {answer.status} {body[:200]!r}")

        def posted_then_read() -> None:
            post()
            began = time.perf_counter()
            get("/d/d")()
            after.append((time.perf_counter() - began) * 1000)

        after: list[float] = []
        milliseconds(posted_then_read, ROUNDS)
        found["the reading page after a post"] = statistics.median(after)
        found["POST /api/annotations"] = statistics.median(milliseconds(post, ROUNDS))
        for name, path in _requests(run).items():
            began = time.perf_counter()
            get(path)()
            first = (time.perf_counter() - began) * 1000
            found[f"{name}, the first time"] = first
            found[f"{name}, again"] = statistics.median(milliseconds(get(path), ROUNDS))
        found["memory"] = sum(map(peak, _family(os.getpid())))
    return found


def _family(pid: int) -> list[int]:
    """Return the processes that a process has started, and those that they have."""
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    children = [int(child) for task in tasks for child in task.read_text().split()]
    return children + [each for child in children for each in _family(child)]


def _requests(run: Run) -> dict[str, str]:
    rare = vocabulary()[len(vocabulary()) // 2]
    return {
        "the reading page": "/d/d",
        "the list of the newest": "/api/annotations?document=d",
        "the list by place": "/api/annotations?document=d&sort=place",
        "search: a frequent word": "/api/search?q=values",
        "search: a phrase": "/api/search?q=%22the+values%22",
        "search: a prefix": "/api/search?q=val*",
        "search: a rare word": f"/api/search?q={rare}",
    }


def table(run: Run, engines: list[str]) -> Iterator[str]:
    """Yield the table of all results."""
    results, number = run.results, run.number
    loading = results["loading"]
    yield f"| {number:,} annotations, {results['asked']['store']} | |"
    yield "| --- | ---: |"
    yield f"| loaded | {number / loading['seconds']:,.0f} a second, {number / loading['processor']:,.0f} a processor second |"  # noqa: E501
    small, large = results["lookup at first"]["median"], results["lookup"]["median"]
    yield f"| commentary on a provision, 50 of it | {large:.1f} ms; {small:.1f} at {SMALL:,} ({large / small:.2f} ×) |"  # noqa: E501
    yield f"| disk of the database | {results['disk']['disk']:,.0f} MB |"
    for name in ("check", "backup"):
        found = results[name]
        yield f"| annotator {name} | {found['seconds']:,.0f} s, {found['processor']:,.0f} of the processor; {found['memory']:,.0f} MB |"  # noqa: E501
    for engine in engines:
        built = results[f"index {engine}"]
        yield f"| {engine}: index rebuild | {number / built['seconds']:,.0f} a second; {built['memory']:,.0f} MB, {built['disk']:,.0f} MB on disk |"  # noqa: E501
        figures = results[f"serve {engine}"]
        yield f"| {engine}: memory of the server | {figures['memory']:,.0f} MB |"
        for name, median in figures.items():
            if name not in ("took", "load", "memory"):
                yield f"| {engine}: {name} | {median:,.1f} ms |"
    loads = [found["load"] for found in results.values() if "load" in found]
    took = sum(found.get("took", 0) for found in results.values())
    yield f"| load average of the machine; all steps | {min(loads):.1f} to {max(loads):.1f}; {took / 60:.0f} minutes |"  # noqa: E501


def main() -> None:
    """Go on with the run of a folder, and print its table."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("folder", type=Path)
    options.add_argument("--number", type=int, default=1_000_000)
    options.add_argument("--store", default="")
    options.add_argument("--engines", nargs="+", default=["whoosh"])
    asked = options.parse_args()
    gc.set_threshold(*COLLECTED_EVERY)  # as the commands do
    run = Run(asked.folder.resolve(), asked.number, asked.store, asked.engines[0])
    run.step("site", lambda: make_site(run))
    run.step("loaded at first", lambda: load_until(run, min(SMALL, run.number)))
    run.step("lookup at first", lambda: {"median": measure_provisions(run.config, SMALL)})
    run.step("index at first", lambda: run.command("index", "rebuild"))
    run.step("check at first", lambda: run.command("check"))
    run.step("loaded", lambda: load_until(run, run.number))
    run.step("lookup", lambda: {"median": measure_provisions(run.config, run.number)})
    run.step("disk", lambda: database_size(run))
    for engine in asked.engines:
        run.use(engine)
        run.step(f"index {engine}", lambda: index(run))
        run.step(f"serve {engine}", lambda: serve(run))
    run.step("check", lambda: run.command("check"))
    backup = run.folder / "backup.zip"
    run.step("backup", lambda: run.command("backup", "--force", str(backup)))
    backup.unlink(missing_ok=True)
    print(*table(run, asked.engines), sep="\n")


if __name__ == "__main__":
    main()
