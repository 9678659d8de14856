"""Plain text: headings, lists and paragraphs by the rules in the reader's docstring."""

from __future__ import annotations

import pytest

from annotator.errors import SourceFault
from tests.unit.documents.conftest import blocks, check, numbers, read


def kinds(text: str) -> list[tuple[str, str]]:
    """Return kind and words of the blocks."""
    parsed = read(text, ".txt")
    check(parsed)
    return blocks(parsed)


def test_underlines_and_number_signs_make_headings() -> None:
    parsed = read("One\n===\na\n\nTwo\n---\n\n### Three ###\nb", ".txt")
    assert [(s.level, s.slug) for s in parsed.provisions if s.level] == [
        (1, "one"),
        (2, "two"),
        (3, "three"),
    ]
    assert parsed.text == "One\na\nTwo\nThree\nb"


@pytest.mark.parametrize(
    ("line", "level"),
    [
        ("A SHORT LINE", 1),
        ("Prologue to the Text", 2),
        ("What Even Is This?", 0),
        ("A short line", 0),
        ("The End.", 0),
        ("“Said She”", 0),
        ("A " + "Very " * 20 + "Long Line", 0),
        ("I", 2),
    ],
)
def test_a_short_line_alone_in_title_case_is_a_heading(line: str, level: int) -> None:
    parsed = read(f"Begin Here\n\na b.\n\n{line}\n\nc d.", ".txt")
    found = [s for s in parsed.provisions if s.level and s.attributes["title"] == line]
    assert (found[0].level if found else 0) == level


def test_where_headings_are_marked_short_lines_are_none() -> None:
    assert kinds("One\n===\n\nA Short Line\n\na") == [
        ("heading", "One"),
        ("paragraph", "A Short Line"),
        ("paragraph", "a"),
    ]


def test_lists_nest_by_their_indentation() -> None:
    parsed = read("T\n===\n\n- a\n  goes on\n  - b\n* c\n\n2) d\n3. e", ".txt")
    assert blocks(parsed)[1:] == [("item", w) for w in ("a goes on", "b", "c", "d", "e")]
    assert [address for _, address in numbers(parsed)[1:]] == ["t/1", "t/1.1", "t/2", "t/3", "t/4"]
    assert [p.attributes["marker"] for p in parsed.provisions[1:]] == ["-", "-", "-", "2.", "3."]


def test_a_standards_bullets_are_items_and_a_word_is_none() -> None:
    found = kinds("T\n===\n\n   o  one\n      goes on\n   o  two\n\no mundo")
    assert found[1:] == [("item", "one goes on"), ("item", "two"), ("paragraph", "o mundo")]


def test_paragraphs_are_parted_by_blank_lines_and_signs_stay() -> None:
    assert kinds("T\n===\n\na *b*\n<c> [d](e)\n \t\n& f") == [
        ("heading", "T"),
        ("paragraph", "a *b* <c> [d](e)"),
        ("paragraph", "& f"),
    ]


def test_a_text_without_a_heading_is_refused() -> None:
    with pytest.raises(SourceFault, match="no heading"):
        read("all in lower case\n\nand no heading.", ".txt")
