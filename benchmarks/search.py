"""Measure the search engine at its design size, compared with a scan of the same texts.

    python -m benchmarks.search [--engine NAME] [--count 100000] [--seed 7] [--place PLACE]
                                [--beside WHOOSH_FOLDER]

Commentary is generated: words as frequent as in prose (Zipf), half of the comments on 40 hot
places. All stands in one table; a search gives its first 20 hits with snippets, facets and the
total. An index at a place that is named stays for the next run: a folder for whoosh, "URL INDEX"
for opensearch, which otherwise starts one node of its own; an address, postgresql+psycopg://…, for
postgresql. With --beside, each query is asked of Whoosh too, in turn, and the last column is how
many times as long it takes the other engine.
"""

from __future__ import annotations

import argparse
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from operator import add
from pathlib import Path
from typing import NamedTuple, TypeVar

import urllib3
from sqlalchemy import create_engine, text

from annotator.config import Search
from annotator.search.engine import Engine
from annotator.search.engines.opensearch import OpenSearchEngine
from annotator.search.engines.postgresql import PostgresEngine
from annotator.search.engines.whoosh import WhooshEngine
from annotator.search.query import parse
from annotator.search.record import Record, annotation_key
from scripts import opensearch

WORDS = 100  # in each annotation
QUOTED_WORDS = 12
VOCABULARY = 40_000
DOCUMENT_LENGTH = 185_000  # characters
HOT_PLACES = 40
ADDED = 30  # annotations added one by one
QUERIES = 20  # different ones in each row
FIRST = datetime(2026, 1, 1, tzinfo=UTC)

T = TypeVar("T")


def _open_opensearch(place: str) -> Engine:
    url, index = place.split()
    return OpenSearchEngine(Search(urls=(url,), index=index, seconds=60), lambda: "benchmark")


def _opensearch_bytes(place: str) -> float:
    url, index = place.split()
    stats = urllib3.request("GET", f"{url}/{index}/_stats/store").json()
    return float(stats["_all"]["total"]["store"]["size_in_bytes"])


def _folder_bytes(place: str) -> float:
    return sum(path.stat().st_size for path in Path(place).rglob("*") if path.is_file())


def _table_bytes(address: str) -> float:
    engine = create_engine(address)
    with engine.connect() as connection:
        sizes = "SELECT pg_total_relation_size('search_records')"
        return float(connection.scalar(text(sizes)) or 0)


# How to open each engine at a place, and the size of its index there.
ENGINES: dict[str, tuple[Callable[[str], Engine], Callable[[str], float]]] = {
    "whoosh": (lambda folder: WhooshEngine(Path(folder)), _folder_bytes),
    "postgresql": (lambda address: PostgresEngine(address, 60), _table_bytes),
    "opensearch": (_open_opensearch, _opensearch_bytes),
}

_ONSETS = [
    "b",
    "c",
    "d",
    "f",
    "g",
    "h",
    "l",
    "m",
    "n",
    "p",
    "r",
    "s",
    "t",
    "v",
    "w",
    "st",
    "tr",
    "pr",
    "con",
    "re",
    "de",
    "in",
    "un",
    "ex",
]
_VOWELS = ["a", "e", "i", "o", "u", "ai", "ea", "ou"]
_CODAS = ["", *["n", "r", "s", "t", "l", "m", "nd", "st", "ct"]]
_ENDINGS = ["", "", "", *["s", "ed", "ing", "ly", "ness", "ation", "er", "al"]]


