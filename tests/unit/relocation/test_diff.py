"""Words of two texts are aligned the way a reader would align them."""

from __future__ import annotations

import pytest

from annotator.relocation.diff import MAX_COMPARISONS, align_words


def runs_of(old: str, new: str) -> list[str]:
    """Return one line per run: the words that are the same, else the kind and both sides."""
    before, after = old.split(), new.split()
    lines = []
    for run in align_words(before, after):
        was, now = " ".join(before[run.a0 : run.a1]), " ".join(after[run.b0 : run.b1])
        lines.append(was if run.kind == "same" else f"{run.kind}: {was} > {now}")
    return lines


@pytest.mark.parametrize(
    ("old", "new", "lines"),
    [
        ("a b c", "a b c", ["a b c"]),
        ("", "a b", ["inserted:  > a b"]),
        ("a b", "", ["deleted: a b > "]),
        ("the good aims", "the best aims", ["the", "altered: good > best", "aims"]),
        ("this may tend to", "this may , tends to",
         ["this may", "inserted:  > ,", "altered: tend > tends", "to"]),
        ("growth having more", "growth . Having more",
         ["growth", "inserted:  > .", "altered: having > Having", "more"]),
        ("a big dog", "a , huge dog", ["a", "inserted:  > ,", "altered: big > huge", "dog"]),
        ("a big dog", "a very huge dog", ["a", "rewritten: big > very huge", "dog"]),
        ("be kind x y z be true", "be kind be true", ["be kind", "deleted: x y z", "be true"]),
    ],
)  # fmt: skip
def test_words_are_aligned_as_a_reader_would(old: str, new: str, lines: list[str]) -> None:
    assert [line.removesuffix(" > ") for line in runs_of(old, new)] == [
        line.removesuffix(" > ") for line in lines
    ]


def test_the_words_before_a_long_cut_stay_in_one_run() -> None:
    kept, cut = (
        "it is of the essence",
        "and so it is of the highest value that it is of use in the end",
    )
    old, new = f"First {kept} {cut} we say last", f"First {kept} we say last"
    assert runs_of(old, new) == [f"First {kept}", f"deleted: {cut} > ", "we say last"]


def test_too_many_words_to_compare_are_rewritten_as_a_whole() -> None:
    size = int(MAX_COMPARISONS**0.5) + 5
    old = [f"old{at}" for at in range(size)]
    new = [f"new{at}" for at in range(size + 1)]
    assert [run.kind for run in align_words(old, new)] == ["rewritten"]


def test_long_repetition_is_aligned_in_reasonable_time() -> None:
    runs = align_words(["a"] * 20_000 + ["b"], ["c"] + ["a"] * 19_000)
    assert runs[-1].a1 == 20_001
    assert runs[-1].b1 == 19_001
