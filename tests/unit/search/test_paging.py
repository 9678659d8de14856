"""Cursors and moments come back as they were."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from annotator import cursors
from annotator.errors import Malformed
from annotator.search.engine import Sort
from annotator.search.paging import Place, Start, microseconds, moment, read_page, write_cursor


@pytest.mark.parametrize(
    ("sort", "place"),
    [
        ("relevance", (-0.1 - 0.2, -1_767_225_600_000_001, "a:é")),
        ("relevance", (0, 5, "a:1")),
        ("newest", (-1, "a:1")),
        ("oldest", (1, "a:1")),
        ("place", ("constitution", 12, "p:constitution:k7m2x")),
    ],
)
def test_a_cursor_holds_its_place_exactly(sort: Sort, place: Place) -> None:
    cursor = write_cursor(sort, place)
    assert cursor.isascii()
    assert read_page(sort, cursor, 1) == Start(place)
    assert read_page(sort, None, 1) == Start()


def test_a_cursor_of_another_sort_is_refused() -> None:
    with pytest.raises(Malformed) as caught:
        read_page("newest", cursors.write("place", ("constitution", 12, "a:1")), 1)
    assert caught.value.field == "cursor"


@pytest.mark.parametrize(("sort", "limit"), [("recent", 10), ("newest", 0), ("newest", 201)])
def test_sorts_and_limits_there_are_not_are_refused(sort: str, limit: int) -> None:
    with pytest.raises(Malformed):
        read_page(sort, None, limit)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "when",
    [
        datetime(1, 1, 1, tzinfo=UTC),
        datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
        datetime(2026, 1, 1, 1, tzinfo=timezone(timedelta(hours=2))),
    ],
)
def test_moments_keep_their_microseconds(when: datetime) -> None:
    assert moment(microseconds(when)) == when
