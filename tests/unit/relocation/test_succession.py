"""Pairs of provisions determine the successors of each, and which are in place."""

from __future__ import annotations

import pytest

from annotator.relocation.passages import Succession
from tests.unit.relocation.editions import read

FOUR = read("One.\n\nTwo.\n\nThree.\n\nFour.")


def test_splits_and_merges_are_grouped() -> None:
    succession = Succession(FOUR, FOUR, [(0, 0), (1, 1), (1, 2), (2, 2), (3, 3), (4, 3)])
    assert sorted(succession.groups()) == [([0], [0]), ([1, 2], [1, 2]), ([3, 4], [3])]
    assert succession.successors(1) == [1, 2]
    assert succession.in_place.issuperset(range(5))


def test_the_one_that_changed_its_order_is_out_of_place() -> None:
    succession = Succession(FOUR, FOUR, [(0, 0), (1, 3), (2, 1), (3, 2), (4, 4)])
    assert [at for at in range(5) if at not in succession.in_place] == [1]


def test_another_section_is_another_place() -> None:
    old = read("## A\n\nOne.\n\n## B\n\nTwo.")
    new = read("## A\n\n## B\n\nOne.\n\nTwo.")
    succession = Succession(old, new, [(0, 0), (1, 1), (2, 3), (3, 2), (4, 4)])
    assert [at for at in range(5) if at not in succession.in_place] == [2]


def test_a_section_that_moves_takes_its_paragraphs_along() -> None:
    old = read("## A\n\nOne is rather long.\n\n## B\n\nTwo.")
    new = read("## B\n\nTwo.\n\n## A\n\nOne is rather long.")
    succession = Succession(old, new, [(0, 0), (1, 3), (2, 4), (3, 1), (4, 2)])
    assert [at for at in range(5) if at not in succession.in_place] == [3]


def test_the_nearest_survivor_is_its_own_section_else_a_neighbours() -> None:
    old = read("## A\n\nOne.\n\n## B\n\nTwo.")
    new = read("## A\n\nOne.")
    succession = Succession(old, new, [(0, 0), (1, 1)])
    assert succession.nearest_survivor(2) == 1
    assert succession.nearest_survivor(4) == 0
    assert Succession(old, new, [(2, 2)]).nearest_survivor(4) == 1
    assert Succession(old, new, []).nearest_survivor(4) == 0


def test_a_pair_that_is_in_no_edition_is_refused() -> None:
    with pytest.raises(IndexError, match=r"\(9, 0\)"):
        Succession(FOUR, FOUR, [(9, 0)])
