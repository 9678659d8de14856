"""The moderators' queue by keyboard: keys that decide, are listed, changed and switched off."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from annotator.services.accounts import accounts
from annotator.services.editions.editions import Loaded
from annotator.services.moderation import complaints, moderation_log
from tests.browser.conftest import PASSWORD, LiveSite, MakePage, sign_in
from tests.browser.hands import until


@pytest.fixture
def moderator(live_site: LiveSite) -> str:
    """A moderator of this test alone."""
    name = f"Moderator {next(live_site.names)}"
    with live_site.db.transaction() as session:
        accounts.sign_up(session, name, PASSWORD, role="moderator")
    return name


@pytest.fixture
def flagged(live_site: LiveSite, garden: Loaded) -> Callable[[str], str]:
    """Post an annotation and flag it; give its id."""

    def post(body: str) -> str:
        author, flagger = live_site.person("Author"), live_site.person("Flagger")
        ident = live_site.annotation(author, garden, "three gates", body)
        with live_site.db.transaction() as session:
            viewer = accounts.viewer_named(session, flagger)
            complaints.flag(session, viewer, ident, "abuse", "It is rude.")
        return ident

    return post


def last_act(live_site: LiveSite) -> tuple[str, str | None]:
    with live_site.db.reading() as session:
        entry = moderation_log.page(session).items[0]
    return entry.act, entry.annotation or entry.account


def decide(page: Page, key: str, reason: str) -> None:
    page.keyboard.press(key)
    expect(page.locator("textarea:focus")).to_be_visible()
    page.keyboard.type(reason)
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/moderation?done=*")


def test_a_moderator_goes_through_the_queue_and_decides_without_a_mouse(
    page: Page, live_site: LiveSite, moderator: str, flagged: Callable[[str], str]
) -> None:
    first, second, third = (flagged(f"Comment {number}.") for number in range(3))
    sign_in(page, moderator)
    page.goto(f"/moderation?kind=flag#flag-{first}")
    expect(page.locator(f"#flag-{first}")).to_be_focused()
    page.keyboard.press("j")
    expect(page.locator(f"#flag-{second}")).to_be_focused()
    page.keyboard.press("k")
    expect(page.locator(f"#flag-{first}")).to_be_focused()
    page.keyboard.press("h")
    expect(page.locator(f"#flag-{first} textarea")).to_be_focused()
    expect(page.locator(f"#flag-{first} [role=status]")).to_contain_text("Hide")
    page.keyboard.type("jkha are letters here; it attacks a person.")
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/moderation?done=*")
    assert last_act(live_site) == ("hide", first)
    expect(page.locator(f"#flag-{second}")).to_be_focused()  # the next case
    for key, act, ident in (("w", "ask", second), ("n", "warn", third)):
        page.goto(f"/moderation?kind=flag#flag-{ident}")
        expect(page.locator(f"#flag-{ident}")).to_be_focused()
        decide(page, key, "Please say it in other words.")
        assert last_act(live_site) == (act, ident)


def test_restoring_suspending_banning_and_reinstating_have_keys_too(
    page: Page, live_site: LiveSite, moderator: str, flagged: Callable[[str], str]
) -> None:
    ident = flagged("One more comment.")
    sign_in(page, moderator)
    for key, act in (("a", "approve"), ("h", "hide"), ("r", "restore")):
        page.goto(f"/moderation?remark={ident}")
        expect(page.locator("html.scripted button.keys")).to_be_attached()
        page.select_option("article [name=rule]", "abuse")
        page.focus("h1, article.case")
        decide(page, key, "As the charter says.")
        assert last_act(live_site) == (act, ident)
    flagged_again = flagged("And one more.")
    page.goto(f"/moderation?kind=flag#flag-{flagged_again}")
    expect(page.locator(f"#flag-{flagged_again}")).to_be_focused()
    page.keyboard.press("s")
    page.wait_for_url("**/moderation?remark=*")
    expect(page.locator("section.case textarea")).to_be_focused()
    for key, act in (("", "suspend"), ("b", "ban"), ("i", "reinstate")):
        if key:
            page.goto(f"/moderation?remark={flagged_again}")
            expect(page.locator("html.scripted button.keys")).to_be_attached()
            page.keyboard.press(key)
        page.keyboard.type("Hiding has not been enough.")
        page.keyboard.press("Control+Enter")
        page.wait_for_url("**/moderation?done=*")
        assert last_act(live_site)[0] == act


def test_the_keys_of_the_queue_are_listed_changed_and_switched_off(
    page: Page, moderator: str, flagged: Callable[[str], str]
) -> None:
    ident = flagged("A comment.")
    sign_in(page, moderator)
    page.goto(f"/moderation?kind=flag#flag-{ident}")
    case = page.locator(f"#flag-{ident}")
    expect(case).to_be_focused()
    expect(case.locator("button[value=hide]")).to_contain_text("h")
    page.keyboard.press("?")
    expect(page.get_by_label("Next case", exact=True)).to_have_value("j")
    expect(page.get_by_label("Next paragraph", exact=True)).to_have_count(0)
    page.get_by_label("Hide", exact=True).press("x")
    page.keyboard.press("Escape")
    expect(case.locator("button[value=hide] kbd")).to_have_text("x")
    case.focus()
    page.keyboard.press("h")
    expect(case).to_be_focused()
    page.keyboard.press("x")
    expect(case.locator("textarea")).to_be_focused()
    page.click(".to-menu")
    page.click("button.keys")
    page.uncheck(".keys-dialog input[type=checkbox]")
    page.keyboard.press("Escape")
    expect(page.locator(".case kbd")).to_have_count(0)
    case.focus()
    page.keyboard.press("x")
    expect(case).to_be_focused()


def test_on_a_narrow_screen_a_case_is_folded_and_nothing_is_cut_off(
    make_page: MakePage, moderator: str, flagged: Callable[[str], str]
) -> None:
    idents = [flagged("A comment."), flagged("Another.")]
    page = make_page(viewport={"width": 320, "height": 640}, has_touch=True)
    sign_in(page, moderator)
    page.goto(f"/moderation?kind=flag#flag-{idents[1]}")
    until(page, "document.documentElement.scrollWidth === 320")
    box = page.locator(f"#flag-{idents[1]}").bounding_box()
    assert box is not None
    assert box["height"] < 640
    page.tap(f"#flag-{idents[1]} summary")
    expect(page.locator(f"#flag-{idents[1]} button[value=hide]")).to_be_visible()
    until(page, "document.documentElement.scrollWidth === 320")
