"""What only the Whoosh engine promises: its files, its joining of segments, its time limit."""

import os
import shutil
import time
from pathlib import Path

import pytest

from annotator.errors import Unavailable
from annotator.search.engines.whoosh import PURGED_AFTER_SECONDS, WhooshEngine, to_join
from annotator.search.query import EVERYTHING, parse
from annotator.search.record import Deletion
from tests.search.making import record


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "index"


def in_force(folder: Path) -> Path:
    return folder / (folder / "CURRENT").read_text()


def segments(folder: Path) -> int:
    return len(list(in_force(folder).glob("*.seg")))


def test_segments_stay_few_and_a_commit_joins_no_large_ones(folder: Path) -> None:
    engine = WhooshEngine(folder)
    engine.rebuild(record(n, "large") for n in range(3_000))
    large = set(in_force(folder).glob("*.seg"))
    for n in range(200):
        engine.apply([record(10_000 + n, "small")])
        assert segments(folder) <= 1 + 4 * 3
    assert large <= set(in_force(folder).glob("*.seg"))
    assert {*engine.keys(parse("small"))} == {f"a:{10_000 + n}" for n in range(200)}


@pytest.mark.parametrize(
    ("sizes", "adding", "limit", "joined"),
    [
        ([], 1, 100, []),
        ([1] * 2, 1, 100, []),
        ([1] * 3, 1, 100, [0, 1, 2]),
        ([1] * 3 + [4] * 2, 1, 100, [0, 1, 2]),
        ([1] * 3 + [4] * 3, 1, 100, [0, 1, 2, 3, 4, 5]),
        ([900, 1, 1], 1, 100, []),
        ([64] * 5, 0, 200, []),
        ([64] * 5, 0, 600, [0, 1, 2, 3, 4]),
        ([100] * 5, 0, 300, [0, 1, 2]),
        ([256] * 4, 1, 500, []),
        ([2000] * 20, 0, 2000, []),
        ([1] * 4, 0, 100, [0, 1, 2, 3]),
        ([1] * 4, 500, 1000, [0, 1, 2, 3]),
        ([0] * 4, 0, 100, []),
    ],
)
def test_a_tier_is_joined_once_it_is_full(
    sizes: list[int], adding: int, limit: int, joined: list[int]
) -> None:
    assert sorted(to_join(sizes, adding, limit)) == joined


def test_tidying_ends_and_leaves_few_segments(folder: Path) -> None:
    engine = WhooshEngine(folder)
    for n in range(40):
        engine.apply([record(100 * n + i, "word") for i in range(60)])
    steps = 0
    while engine.tidy():
        steps += 1
    assert steps < 10
    assert segments(folder) < 12
    assert engine.count() == 2_400


def test_the_words_of_what_was_deleted_leave_the_files_within_a_day(folder: Path) -> None:
    """A segment is written again for that at most once a day, also one that holds nothing else."""
    engine = WhooshEngine(folder)
    engine.rebuild([record(1, "words that stay"), record(2, "a quokka")])
    engine.apply([record(3, "another quokka")])
    engine.apply([Deletion("a:2"), Deletion("a:3")])

    def held() -> int:
        return sum(path.read_bytes().count(b"quokka") for path in in_force(folder).glob("*.seg"))

    assert not engine.tidy()
    assert held() > 0
    yesterday = time.time() - PURGED_AFTER_SECONDS - 1
    for path in in_force(folder).glob("*.seg"):
        os.utime(path, (yesterday, yesterday))
    engine = WhooshEngine(folder)
    while engine.tidy():
        pass
    assert held() == 0
    assert {*engine.keys(EVERYTHING)} == {"a:1"}
    engine.apply([Deletion("a:1"), record(4, "more words")])
    assert not engine.tidy()


def test_an_index_of_another_release_is_not_misread(folder: Path) -> None:
    engine = WhooshEngine(folder)
    engine.apply([record(1, "word")])
    (folder / "CURRENT").write_text("v0-0123456789abcdef")
    other = WhooshEngine(folder)
    for use in (lambda: other.search(EVERYTHING), lambda: other.apply([record(2, "word")])):
        with pytest.raises(Unavailable, match="index rebuild"):
            use()
    other.rebuild([record(3, "word")])
    assert {*WhooshEngine(folder).keys(EVERYTHING)} == {"a:3"}


def test_a_search_that_takes_too_long_is_given_up_and_says_what_to_do(folder: Path) -> None:
    WhooshEngine(folder).apply([record(1, "word")])
    impatient = WhooshEngine(folder, seconds=-1)
    with pytest.raises(Unavailable, match="rarer words"):
        impatient.search(parse("word"))


def test_a_writer_that_holds_the_lock_is_not_waited_for_without_end(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = WhooshEngine(folder)
    monkeypatch.setattr("annotator.search.engines.whoosh.folder.LOCK_SECONDS", 0.05)
    with engine._folder.writing(), pytest.raises(Unavailable, match="Another process"):
        WhooshEngine(folder).apply([record(1, "word")])


def test_a_closed_engine_keeps_no_file_open(folder: Path) -> None:
    engine = WhooshEngine(folder)
    engine.apply([record(1, "word")])
    engine.search(parse("word"))
    engine.close()
    held = {path.resolve() for path in Path("/proc/self/fd").iterdir() if path.exists()}
    assert not any(folder in path.parents for path in held)


def test_a_damaged_index_is_explained_and_can_be_made_anew(folder: Path, tmp_path: Path) -> None:
    engine = WhooshEngine(folder)
    engine.apply([record(n, "word") for n in range(50)])
    sound = tmp_path / "sound"
    shutil.copytree(folder, sound)
    for file in [path for path in sound.rglob("*") if path.is_file() and path.stat().st_size]:
        whole, path = file.read_bytes(), folder / file.relative_to(sound)
        for damaged in (whole[: len(whole) // 2], whole[:-1], b"", bytes(len(whole))):
            path.write_bytes(damaged)
            with pytest.raises(Unavailable, match="index rebuild"):
                WhooshEngine(folder).search(parse("word"))
            with pytest.raises(Unavailable):
                WhooshEngine(folder).apply([record(1, "word")])
            shutil.rmtree(folder)  # what is found damaged is put out of force
            shutil.copytree(sound, folder)
        assert WhooshEngine(folder).count() == 50
    path.write_bytes(b"")
    again = WhooshEngine(folder)
    assert again.rebuild([record(1, "word")]) == 1
    assert {*again.keys(parse("word"))} == {"a:1"}


def test_a_full_disk_is_explained_and_takes_nothing_in(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = WhooshEngine(folder)
    engine.apply([record(1, "word"), record(2, "word")])

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(Unavailable, match="No space left"):
            engine.apply([record(3, "word"), Deletion("a:1")])
    assert {*engine.keys(parse("word"))} == {"a:1", "a:2"}
    engine.apply([record(4, "word")])
    assert {*engine.keys(parse("word"))} == {"a:1", "a:2", "a:4"}
