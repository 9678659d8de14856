"""Spans are relocated from one edition to the next with a verdict; nothing is guessed."""

from __future__ import annotations

import pytest

from annotator.documents.canonical import fold
from tests.unit.relocation.editions import Editions

HONEST = "Be honest. Say what is so, and say it plainly. Be honest."


def test_words_in_an_edited_paragraph_are_exact_where_they_did_not_change() -> None:
    both = Editions("We ask that all remarks stay civil.", "We ask you that all notes stay civil.")
    assert both.span("stay civil.").verdict == "exact"
    assert both.span("We ask").verdict == "exact"
    assert both.span("tay civi").words == "tay civi"


@pytest.mark.parametrize(
    ("old", "new", "words", "now"),
    [
        ("We list aims; we keep them.", "We list aims. We keep them.", "aims; we", "aims. We"),
        ("A remark should stay.", "A remark must stay.", "remark should stay", "remark must stay"),
        ("A good clear rule.", "A good rule.", "good clear rule", "good rule"),
        ("A good rule.", "A good, clear rule.", "good rule", "good, clear rule"),
        ("It matters, e.g., here.", "It matters, for example, here.", "e.g., here",
         "for example, here"),
    ],
)  # fmt: skip
def test_edited_points_at_the_edited_words(old: str, new: str, words: str, now: str) -> None:
    move = Editions(old, new).span(words)
    assert (move.verdict, move.words) == ("edited", now)
    assert 0.0 < move.result.score < 1.0


def test_words_inserted_next_to_a_span_are_not_part_of_it() -> None:
    both = Editions("Say it plainly. End.", "Always say it plainly. Then rest. End.")
    assert both.span("it plainly.").words == "it plainly."
    assert both.span("it plainly.").verdict == "exact"
    assert both.span("Say it").words == "say it"
    assert both.span("End.").verdict == "exact"


def test_a_word_that_became_part_of_another_is_edited() -> None:
    both = Editions(
        "Rules that we know tend to carry over.", "Rules that we know tends to carry over."
    )
    assert both.span("tend").words == "tends"
    assert both.span("tend").verdict == "edited"
    assert both.span("ules").words == "ules", "a part that was chosen stays one"


def test_case_alone_is_an_edit() -> None:
    assert (
        Editions("the reader decides", "The reader decides").span("the reader").verdict == "edited"
    )


def test_a_span_without_remaining_words_is_lost_near_its_provision() -> None:
    both = Editions("Keep this. Drop these words.\n\nB.", "Keep this.\n\nB.")
    move = both.span("Drop these words.")
    assert (move.verdict, move.words, move.result.score, move.result.near) == ("lost", None, 0.0, 1)


def test_words_replaced_by_unlike_ones_are_lost() -> None:
    both = Editions("Do read it twice at home.", "Do strike cymbals at home.")
    assert both.span("read it twice").verdict == "lost"


def test_position_distinguishes_repeated_phrases() -> None:
    both = Editions(HONEST, f"First of all: {HONEST}")
    first, second = both.span("Be honest.", 1), both.span("Be honest.", 2)
    assert first.result.start == both.new.text.index("Be honest.")
    assert second.result.start == both.new.text.rindex("Be honest.")
    assert (first.verdict, second.verdict) == ("exact", "exact")


def test_the_repetition_that_was_cut_is_lost_and_the_other_is_not() -> None:
    both = Editions(HONEST, "Be honest. Say what is so, and say it plainly.")
    assert both.span("Be honest.", 1).verdict == "exact"
    assert both.span("Be honest.", 2).verdict == "lost"


def test_a_doubled_word_is_found_after_its_correction() -> None:
    both = Editions("We will also also be fair to all.", "We will also be fair to all.")
    assert both.span("also be fair").verdict == "exact"
    assert both.span("We will also").verdict == "exact"


def test_words_of_a_moved_provision_are_moved() -> None:
    both = Editions("One here.\n\nTwo there.\n\nThree.", "Two there.\n\nThree.\n\nOne here.",
                    [(0, 0), (1, 3), (2, 1), (3, 2)])  # fmt: skip
    assert (both.span("One here").verdict, both.span("One here").words) == ("moved", "One here")
    assert both.span("Two there").verdict == "exact"


LONG = "A correction is printed where the mistake was printed, and as large."


def test_long_words_of_a_retired_provision_are_found_elsewhere_exactly() -> None:
    both = Editions(f"{LONG}\n\nB.", f"B.\n\nAdded before. {LONG}", [(0, 0), (2, 1)])
    assert (both.span(LONG).verdict, both.span(LONG).words) == ("moved", LONG)
    assert both.span("the mistake").words == "the mistake"


def test_words_are_not_found_where_they_already_were() -> None:
    both = Editions(f"{LONG}\n\nB.\n\n{LONG}", f"B.\n\n{LONG}", [(0, 0), (2, 1), (3, 2)])
    assert both.span(LONG, 1).verdict == "lost"
    assert both.span(LONG, 2).verdict == "exact"


def test_a_span_over_several_blocks_follows_both_its_ends() -> None:
    both = Editions("One ends so.\n\nTwo begins so.", "Now one ends so.\n\nTwo begins so. Yes.")
    assert both.span("ends so.\nTwo").verdict == "exact"
    edited = Editions("One ends so.\n\nTwo begins so.", "One ends thus.\n\nTwo begins so.")
    assert edited.span("One ends so.\nTwo begins").words == "One ends thus.\nTwo begins"


