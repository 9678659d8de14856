"""Quotations are found with their places, and told as what they are."""

from __future__ import annotations

from itertools import pairwise

import pytest

from annotator.documents import parse
from annotator.quotations import Index, Kind, Quotation, find, index_of
from annotator.quotations.editorial_marks import corrected
from tests.conftest import SAMPLES


def garden(name: str = "garden-1") -> Index:
    source = SAMPLES / f"{name}.md"
    return index_of(name, parse(source.read_bytes(), name=source.name))


def found(essay: str, kind: Kind = "markdown") -> list[Quotation]:
    return find(essay, kind, [garden(), garden("garden-2")])


def only(essay: str, kind: Kind = "markdown") -> Quotation:
    (quotation,) = found(essay, kind)
    assert essay[quotation.start : quotation.end] == quotation.as_written
    for match in (*quotation.matches, *quotation.candidates):
        assert garden(match.edition).text[match.start : match.end] == match.exact
    return quotation


def test_a_quotation_has_its_place_in_the_essay_and_in_the_document() -> None:
    quotation = only("It says “the grass does not recover from boots”, which is *so*.")
    assert quotation.as_written == "the grass does not recover from boots"
    assert quotation.verdict == "verbatim"
    assert [match.exact for match in quotation.matches] == [quotation.as_written]


@pytest.mark.parametrize(
    ("written", "verdict", "exact"),
    [
        ("KEEP TO THE PATHS IN THE WET MONTHS", "verbatim",
         ["keep to the paths in the wet months"]),
        ("bicycles are pushed, not ridden,", "verbatim", ["bicycles are pushed, not ridden"]),
        ("[K]eep to the paths in the wet months", "altered_marked",
         ["keep to the paths in the wet months"]),
        ("the town […] little in return", "altered_marked", ["the town", "little in return"]),
        ("the town ... little in return", "altered_marked", ["the town", "little in return"]),
        ("[bikes] are pushed, not ridden", "altered_marked", ["are pushed, not ridden"]),
        ("the grass [never] recover[s] from boots", "altered_marked",
         ["the grass does not recover from boots"]),
        ("the grass does not [sic] recover from boots", "altered_marked",
         ["the grass does not recover from boots"]),
        ("the lawn does not recover from boots", "altered_unmarked",
         ["the grass does not recover from boots"]),
        ("keep to paths in the wet months", "altered_unmarked",
         ["keep to the paths in the wet months"]),
        ("keep to the paths; in the wet months", "altered_unmarked",
         ["keep to the paths in the wet months"]),
        ("keep to the paths in the wet months, the grass does not recover from boots",
         "altered_unmarked",
         ["keep to the paths in the wet months, since the grass does not recover from boots"]),
        ("The garden is kept for everyone who wishes to sit and the town asks little in return",
         "joined_unmarked",
         ["The garden is kept for everyone who wishes to sit",
          "and the town asks little in return"]),
        ("The north gate is locked at nightfall", "other_edition",
         ["The north gate is locked at nightfall"]),
        ("nobody may ever sit under the old pear tree", "not_found", []),
    ],
)  # fmt: skip
def test_what_was_done_to_the_words_is_told(written: str, verdict: str, exact: list[str]) -> None:
    quotation = only(f"It says “{written}”, and I agree.")
    assert (quotation.verdict, [match.exact for match in quotation.matches]) == (verdict, exact)


def test_added_emphasis_is_an_alteration_that_shows_where_the_essay_says_so() -> None:
    said = only("“the grass does *not* recover from boots” (emphasis added)")
    assert said.verdict == "altered_marked"
    assert only("“the grass does *not* recover from boots”").verdict == "verbatim"


def test_the_score_is_less_for_words_that_were_altered() -> None:
    assert only("“the grass does not recover from boots”").score == 1.0
    assert 0.7 < only("“the lawn does not recover from boots”").score < 1.0


def test_a_repeated_phrase_is_ambiguous_and_has_its_candidates() -> None:
    quotation = only("Twice it says “Keep to the paths.”")
    assert quotation.verdict == "ambiguous"
    assert quotation.matches == ()
    assert len(quotation.candidates) >= 2


@pytest.mark.parametrize(
    "essay",
    [
        "He cracked a “big joke” about the “grown-up”.",
        "My aunt said “I never liked him anyway” and left.",
        "“La hierba no se recupera de las botas”, it would be in Spanish.",
        'A man of 5\' 11" and a board of 2" width.',
        '`print("the grass is always greener elsewhere")`',
    ],
)
def test_what_quotes_nothing_of_the_document_has_no_match(essay: str) -> None:
    assert all(it.verdict == "not_found" and not it.matches for it in found(essay))


def test_scare_quotes_of_one_or_two_words_are_not_reported() -> None:
    assert found("The “garden” is a “state of mind”, of “grass” and “boots”.")[1:] == []


def test_one_word_is_a_quotation_where_the_essay_points_at_it() -> None:
    essay = "It says “the grass does not recover from boots”. The word “recover” is kind."
    first, second = found(essay)
    assert (first.as_written, second.as_written) == (
        "the grass does not recover from boots",
        "recover",
    )
    assert first.matches[0].start < second.matches[0].start < first.matches[0].end


def test_a_nested_quotation_is_found_where_the_outer_one_is_none() -> None:
    quotations = found("My sister wrote: “They say ‘the grass does not recover from boots’ now.”")
    assert [it.as_written for it in quotations] == ["the grass does not recover from boots"]


