"""What engines promise that keep an index on a disk: other processes, crashes, rebuilding."""

import contextlib
import multiprocessing
import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any

import pytest

from annotator.errors import Unavailable
from annotator.search.engine import Engine
from annotator.search.query import EVERYTHING, parse
from annotator.search.record import Change, Deletion, Record
from tests.helpers.server import until
from tests.search.conftest import DURABLE, ENGINES, EngineKind
from tests.search.making import record

LATE_SECONDS = 120.0  # a process that has said nothing for so long does not work

# New processes are forked from one that has imported the engines and opened none.
PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload([__name__])


def read(say: Connection, name: str, place: str) -> None:
    """Say how many records there are, whenever there is one more."""
    engine = ENGINES[name].open(place)
    say.send(engine.search(parse("word")).total)
    for number in (2, 3):
        while engine.search(parse("word")).total < number:
            time.sleep(0.05)
        say.send(number)


def write(say: Connection, name: str, place: str, number: int) -> None:
    """Store numbered records for ever, and delete every third; say each number when it is there."""
    engine = ENGINES[name].open(place)
    while True:
        changes: list[Change] = [record(number, f"word number{number}", version=number)]
        if number % 3 == 0:
            changes.append(Deletion(f"a:{number - 1}", number))
        engine.apply(changes)
        say.send(number)
        number += 1


def rebuild(say: Connection, name: str, place: str) -> None:
    """Begin to rebuild an index with more records than there is time for."""

    def records() -> Iterator[Record]:
        for number in range(100_000):
            if number == 2_000:
                say.send("building")
            yield record(number, f"new number{number}")

    ENGINES[name].open(place).rebuild(records())


@contextmanager
def running(
    target: Callable[..., None], *arguments: object
) -> Iterator[tuple[BaseProcess, Connection]]:
    """Call a function in another process; yield what hears it. Kill it then, as a crash would."""
    hears, says = PROCESSES.Pipe(duplex=False)
    process = PROCESSES.Process(target=target, args=(says, *arguments))
    process.start()
    says.close()
    try:
        yield process, hears
    finally:
        process.kill()
        process.join()
        hears.close()


def heard(hears: Connection) -> Any:
    """Return what a process says next."""
    assert hears.poll(LATE_SECONDS), "the process has said nothing"
    return hears.recv()


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
    with (
        running(read, engine_name, place) as (_, first),
        running(read, engine_name, place) as (_, second),
    ):
        assert [heard(first), heard(second)] == [1, 1]
        for number in (2, 3):
            engine.apply([record(number, "word")])
            assert [heard(first), heard(second)] == [number, number]


def test_a_writer_killed_at_any_moment_loses_nothing_it_has_committed(
    kind: EngineKind, engine_name: str, engine: Engine, place: str
) -> None:
    chance = random.Random(11)
    last = 0
    for _ in range(10):
        with running(write, engine_name, place, last + 1) as (writer, hears):
            said = [heard(hears)]
            time.sleep(chance.random() * 0.15)
            writer.kill()
            with contextlib.suppress(EOFError):
                while True:
                    said.append(hears.recv())
        if engine.shared:
            time.sleep(0.5)  # the server may still be doing what it was sent
        last = said[-1]
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
    with running(rebuild, engine_name, place) as (_, hears):
        assert heard(hears) == "building"
    assert {*engine.keys(EVERYTHING)} == {"a:1"}
    engine.apply([record(2, "old")])

    def rebuilt() -> bool:
        with contextlib.suppress(Unavailable):  # a server may notice the end of its client later
            return engine.rebuild([record(3, "new")]) == 1
        return False

    until(rebuilt)
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
