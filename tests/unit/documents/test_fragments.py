"""What links say behind `#`: characters of a text, or words of it."""

from __future__ import annotations

import pytest

from annotator.documents.address import convention

TEXT = "A gate is a gate. The north gate—locked at dusk—is “a gate” too."


@pytest.mark.parametrize(
    ("fragment", "expected"),
    [("char=2,6", "gate"), ("char=2", "g"), ("char=,6", "A gate"), ("char=60,", "too."),
     ("char%3D2,6", "gate"), ("char=2,6;length=64", "gate"), ("char=2,6;length=64,UTF-8", "gate"),
     ("char=60,999", "too."), ("char=2,6;length=9", None), ("char=6,2", None), ("char=2,2", None),
     ("char=", None), ("char=,", None), ("char=-2,6", None), ("char=99,100", None),
     ("char=2,6,8", None), ("char=٢,٦", None), ("char=9999999999,1", None), ("line=1,2", None)],
)  # fmt: skip
def test_positions_are_those_between_characters(fragment: str, expected: str | None) -> None:
    span = convention.characters(fragment, len(TEXT))
    assert (None if span is None else TEXT[slice(*span)]) == expected


@pytest.mark.parametrize(
    ("fragment", "start", "expected"),
    [(":~:text=gate", 2, "gate"), ("here:~:text=GATE", 2, "gate"),
     (":~:text=north-,gate", 28, "gate"), (":~:text=gate,-%E2%80%9D%20too", 54, "gate"),
     (":~:text=gate,gate", 2, "gate is a gate"),
     (":~:text=the,dusk", 18, "The north gate—locked at dusk"),
     (":~:text=a-,gate,a%20gate,-%22", 2, TEXT[2:58]), (":~:text=%22a%20gate%22", 51, "“a gate”"),
     (":~:text=gate-locked", 28, "gate—locked"), (":~:text=herons&text=dusk", 43, "dusk"),
     (":~:text=ate", 0, None), (":~:text=gat", 0, None), (":~:text=dusk,north", 0, None),
     (":~:text=", 0, None), (":~:text=,", 0, None), (":~:text=-,-", 0, None), (":~:", 0, None),
     (":~:text=a,b,c,d", 0, None), ("text=gate", 0, None), (":~:text=%FF%00", 0, None)],
)  # fmt: skip
def test_words_are_found_whole_and_folded_with_what_stands_around_them(
    fragment: str, start: int, expected: str | None
) -> None:
    span = convention.words(fragment, TEXT)
    found = None if span is None else (span[0], TEXT[slice(*span)])
    assert found == (None if expected is None else (start, expected))


def test_the_name_of_a_place_stands_before_a_directive() -> None:
    assert convention.anchor("k7m2x:~:text=gate") == "k7m2x"
    assert convention.anchor("a%20b") == "a b"


def test_no_more_directives_are_tried_than_a_browser_makes() -> None:
    many = "&".join(["text=heron"] * convention.MAX_DIRECTIVES)
    assert convention.words(f":~:{many}&text=gate", TEXT) is None