class Corpus:
    """Generates annotations; the same seed gives the same ones."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)
        self.words = self._vocabulary()
        self._word_weights = _zipf(VOCABULARY, 1.05, 2.7)
        self._authors = [f"Author {n}" for n in range(2_000)]
        self._author_weights = _zipf(2_000, 1.0, 1.0)
        self._tags = [f"tag {n}" for n in range(300)]
        self._tag_weights = _zipf(300, 1.0, 1.0)
        self._hot = [self._chance.randrange(DOCUMENT_LENGTH) for _ in range(HOT_PLACES)]

    def records(self, count: int) -> Iterator[Record]:
        """Yield a number of annotations."""
        return (self._record(number) for number in range(count))

    def _record(self, number: int) -> Record:
        chance = self._chance
        start = chance.choice(self._hot)
        if chance.random() < 0.5:
            start = chance.randrange(DOCUMENT_LENGTH)
        section = start * 41 // DOCUMENT_LENGTH
        tags = chance.choices(self._tags, cum_weights=self._tag_weights, k=chance.randrange(4))
        return Record(
            key=annotation_key(f"{number:06}"),
            kind="annotation",
            document="constitution",
            body=self._text(WORDS),
            quote=self._text(QUOTED_WORDS),
            created=FIRST + timedelta(seconds=chance.randrange(10_000_000)),
            revision="1",
            author=chance.choices(self._authors, cum_weights=self._author_weights)[0],
            tags=tuple(dict.fromkeys(tags)),
            sections=(f"part-{section // 8}", f"section-{section}"),
            start=start,
            placement="exact",
        )

    def _text(self, words: int) -> str:
        return " ".join(self._chance.choices(self.words, cum_weights=self._word_weights, k=words))

    def _vocabulary(self) -> list[str]:
        found: dict[str, None] = {}
        while len(found) < VOCABULARY:
            syllables = self._chance.choice((1, 2, 2, 3))
            parts = [self._chance.choice(p) for p in (_ONSETS, _VOWELS, _CODAS) * syllables]
            found["".join(parts) + self._chance.choice(_ENDINGS)] = None
        return list(found)


def _zipf(size: int, exponent: float, shift: float) -> list[float]:
    return list(accumulate((rank + shift) ** -exponent for rank in range(size)))


class Took(NamedTuple):
    """Milliseconds that some work took: on the clock, and of the processor in this process."""

    clock: float
    processor: float


class Table:
    """Prints one table, row by row."""

    def __init__(self) -> None:
        heads = ("found", "median", "p95", "max", "processor")
        print(f"{'milliseconds':44}" + "".join(f"{head:>10}" for head in heads))

    def row(
        self,
        name: str,
        times: Sequence[Took],
        found: float | None = None,
        beside: Sequence[Took] = (),
    ) -> None:
        """Print times, the median of how many were found, and the ratio to the times `beside`."""
        clock = sorted(took.clock for took in times)
        p95 = clock[min(len(clock) - 1, len(clock) * 95 // 100)]
        processor = statistics.median(took.processor for took in times)
        numbers = (statistics.median(clock), p95, clock[-1], processor)
        shown = "" if found is None else f"{found:.0f}"
        if beside:
            numbers = (*numbers, numbers[0] / statistics.median(took.clock for took in beside))
        print(f"{name:44}{shown:>10}" + "".join(f"{n:10.1f}" for n in numbers), flush=True)

    def fact(self, name: str, value: float, unit: str) -> None:
        """Print one number."""
        print(f"{name:44}{value:20.1f} {unit}", flush=True)


def timed(work: Callable[[], T]) -> tuple[Took, T]:
    """Return how long some work takes, and its answer."""
    clock, processor = time.perf_counter(), time.process_time()
    answer = work()
    took = time.perf_counter() - clock, time.process_time() - processor
    return Took(took[0] * 1000, took[1] * 1000), answer


def search_rows(
    table: Table, engines: Sequence[Engine], words: list[str], bodies: list[str]
) -> None:
    """Measure every kind of query with the first engine, compared with the second if any."""
    chance = random.Random(5)
    common = words[15:200]
    pairs = [chance.sample(common, 2) for _ in range(QUERIES)]
    spoken = [" ".join(chance.choice(bodies).split()[n : n + 2]) for n in range(QUERIES)]
    worst = Counter(word[:2] for body in bodies[:5_000] for word in body.split()).most_common(5)
    queries: dict[str, Iterable[str]] = {
        "the most common word (like: the)": [words[0]],
        "a common word": chance.sample(common, QUERIES),
        "two common words": [" ".join(pair) for pair in pairs],
        "two words, any": [" ".join(chance.sample(words[15:5_000], 2)) for _ in range(QUERIES)],
        "the two most common words": [f"{words[0]} {words[1]}"],
        "a phrase as it stands in a comment": [f'"{phrase}"' for phrase in spoken],
        "a phrase of two common words": [f'"{" ".join(pair)}"' for pair in pairs],
        "a phrase of the two most common": [f'"{words[0]} {words[1]}"'],
        "one OR another, not a third": [f"{a} OR {b} -{words[20]}" for a, b in pairs],
        "prefix of four letters": [f"{word[:4]}*" for word in chance.sample(words, QUERIES)],
        "prefix of three letters": [f"{word[:3]}*" for word in chance.sample(words, QUERIES)],
        "prefix, the five worst of two letters": [f"{start}*" for start, _ in worst],
        "author": [f'author:"Author {n}"' for n in range(QUERIES)],
        "everything, with facets": [""],
    }
    for name, asked in queries.items():
        _search_row(table, name, engines, asked)
    _search_row(table, "a common word, newest first", engines, common[:QUERIES], sort="newest")
    _search_row(table, "a common word, by place", engines, common[:QUERIES], sort="place")


def _search_row(
    table: Table, name: str, engines: Sequence[Engine], asked: Iterable[str], **options: object
) -> None:
    """Run each query several times, so that all rows have about the same number of runs."""
    queries = [parse(text) for text in asked]
    times: list[list[Took]] = [[] for _ in engines]
    totals = []
    for query in queries * max(1, QUERIES // len(queries)):
        for engine, each in zip(engines, times, strict=True):
            took, page = timed(lambda query=query, engine=engine: engine.search(query, **options))
            each.append(took)
        totals.append(page.total)
    table.row(name, times[0], statistics.median(totals), *times[1:])


def scan_row(table: Table, bodies: list[str], words: list[str]) -> None:
    """Measure a search without an index, which scans every text."""
    times, found = [], []
    for word in words[15:25]:
        took, hits = timed(lambda word=word: [n for n, b in enumerate(bodies) if word in b])
        times.append(took)
        found.append(len(hits))
    table.row("baseline: a scan for a common word", times, statistics.median(found))


def added_rows(table: Table, engine: Engine, reader: Engine, bodies: list[str], label: str) -> None:
    """Measure how long a new annotation takes until another reader finds it."""
    reader.search(parse("warm"))
    taken, seen = [], []
    for number in range(ADDED):
        word = f"zyx{label}{number}"
        new = Record(
            annotation_key(f"{label}{number}"), "annotation", "constitution",
            f"{bodies[number]} {word}", datetime.now(UTC), "1",
        )  # fmt: skip
        apply_time, _ = timed(lambda new=new: engine.apply([new]))
        read_time, page = timed(lambda word=word: reader.search(parse(word)))
        assert page.total == 1
        taken.append(apply_time)
        seen.append(Took(*map(add, apply_time, read_time)))
    table.row(f"one more comment taken in{label and ' while others read'}", taken)
    table.row(f"one more comment found{label and ' while others read'}", seen)


def read_without_end(engine: Engine, seed: int) -> None:
    """Search as fast as one process can, until it is ended."""
    chance = random.Random(seed)
    words = Corpus(7).words[15:2_000]
    print("reading", flush=True)
    while True:
        engine.search(parse(" ".join(chance.sample(words, 2))))


def start_readers(name: str, place: str, number: int) -> list[subprocess.Popen[str]]:
    """Start processes that read without end, and wait until they do."""
    command = [sys.executable, "-m", "benchmarks.search"]
    command += ["--engine", name, "--place", place, "--read"]
    readers = [
        subprocess.Popen([*command, str(n)], stdout=subprocess.PIPE, text=True)
        for n in range(number)
    ]
    for reader in readers:
        assert reader.stdout
        reader.stdout.readline()
    return readers


def measure(name: str, place: str, count: int, seed: int, beside: str | None = None) -> None:
    """Print the table."""
    opened, size_of = ENGINES[name]
    table = Table()
    corpus = Corpus(seed)
    records = list(corpus.records(count))
    bodies = [record.body for record in records]
    words = [w for w, _ in Counter(w for b in bodies[:5_000] for w in b.split()).most_common()]
    engine = opened(place)
    if not engine.ready() or engine.count() < count:
        took, _ = timed(lambda: engine.rebuild(records))
        table.fact("index built", took.clock / 1000, f"s, {took.processor / 1000:.1f} s processor")
    engines = [engine]
    if beside:
        engines.append(WhooshEngine(Path(beside)))
        if not engines[1].ready() or engines[1].count() < count:
            engines[1].rebuild(records)
    table.fact(
        "index size", size_of(place) / 1e6, f"MB, for {sum(map(len, bodies)) / 1e6:.1f} MB of text"
    )
    scan_row(table, bodies, words)
    search_rows(table, engines, words, bodies)
    added_rows(table, engine, opened(place), bodies, "")
    readers = start_readers(name, place, 2)
    added_rows(table, engine, opened(place), bodies, "busy")
    for reader in readers:
        reader.kill()
    took, _ = timed(engine.tidy)
    table.fact("one step of tidying", took.clock, "ms")
    table.fact("memory of a process that only reads", _reader_memory(name, place), "MB at most")


def _reader_memory(name: str, place: str) -> float:
    """Return the memory of a process that has answered some queries."""
    script = (
        "import pathlib, re, sys\n"
        "from annotator.search.query import parse\n"
        "from benchmarks.search import ENGINES\n"
        "engine = ENGINES[sys.argv[1]][0](sys.argv[2])\n"
        "for text in ('', 'st*', 're* in*', 'author:\"Author 1\"'): engine.search(parse(text))\n"
        "status = pathlib.Path('/proc/self/status').read_text()\n"
        "print(int(re.search(r'VmHWM:\\s+(\\d+)', status)[1]) / 1024)\n"
    )
    command = [sys.executable, "-c", script, name, place]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def main() -> None:
    """Read the options and measure."""
    options = argparse.ArgumentParser(description="Measure the search engine.")
    options.add_argument("--count", type=int, default=100_000, help="comments in the index")
    options.add_argument("--seed", type=int, default=7)
    options.add_argument("--engine", choices=ENGINES, default="whoosh")
    options.add_argument("--place", help="keep the index here")
    options.add_argument("--beside", help="compare with Whoosh, whose index is kept here")
    options.add_argument("--read", type=int, help=argparse.SUPPRESS)
    given = options.parse_args()
    if given.read is not None:
        read_without_end(ENGINES[given.engine][0](given.place), given.read)
    elif given.place:
        measure(given.engine, given.place, given.count, given.seed, given.beside)
    elif given.engine == "opensearch":
        cluster = opensearch.Cluster(1, heap=1024)
        measure(given.engine, f"{cluster.urls[0]} benchmark", given.count, given.seed, given.beside)
        cluster.stop()
    elif given.engine == "postgresql":
        options.error("--engine postgresql needs --place, the address of a database")
    else:
        with tempfile.TemporaryDirectory() as folder:
            measure(given.engine, folder, given.count, given.seed, given.beside)


if __name__ == "__main__":
    main()
