"""FileCounts: shared by processes, kept over a restart, and never a reason for the site to fail."""

from __future__ import annotations

import multiprocessing
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from annotator.config import Config
from annotator.rates import Rate
from annotator.web.http import rate_limits
from annotator.web.http.rate_limits import Counted, FileCounts, remove_if_damaged

THREE = Rate(3, 60)
ADA, BEA = Counted("post Ada", THREE), Counted("post Bea", THREE)


class Clock:
    """A clock that the test winds."""

    now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "limits.sqlite3"


def test_so_often_and_no_oftener_and_then_again_when_the_time_is_over(path: Path) -> None:
    clock = Clock()
    counts = FileCounts(path, "secret", clock)
    assert [counts.hit([ADA]) for _ in range(3)] == [None] * 3
    clock.now += 10
    assert counts.hit([ADA]) == (50, THREE)
    assert counts.hit([BEA]) is None
    clock.now += 50
    assert [counts.hit([ADA]) for _ in range(3)] == [None] * 3
    assert counts.hit([ADA]) == (60, THREE)


def test_what_is_refused_for_one_counts_for_nobody(path: Path) -> None:
    counts = FileCounts(path, "secret", Clock())
    together = Counted("post network", Rate(4, 60))
    for _ in range(3):
        assert counts.hit([together, ADA]) is None
    for _ in range(9):
        assert counts.hit([together, ADA]) is not None
    assert counts.hit([together, BEA]) is None
    assert counts.hit([together, BEA]) is not None


def test_counts_outlive_the_process(path: Path) -> None:
    first = FileCounts(path, "secret")
    assert [first.hit([ADA]) for _ in range(3)] == [None] * 3
    first.close()
    remove_if_damaged(Config(data=path.parent))
    assert FileCounts(path, "secret").hit([ADA]) is not None


def _hit(path: Path, many: int) -> int:
    rate_limits.BUSY_SECONDS = 60  # a slow disk would let some through
    counts = FileCounts(path, "secret")
    return sum(counts.hit([Counted("post", Rate(100, 600))]) is None for _ in range(many))


def test_several_processes_count_together(path: Path) -> None:
    with multiprocessing.get_context("spawn").Pool(3) as pool:
        taken = pool.starmap(_hit, [(path, 60)] * 3)
    assert sum(taken) == 100


def test_the_time_is_read_when_no_other_process_can_count(path: Path) -> None:
    FileCounts(path, "secret").hit([BEA])
    locked: list[bool] = []

    def clock() -> float:
        with closing(sqlite3.connect(path, timeout=0)) as other:
            try:
                other.execute("BEGIN IMMEDIATE")
                locked.append(False)
            except sqlite3.OperationalError:
                locked.append(True)
        return 1_000_000.0

    FileCounts(path, "secret", clock).hit([ADA])
    assert locked == [True]


def test_who_it_was_cannot_be_read_from_the_file(path: Path) -> None:
    counts = FileCounts(path, "secret")
    counts.hit([Counted("post 203.0.113.9", THREE)])
    counts.close()
    assert b"203.0.113.9" not in path.read_bytes()
    assert not FileCounts(path, "another secret").seen("post 203.0.113.9")
    assert FileCounts(path, "secret").seen("post 203.0.113.9")


def test_what_is_over_is_forgotten(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("annotator.web.http.rate_limits.SWEEP_ONE_IN", 1)
    clock = Clock()
    counts = FileCounts(path, "secret", clock)
    counts.hit([ADA])
    clock.now += 61
    counts.hit([BEA])
    with counts._writing() as rows:
        assert rows.execute("SELECT count(*) FROM counts").fetchone() == (1,)


def test_a_damaged_file_limits_nobody_and_is_replaced_at_the_next_start(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path.write_bytes(b"this is no database" * 500)
    assert [FileCounts(path, "secret").hit([ADA]) for _ in range(9)] == [None] * 9
    assert "rate limits are off" in caplog.text
    remove_if_damaged(Config(data=path.parent))
    counts = FileCounts(path, "secret")
    assert [counts.hit([ADA]) is None for _ in range(4)] == [True, True, True, False]


def test_a_folder_that_is_not_there_limits_nobody(tmp_path: Path) -> None:
    counts = FileCounts(tmp_path / "none" / "limits.sqlite3", "secret")
    assert counts.hit([ADA]) is None
    assert not counts.seen("post Ada")
