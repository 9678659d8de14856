"""Beside the Hypothesis client's own anchoring, we misplace no sentence and lose no more."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from benchmarks import beside_hypothesis


@pytest.mark.shared
@pytest.mark.parametrize("names", beside_hypothesis.PAIRS, ids=" > ".join)
def test_sentences_are_placed_as_well(chromium: Browser, names: tuple[str, str]) -> None:
    if lacks := beside_hypothesis.missing():
        pytest.skip(f"needs {lacks}")
    page = chromium.new_page()
    page.add_script_tag(content=beside_hypothesis.client_script())
    ours, theirs = beside_hypothesis.compare(page, names, number=50)
    page.close()
    assert theirs["placed"] > 40, "the client places what did not change"
    assert ours["wrong"] == 0
    assert ours["lost"] <= theirs["lost"]
