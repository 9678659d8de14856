"""The block invariant, in a browser: what a block shows is what the canonical text says."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page

from annotator.services.editions.editions import Loaded
from tests.browser.conftest import LiveSite
from tests.browser.hands import module, open_text
from tests.conftest import SAMPLES

CHECK = """
async (address) => {
  const answer = await fetch(address);
  const text = [...(await answer.text())].slice(0, -1);  // the line feed at the end is not part
  const blocks = [...document.querySelectorAll("#_text [data-start]")];
  const wrong = [];
  let end = -1;
  for (const block of blocks) {
    const start = Number(block.dataset.start);
    const shown = [...block.textContent];
    if (text.slice(start, start + shown.length).join("") !== shown.join("")) wrong.push(start);
    if (start !== end + 1) wrong.push(`gap before ${start}`);
    if (block.querySelector("[data-start]")) wrong.push(`a block in the block ${start}`);
    end = start + shown.length;
  }
  const told = Number(document.querySelector("#_text").dataset.end);
  if (end !== text.length || told !== text.length) wrong.push(`ends at ${end} of ${text.length}`);
  return { wrong, blocks: blocks.length };
}
"""
# Walks from each offset to its place in the page and back, with the site's own module.
ROUND_TRIP = """
async (source) => {
  const { mapText, offsetOf, pointAt, wordsOf } = await import(source);
  const root = document.querySelector("#_text");
  const map = mapText(root);
  const end = Number(root.dataset.end);
  const wrong = [];
  for (let offset = 0; offset <= end; offset++) {
    for (const side of ["start", "end"]) {
      const point = pointAt(map, offset, side);
      const back = offsetOf(map, point.node, point.offset, side);
      if (back !== offset) wrong.push([offset, side, back]);
    }
  }
  return { wrong: wrong.slice(0, 9), text: wordsOf(map, 0, end) };
}
"""


def check(page: Page, loaded: Loaded) -> None:
    open_text(page, loaded)
    found = page.evaluate(CHECK, f"/api/documents/{loaded.slug}/editions/{loaded.label}/text")
    assert found["wrong"] == []
    assert found["blocks"] == len(loaded.parsed.blocks)


@pytest.mark.parametrize("name", ["garden-1.md", "garden-2.md"])
def test_samples_are_shown_word_for_word(page: Page, live_site: LiveSite, name: str) -> None:
    check(page, live_site.document((SAMPLES / name).read_bytes()))


@pytest.mark.shared
@pytest.mark.parametrize(
    "path", ["constitution/2026-01-20.md", "model-spec/2025-12-18.md", "model-spec/2025-02-12.md"]
)
def test_real_texts_are_shown_word_for_word(
    page: Page, live_site: LiveSite, shared: Path, path: str
) -> None:
    source = shared / "corpus" / path
    check(page, live_site.document(source.read_bytes(), source.name))


def test_every_offset_is_found_in_the_page_and_found_again(page: Page, garden: Loaded) -> None:
    open_text(page, garden)
    source = module(page, "offsets")
    found = page.evaluate(ROUND_TRIP, source)
    assert found["wrong"] == []
    assert found["text"] == garden.parsed.text
