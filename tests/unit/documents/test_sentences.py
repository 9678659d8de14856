"""Where sentences end."""

from __future__ import annotations

import pytest

from annotator.documents.parsed import Parsed, sentences_within, split
from tests.unit.documents.conftest import below


def cut(text: str) -> list[str]:
    """Return the words of each sentence."""
    return [text[start:end] for start, end in split(text)]


@pytest.mark.parametrize(
    "sentences",
    [
        ["One ends.", "Another begins!", "A third?", "4 is a number."],
        ["He said “stop.”", "Then it stopped."],
        ["It (all of it.)", "(This too.)", "“Quoted.”", "[So.]"],
        ["What?!", "No..."],
        ["No end"],
        ["A.", "“b” goes on."],
        ["In 2025.", "3 years."],
        ["Étude.", "Österreich."],
    ],
)
def test_a_sentence_ends_before_a_capital_a_digit_or_an_opening_sign(sentences: list[str]) -> None:
    assert cut(" ".join(sentences)) == sentences


@pytest.mark.parametrize(
    "sentence",
    [
        "It is small. but goes on.",
        "See e.g. The Times, i.e. That paper, etc. And more, vs. Others.",
        "Ask Dr. Who, Mr. X or Prof. Y (cf. Z et al. 1999).",
        "Version 2.5 is 3.14",
        "“Why?” he asked",
        "Wait ... what",
        "So (e.g.) Then",
    ],
)
def test_abbreviations_decimals_and_small_letters_end_none(sentence: str) -> None:
    assert cut(sentence) == [sentence]


def test_a_word_that_ends_like_an_abbreviation_is_none() -> None:
    assert cut("They fetc. The end.") == ["They fetc.", "The end."]


def sentences_in(parsed: Parsed, provision: int) -> tuple[tuple[int, int], ...]:
    whole = parsed.provisions[provision]
    return sentences_within(parsed, whole.start, whole.end)


def test_sentences_of_a_unit_go_on_through_all_its_blocks_and_skip_code() -> None:
    parsed = below("- One. Two\n  - three. Four\n\n  ```\n  Code. More.\n  ```\n\n  Five.")
    spans = sentences_in(parsed, 1)
    assert [parsed.text[start:end] for start, end in spans] == [
        "One.", "Two", "three.", "Four", "Five.",
    ]  # fmt: skip


def test_the_cells_of_a_row_are_sentences() -> None:
    parsed = below("| a | b. C |\n|---|---|")
    assert [parsed.text[s:e] for s, e in sentences_in(parsed, 1)] == ["a", "b.", "C"]


def test_a_million_stops_are_covered_whole() -> None:
    for text in ("." * 1_000_000, ".)" * 500_000, ". " * 500_000, '."' * 500_000):
        spans = split(text)
        assert spans[0][0] == 0
        assert spans[-1][1] in (len(text), len(text.rstrip()))
