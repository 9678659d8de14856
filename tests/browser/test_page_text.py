"""The text of the reading page is the canonical text and nothing else, in every state of the page.

The states of `states.py` are those of `test_axe.py`, which reaches each of them.

Other programs quote what they find in `textContent`, and people copy what they select.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from annotator.services.editions.editions import Loaded
from tests.browser.conftest import LiveSite, MakePage, sign_in
from tests.browser.hands import POINT, open_text, place_of, show
from tests.browser.stage import Stage
from tests.browser.states import PRAISE, State, plain, selected, talking
from tests.conftest import SAMPLES

DIFFERENCE = """
async () => {
  const article = document.querySelector("article");
  const { document: slug, edition } = article.dataset;
  const answer = await fetch(`/api/documents/${slug}/editions/${edition}/text`);
  const text = (await answer.text()).slice(0, -1); // the line feed at the end is not part
  const shown = article.textContent;
  if (shown === text) return null;
  let at = 0;
  while (shown[at] === text[at]) at++;
  const from = Math.max(0, at - 20);
  return [at, shown.slice(from, at + 60), text.slice(from, at + 60)];
}
"""


def assert_same(page: Page) -> None:
    assert page.evaluate(DIFFERENCE) is None


@pytest.fixture
def live_site(stage: Stage) -> LiveSite:
    return stage.site


def filtered(page: Page, stage: Stage) -> None:
    """Only some of the commentary is counted."""
    page.goto(stage.at("/d/charter?author={ada}"))
    expect(page.locator(".notices")).to_be_visible()


def led_to_words(page: Page, stage: Stage) -> None:
    """The focus is on the words of a comment, and leads back."""
    talking(page, stage)
    page.locator(".talk .comment .words").first.click()


@pytest.mark.parametrize("reach", [filtered, led_to_words])
def test_filtered_and_when_led_to_words(page: Page, stage: Stage, reach: State) -> None:
    reach(page, stage)
    assert_same(page)


def test_without_javascript(make_page: MakePage, stage: Stage) -> None:
    page = make_page(java_script_enabled=False)
    page.goto(f"{stage.site.address}/d/charter")
    loaded = stage.site.loaded("charter")
    assert page.locator("article").text_content() == loaded.parsed.text
    counts = page.locator("article a.n:has(b)")
    assert counts.count() > 3
    expect(counts.first).to_have_accessible_name(re.compile(r"^\d+ comments? on "))


def test_after_posting_and_editing_and_on_a_provisions_page(page: Page, stage: Stage) -> None:
    sign_in(page, stage.ada)
    selected(page, stage)
    page.keyboard.press("Tab")
    page.locator(".toolbar").get_by_role("button", name="Comment").click()
    page.fill(".talk textarea[name=body]", "Once more.")
    page.click(".talk button[value=post]")
    expect(page.locator(".talk .comment", has_text="Once more.")).to_be_visible()
    assert_same(page)
    loaded = stage.site.loaded("charter")
    page.goto(stage.at("/d/charter/p/{pid}"))
    it = loaded.parsed.provisions[loaded.ordinals[stage.pid]]
    shown = page.evaluate("document.querySelector('#_text').textContent")
    assert shown == loaded.parsed.text[it.start : it.end]


def test_counts_are_seen_named_and_reached_by_keyboard(page: Page, stage: Stage) -> None:
    plain(page, stage)
    control = page.locator("#_text a.n:has(b)").first
    count = control.locator("b")
    many = count.get_attribute("data-count")
    drawn = count.evaluate("each => getComputedStyle(each, '::before').content")
    assert many
    assert many in drawn
    box = count.bounding_box()
    assert box
    assert box["width"] >= 24
    assert f"{many} " in (control.get_attribute("aria-label") or "")
    control.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".talk .comment").first).to_be_visible()


SELECTED = "() => getSelection().toString()"


def copied(page: Page) -> str:
    """Copy what is selected, as somebody does who presses the keys."""
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.keyboard.press("Control+c")
    return str(page.evaluate("navigator.clipboard.readText()"))


def test_three_clicks_and_copying_give_the_words_of_the_paragraph(page: Page, stage: Stage) -> None:
    plain(page, stage)
    loaded = stage.site.loaded("charter")
    start, _ = place_of(loaded, PRAISE)
    block = next(it for it in loaded.parsed.blocks if it.start <= start < it.end)
    show(page, start)
    page.mouse.click(*page.evaluate(POINT, [start, "start"]), click_count=3)
    words = loaded.parsed.text[block.start : block.end]
    assert page.evaluate(SELECTED).strip() == words
    assert copied(page).strip() == words


def test_a_selection_over_several_blocks_has_nothing_of_ours(page: Page, stage: Stage) -> None:
    plain(page, stage)
    text = stage.site.loaded("charter").parsed.text
    page.evaluate("getSelection().selectAllChildren(document.querySelector('article'))")
    for words in (page.evaluate(SELECTED), copied(page)):
        assert "".join(words.split()) == "".join(text.split())


@pytest.mark.parametrize("name", ["garden-1.md", "scripts.md"])
def test_samples(page: Page, live_site: LiveSite, name: str) -> None:
    check(page, live_site, (SAMPLES / name).read_bytes(), name)


@pytest.mark.shared
@pytest.mark.parametrize("path", ["constitution/2026-01-20.md", "model-spec/2025-12-18.md"])
def test_real_texts(page: Page, live_site: LiveSite, shared: Path, path: str) -> None:
    source = shared / "corpus" / path
    check(page, live_site, source.read_bytes(), source.name)


def check(page: Page, site: LiveSite, data: bytes, name: str) -> None:
    loaded: Loaded = site.document(data, name)
    person = site.person()
    for words in ("garden", "the", "AI"):
        if words in loaded.parsed.text:
            site.annotation(person, loaded, words, "Hm.")
    open_text(page, loaded)
    assert_same(page)
