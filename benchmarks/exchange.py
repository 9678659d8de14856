"""Exports and imports: rate and memory of each dialect, compared with a baseline.

    python -m benchmarks.exchange [--count 100000] [--imported 20000] [--text FILE]

The baseline of an export is writing ready dictionaries with Python's `json`; that of an import is
reading the file with `json.loads` line by line and doing nothing with it. A CPU second is one of
this process. Memory is the increase of its peak.
"""

from __future__ import annotations

import argparse
import cProfile
import gc
import json
import pstats
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path

from annotator import formats
from annotator.cli import COLLECTED_EVERY
from annotator.config import Config
from annotator.documents import write_ledger
from annotator.formats.files import reading
from annotator.parts import Parts, open_parts
from annotator.services.annotations.filters import Filter
from annotator.services.editions import editions
from annotator.services.exchange import exports
from annotator.services.exchange.imports import BATCH, Intake
from annotator.services.revisions import add_edition
from benchmarks.commentary import fill
from benchmarks.site import CHARTER, CONSTITUTION

NAMES = tuple(formats.FORMATS)


def row(name: str, number: int, act: Callable[[], object]) -> None:
    """Do something, and print how many a second that was, and how far memory grew."""
    before, began, used = held(), time.perf_counter(), time.process_time()
    act()
    seconds, busy = time.perf_counter() - began, time.process_time() - used
    print(f"{name:<44} {number / seconds:>12,.0f} {number / busy:>12,.0f} {seconds:>9.1f} "
          f"{held() - before:>9,.0f}")  # fmt: skip


def held() -> float:
    """Return the most memory that this process has held, in megabytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def site(folder: Path, text: Path, ledger: str | None = None) -> Parts:
    """Make a site with one edition."""
    parts = open_parts(replace(Config(), data=folder))
    with parts.db.transaction() as session:
        add_edition.add(
            session,
            slug="d",
            label="2026-01-20",
            data=text.read_bytes(),
            name=text.name,
            ledger=ledger,
        )
    return parts


def ledger_of(parts: Parts) -> str:
    """Return the pids of the edition, so that another site uses the same."""
    with parts.db.reading() as session:
        loaded = editions.newest(session, "d")
        return write_ledger(loaded.parsed, loaded.pids)


def export(parts: Parts, name: str, to: Path) -> None:
    """Write everything."""
    chosen = formats.named(name)
    with parts.db.reading() as session, to.open("w", encoding="utf-8", newline="") as file:
        found = exports.export(session, chosen, Filter(), "CC-BY-4.0", parts.config.address)
        file.writelines(chosen.write(found.annotations, found.envelope))


def take_in(parts: Parts, path: Path) -> None:
    """Import a file in batches, as the command does."""
    intake = Intake(parts.config.limits)
    with path.open("rb") as file:
        incoming = reading.read(file)
        while batch := list(islice(incoming, BATCH)):
            with parts.db.transaction() as session:
                intake.take(session, batch)
    with parts.db.transaction() as session:
        intake.finish(session)


def lines(path: Path, most: int) -> Iterator[str]:
    """Yield the first lines of a file."""
    with path.open(encoding="utf-8") as file:
        yield from islice(file, most)


def baseline(ready: list[object], to: Path) -> None:
    """Write dictionaries that are there already."""
    with to.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(value, ensure_ascii=False) + "\n" for value in ready)


def profiled(act: Callable[[], object]) -> None:
    """Profile a function and print the result."""
    profile = cProfile.Profile()
    profile.runcall(act)
    pstats.Stats(profile).sort_stats("cumulative").print_stats(45)


def main() -> None:
    """Measure, and print one table."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--count", type=int, default=100_000)
    options.add_argument("--imported", type=int, default=20_000)
    options.add_argument("--text", type=Path, default=None)
    options.add_argument("--profile", choices=("export", "import"))
    asked = options.parse_args()
    gc.set_threshold(*COLLECTED_EVERY)  # as the command does
    text = asked.text or (CONSTITUTION if CONSTITUTION.exists() else CHARTER)
    with tempfile.TemporaryDirectory() as folder:
        full = site(Path(folder, "full"), text)
        with full.db.transaction() as session:
            fill(session, "d", asked.count)
        out, part = Path(folder, "out"), Path(folder, "part.jsonl")
        if asked.profile == "export":
            profiled(lambda: export(full, "jsonl", out))
            return
        export(full, "jsonl", part)
        ready = [json.loads(line) for line in lines(part, 20_000)]
        print(f"{text.name}, {asked.count:,} annotations")
        print(f"{'':<44} {'a second':>12} {'a CPU second':>12} {'seconds':>9} {'MB more':>9}")
        if not asked.profile:
            row("baseline: json.dumps alone", len(ready), lambda: baseline(ready, out))
            for name in NAMES:
                row(f"export as {name}", asked.count, lambda name=name: export(full, name, out))  # type: ignore[misc]
        few = Path(folder, "few.jsonl")
        few.write_text("".join(lines(part, asked.imported)), encoding="utf-8")
        empty = site(Path(folder, "empty"), text, ledger_of(full))
        if asked.profile:
            profiled(lambda: take_in(empty, few))
            return
        row("baseline: json.loads alone", asked.imported,
            lambda: [json.loads(line) and None for line in lines(few, asked.imported)])  # fmt: skip
        row("import of jsonl, placing included", asked.imported, lambda: take_in(empty, few))
        row("the same again", asked.imported, lambda: take_in(empty, few))
        full.close()
        empty.close()


if __name__ == "__main__":
    main()