@pytest.mark.parametrize(
    "essay",
    [
        "“Keep to the paths in the wet months,” the document says, “since the grass does not”.",
        "“Keep to the paths in the wet months” – mark that – “since the grass does not”.",
        "“Keep to the paths in the wet months” (these again) “since the grass does not”.",
        '"Keep," it begins, "to the paths in the wet months," it adds, "since the grass does not".',
    ],
)
def test_a_quotation_that_the_essay_interrupts_is_one_with_a_match_for_each_part(
    essay: str,
) -> None:
    quotation = only(essay)
    assert quotation.verdict == "verbatim"
    assert (essay[quotation.start :][:4], essay[: quotation.end][-8:]) == ("Keep", "does not")
    whole = "Keep to the paths in the wet months, since the grass does not"
    assert corrected(quotation) == f"“{whole}”"
    ends = [(match.start, match.end) for match in quotation.matches]
    assert len(ends) > 1
    assert all(0 < after[0] - before[1] <= 2 for before, after in pairwise(ends))


@pytest.mark.parametrize(
    "between", ["” and “", "”. Then it says: “", "”, which the poets knew. “", "” … “"]
)
def test_quotations_that_stand_side_by_side_are_two(between: str) -> None:
    essay = f"“Keep to the paths in the wet months{between}since the grass does not recover”."
    assert len(found(essay)) == 2


@pytest.mark.parametrize(
    ("essay", "counts"),
    [
        ("It asks that they be “pushed, not ridden” there.", 1),
        ("“Pushed, not ridden,” said the farmer of his cart.", 0),
        ("My uncle said that the cart was “pushed, not ridden” home.", 0),
        ("I come back to “pushed, not ridden” every time.", 1),
        ("My uncle came back to “pushed, not ridden” every time.", 0),
        ("The rules say “the grass does not recover from boots”. I stress “not recover from”.", 2),
    ],
)
def test_few_words_are_quoted_or_not_by_who_says_them(essay: str, counts: int) -> None:
    assert sum(bool(it.matches) for it in found(essay)) == counts


def test_the_author_may_say_again_what_the_essay_quotes() -> None:
    essay = "It says “the grass does not recover from boots”. {} will take “not recover from” home."
    assert len([it for it in found(essay.format("I")) if it.matches]) == 2
    assert len([it for it in found(essay.format("My uncle")) if it.matches]) == 1


def test_a_question_is_told_from_the_same_words_that_ask_nothing() -> None:
    source = (
        "# Gate\n\nIf you ask, Who locks the gate? you wait. You know who locks the gate by night."
    )
    index = index_of("one", parse(source.encode(), name="gate.md"))
    (asked,) = find("The rules have it: “Who locks the gate?”", "text", [index])
    assert asked.matches[0].start == index.text.index("Who")


def test_a_mark_within_the_same_mark_does_not_end_a_quotation() -> None:
    said = 'It says "the garden is kept for "everyone" who wishes to sit" in plain words.'
    assert [it.as_written for it in found(said) if it.matches] == [
        'the garden is kept for "everyone" who wishes to sit'
    ]


def test_passages_joined_without_a_mark_are_found_in_either_order() -> None:
    quotation = only(
        "“and the town asks little in return The garden is kept for everyone who wishes to sit”"
    )
    assert quotation.verdict == "joined_unmarked"
    assert [match.exact for match in quotation.matches] == [
        "and the town asks little in return",
        "The garden is kept for everyone who wishes to sit",
    ]


def test_an_essay_that_is_the_document_is_one_quotation() -> None:
    source = (SAMPLES / "garden-1.md").read_text(encoding="utf-8")
    for essay, kind in ((source, "markdown"), (garden().text, "text")):
        quotation = only(essay, kind)  # type: ignore[arg-type]
        assert (quotation.start, quotation.end) == (0, len(essay))
        assert quotation.verdict == "verbatim"
        assert quotation.matches[0].exact == garden().text


def test_paragraphs_that_follow_each_other_are_one_quotation() -> None:
    text = garden().text.split("\n")
    at = next(number for number, line in enumerate(text) if line.startswith("The garden is kept"))
    essay = "\n\n".join(["I copy this.", *text[at : at + 2], "That is all I have to say of it."])
    quotation = only(essay, "text")
    assert quotation.matches[0].exact == "\n".join(text[at : at + 2])


@pytest.mark.parametrize(
    "said",
    [
        "“all the gravel paths” (garden@2026-03-01/opening-hours/1)",
        "“all the gravel paths” ([here](/d/garden/opening-hours))",
        "Under Opening hours it says “all the gravel paths”",
        "“all the gravel paths” (Opening hours, ¶ 1)",
        "“gravel paths” (Opening hours, ¶ 1)",
    ],
)
def test_an_address_or_a_section_s_name_tells_which_place_is_meant(said: str) -> None:
    (told,) = find(said, "markdown", [paths()])
    assert told.verdict == "verbatim"
    assert told.matches[0].start > paths().text.index("Opening hours")


def test_a_quotation_beside_it_tells_which_place_is_meant() -> None:
    quotations = find("“Nobody rides there” on “all the gravel paths”.", "text", [paths()])
    assert [it.verdict for it in quotations] == ["verbatim", "verbatim"]


def paths() -> Index:
    """Two sections that both speak of the paths."""
    filling = "There is much else to be said of it, and it is said elsewhere. " * 40
    source = (
        f"# Riding\n\nKeep off all the gravel paths. Nobody rides there.\n\n{filling}\n\n"
        "# Opening hours\n\nAt night all the gravel paths are closed.\n"
    )
    return index_of("one", parse(source.encode(), name="paths.md"))
