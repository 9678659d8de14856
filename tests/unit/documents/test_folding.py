"""One table folds what people and programs write differently; each mode has its column here."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotator.documents.folding import IGNORABLE, Mode, fold_words, folded, word_stream

MODES: tuple[Mode, ...] = ("plain", "typed", "copied", "loose")
CASES = {
    "A “B” ‘c’ `d´": ("A \"B\" 'c' 'd'", "a \"b\" 'c' 'd'", "A\"B\"'c''d'", "a\"b\"'c''d'"),
    "«a» ‹b› ＂c＂ ❝d❞ x′ y″": (
        "\"a\" 'b' \"c\" \"d\" x' y\"", "\"a\" 'b' \"c\" \"d\" x' y\"",
        "\"a\"'b'\"c\"\"d\"x'y\"", "\"a\"'b'\"c\"\"d\"x'y\"",
    ),
    "a — b--c ‑ d – – e－f": ("a-b-c-d--e-f",) * 2
    + ("a-b--c-d--e-f", "a-b-c-d-e-f"),
    "so… oﬃce": ("so... office", "so... office", "so...office", "so...office"),
    "10² ①Ｑ": ("10² ①Ｑ", "102 1q", "1021Q", "1021q"),
    "Straße ΣΑΣ": ("Straße ΣΑΣ", "strasse σασ", "StraßeΣΑΣ", "strasseσασ"),
    "\u00ada\u200bb\u2060c\ufeff\u180ed\ufe0f\u034fe": ("abcde",) * 4,
    "  a\u00a0\u2003b\n\tc ": ("a b c", "a b c", "abc", "abc"),
    "e\u0301tude": ("étude",) * 4,
    "ع\u200dم 条文": ("عم 条文", "عم 条文", "عم条文", "عم条文"),
}  # fmt: skip


@pytest.mark.parametrize("text", CASES)
def test_each_mode_folds_what_it_is_for(text: str) -> None:
    assert tuple(fold_words(text, mode) for mode in MODES) == CASES[text]


@given(st.text(alphabet=[*"aB ßﬁ…'’“-—\u200b\u00ad\u00a0\n²`İ"], max_size=30))
def test_a_text_is_folded_as_words_are_and_keeps_their_places(text: str) -> None:
    text = unicodedata.normalize("NFC", text.strip())
    for mode in MODES:
        found = folded(text, mode)
        assert found.text.strip() == fold_words(text, mode).strip()
        assert len(found.text) == len(found.starts) == len(found.ends)
        assert all(0 <= a < b <= len(text) for a, b in zip(found.starts, found.ends, strict=True))
        assert list(found.starts) == sorted(found.starts)


def test_part_of_a_character_is_no_place() -> None:
    assert list(folded("so… now...").spans("..")) == [(7, 9), (8, 10)]
    assert list(folded("Straße").spans("s")) == [(0, 1)]
    assert list(folded("a — b").spans("-")) == [(2, 3)]


def test_words_are_the_same_whatever_is_invisible_in_them() -> None:
    assert word_stream("Don’t co\u00adop\u200ber\u2060ate, cafe\u0301 note⁵ 条文_x").words == (
        "don't", "cooperate", "café", "note", "条", "文", "x",
    )  # fmt: skip
    for first in (IGNORABLE[0], "\u200b", "\u200d", "\ufe0f", "\ufeff"):
        assert word_stream(f"on{first}ly").words == ("only",)
