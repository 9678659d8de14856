"""Quotations from other programs are found by their words if the match is certain."""

from __future__ import annotations

import pytest

from annotator.relocation import foreign_quotation
from annotator.relocation.foreign_quotation import ForeignQuotation, Span

TEXT = (
    "The gate 🌱 is open.\nKeep to the paths in spring. Keep to the paths in winter.\n"
    "“Quietly”, said the keeper — and smiled…\nSomebody else’s remark.\nKeep the spelling.\n"
    "It’s late, it's early. An apart, a part. The ﬁg"
)


def words(*selector: object, **more: object) -> str | None:
    spans = foreign_quotation.find(TEXT, ForeignQuotation(*selector, **more))  # type: ignore[arg-type]
    return TEXT[spans[0].start : spans[0].end] if len(spans) == 1 else None


def test_the_words_distinguish_code_points_and_utf_16_units() -> None:
    start = TEXT.index("is open")
    as_units = len(TEXT[:start].encode("utf-16-le")) // 2
    assert as_units == start + 1
    for offset in (start, as_units):
        quotation = ForeignQuotation("is open", start=offset, end=offset + 7)
        assert foreign_quotation.find(TEXT, quotation) == [Span(start, start + 7)]


def test_a_position_selects_one_of_several_occurrences() -> None:
    last = TEXT.rindex("Keep to the paths")
    quotation = ForeignQuotation("Keep to the paths", start=last, end=last + 17)
    assert foreign_quotation.find(TEXT, quotation) == [Span(last, last + 17)]


def test_context_counts_more_than_position() -> None:
    first, last = TEXT.index("Keep to the paths"), TEXT.rindex("Keep to the paths")
    quotation = ForeignQuotation("Keep to the paths", "open. ", " in spring", last, last + 17)
    assert foreign_quotation.find(TEXT, quotation) == [Span(first, first + 17)]


def test_offsets_of_another_page_do_not_mislead() -> None:
    assert words("is open", "gate 🌱 ", ".", 4_000, 4_007) == "is open"
    assert words("the keeper", start=0, end=10) == "the keeper"


@pytest.mark.parametrize(
    ("typed", "stands"),
    [
        ('"quietly", said', "“Quietly”, said"),
        ("“Quietly”,  said", "“Quietly”, said"),
        ("the keeper - and", "the keeper — and"),
        ("the keeper -- and", "the keeper — and"),
        ("and smiled...", "and smiled…"),
        ("open.  keep to the paths in", "open.\nKeep to the paths in"),
        ("somebody else's remark.Keep the spelling", "Somebody else’s remark.\nKeep the spelling"),
        ("remark.\n\n\tKeep", "remark.\nKeep"),
        ("re\u00admark.\u200bKe\ufeffep", "remark.\nKeep"),
        ("said\u00a0the\u00a0keeper", "said the keeper"),
        ("The fig", "The ﬁg"),
        (" is open", " is open"),
        ("It’s", "It’s"),
        ("a part", "a part"),
    ],
)
def test_white_space_quotation_marks_dashes_and_case_do_not_matter(typed: str, stands: str) -> None:
    assert words(typed) == stands


def test_context_distinguishes_a_repeated_phrase() -> None:
    last = TEXT.rindex("Keep to the paths")
    for around in (
        ("in spring. ", " in winter."),
        ("in spring.7", " in winter."),
        ("", "in winter"),
    ):
        spans = foreign_quotation.find(TEXT, ForeignQuotation("Keep to the paths", *around))
        assert spans == [Span(last, last + 17)]


@pytest.mark.parametrize(
    ("selector", "many"),
    [
        (("Keep to the paths",), 2),
        (("Keep to the paths", "one page's own words", "and these"), 2),
        (("t's ",), 2),
        (("no such words",), 0),
        (("",), 0),
        (("  ",), 0),
        (("\u200b",), 0),
        (("x", "", "", TEXT.index("🌱") + 1, TEXT.index("🌱") + 2), 0),
        ((".", "smiled", ""), 0),
    ],
)
def test_without_a_certain_match_there_are_none_or_all(
    selector: tuple[object, ...], many: int
) -> None:
    found = foreign_quotation.find(TEXT, ForeignQuotation(*selector))  # type: ignore[arg-type]
    if selector[0] == ".":
        assert TEXT.index("…") not in [span.start for span in found]
    else:
        assert len(found) == many


def test_a_part_of_the_text_can_be_searched_alone() -> None:
    last = TEXT.rindex("Keep to the paths")
    assert foreign_quotation.find(
        TEXT, ForeignQuotation("Keep to the paths"), Span(last - 5, len(TEXT))
    ) == [Span(last, last + 17)]
    assert (
        foreign_quotation.find(TEXT, ForeignQuotation("Keep to the paths"), Span(last, last + 16))
        == []
    )


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("else’s", "else's", True),
        ("a\nb", "ab", True),
        ("e\u0301", "é", True),
        ("Ask", "ask", False),
        ("ask", "asks", False),
    ],
)
def test_same_words(one: str, other: str, same: bool) -> None:
    assert foreign_quotation.same_words(one, other) is same
