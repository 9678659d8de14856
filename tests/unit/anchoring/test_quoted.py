"""Quotations made elsewhere are placed by their words, and only where that is sure."""

from __future__ import annotations

import pytest

from annotator.anchoring.quoted import Quoted

TEXT = (
    "The gate 🌱 is open.\nKeep to the paths in spring. Keep to the paths in winter.\n"
    "“Quietly”, said the keeper — and smiled."
)


def words(*selector: object, **more: object) -> str | None:
    span = Quoted(TEXT).place(*selector, **more)  # type: ignore[arg-type]
    return None if span is None else TEXT[span.start : span.end]


def test_code_points_and_utf_16_units_are_told_apart_by_the_words() -> None:
    start = TEXT.index("is open")
    as_units = len(TEXT[:start].encode("utf-16-le")) // 2
    assert as_units == start + 1
    for offset in (start, as_units):
        span = Quoted(TEXT).place("is open", start=offset, end=offset + 7)
        assert span is not None
        assert span.start == start


def test_offsets_of_another_page_do_not_mislead() -> None:
    assert words("is open", "gate 🌱 ", ".", 4_000, 4_007) == "is open"
    assert words("the keeper", start=0, end=10) == "the keeper"


@pytest.mark.parametrize(
    "typed",
    ['"quietly", said', "“Quietly”,  said", "the keeper - and", "open.  keep to the paths in"],
)
def test_white_space_quotation_marks_dashes_and_case_do_not_matter(typed: str) -> None:
    assert words(typed) is not None


def test_a_repeated_phrase_is_told_apart_by_what_is_around_it() -> None:
    span = Quoted(TEXT).place("Keep to the paths", "in spring. ", " in winter.")
    assert span is not None
    assert span.start == TEXT.rindex("Keep to the paths")


@pytest.mark.parametrize("selector", [("Keep to the paths",), ("no such words",), ("",), ("  ",)])
def test_without_one_clear_place_there_is_none(selector: tuple[str]) -> None:
    assert words(*selector) is None


def test_half_a_character_is_no_place() -> None:
    at = TEXT.index("🌱")
    assert Quoted(TEXT).place("x", start=at + 1, end=at + 2) is None
