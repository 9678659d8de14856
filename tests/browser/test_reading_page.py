"""The reading page at first sight: the text, highlights that can be hidden, whole words."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from annotator.services.editions.editions import Loaded
from tests.browser.conftest import LiveSite, MakePage, sign_in
from tests.browser.hands import click_at, open_text, place_of, press, select

CLIPBOARD = """navigator.clipboard.read().then(async ([item]) =>
  Promise.all(item.types.map(async (type) => (await item.getType(type)).text())))"""


@pytest.mark.parametrize(("width", "height"), [(1280, 900), (768, 1024), (390, 844), (320, 568)])
@pytest.mark.parametrize("scripts", [True, False])
def test_the_text_begins_on_the_first_screen(
    make_page: MakePage, garden: Loaded, width: int, height: int, scripts: bool
) -> None:
    page = make_page(viewport={"width": width, "height": height}, java_script_enabled=scripts)
    page.goto(f"/d/{garden.slug}")
    box = page.locator("#_text p[data-start] >> nth=0").bounding_box()
    assert box is not None
    assert box["y"] < height * 0.6
    page.click("text=More")
    expect(page.get_by_role("link", name="Print with the text")).to_be_visible()


@pytest.mark.parametrize(("width", "least"), [(1280, 360), (1100, 360), (1920, 360), (390, 390)])
def test_the_panel_has_room_to_read_and_a_sheet_takes_the_whole_width(
    make_page: MakePage, live_site: LiveSite, garden: Loaded, width: int, least: int
) -> None:
    live_site.annotation(live_site.person(), garden, "three gates", "Three.")
    page = make_page(viewport={"width": width, "height": 844})
    open_text(page, garden)
    click_at(page, place_of(garden, "three gates")[0])
    expect(page.locator(".talk .comment")).to_be_visible()
    box = page.locator(".talk").bounding_box()
    assert box is not None
    assert box["width"] >= least
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_highlights_are_hidden_on_request_and_a_click_then_opens_nothing(
    page: Page, live_site: LiveSite, garden: Loaded
) -> None:
    live_site.annotation(live_site.person(), garden, "three gates", "Three.")
    open_text(page, garden)
    page.click(".to-menu")
    page.get_by_label("Show highlights").uncheck()
    page.keyboard.press("Escape")
    line = "getComputedStyle(document.querySelector('#_text')).getPropertyValue('--line-1')"
    assert page.evaluate(line) == "transparent"
    click_at(page, place_of(garden, "three gates")[0])
    page.wait_for_timeout(300)
    expect(page.locator(".talk .comment")).to_have_count(0)
    page.reload()
    assert page.evaluate(line) == "transparent"
    page.click(".to-menu")
    page.get_by_label("Show highlights").check()
    page.keyboard.press("Escape")
    assert page.evaluate(line) != "transparent"
    click_at(page, place_of(garden, "three gates")[0])
    expect(page.locator(".talk .comment")).to_be_visible()


@pytest.mark.parametrize(("dragged", "snapped"), [
    ("hree gat", "three gates"),
    ("three gates", "three gates"),
    (" three gates", "three gates"),
    ("e", "There"),
])  # fmt: skip
def test_a_selection_takes_whole_words(
    page: Page, live_site: LiveSite, garden: Loaded, dragged: str, snapped: str
) -> None:
    sign_in(page, live_site.person())
    open_text(page, garden)
    start = garden.parsed.text.index("There are three gates")
    start += "There are three gates".index(dragged.strip()) if dragged != "e" else 2
    start -= len(dragged) - len(dragged.lstrip())
    select(page, start, start + len(dragged))
    press(page, "Comment")
    expect(page.locator(".talk-quote")).to_have_text(snapped)


def test_a_copied_paragraph_is_its_words_alone(
    make_page: MakePage, live_site: LiveSite, garden: Loaded
) -> None:
    live_site.annotation(live_site.person(), garden, "three gates", "Three.")
    page = make_page(permissions=["clipboard-read", "clipboard-write"])
    open_text(page, garden)
    block = page.locator("#_text p[data-start]", has_text="three gates")
    block.click(click_count=3, position={"x": 300, "y": 12})
    page.wait_for_selector(".toolbar")
    page.keyboard.press("Control+c")
    words = block.text_content()
    for _ in range(100):
        copied = page.evaluate(CLIPBOARD)
        if words in copied[0]:
            break
    else:
        raise AssertionError(copied)
    for text in copied:
        for word in ("button", "Copy citation", "Highlight", "comment on"):
            assert word not in text
