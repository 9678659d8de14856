"""Suggesting other words beside the text, agreeing, and what the text shows of it."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from annotator.services.editions.editions import Loaded
from tests.browser.conftest import LiveSite, MakePage, sign_in, stored
from tests.browser.hands import click_at, open_text, place_of, press, select, until

MARKED = "[...(CSS.highlights.get('suggested') ?? [])].map(String).join('|')"
WORDS = "sit, to read or to look"


def suggest(page: Page, garden: Loaded, wording: str) -> None:
    select(page, *place_of(garden, WORDS))
    press(page, "Comment")
    page.click("text=Suggest other words")
    field = page.locator("[name=wording]")
    expect(field).to_have_value(WORDS)
    field.fill(wording)


def test_words_are_suggested_with_a_live_diff_and_marked_in_the_text(
    page: Page, live_site: LiveSite, garden: Loaded, reader: str
) -> None:
    open_text(page, garden)
    suggest(page, garden, "sit, to read or to sing")
    expect(page.locator("[data-diff] del")).to_have_text(" look")
    expect(page.locator("[data-diff] ins")).to_have_text(" sing")
    page.fill(".talk [name=body]", "Louder.")
    page.click("text=Post suggestion")
    card = page.locator(".talk .comment")
    expect(card.locator(".suggestion ins")).to_have_text("sing")
    expect(card.locator(".body")).to_have_text("Louder.")
    until(page, f"{MARKED} === 'look'")
    [made] = stored(live_site, garden)
    assert made.suggestion
    assert made.author == reader
    assert (made.suggestion.act, made.suggestion.wording) == ("replace", "sing")
    expect(page.locator("#_total")).to_have_text("1 comment")


def test_who_suggests_the_same_agrees_with_one_button(
    page: Page, make_page: MakePage, live_site: LiveSite, garden: Loaded, reader: str
) -> None:
    open_text(page, garden)
    suggest(page, garden, "sit, to sing")
    page.click("text=Post suggestion")
    expect(page.locator(".talk .suggestion")).to_be_visible()
    other = make_page()
    sign_in(other, live_site.person())
    open_text(other, garden)
    suggest(other, garden, "sit, to sing")
    other.click("text=Post suggestion")
    expect(other.locator(".talk .same")).to_contain_text(f"{reader} has already suggested")
    other.click(".talk .same button")
    expect(other.locator(".talk .agreement")).to_contain_text("1 person agrees")
    other.click("text=Withdraw agreement")
    expect(other.locator(".talk .agreement")).to_contain_text("nobody agrees yet")
    assert len(stored(live_site, garden)) == 1


def test_one_choice_shows_suggestions_in_place_and_the_text_stays_as_it_is(
    page: Page, garden: Loaded, reader: str
) -> None:
    open_text(page, garden)
    text = "document.getElementById('_text').textContent"
    before = page.evaluate(text)
    for wording in ("sit, to read or to sing", "sit, to read or to dance"):
        suggest(page, garden, wording)
        page.click("text=Post suggestion")
        expect(page.locator(".talk .suggestion ins", has_text=wording[-5:].strip())).to_be_visible()
        page.click(".talk-close")
    until(page, f"{MARKED} === 'look|look'")
    page.evaluate("document.getElementById('_suggested').click()")
    struck, added = page.locator("#_text del"), page.locator("#_text ins")
    expect(struck).to_have_text("look")
    expect(added).to_have_count(1)
    assert page.evaluate(text) == before
    click_at(page, place_of(garden, "look")[0])
    for words in ("sing", "dance"):
        page.hover(f".talk .comment:has(ins:text-is('{words}'))")
        expect(added).to_have_attribute("data-words", words)
    assert page.evaluate(text) == before
    page.evaluate("document.getElementById('_suggested').click()")
    expect(added).to_have_count(0)
    assert page.evaluate(text) == before
