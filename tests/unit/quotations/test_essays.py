"""What an essay says of each passage: parts begin at quotations and end at the next, or a title."""

from __future__ import annotations

import pytest

from annotator.quotations import Kind, Match, Quotation
from annotator.quotations.essay import essay_parts
from annotator.quotations.essay.essay_parts import Divided, divide

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
PARTS = [
    ["The rule says "],
    ["That is too st", "The heron may ", "Who asked the "],
    ["But “a wall is"],
]


def _quotation(essay: str, words: str, at: int = 0) -> Quotation:
    start = essay.index(words)
    match = Match("1", at, at + len(words), words)
    return Quotation(words, start, start + len(words), words, "verbatim", 1.0, (match,))


def _divided(essay: str, kind: Kind, *words: str) -> Divided:
    return divide(essay, kind, [_quotation(essay, it) for it in words])


@pytest.fixture(scope="module")
def garden() -> Divided:
    return _divided(ESSAY, "markdown", "keep the gate shut at night", "The heron may stay.",
                    "a wall is a promise", "so is a hedge")  # fmt: skip


def _texts(divided: Divided, layout: str | None = None) -> list[list[str]]:
    return [
        [divided.paragraphs[at].text[:14] for at in part.paragraphs]
        for part in divided.parts(layout)
    ]


def test_a_part_begins_with_what_is_quoted_and_ends_at_the_next_or_a_heading(
    garden: Divided,
) -> None:
    assert (garden.title, garden.layout) == ("On gardens", "--bbgg--b")
    assert _texts(garden) == PARTS
    quoted = [part.quoted(garden.paragraphs) for part in garden.parts()]
    assert quoted == [(0,), (1,), (2, 3)]


def test_a_paragraph_is_whole_lines_of_the_source(garden: Divided) -> None:
    last = garden.paragraphs[5]
    assert ESSAY[last.start : last.end] == "Who asked the heron? *Nobody did.*"


@pytest.mark.parametrize(
    ("arranged", "layout"),
    [
        (lambda it: essay_parts.split(it, 4), "--bbbg--b"),
        (lambda it: essay_parts.split(it, 1), "-bbbgg--b"),
        (lambda it: essay_parts.joined(it, 3), "--bggg--b"),
        (lambda it: essay_parts.joined(it, 7), "--bbgg-gb"),
        (lambda it: essay_parts.joined(it, 0), "b-bbgg--b"),
        (lambda it: essay_parts.skipped(it, 3), "--b-bg--b"),
        (lambda it: essay_parts.skipped(it, 4), "--bb-g--b"),
        (lambda it: essay_parts.skipped(it, 2), "---bgg--b"),
        (lambda it: essay_parts.dropped(it, 3), "--b-----b"),
        (lambda it: essay_parts.shifted(it, 3, 1), "--bgbg--b"),
        (lambda it: essay_parts.shifted(it, 2, -1), "-bgbgg--b"),
        (lambda it: essay_parts.shifted(it[:3] + "-" + "bg" + it[6:], 4, 1), "--b-gb--b"),
    ],
)
def test_its_author_splits_joins_skips_and_moves(
    garden: Divided, arranged: object, layout: str
) -> None:
    assert arranged(garden.layout) == layout  # type: ignore[operator]


def test_no_move_loses_a_paragraph_that_is_posted_or_a_part(garden: Divided) -> None:
    for shift in (-100, -2, -1, 1, 2, 100):
        for part in garden.parts():
            layout = essay_parts.shifted(garden.layout, part.paragraphs[0], shift)
            assert essay_parts.is_layout(layout, len(garden.paragraphs))
            assert len(garden.parts(layout)) == 3
            if part.paragraphs[0] == 3:  # it stands against the part before
                assert layout.count("-") == garden.layout.count("-")


def test_a_layout_of_another_essay_is_not_taken(garden: Divided) -> None:
    for layout in ("", "b", "b" * 10, "--bxgg--b"):
        assert _texts(garden, layout) == PARTS


def test_what_goes_on_after_a_gap_belongs_to_the_part_before(garden: Divided) -> None:
    assert _texts(garden, "--bb-g--b")[1] == ["That is too st", "Who asked the "]


