"""The canonical text: folding, NFC, and marks that keep their place."""

from __future__ import annotations

import pytest

from annotator.documents.canonical import CanonicalForm, fold
from annotator.documents.parsed import MarkKind
from annotator.documents.readers.source import check_characters, check_combining
from annotator.documents.words import BlockText, BlockWords
from annotator.errors import SourceFault


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("  a \t b\r\nc  ", "a b c"),
        ("a\u00a0b\u2028c\u3000d\u0085f", "a b c d f"),
        ("a\u200bb\u200dc\u00add\u2060e", "a\u200bb\u200dc\u00add\u2060e"),
        ("cafe\u0301", "caf\u00e9"),
        ("“it’s” -- --- …", "“it’s” -- --- …"),
        (" \n ", ""),
        ("\u7b2c\u4e00\n  \u6761\u3002\n\u300c\u4e8c", "\u7b2c\u4e00\u6761\u3002\u300c\u4e8c"),
        ("\u6761 \u4e8c\nA\n\u4e09", "\u6761 \u4e8c A \u4e09"),
        ("\ud55c\n\uad6d", "\ud55c \uad6d"),
    ],
)
def test_white_space_is_one_space_and_letters_are_nfc(text: str, folded: str) -> None:
    assert fold(text) == folded
    assert fold(folded) == folded


@pytest.mark.parametrize(
    ("code", "canonical"),
    [
        ("\n\n  a\n\n\tb  c\n \n", "  a\n\n\tb  c"),
        ("a\r\nb\rc", "a\nb\nc"),
        (" \n ", ""),
        ("e\u0301\u00a0x", "\u00e9\u00a0x"),
    ],
)
def test_code_keeps_its_lines_and_spaces(code: str, canonical: str) -> None:
    assert CanonicalForm(code, code=True).text == canonical


def collected(*pieces: str | tuple[MarkKind, str]) -> list[tuple[str, str]]:
    """Collect pieces, the marked ones as (kind, words); give kind and words of the marks."""
    words = BlockWords()
    for piece in pieces:
        if isinstance(piece, str):
            words.add(piece)
        else:
            words.open(piece[0])
            words.add(piece[1])
            words.close(piece[0])
    text = words.take()
    return [(mark.kind, text.text[mark.start : mark.end]) for mark in text.marks]


def test_a_mark_stays_on_its_words_where_white_space_before_it_is_folded() -> None:
    assert collected("  a \n\t ", ("em", "b"), " c") == [("em", "b")]


def test_a_mark_does_not_begin_or_end_with_white_space() -> None:
    assert collected("a", ("em", " b "), " ", ("strong", "  c ")) == [("em", "b"), ("strong", "c")]


def test_an_accent_over_the_edge_of_a_mark_belongs_to_the_mark_of_its_letter() -> None:
    assert collected(("em", "e"), ("strong", "\u0301x"), "y") == [("em", "é"), ("strong", "x")]


def test_offsets_count_code_points_beside_an_emoji_and_a_combining_accent() -> None:
    assert collected("🧑\u200d🍳 cafe\u0301 ", ("em", "n\u0303a")) == [("em", "ña")]


def test_a_mark_without_words_is_dropped() -> None:
    assert collected("a", ("em", " "), "b", ("strong", "")) == []


def test_a_hard_break_is_one_marked_space_whatever_stands_around_it() -> None:
    words = BlockWords()
    words.add("a ")
    words.line_break()
    words.line_break()
    words.add(" b")
    words.line_break()
    text = words.take()
    assert text.text == "a b"
    assert [(mark.kind, mark.start, mark.end) for mark in text.marks] == [("break", 1, 2)]


def test_a_mark_that_is_still_open_goes_on_in_the_next_block() -> None:
    words = BlockWords()
    words.open("strong")
    words.add("a")
    first = words.take()
    words.add("b")
    words.close("strong")
    words.add("c")
    second = words.take()
    assert [(m.start, m.end) for m in first.marks] == [(0, 1)]
    assert [(m.start, m.end) for m in second.marks] == [(0, 1)]
    assert (first.text, second.text) == ("a", "bc")


@pytest.mark.parametrize(
    ("target", "kept"),
    [
        ("#part", True),
        ("/page", True),
        ("https://example.org", True),
        ("mailto:a@example.org", True),
        ("javascript:alert(1)", False),
        ("data:text/html,x", False),
        ("", False),
    ],
)
def test_a_link_leads_to_the_document_the_web_or_a_mailbox_only(target: str, kept: bool) -> None:
    words = BlockWords()
    words.open("link", target)
    words.add("words")
    words.close("link")
    assert bool(words.take().marks) is kept


@pytest.mark.parametrize("blank", ["", " ", "\u200b", "\u00a0\ufeff", "\u00ad \u2060"])
def test_a_block_that_nobody_can_see_has_no_words(blank: str) -> None:
    words = BlockWords()
    words.open("strong")
    words.add(blank)
    words.close("strong")
    assert words.take() == BlockText("")


def test_characters_that_cannot_be_shown_are_named_with_their_line() -> None:
    with pytest.raises(SourceFault, match=r"Line 2 contains the character U\+0007"):
        check_characters("a\nb\x07")
    with pytest.raises(SourceFault, match=r"U\+D800"):
        check_characters("\ud800")
    check_characters("a\tb\nc\u0085\u2028\u200b")


def test_a_pile_of_accents_is_refused_because_sorting_it_takes_ages() -> None:
    with pytest.raises(SourceFault, match="Line 1 stacks more than 100 accents"):
        check_combining("a" + "\u0316\u0301" * 60)
    check_combining("a" + "\u0316\u0301" * 50)
