"""Commenting without being signed in: signing in on the way, or signing up with the comment."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from annotator.services.editions.editions import Loaded
from tests.browser.conftest import LiveSite, sign_in, stored
from tests.browser.hands import (
    begin,
    open_text,
)


def test_a_draft_outlives_signing_in(page: Page, live_site: LiveSite, garden: Loaded) -> None:
    name = live_site.person()
    sign_in(page, name)
    begin(page, garden)
    page.fill(".talk textarea[name=body]", "Half a thought")
    page.context.clear_cookies()  # as when the session ends while somebody writes
    page.click(".talk button[value=post]")
    page.click(".compose .error a:has-text('Sign in')")
    page.fill("main [name=name]", name)
    page.fill("main [name=password]", "a long enough pass phrase")
    page.click("main form button")
    expect(page.locator(".talk textarea[name=body]")).to_have_value("Half a thought")
    assert page.inner_text(".talk-quote") == "three gates"
    page.click(".talk button[value=post]")
    expect(page.locator(".talk .comment > .body")).to_have_text("Half a thought")


def test_who_has_an_account_signs_in_from_the_form_and_comes_back_to_what_they_wrote(
    page: Page, live_site: LiveSite, garden: Loaded
) -> None:
    name = live_site.person()
    begin(page, garden)
    page.keyboard.type("Three gates?")
    page.click(".talk .sign-in-first a")
    page.fill("main [name=name]", name)
    page.fill("main [name=password]", "a long enough pass phrase")
    page.click("main form button")
    expect(page.locator(".talk textarea[name=body]")).to_have_value("Three gates?")
    assert page.inner_text(".talk-quote") == "three gates"


def test_who_has_no_account_posts_in_five_actions(
    page: Page, live_site: LiveSite, garden: Loaded
) -> None:
    """Comment, the words, a name, a password, Post."""
    taken, name = live_site.person(), f"Stranger {next(live_site.names)}"
    begin(page, garden)
    expect(page.locator(".talk textarea[name=body]")).to_be_focused()
    page.keyboard.type("Three?")
    page.fill(".talk [name=name]", taken)
    page.fill(".talk [name=password]", "a long enough pass phrase")
    page.wait_for_timeout(2500)  # nobody fills in a form in less
    page.click(".talk button[value=post]")
    expect(page.locator(".talk [name=name]")).to_be_focused()
    assert f"{taken} is taken" in page.inner_text(".talk .error")
    assert stored(live_site, garden) == []
    page.fill(".talk [name=name]", name)  # nothing else was lost
    page.click(".talk button[value=post]")
    expect(page.locator(".talk .comment > .body")).to_have_text("Three?", timeout=60_000)
    assert [item.author for item in stored(live_site, garden)] == [name]
    assert page.get_attribute("meta[name=viewer]", "content") == name
    expect(page.locator(".unsent")).to_be_hidden()


def test_a_reply_signs_up_too(page: Page, live_site: LiveSite, garden: Loaded) -> None:
    live_site.annotation(live_site.person(), garden, "three gates", "Three.")
    name = f"Stranger {next(live_site.names)}"
    open_text(page, garden)
    page.click(".n[aria-label='1 comment on paragraph 1'] b")
    page.click(".talk [data-act=reply]")
    page.fill(".talk [name=name]", name)
    page.fill(".talk [name=password]", "a long enough pass phrase")
    page.fill(".talk textarea", "Not four?")
    page.wait_for_timeout(2500)  # nobody fills in a form in less
    page.click(".talk button[value=post]")
    expect(page.locator(".talk .comment.reply .body")).to_have_text("Not four?", timeout=60_000)
    assert {item.author for item in stored(live_site, garden)} >= {name}