def test_an_essay_without_quotations_has_no_parts() -> None:
    assert divide(ESSAY, "markdown", []).parts() == []
    assert divide("", "text", []).parts() == []


@pytest.mark.parametrize(
    ("essay", "kind", "title"),
    [
        ("A Title\n\nIt says “keep the gate shut”.\n\nThe Next Part\n\nMore.", "text", "A Title"),
        ("What is a rule?\n\nIt says “keep the gate shut”.", "text", "What is a rule?"),
        ("it was late\n\nIt says “keep the gate shut”.", "text", ""),
        ("A Title\n=======\n\nIt says “keep the gate shut”.", "markdown", "A Title"),
        ("---\ntitle: 'A Title'\n---\n\nIt says “keep the gate shut”.", "markdown", "A Title"),
        ("---\ntitle: x\n---\n# A Title\n\n“keep the gate shut”.", "markdown", "A Title"),
        ("<h2>A <i>Title</i></h2><p>It says “keep the gate shut”.", "html", "A Title"),
        ("<title>A &amp; B</title><p>It says “keep the gate shut”.", "html", "A & B"),
    ],
)
def test_its_first_heading_is_its_title(essay: str, kind: Kind, title: str) -> None:
    divided = _divided(essay, kind, "keep the gate shut")
    assert divided.title == title
    assert all(len(it.paragraphs) == 1 for it in divided.parts())


QUOTED = "keep the gate shut at night"


@pytest.mark.parametrize(
    ("paragraph", "kind", "set_off"),
    [
        ("“{}.”", "markdown", True),
        ("> {}", "markdown", True),
        ("> “*{}*”", "markdown", True),
        ("“{}.” No.", "markdown", False),
        ("“{}.” This is wrong and I oppose it.", "markdown", False),
        ("> {}\n>\n> I oppose it.", "markdown", False),
        ("> {}\n> — somebody", "markdown", False),
        ("- “{}”", "markdown", True),
        ("- “{}”\n\n  I oppose it.", "markdown", False),
        ("| “{}” | I oppose it. |\n|--|--|\n| a | b |", "markdown", False),
        ("> {}\n", "text", True),
        ("> {}\n> No.", "text", False),
        ("<blockquote><p>{}</p></blockquote>", "html", True),
        ("<blockquote><p>{}</p><p>No.</p></blockquote>", "html", False),
        ("<p><q>{}</q> I oppose it.</p>", "html", False),
    ],
)
def test_only_what_has_no_word_of_the_author_s_need_not_be_said_again(
    paragraph: str, kind: Kind, set_off: bool
) -> None:
    divided = _divided(f"{paragraph.format(QUOTED)}\n\n<p>So.", kind, QUOTED)
    assert divided.paragraphs[0].set_off is set_off


def test_words_before_and_within_a_long_quotation_are_the_author_s() -> None:
    essay = "I oppose it: “Keep the gate shut\n\n“at night.”\n\n“Keep it,” it says, “shut.”"
    start, last = essay.index("Keep"), essay.index("Keep it")
    match = (Match("1", 0, 9, "Keep ……"),)
    long = essay[start : essay.index("night") + 5]
    broken = essay[last : essay.index("shut.”", last) + 4]
    quoted = [
        Quotation(long, start, start + len(long), long, "verbatim", 1.0, match),
        Quotation(broken, last, last + len(broken), "Keep it, shut", "verbatim", 1.0, match * 2),
    ]
    divided = divide(essay, "text", quoted)
    assert [it.set_off for it in divided.paragraphs] == [False, True, False]


def test_a_footnote_belongs_to_those_who_cite_it() -> None:
    essay = "One.[^a]\n\nTwo.\n\n```\n[^a]\n```\n\n[^a]: It says “keep the gate shut”.\n"
    divided = _divided(essay, "markdown", "keep the gate shut")
    assert divided.layout == "bgg"
    assert [it.quoted for it in divided.paragraphs] == [(0,), (), ()]
    assert divided.notes == {"a": "[^a]: It says “keep the gate shut”."}
