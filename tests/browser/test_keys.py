"""Finding one's way by keyboard: keys that are listed, changed, and switched off."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from annotator.services.editions.editions import Loaded
from tests.browser.conftest import LiveSite, MakePage, sign_in
from tests.browser.hands import open_text


@pytest.fixture
def text(page: Page, live_site: LiveSite, garden: Loaded) -> Page:
    """The garden's rules with one annotation, read by somebody signed in."""
    name = live_site.person()
    live_site.annotation(name, garden, "three gates", "Three.")
    sign_in(page, name)
    open_text(page, garden)
    expect(page.locator("html.scripted button.keys")).to_be_attached()  # the scripts listen
    return page


def focused(page: Page) -> str:
    found: str = page.evaluate("document.activeElement.getAttribute('aria-label') ?? ''")
    return found


def test_the_keys_go_from_paragraph_to_paragraph_and_to_those_with_annotations(text: Page) -> None:
    text.focus("#purpose .n[data-unit='1']")
    text.keyboard.press("j")
    assert focused(text) == "Comment on paragraph 2"
    text.keyboard.press("k")
    assert focused(text) == "Comment on paragraph 1"
    text.keyboard.press("n")
    assert focused(text) == "1 comment on section Paths and gates"
    text.keyboard.press("n")
    assert focused(text) == "1 comment on paragraph 1"
    text.keyboard.press("n")
    expect(text.locator("#_status")).to_have_text("Nothing more in this direction.")
    text.keyboard.press("p")
    assert focused(text) == "1 comment on section Paths and gates"


def test_a_key_comments_on_the_present_paragraph_and_another_reads_there(text: Page) -> None:
    text.focus("#purpose .n[data-unit='1']")
    text.keyboard.press("j")
    text.keyboard.press("c")
    expect(text.locator(".talk textarea[name=body]")).to_be_focused()
    text.keyboard.type("jckn?/ are letters here")
    expect(text.locator(".talk textarea[name=body]")).to_have_value("jckn?/ are letters here")
    text.keyboard.press("Escape")
    assert focused(text) == "Comment on paragraph 2"
    text.focus("#paths-and-gates .n[data-unit='1']")
    text.keyboard.press("o")
    expect(text.locator(".talk .comment > .body")).to_have_text("Three.")
    expect(text.locator(".talk-title")).to_be_focused()


def test_without_a_focus_the_keys_begin_with_what_is_in_sight(text: Page) -> None:
    text.set_viewport_size({"width": 1280, "height": 400})  # or the page ends before it gets there
    text.evaluate("document.getElementById('opening-hours').scrollIntoView()")
    text.keyboard.press("c")
    inside = "document.querySelector('.talk-quote').textContent"
    section = text.evaluate("document.getElementById('opening-hours').textContent")
    assert text.evaluate(inside).split(" … ")[0] in section


def test_contents_and_search_have_keys(text: Page) -> None:
    text.keyboard.press("t")
    assert text.evaluate("document.activeElement.closest('#_contents') !== null")
    text.keyboard.press("/")
    text.keyboard.type("gate")
    text.keyboard.press("Enter")
    text.wait_for_url("**/search?q=gate")


def test_keys_with_modifiers_are_the_browsers(text: Page) -> None:
    text.focus("#purpose .n[data-unit='1']")
    for key in ("Control+j", "Alt+j", "Meta+j"):
        text.keyboard.press(key)
        assert focused(text) == "Comment on paragraph 1"


def test_the_keys_are_listed_and_each_can_be_changed(text: Page) -> None:
    text.keyboard.press("?")
    expect(text.locator(".keys-dialog h2")).to_have_text("Keyboard shortcuts")
    field = text.get_by_label("Next paragraph", exact=True)
    expect(field).to_have_value("j")
    field.press("x")
    expect(text.locator(".keys-dialog [role=status]")).to_have_text("Next paragraph: x")
    text.get_by_role("textbox", name="Contents").press("k")
    expect(text.get_by_label("Previous paragraph", exact=True)).to_have_value("")
    text.keyboard.press("Escape")
    expect(text.locator(".keys-dialog")).to_be_hidden()
    text.reload()
    expect(text.locator("html.scripted button.keys")).to_be_attached()
    text.focus("#purpose .n[data-unit='1']")
    text.keyboard.press("j")
    assert focused(text) == "Comment on paragraph 1"
    text.keyboard.press("x")
    assert focused(text) == "Comment on paragraph 2"
    text.keyboard.press("?")
    text.click(".keys-dialog button:has-text('Reset to defaults')")
    expect(text.get_by_label("Next paragraph", exact=True)).to_have_value("j")
    expect(text.get_by_label("Previous paragraph", exact=True)).to_have_value("k")


def test_the_keys_can_be_switched_off_and_are_listed_by_a_button(text: Page) -> None:
    text.click(".to-menu")
    text.click("button.keys")
    text.uncheck(".keys-dialog input[type=checkbox]")
    text.click(".keys-dialog button:has-text('Close')")
    expect(text.locator(".to-menu")).to_be_focused()
    text.reload()
    expect(text.locator("html.scripted button.keys")).to_be_attached()
    text.focus("#purpose .n[data-unit='1']")
    text.keyboard.press("j")
    text.keyboard.press("?")
    assert focused(text) == "Comment on paragraph 1"
    expect(text.locator(".keys-dialog")).to_be_hidden()


def test_on_a_narrow_screen_the_list_fits_and_its_fields_are_large_enough(
    make_page: MakePage, garden: Loaded
) -> None:
    page = make_page(viewport={"width": 320, "height": 640}, has_touch=True)
    open_text(page, garden)
    page.tap(".to-menu")
    page.tap("button.keys")
    box = page.locator(".keys-dialog").bounding_box()
    assert box is not None
    assert box["width"] <= 320
    assert page.evaluate("document.documentElement.scrollWidth") == 320
    sizes = page.evaluate(
        "[...document.querySelectorAll('.keys-dialog :is(input, button)')]"
        ".map((each) => each.getBoundingClientRect().height)"
    )
    assert min(sizes) >= 24
