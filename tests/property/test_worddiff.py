"""A word diff loses nothing: either version can be read from it."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from annotator.relocation.diff import word_diff

TEXT = st.lists(
    st.sampled_from(["a", "b", "the", "honest", "don’t", ",", ".", "—", "🐕", "\n", "1"]),
    max_size=30,
).map(" ".join) | st.text(max_size=40)


@given(TEXT, TEXT)
def test_both_versions_can_be_read_from_the_diff(old: str, new: str) -> None:
    pieces = word_diff(old, new)
    assert "".join(piece.text for piece in pieces if piece.change != "added") == old
    assert "".join(piece.text for piece in pieces if piece.change != "struck") == new
    assert all(one.change != other.change for one, other in pairwise(pieces))


@given(TEXT)
def test_the_same_words_have_no_difference(text: str) -> None:
    assert {piece.change for piece in word_diff(text, text)} <= {"same"}


def test_a_changed_word_is_struck_and_added_where_it_stood() -> None:
    shown = [
        (piece.change, piece.text)
        for piece in word_diff("locked at dusk, they say", "locked at nightfall, they say")
    ]
    assert shown == [
        ("same", "locked at "),
        ("struck", "dusk"),
        ("added", "nightfall"),
        ("same", ", they say"),
    ]
