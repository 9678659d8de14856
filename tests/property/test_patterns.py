"""Patterns for addresses: they mean what they say, and none of them takes long."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotator.errors import Malformed
from annotator.services.dialects.hypothesis import MAX_PATTERN, compile_pattern


def _fits(pattern: str, text: str) -> bool:
    """Match one character of the pattern after the other, keeping every end that it can have."""
    ends = {0}
    for each in pattern:
        if each == "*":
            ends = set(range(min(ends, default=len(text) + 1), len(text) + 1))
        else:
            ends = {at + 1 for at in ends if at < len(text) and each in ("_", text[at])}
    return len(text) in ends


@given(st.text("ab.*_", min_size=1, max_size=12), st.text("ab.\n", max_size=14))
def test_a_pattern_fits_what_it_says(pattern: str, text: str) -> None:
    assert (compile_pattern(pattern).fullmatch(text) is not None) == _fits(pattern, text)


@pytest.mark.parametrize(
    "pattern", ["*_" * 400 + "!", "*a" * 400 + "!", "*_a" * 300 + "*", "*" * 999, "a*" * 400 + "_b",
                "http://" + "*_" * 450 + "!", "*.a_" * 200 + "!"],
)  # fmt: skip
def test_no_pattern_is_tried_in_every_way(pattern: str) -> None:
    """A matcher that goes back tries more ways than there are atoms, and never ends here."""
    assert compile_pattern(pattern).fullmatch("a." * 1000 + "c") is None or "!" not in pattern


def test_a_pattern_has_a_most() -> None:
    compile_pattern("*" * MAX_PATTERN)
    with pytest.raises(Malformed, match="the limit is"):
        compile_pattern("*" * (MAX_PATTERN + 1))
