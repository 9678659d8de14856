"""Texts are cut into words and marks whose positions are those of the text."""

from __future__ import annotations

import pytest

from annotator.relocation.tokens import tokens


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Don’t stop—e.g., now.", ("Don’t", "stop", "—", "e", ".", "g", ".", ",", "now", ".")),
        ("it's “so”  simple", ("it's", "“", "so", "”", "simple")),
        ("条文です。", ("条", "文", "で", "す", "。")),
        ("snake_case 1,000", ("snake_case", "1", ",", "000")),
        (" \n\t", ()),
    ],
)
def test_words_keep_apostrophes_and_marks_stand_alone(text: str, words: tuple[str, ...]) -> None:
    assert tokens(text, [(0, len(text))]).words == words


def test_positions_are_those_of_the_whole_text() -> None:
    text = "One two.\nThree four."
    found = tokens(text, [(0, 3), (9, 14)])
    assert [text[a:b] for a, b in zip(found.starts, found.ends, strict=True)] == ["One", "Three"]


def test_length_counts_characters_without_white_space() -> None:
    assert tokens("ab  cde .", [(0, 9)]).length(0, 3) == 6
