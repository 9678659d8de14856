"""Words of two texts are lined up the way a reader would line them up."""

from __future__ import annotations

import pytest

from annotator.relocation.diff import MOST_COMPARED, line_up


def told(old: str, new: str) -> list[str]:
    """Write a line-up down: what stayed is given bare, the rest with its kind."""
    before, after = old.split(), new.split()
    lines = []
    for run in line_up(before, after):
        was, now = " ".join(before[run.a0 : run.a1]), " ".join(after[run.b0 : run.b1])
        lines.append(was if run.kind == "same" else f"{run.kind}: {was} > {now}")
    return lines


@pytest.mark.parametrize(
    ("old", "new", "lines"),
    [
        ("a b c", "a b c", ["a b c"]),
        ("", "a b", ["new:  > a b"]),
        ("a b", "", ["gone: a b > "]),
        ("the good aims", "the best aims", ["the", "altered: good > best", "aims"]),
        ("this may tend to", "this may , tends to",
         ["this may", "new:  > ,", "altered: tend > tends", "to"]),
        ("growth having more", "growth . Having more",
         ["growth", "new:  > .", "altered: having > Having", "more"]),
        ("a big dog", "a , huge dog", ["a", "new:  > ,", "altered: big > huge", "dog"]),
        ("a big dog", "a very huge dog", ["a", "rewritten: big > very huge", "dog"]),
        ("be kind x y z be true", "be kind be true", ["be kind", "gone: x y z", "be true"]),
    ],
)  # fmt: skip
def test_words_are_lined_up_as_a_reader_would(old: str, new: str, lines: list[str]) -> None:
    assert [line.removesuffix(" > ") for line in told(old, new)] == [
        line.removesuffix(" > ") for line in lines
    ]


def test_what_is_left_of_a_long_cut_stays_in_one_piece() -> None:
    kept, cut = (
        "it is of the essence",
        "and so it is of the highest value that it is of use in the end",
    )
    old, new = f"First {kept} {cut} we say last", f"First {kept} we say last"
    assert told(old, new) == [f"First {kept}", f"gone: {cut} > ", "we say last"]


def test_a_rest_too_long_to_compare_is_rewritten_as_a_whole() -> None:
    size = int(MOST_COMPARED**0.5) + 5
    old = [f"old{at}" for at in range(size)]
    new = [f"new{at}" for at in range(size + 1)]
    assert [run.kind for run in line_up(old, new)] == ["rewritten"]


def test_endless_repetition_is_lined_up_in_reasonable_time() -> None:
    runs = line_up(["a"] * 20_000 + ["b"], ["c"] + ["a"] * 19_000)
    assert runs[-1].a1 == 20_001
    assert runs[-1].b1 == 19_001
