"""What an essay says of each passage: parts begin at quotations and end at the next, or a title."""

from __future__ import annotations

from itertools import pairwise

from annotator.quotations import Match, Quotation
from annotator.quotations.essay.essay_parts import Choice, EssayPart, arrange, divide

ESSAY = """# On gardens

Some words before anything is quoted.

The rule says “keep the gate shut at night” and no more.

That is too strict. And it goes on:

> The heron may stay.

Who asked the heron? *Nobody did.*

## Another matter

It says nothing of foxes.

But “a wall is a promise” is fine, and “so is a hedge” too.
"""


def _quotation(essay: str, words: str, at: int = 0) -> Quotation:
    start = essay.index(words)
    match = Match("1", at, at + len(words), words)
    return Quotation(words, start, start + len(words), words, "verbatim", 1.0, (match,))


QUOTED = [_quotation(ESSAY, words) for words in (
    "keep the gate shut at night", "The heron may stay.", "a wall is a promise",
    "so is a hedge")]  # fmt: skip


def _texts(part: EssayPart) -> list[str]:
    divided = divide(ESSAY, "markdown", QUOTED)
    return [it.text[:14] for it in divided.paragraphs[part.first : part.after]]


def test_a_part_begins_with_what_is_quoted_and_ends_at_the_next_or_a_heading() -> None:
    divided = divide(ESSAY, "markdown", QUOTED)
    assert divided.title == "On gardens"
    assert [_texts(part) for part in divided.parts] == [
        ["The rule says "],
        ["That is too st", "The heron may ", "Who asked the "],
        ["But “a wall is"],
    ]
    assert [part.quoted(divided.paragraphs) for part in divided.parts] == [(0,), (1,), (2, 3)]


def test_a_paragraph_is_whole_lines_of_the_source() -> None:
    divided = divide(ESSAY, "markdown", QUOTED)
    last = divided.paragraphs[divided.parts[1].after - 1]
    assert ESSAY[last.start : last.end] == "Who asked the heron? *Nobody did.*"


def test_an_editor_joins_leaves_out_and_shifts() -> None:
    divided = divide(ESSAY, "markdown", QUOTED)
    assert [
        _texts(it) for it in arrange(divided, {1: Choice(join=True), 2: Choice(leave_out=True)})
    ] == [["The rule says ", "That is too st", "The heron may ", "Who asked the "]]
    shifted = arrange(divided, {1: Choice(shift=1), 0: Choice(shift=-1)})
    assert [_texts(it) for it in shifted[:2]] == [
        ["Some words bef", "The rule says ", "That is too st"],
        ["The heron may ", "Who asked the "],
    ]


def test_no_shift_takes_a_part_beyond_its_neighbours_or_empties_one() -> None:
    divided = divide(ESSAY, "markdown", QUOTED)
    for shift in (-100, 100):
        for at in range(3):
            parts = arrange(divided, {at: Choice(shift=shift)})
            assert all(part.first < part.after for part in parts)
            assert all(a.after <= b.first for a, b in pairwise(parts))


def test_an_essay_without_quotations_has_no_parts() -> None:
    assert divide(ESSAY, "markdown", []).parts == ()
    assert divide("", "text", []).parts == ()


def test_plain_text_has_headings_too() -> None:
    essay = "A Title\n\nIt says “keep the gate shut at night”.\n\nThe Next Part\n\nMore of it."
    divided = divide(essay, "text", [_quotation(essay, "keep the gate shut at night")])
    assert (divided.title, len(divided.parts)) == ("A Title", 1)
    assert divided.parts[0].after - divided.parts[0].first == 1
