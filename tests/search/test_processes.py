"""What engines promise that keep an index on a disk: other processes, crashes, rebuilding."""

import random
import select
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from annotator.search.engine import Engine
from annotator.search.query import EVERYTHING, parse
from annotator.search.record import Deletion
from tests.search.conftest import DURABLE, EngineKind
from tests.search.making import record

SEEN_SECONDS = 5.0  # far above what it takes, for a machine that does much else

PRELUDE = """
import sys, time
from tests.search.conftest import ENGINES
from tests.search.making import record
from annotator.search.query import parse
from annotator.search.record import Deletion
engine = ENGINES[sys.argv[1]].open(sys.argv[2])
def say(word):
    print(word, flush=True)
"""
READER = """
say(engine.search(parse("word")).total)
for number in (2, 3):
    while engine.search(parse("word")).total < number:
        time.sleep(0.01)
    say(number)
"""
WRITER = """
number = int(sys.argv[3])
while True:
    changes = [record(number, f"word number{number}", version=number)]
    if number % 3 == 0:
        changes.append(Deletion(f"a:{number - 1}", number))
    engine.apply(changes)
    say(number)
    number += 1
"""
REBUILDER = """
def records():
    for number in range(100_000):
        if number == 2_000:
            say("building")
        yield record(number, f"new number{number}")
engine.rebuild(records())
"""


def start(script: str, name: str, place: str, *arguments: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", PRELUDE + script, name, place]
    return subprocess.Popen(
        [*command, *map(str, arguments)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )


def line(process: subprocess.Popen[str], seconds: float = 30.0) -> str:
    """Return the next line that a process writes."""
    assert process.stdout
    ready, _, _ = select.select([process.stdout], [], [], seconds)
    assert ready, "the process has written nothing"
    return process.stdout.readline().strip()


def kill(process: subprocess.Popen[str]) -> list[str]:
    """Kill a process as a crash would, and return what it had written."""
    process.send_signal(signal.SIGKILL)
    with process:
        assert process.stdout
        return process.stdout.read().split()  # `communicate` would lose what was read ahead


@pytest.fixture(params=DURABLE)
def engine_name(request: pytest.FixtureRequest) -> str:
    """The name of each engine that keeps its index, in turn."""
    name: str = request.param
    return name


def test_what_was_committed_is_there_when_opened_again(
    kind: EngineKind, engine_name: str, engine: Engine, place: str
) -> None:
    engine.apply([record(1, "word"), record(2, "word")])
    engine.apply([Deletion("a:1")])
    engine.close()
    again = kind.open(place)
    assert {*again.keys(parse("word"))} == {"a:2"}
    assert dict(again.revisions()) == {"a:2": "1"}


def test_two_readers_in_other_processes_see_a_commit(
    kind: EngineKind, engine_name: str, engine: Engine, place: str
) -> None:
    engine.apply([record(1, "word")])
    readers = [start(READER, engine_name, place) for _ in range(2)]
    try:
        assert [line(reader) for reader in readers] == ["1", "1"]
        for number in (2, 3):
            engine.apply([record(number, "word")])
            assert [line(reader, SEEN_SECONDS) for reader in readers] == [str(number)] * 2
    finally:
        for reader in readers:
            kill(reader)


def test_a_writer_killed_at_any_moment_loses_nothing_it_has_committed(
    kind: EngineKind, engine_name: str, engine: Engine, place: str
) -> None:
    chance = random.Random(11)
    last = 0
    for _ in range(10):
        writer = start(WRITER, engine_name, place, last + 1)
        line(writer)
        time.sleep(chance.random() * 0.15)
        said = kill(writer)
        if engine.shared:
            time.sleep(0.5)  # the server may still be doing what it was sent
        last = int(said[-1]) if said else last + 1
        expected = {n for n in range(1, last + 1) if (n + 1) % 3 or n + 1 > last}
        found = {int(key[2:]) for key in engine.keys(parse("word"))}
        # The commit under way when the kill came may have come about, and its word not arrived.
        assert expected - {last} <= found <= expected | {last, last + 1}
        assert engine.count() == len(found)
        for number in random.Random(last).sample(sorted(found), min(5, len(found))):
            assert {*engine.keys(parse(f"number{number}"))} == {f"a:{number}"}
        last = max(found | {last})
    engine.apply([record(0, "word", version=last + 1)])
    assert "a:0" in {*engine.keys(parse("word"))}


def test_a_rebuild_killed_half_way_leaves_the_old_index(
    kind: EngineKind, engine_name: str, engine: Engine, place: str
) -> None:
    engine.apply([record(1, "old")])
    rebuilder = start(REBUILDER, engine_name, place)
    assert line(rebuilder) == "building"
    kill(rebuilder)
    assert {*engine.keys(EVERYTHING)} == {"a:1"}
    engine.apply([record(2, "old")])
    assert engine.rebuild([record(3, "new")]) == 1
    assert {*kind.open(place).keys(EVERYTHING)} == {"a:3"}


def test_readers_see_the_old_index_or_the_new_and_no_mixture(engine: Engine) -> None:
    old = [record(n, "word old") for n in range(300)]
    new = [record(n, "word new", author="Jane") for n in range(200)]
    engine.rebuild(old)
    answers: list[tuple[int, int, int]] = []
    stop = threading.Event()

    def read() -> None:
        while not stop.is_set():
            page = engine.search(parse("word"), limit=200)
            authors = sum(facet.count for facet in page.facets["author"])
            spoken = sum(any(f.text == " new" for f in hit.snippet) for hit in page.hits)
            answers.append((page.total, authors, spoken))

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    for records in (new, old, new, old, new):
        engine.rebuild(records)
    stop.set()
    for reader in readers:
        reader.join()
    assert set(answers) <= {(300, 0, 0), (200, 200, 200)}
    assert engine.count() == 200


def test_threads_may_read_while_another_writes(engine: Engine) -> None:
    engine.apply([record(n, f"word number{n}") for n in range(200)])
    faults: list[str] = []
    stop = threading.Event()

    def read(seed: int) -> None:
        chance = random.Random(seed)
        while not stop.is_set():
            number = chance.randrange(200)
            page = engine.search(parse(f'"word number{number}"'))
            if [hit.key for hit in page.hits] != [f"a:{number}"]:
                faults.append(f"{number}: {page}")

    readers = [threading.Thread(target=read, args=(seed,)) for seed in range(4)]
    for reader in readers:
        reader.start()
    for n in range(200, 260):
        engine.apply([record(n, "word"), record(n % 200, f"word number{n % 200}")])
    stop.set()
    for reader in readers:
        reader.join()
    assert not faults


def test_a_second_writer_waits_for_the_first(kind: EngineKind, place: str) -> None:
    engines = [kind.open(place) for _ in range(3)]

    def write(number: int) -> None:
        for n in range(10):
            engines[number].apply([record(100 * number + n, "word")])

    writers = [threading.Thread(target=write, args=(number,)) for number in range(3)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert kind.open(place).count() == 30
