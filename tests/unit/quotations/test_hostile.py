"""Whatever is called an essay is answered, in a number of steps that grows with its length."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotator.errors import Unacceptable
from annotator.quotations import Budget, Kind, disambiguation, find, finder
from annotator.quotations.editorial_marks import MarkedWords
from annotator.quotations.essay import essay_parts, essay_reader
from tests.unit.quotations.test_finding import garden

KINDS: tuple[Kind, ...] = ("markdown", "html", "text")
HOSTILE = {
    "straight marks": '"', "opening marks": "“", "closing marks": "”", "every mark": "“\"‘'”’«»",
    "openings": ' "a', "brackets": "[", "letters in brackets": "[a]", "ellipses": "… the ",
    "tags": '<a "', "comments": "<!--", "entities": "&", "quotations": "<blockquote>", "q": "<q>a ",
    "lines": "> a\n", "deep": "> ", "stars": "*a ", "links": "[a](b ", "ticks": "`a``b",
    "cells": "|a", "accents": "e\u0301", "phrases": "“the the the” ", "sources": "> a\n> — ",
    "interruptions": "“the garden,” it says, ",
}  # fmt: skip


@contextmanager
def counted() -> Iterator[list[int]]:
    """Count the calls that Python functions and builtins receive."""
    steps = [0]

    def count(frame: object, event: str, argument: object) -> None:
        steps[0] += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        yield steps
    finally:
        sys.setprofile(before)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("piece", HOSTILE.values(), ids=HOSTILE.keys())
def test_an_essay_four_times_as_long_takes_no_more_than_six_times_the_steps(
    piece: str, kind: Kind
) -> None:
    editions = [garden(), garden("garden-2")]
    steps = []
    for times in (500, 2000):
        essay = piece * times
        with counted() as count:
            find(f"{essay}\n\n“{essay}”", kind, editions)
        steps.append(count[0])
    assert steps[1] <= 6 * steps[0] + 2000


def test_a_document_that_is_interrupted_at_each_word_is_no_single_quotation() -> None:
    words = garden().text.replace("“", "").replace("”", "").split()
    essay = ", x, ".join(f"“{' '.join(words[at : at + 4])}”" for at in range(0, len(words), 4))
    found = find(essay, "text", [garden()])
    assert 1 < max(len(it.matches) for it in found) <= disambiguation.MAX_INTERRUPTIONS + 1


@given(
    st.lists(
        st.sampled_from([*"“”\"'‘’[]()…*_`<>&;#|\n ", "the ", "garden ", "> ", "<q>", "&amp;"])
    ),
    st.sampled_from(KINDS),
)
def test_offsets_are_those_of_the_source_whatever_it_holds(pieces: list[str], kind: Kind) -> None:
    essay = "".join(pieces)
    for quotation in find(essay, kind, [garden()]):
        assert 0 <= quotation.start < quotation.end <= len(essay)
        assert essay[quotation.start : quotation.end] == quotation.as_written


SPACES = " " * 200_000


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "essay", [f"<sup>{SPACES}x", f"“a [ {SPACES}x”", f"“a ({SPACES}x”", f"> a\n>\n> — {SPACES}x",
              f"{SPACES}x", f"“a [sic{SPACES}x”", f"<sup><a>{SPACES}[1]{SPACES}</a>x"],
)  # fmt: skip
def test_a_long_run_of_spaces_is_gone_through_once(essay: str, kind: Kind) -> None:
    """A matcher that divides the run in every way would be at it for minutes."""
    find(essay, kind, [garden()])


@pytest.mark.parametrize("kind", KINDS)
def test_an_essay_that_takes_longer_than_its_budget_is_refused(kind: Kind) -> None:
    essay = "It says “keep quiet and mean it”. " * 50
    assert find(essay, kind, [garden()], Budget(3600))
    with pytest.raises(Unacceptable, match="Split it") as refused:
        find(essay, kind, [garden()], Budget(0))
    assert refused.value.field == "essay"
    with pytest.raises(Unacceptable):
        essay_parts.divide(essay, kind, [], Budget(0))


@pytest.mark.parametrize("kind", KINDS)
def test_more_lines_than_a_site_reads_are_refused_and_read_on_the_command_line(kind: Kind) -> None:
    essay = "a\n" * (essay_reader.MAX_LINES + 1)
    with pytest.raises(Unacceptable, match="20,002 lines"):
        find(essay, kind, [garden()], Budget(3600))
    assert find(essay, kind, [garden()]) == []


REFERENCES = "".join(f"[{at}]: b\n" for at in range(2_000))
ONE_BLOCK = ["“\"‘'”’«»" * 2_000, "*_`" * 4_000]
MANY_BLOCKS = ["x\n\n" * 5_000, "|a" * 30 + "\n" + "|-" * 30 + "\nx" * 500, REFERENCES]


@pytest.mark.parametrize("essay", ONE_BLOCK + MANY_BLOCKS)
def test_what_takes_too_long_is_not_read_to_its_end(essay: str) -> None:
    with counted() as whole:
        find(essay, "markdown", [garden()], Budget(3600))
    with pytest.raises(Unacceptable), counted() as cut:
        find(essay, "markdown", [garden()], Budget(0))
    assert cut[0] < whole[0] / 5


def test_more_words_than_a_passage_has_must_stand_word_for_word(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Words that may be altered are lined up, which takes longer the more they are."""
    asked: dict[bool, set[float]] = {False: set(), True: set()}
    place = finder.place

    def noted(written: MarkedWords, editions: object, least: float) -> object:
        asked[len(written.words) > finder.MAX_ALTERED_WORDS].add(least)
        return place(written, editions, least)  # type: ignore[arg-type]

    monkeypatch.setattr(finder, "place", noted)
    words = "return in little asks garden the " * 2
    find(f"> {words}\n\nHm.\n\n> {words * 500}", "markdown", [garden()])
    assert max(asked[False]) < 1
    assert asked[True] == {1.0}