def test_a_divided_span_keeps_the_larger_part_or_is_lost() -> None:
    old = "Small.\n\nThe larger part of the span stands in here.\n\nOther."
    new = "The larger part of the span stands in here.\n\nOther.\n\nSmall."
    both = Editions(old, new, [(0, 0), (1, 3), (2, 1), (3, 2)])
    move = both.span("Small.\nThe larger part of the span stands in here.")
    assert (move.verdict, move.words) == ("edited", "The larger part of the span stands in here.")


def test_words_are_not_lost_because_others_are_inserted_between() -> None:
    old = "They asked us for a clear rule. Nobody else was asked about it."
    new = old.replace("rule.", "rule, one that a person learns in a day and keeps for life.")
    move = Editions(old, new).span("clear rule. Nobody else")
    assert (move.verdict, move.result.score < 0.5) == ("edited", True)
    assert (move.words or "").startswith("clear rule, one")


def test_a_split_paragraph_keeps_its_words() -> None:
    both = Editions("First half here. Second half there.", "First half here.\n\nSecond half there.",
                    [(0, 0), (1, 1), (1, 2)])  # fmt: skip
    assert both.span("Second half").verdict == "exact"
    assert both.span("here. Second").words == "here.\nSecond"
    assert both.span("here. Second").verdict == "edited"
    whole = both.provision(1)
    assert (whole.verdict, whole.words) == ("edited", "First half here.\nSecond half there.")


def test_merged_paragraphs_keep_their_words() -> None:
    both = Editions("First half here.\n\nSecond half there.", "First half here. Second half there.",
                    [(0, 0), (1, 1), (2, 1)])  # fmt: skip
    assert both.span("First half").verdict == "exact"
    assert both.span("Second half").verdict == "exact"
    assert both.provision(2).verdict == "edited"


def test_a_whole_provision_is_exact_edited_moved_or_lost() -> None:
    old = "## A\n\nSame.\n\nOld words here.\n\nGone.\n\n## B\n\nLast."
    new = "## A\n\nSame.\n\nNew words here.\n\n## B\n\nLast."
    both = Editions(old, new, [(0, 0), (1, 1), (2, 2), (3, 3), (5, 4), (6, 5)])
    verdicts = [both.provision(at).verdict for at in range(7)]
    assert verdicts == ["edited", "edited", "exact", "edited", "lost", "exact", "exact"]
    assert both.provision(1).words == "A\nSame.\nNew words here."
    assert both.provision(4).result.near == 1


def test_a_split_into_distant_parts_goes_to_the_most_similar() -> None:
    both = Editions("A bit. The most of the words are in this part.\n\nB.",
                    "A bit.\n\nB.\n\nThe most of the words are in this part.",
                    [(0, 0), (1, 1), (1, 3), (2, 2)])  # fmt: skip
    move = both.provision(1)
    assert (move.words, move.result.near) == ("The most of the words are in this part.", 3)


def test_near_is_the_innermost_provision_that_contains_the_span() -> None:
    both = Editions("- one item\n  - nested item\n- last", "- one item\n  - nested item\n- last")
    assert both.span("one item").result.near == 1
    assert both.span("nested").result.near == 2
    assert both.span("one item\nnested").result.near == 1
    assert both.span("nested item\nlast").result.near == 0


@pytest.mark.parametrize("span", [(0, 0), (3, 2), (-1, 2), (0, 99)])
def test_a_range_outside_the_text_is_refused(span: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="not a range"):
        Editions("Short.", "Short.").relocator.span(*span)


def test_a_span_of_nothing_but_a_line_feed_has_no_words_to_follow() -> None:
    assert Editions("A.\n\nB.", "A.\n\nB.").span("\n").verdict == "lost"


PASSES = {
    "soft hyphens": ("oo", "o\u00ado"),
    "word joiners": ("ee", "e\u2060e"),
    "zero-width spaces": ("er", "e\u200br"),
    "quotation marks": ('"never"', "“never”"),
    "guillemets": ('"never"', "«\u00a0never\u00a0»"),
    "apostrophes": ("keeper's", "keeper’s"),
    "dashes": (" -- ", "\u2009—\u2009"),
    "hyphens that do not break": ("well-kept", "well\u2011kept"),
    "ellipses": ("...", "…"),
    "ligatures": ("office", "o\ufb03ce"),
}


@pytest.mark.parametrize(("old", "new"), PASSES.values(), ids=PASSES)
@pytest.mark.parametrize("edit", ["", " The rest of it was written anew."])
def test_typographic_passes_leave_every_word_in_its_place(old: str, new: str, edit: str) -> None:
    text = 'The keeper\'s book is "never" lent -- see ... the well-kept room near the office door.'
    for before, after in ((text, text.replace(old, new)), (text.replace(old, new), text)):
        both = Editions(f"{before} It ends.", f"{after} It ends.{edit}")
        words, others = fold(before).split(" "), fold(after).split(" ")
        assert both.span(fold(before)).verdict == "exact"
        for word in words:
            if word.isalpha() and words.count(word) == others.count(word) == 1:
                assert both.span(word).words == word
        middle = " ".join(words[2:-2])
        move = both.span(middle)
        assert (move.verdict, move.result.score) == ("exact", 1.0)
