"""Texts are split into words and punctuation with their offsets in the text."""

from __future__ import annotations

import pytest

from annotator.relocation.diff import same_wording, tokens


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Don’t stop—e.g., now.", ("Don't", "stop", "-", "e", ".", "g", ".", ",", "now", ".")),
        ("it's “so”  simple", ("it's", '"', "so", '"', "simple")),
        ("条文です。", ("条", "文", "で", "す", "。")),
        ("snake_case 1,000", ("snake_case", "1", ",", "000")),
        ("co\u00adoper\u200bate\u2060d \ufeffnow", ("cooperated", "now")),
        ("a--b \u2013 c\u2011d", ("a", "-", "b", "-", "c", "-", "d")),
        ("so\u2026 of\ufb01ce", ("so", "...", "office")),
        (" \n\t\u00ad", ()),
    ],
)
def test_words_keep_apostrophes_and_marks_stand_alone(text: str, words: tuple[str, ...]) -> None:
    assert tokens(text, [(0, len(text))]).words == words


def test_offsets_are_those_of_the_whole_text() -> None:
    text = "One two.\nThree four."
    found = tokens(text, [(0, 3), (9, 14)])
    assert [text[a:b] for a, b in zip(found.starts, found.ends, strict=True)] == ["One", "Three"]


def test_length_counts_characters_without_white_space() -> None:
    assert tokens("ab  cde .", [(0, 9)]).length(0, 3) == 6


@pytest.mark.parametrize(
    ("text", "other", "same"),
    [
        ('"never" -- it\'s', "“never”\u202f— it’s", True),
        ("«\u00a0jamais\u00a0»", '"jamais"', True),
        ("well\u2011known", "well-known", True),
        ("an agreement", "an agree\u00adment", True),
        ("\u0643\u062a\u0627\u0628", "\u0643\u200d\u062a\u0627\u0628", True),
        ("10² m", "102 m", False),
        ("never", "Never", False),
        ("can not", "cannot", False),
        ("one. Two", "one.\nTwo", False),
        ("well-known", "well known", False),
        ("one", "one\ntwo", False),
        ("one", "one two", False),
    ],
)
def test_typography_is_no_change_of_words(text: str, other: str, same: bool) -> None:
    assert same_wording(text, other) is same_wording(other, text) is same
