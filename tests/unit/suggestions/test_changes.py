"""What suggestions result in, and how two of them relate."""

from __future__ import annotations

import pytest

from annotator.documents import Parsed, parse
from annotator.suggestions.changes import (
    Act,
    ProposedChange,
    apply,
    conflicts,
    narrowed,
    relation,
)

SOURCE = b"""# Rules

Nobody may pick *more than* three apples.

- Water the beans.
- Close the gate.
"""


@pytest.fixture(scope="module")
def rules() -> Parsed:
    return parse(SOURCE, name="rules.md")


def change(rules: Parsed, act: Act, words: str, wording: str = "") -> ProposedChange:
    start = rules.text.index(words)
    return ProposedChange(act, start, start + len(words), wording)


def words_after(rules: Parsed, *changes: ProposedChange) -> list[str]:
    return [words for _, words in apply(rules, changes)]


def test_words_are_replaced_within_their_block(rules: Parsed) -> None:
    changes = change(rules, "replace", "three", "four"), change(rules, "replace", "beans", "peas")
    assert words_after(rules, *changes) == [
        "Rules", "Nobody may pick more than four apples.", "Water the peas.", "Close the gate.",
    ]  # fmt: skip


def test_what_is_struck_leaves_one_space(rules: Parsed) -> None:
    assert words_after(rules, change(rules, "strike", "may"))[1].startswith("Nobody pick")


def test_a_whole_block_can_be_struck_and_paragraphs_added(rules: Parsed) -> None:
    struck = change(rules, "strike", "Water the beans.")
    added = change(
        rules, "insert", "Nobody may pick more than three apples.", "One.\n\n Two  words."
    )
    assert words_after(rules, struck, added) == [
        "Rules", "Nobody may pick more than three apples.", "One.", "Two words.", "Close the gate.",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (("replace", "three", "four"), ("replace", "three", "four"), "same"),
        (("replace", "three", "four"), ("replace", "than three", "than  four"), "same"),
        (("replace", "three", "four"), ("replace", "three", "five"), "conflict"),
        (("replace", "more than three", "few"), ("strike", "three", ""), "conflict"),
        (("replace", "three", "four"), ("replace", "pick", "eat"), "compatible"),
        (("insert", "Water the beans.", "A."), ("insert", "Water the beans.", "A. "), "same"),
        (("insert", "Water the beans.", "A."), ("insert", "Water the beans.", "B."), "conflict"),
        (("insert", "Water the beans.", "A."), ("insert", "Close the gate.", "A."), "compatible"),
        (("insert", "Water the beans.", "A."), ("replace", "beans", "peas"), "compatible"),
        (("replace", "three apples", "it"), ("strike", "Close", ""), "compatible"),
    ],
)
def test_two_changes_relate_by_what_they_touch(
    rules: Parsed, one: tuple[Act, str, str], other: tuple[Act, str, str], expected: str
) -> None:
    changes = [narrowed(rules, change(rules, *each)) for each in (one, other)]
    assert relation(*changes) == relation(*reversed(changes)) == expected
    assert conflicts(changes) == ([{1}, {0}] if expected == "conflict" else [set(), set()])
