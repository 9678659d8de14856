"""Rates counted in PostgreSQL: together, exactly, by its clock, and never a reason to fail."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import text

from annotator.rates import Rate
from annotator.web.http.rate_limits import Counted, DatabaseCounts, open_counts
from tests.conftest import Site

THREE = Rate(3, 60)
ADA, BEA = Counted("post Ada", THREE), Counted("post Bea", THREE)


@pytest.fixture
def counts(site: Site) -> DatabaseCounts:
    made = open_counts(site.parts.config, site.parts.db)
    assert isinstance(made, DatabaseCounts)
    return made


def _wind(site: Site, seconds: int) -> None:
    """Let time pass for what was counted."""
    with site.parts.db.transaction() as session:
        session.execute(text("UPDATE rate_counts SET ends = ends - :by"), {"by": seconds})


def test_so_often_and_no_oftener_and_then_again_when_the_time_is_over(
    site: Site, counts: DatabaseCounts
) -> None:
    assert [counts.hit([ADA]) for _ in range(3)] == [None] * 3
    _wind(site, 10)
    refused = counts.hit([ADA])
    assert refused is not None
    assert 45 < refused[0] <= 50
    assert refused[1] == THREE
    assert counts.hit([BEA]) is None
    _wind(site, 50)
    assert [counts.hit([ADA]) is None for _ in range(4)] == [True, True, True, False]
    _wind(site, -300)  # a count by a clock that ran ahead is over
    assert counts.hit([ADA]) is None


def test_what_is_refused_for_one_counts_for_nobody(counts: DatabaseCounts) -> None:
    together = Counted("post network", Rate(4, 60))
    for _ in range(3):
        assert counts.hit([together, ADA]) is None
    for _ in range(9):
        assert counts.hit([together, ADA]) is not None
    assert counts.hit([together, BEA]) is None
    assert counts.hit([together, BEA]) is not None


def test_two_rates_of_one_length_are_the_smaller(counts: DatabaseCounts) -> None:
    acts = [Counted("post Ada", Rate(9, 60)), ADA]
    assert [counts.hit(acts) is None for _ in range(4)] == [True, True, True, False]


def test_many_at_once_are_counted_exactly_and_hold_each_other_up_no_longer_than_that(
    site: Site, counts: DatabaseCounts
) -> None:
    both = [Counted("network", Rate(50, 600)), Counted("account", Rate(1000, 600))]
    taken: list[bool] = []

    def hit(turned: bool) -> None:
        acts = both[::-1] if turned else both
        taken.extend([counts.hit(acts) is None for _ in range(15)])

    threads = [threading.Thread(target=hit, args=(bool(n % 2),)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(taken) == 50
    with site.parts.db.reading() as session:
        assert sorted(session.scalars(text("SELECT count FROM rate_counts"))) == [50, 50]


def test_who_it_was_cannot_be_read_and_what_is_over_is_forgotten(
    site: Site, counts: DatabaseCounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts.hit([ADA])
    assert counts.seen(ADA.who)
    assert not DatabaseCounts(site.parts.db, "another secret").seen(ADA.who)
    _wind(site, 61)
    assert not counts.seen(ADA.who)
    monkeypatch.setattr("annotator.web.http.rate_limits.SWEEP_ONE_IN", 1)
    counts.hit([BEA])
    with site.parts.db.reading() as session:
        (who,) = session.scalars(text("SELECT who FROM rate_counts"))
        assert b"Bea" not in bytes(who)
        logged = "SELECT relpersistence FROM pg_class WHERE relname = 'rate_counts'"
        assert session.scalar(text(logged)) == "u"


def test_counters_that_cannot_be_used_limit_nobody(
    site: Site, counts: DatabaseCounts, caplog: pytest.LogCaptureFixture
) -> None:
    with site.parts.db.transaction() as session:
        session.execute(text("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY"))
    assert [counts.hit([ADA]) for _ in range(9)][:1] == [None]
    assert "rate limits are off" in caplog.text
