"""Snippets: the best piece of a text, in plain fragments that together are that piece."""

import pytest

from annotator.search.engine import SnippetFragment
from annotator.search.query import parse
from annotator.search.snippets import LENGTH, Highlighter


def marked(query: str, body: str, quote: str = "") -> str:
    """Return the snippet with its hits in brackets."""
    fragments = Highlighter(parse(query).root).snippet(body, quote)
    return "".join(f"[{f.text}]" if f.is_hit else f.text for f in fragments)


@pytest.mark.parametrize(
    ("query", "body", "expected"),
    [
        ("honest", "Be honest. Honestly!", "Be [honest]. [Honestly]!"),
        ("hon*", "honey and honesty", "[honey] and [honesty]"),
        ('"be honest"', "Be honest; to be, honest be", "[Be honest]; to [be, honest] be"),
        ('"to be"', "be to be to", "be [to be] to"),
        ("long-term", "A long‑term view, a term long", "A [long‑term] view, a term long"),
        ("don't", "Don’t!", "[Don’t]!"),
        ("-candid honest", "candid and honest", "candid and [honest]"),
        ('"a b c" b', "a b c b", "[a b c] [b]"),
        ('"a b" "b c"', "a b c", "[a b c]"),
        ("tag:x", "nothing to mark", "nothing to mark"),
        ("", "everything", "everything"),
        ("字", "漢字", "漢[字]"),
        ("quote:honest", "honest", "honest"),
        ("x", "", ""),
    ],
)
def test_the_words_sought_are_marked(query: str, body: str, expected: str) -> None:
    assert marked(query, body) == expected


def test_the_quote_is_shown_where_the_words_stand_only_there() -> None:
    assert marked("honest", "Comment", "be honest") == "be [honest]"
    assert marked("honest", "Honest comment", "be honest") == "[Honest] comment"
    assert marked("tag:x", "", "be honest") == "be honest"
    assert marked("text:honest", "Comment", "be honest") == "Comment"


def test_a_long_text_is_cut_between_words_around_the_most_hits() -> None:
    body = "start honest " + "filler " * 200 + "honest and honest and honest " + "filler " * 200
    shown = marked("honest", body)
    assert shown.startswith("…filler ")
    assert shown.endswith(" filler…")
    assert shown.count("[honest]") == 3
    assert LENGTH - 40 < len(shown.replace("[", "").replace("]", "")) <= LENGTH + 2


def test_without_a_hit_the_beginning_is_shown() -> None:
    assert marked("tag:x", "word " * 100).startswith("word word")


def test_fragments_are_plain_text_and_alternate() -> None:
    body = "<b>honest</b> & honest"
    fragments = Highlighter(parse("honest").root).snippet(body, "")
    assert fragments == (
        SnippetFragment("<b>"),
        SnippetFragment("honest", is_hit=True),
        SnippetFragment("</b> & "),
        SnippetFragment("honest", is_hit=True),
    )


@pytest.mark.parametrize("body", ["x" * 10_000, "honest" * 1_700, " " * 10_000, "漢" * 10_000])
def test_text_without_spaces_is_cut_somewhere(body: str) -> None:
    fragments = Highlighter(parse("honest* OR 漢").root).snippet(body, "")
    assert sum(len(f.text) for f in fragments) <= LENGTH + 2


def test_a_text_of_the_longest_size_is_cut_as_any_other() -> None:
    body = "calibrated uncertainty " * 450
    highlighter = Highlighter(parse('calibrated OR un* OR "uncertainty calibrated"').root)
    fragments = highlighter.snippet(body, "")
    assert any(fragment.is_hit for fragment in fragments)
    assert sum(len(fragment.text) for fragment in fragments) <= LENGTH + 2
