"""What a new text has in the place of a suggestion, as a table of what was suggested and done."""

from __future__ import annotations

import pytest

from annotator.documents import align_editions, parse
from annotator.suggestions.adoption import AdoptionJudge
from annotator.suggestions.changes import Act, ProposedChange

OLD = """# Rules

Nobody may pick more than three apples a day, and everybody shares what they pick.

Water the beans every evening before the gate is closed.

The keeper's bell rings twice when the gate is about to be closed.
"""
BEANS = "Water the beans every evening before the gate is closed."


def judged(act: Act, words: str, wording: str, new: str, *, later: bool = False) -> tuple[str, str]:
    """Return the verdict and the words of the new text in the place."""
    old, after = (parse(text.encode(), name="rules.md") for text in (OLD, new))
    pairs = [(row.old, row.new) for row in align_editions(old, after)
             if row.old is not None and row.new is not None]  # fmt: skip
    start = old.text.index(words)
    change = ProposedChange(act, start, start + len(words), wording)
    found = AdoptionJudge(old, after, pairs).judge(change, later=later)
    return found.verdict, "" if found.start is None else after.text[found.start : found.end]


@pytest.mark.parametrize(
    ("act", "words", "wording", "was", "became", "verdict"),
    [
        ("replace", "three", "four", "three", "four", "same"),
        ("replace", "three", "four", "three", "five", "other"),
        ("replace", "three", "four", "beans", "peas", "open"),
        ("replace", "three", "four", "more than three apples", "four apples", "part"),
        # Half of the added words are enough, but not if a struck one is still there.
        ("replace", "three apples", "four ripe apples", "three apples", "four plums", "part"),
        ("replace", "pick more than three", "take at most four", "more than three", "at most four",
         "other"),
        ("replace", "three", "four", "Nobody may", "No one may", "open"),
        # The same word elsewhere in the text says nothing of this place.
        ("replace", "three", "twice", "evening", "twice", "open"),
        ("strike", "a day", "", " a day", "", "same"),
        ("strike", "a day", "", "a day", "a week", "other"),
        ("strike", "a day", "", "beans", "peas", "open"),
        ("strike", BEANS, "", f"{BEANS}\n\n", "", "same"),
        ("strike", BEANS, "", "beans", "peas", "other"),
        ("replace", "beans", "peas", f"{BEANS}\n\n", "", "gone"),
        ("insert", BEANS, "Feed the hens.", "The keeper", "Feed the hens.\n\nThe keeper", "same"),
        ("insert", BEANS, "Feed the hens.", "The keeper", "Feed the grey hens.\n\nThe keeper",
         "part"),
        ("insert", BEANS, "Feed the hens.", "The keeper", "Swans bite people.\n\nThe keeper",
         "other"),
        ("insert", BEANS, "Feed the hens.", "beans", "peas", "open"),
        ("insert", BEANS, "Feed the hens.", f"{BEANS}\n\n", "", "gone"),
        # Typography counts only where a suggestion changes nothing else.
        ("replace", "keeper's", "keeper’s", "keeper's", "keeper’s", "same"),
        ("replace", "keeper's", "keeper’s", "beans", "peas", "open"),
        ("replace", "keeper's bell", "keeper’s horn", "keeper's bell", "keeper's horn", "same"),
    ],
)  # fmt: skip
def test_the_verdict_is_on_the_place_of_the_suggestion(
    act: Act, words: str, wording: str, was: str, became: str, verdict: str
) -> None:
    new = OLD.replace(was, became, 1)
    assert new != OLD
    assert judged(act, words, wording, new)[0] == verdict


def test_a_suggestion_made_after_the_text_is_not_adopted_by_it() -> None:
    new = OLD.replace("three", "four", 1)
    assert judged("replace", "three", "four", new, later=True) == ("already", "four")
    assert judged("replace", "three", "five", new, later=True)[0] == "other"
