"""No string is a fault of the program: a query is read, or refused with an explanation."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from annotator.errors import Malformed
from annotator.search.analysis import pairs, tokens
from annotator.search.query import parse
from annotator.search.snippets import Highlighter
from tests.search.making import record
from tests.search.memory_engine import MemoryEngine

pieces = st.sampled_from(
    [
        *("(", ")", '"', "“", "'", "’", "-", "–", "*", " ", "OR", "AND", "NOT", "a", "be", "漢"),
        *("text:", "tag:", "author:", "section:", "before:", "kind:", "x:", "2026", ":", "\u200b"),
    ]
)
strings = st.text() | st.lists(pieces, max_size=30).map("".join) | st.text(alphabet="()\"'-* aOR:")


def ask(text: str) -> None:
    """Read a query, and put it to an engine if it can be read."""
    try:
        query = parse(text)
    except Malformed as error:
        explained = error
    else:
        explained = None
    if explained:
        assert explained.field == "q"
        assert explained.message
        assert explained.details["position"] in range(len(text) + 1)
        return
    engine = MemoryEngine()
    engine.apply([record(1, text, quote=text, author=text, tags=(text,))])
    page = engine.search(query)
    assert page.total == len(page.hits)


@given(strings)
@example("\ud800")
@example("-" * 1000)
@example("NOT " * 250)
@example("(" * 1000)
@example("'" * 1000)
@example("a(" * 500)
@example('"' * 1000)
@example("tag:" * 250)
def test_any_string_is_read_or_explained(text: str) -> None:
    ask(text)


@given(strings)
def test_a_text_is_analysed_alike_with_and_without_places(text: str) -> None:
    found = tokens(text)
    assert [(token.term, token.form) for token in found] == pairs(text)
    assert all(0 <= token.start < token.end <= len(text) for token in found)
    assert all(token.term and token.form for token in found)
    assert [token.start for token in found] == sorted(token.start for token in found)


@given(strings, strings)
def test_the_fragments_of_a_snippet_are_a_piece_of_the_text(text: str, typed: str) -> None:
    try:
        root = parse(typed).root
    except Malformed:
        root = parse("a OR be").root
    fragments = Highlighter(root).snippet(text * 20, "")
    shown = "".join(fragment.text for fragment in fragments)
    assert shown.removeprefix("…").removesuffix("…") in text * 20 or shown in text * 20


@pytest.mark.shared
def test_hostile_strings_are_read_or_explained(payloads: list[str]) -> None:
    assert len(payloads) > 500
    for payload in payloads:
        ask(payload)
        ask(payload[:900])
