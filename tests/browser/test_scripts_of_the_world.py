"""Right-to-left and non-Latin writing: shown, selected, commented on and painted like any other."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from annotator.services.editions.editions import Loaded
from tests.browser.conftest import LiveSite, sign_in, stored
from tests.browser.hands import module, open_text, painted, place_of, press, select
from tests.browser.test_invariant import ROUND_TRIP, check
from tests.conftest import SAMPLES

WORDS = ["أغلق الباب خلفه", "והשומר מחליט", "𠮷田先生说过", "👩‍🌾 waters, 🌱", "above the door"]


@pytest.fixture
def world(live_site: LiveSite) -> Loaded:
    """A document in Arabic, Hebrew, Chinese and English, with signs beyond the basic plane."""
    return live_site.document((SAMPLES / "scripts.md").read_bytes())


def test_every_block_is_shown_word_for_word_and_every_offset_found_again(
    page: Page, world: Loaded
) -> None:
    check(page, world)
    source = module(page, "offsets")
    found = page.evaluate(ROUND_TRIP, source)
    assert found["wrong"] == []
    assert found["text"] == world.parsed.text


@pytest.mark.parametrize("words", WORDS)
def test_words_of_any_script_are_selected_commented_on_and_painted(
    page: Page, live_site: LiveSite, world: Loaded, words: str
) -> None:
    sign_in(page, live_site.person("كاتب"))
    open_text(page, world)
    start, end = place_of(world, words)
    select(page, start, end)
    press(page, "Comment")
    page.fill(".talk textarea", "ملاحظة: הערה")
    page.fill(".talk input[name=tags]", "حديقة")
    page.click(".talk form .button:not(.quiet, .plain)")
    expect(page.locator(".talk .comment > .body")).to_have_text("ملاحظة: הערה")
    target = stored(live_site, world)[0].targets[0]
    assert (target.start, target.end, target.exact) == (start, end, words)
    assert "".join(each["words"] for each in painted(page)) == words


def test_each_block_runs_in_its_own_direction(page: Page, world: Loaded) -> None:
    open_text(page, world)
    assert page.get_attribute("#_text", "lang") == "und"  # nobody has said what it is
    assert page.locator("#_text").evaluate("(it) => getComputedStyle(it).direction") == "rtl"
    line = """(words) => {
      const block = [...document.querySelectorAll("#_text p[data-start]")]
        .find((each) => each.textContent.includes(words));
      const range = document.createRange();
      range.selectNodeContents(block);
      const boxes = [...range.getClientRects()], box = block.getBoundingClientRect();
      const bottom = Math.max(...boxes.map((it) => it.bottom));
      const last = boxes.filter((each) => each.bottom > bottom - 8);
      const left = Math.min(...last.map((each) => each.left)) - box.left < 2;
      const right = box.right - Math.max(...last.map((each) => each.right)) < 2;
      return left === right ? "both or neither" : left ? "left" : "right";
    }"""
    assert page.evaluate(line, "الحديقة مفتوحة") == "right"
    assert page.evaluate(line, "השער נפתח") == "right"
    assert page.evaluate(line, "A sign may be small") == "left"


def test_annotations_and_forms_take_the_direction_of_what_is_written(
    page: Page, live_site: LiveSite, world: Loaded
) -> None:
    live_site.annotation(live_site.person("كاتب"), world, "أغلق الباب", "ملاحظة", ("حديقة",))
    open_text(page, world)
    page.click("#_text .n b >> nth=0")
    direction = "(it) => getComputedStyle(it).direction"
    for part in (".body", "blockquote", ".byline h3 a", ".tags a"):
        assert page.locator(f".talk .comment {part}").first.evaluate(direction) == "rtl", part
    page.goto(f"/d/{world.slug}/p/{world.pids[1]}")
    for part in (".body", "blockquote", ".byline a", ".tags a"):
        assert page.locator(f".comment {part}").first.evaluate(direction) == "rtl", part


@pytest.mark.parametrize("width", [320, 1280])
def test_nothing_is_wider_than_the_window(page: Page, world: Loaded, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    open_text(page, world)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
