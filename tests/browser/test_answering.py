"""Who answers whom, what waits for a moderator, and what one may do about what others said."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page, expect

from annotator.config import Config
from annotator.db import Database
from annotator.services.editions.editions import Loaded
from tests.browser.conftest import LiveSite, MakePage, serving, sign_in, stored
from tests.browser.hands import click_at, open_text, painted, place_of, press, select
from tests.browser.test_talking import GATES, answer
from tests.conftest import SAMPLES


def test_a_reply_to_a_reply_says_whom_it_answers_and_leads_there(
    page: Page, live_site: LiveSite, garden: Loaded
) -> None:
    ann, bob, cid = (live_site.person(name) for name in ("Ann", "Bob", "Cid"))
    head = live_site.annotation(ann, garden, "three gates", "Three.")
    reply = answer(live_site, bob, head, "Two.")
    last = answer(live_site, cid, reply, "Three, if you count the small one.")
    open_text(page, garden)
    page.click(GATES)
    shown = page.locator(".talk .answers")
    expect(shown).to_have_text(f"In reply to {bob}")
    shown.locator("a").click()
    expect(page.locator(f".talk #a-{reply}")).to_be_focused()
    page.goto(f"/a/{last}")
    expect(page.locator(f"#a-{last} .answers")).to_have_text(f"In reply to {bob}")
    assert page.locator(f"#a-{last} .answers a").get_attribute("href") == f"#a-{reply}"
    expect(page.locator(".answers")).to_have_count(1)


def test_what_others_said_can_be_flagged_from_the_panel(
    page: Page, live_site: LiveSite, garden: Loaded, reader: str
) -> None:
    others = live_site.annotation(live_site.person(), garden, "three gates", "Three.")
    reply = answer(live_site, live_site.person(), others, "Four.")
    own = live_site.annotation(reader, garden, "three gates", "Mine.")
    open_text(page, garden)
    page.click(GATES)
    expect(page.locator(".talk .comment")).to_have_count(3)
    flags = page.locator(".talk .comment a:has-text('Report')")
    assert {each.get_attribute("href") for each in flags.all()} == {
        f"/a/{others}/flag", f"/a/{reply}/flag",
    }  # fmt: skip
    assert page.locator(f".talk #a-{own} a:has-text('Report')").count() == 0
    flags.first.click()
    page.wait_for_url("**/flag")
    expect(page.locator("h1")).to_have_text("Report this comment")


def test_what_waits_for_a_moderator_is_neither_counted_nor_painted(
    make_page: MakePage, tmp_path: Path
) -> None:
    config = Config(data=tmp_path / "var")
    db = Database.of(config)
    db.migrate()
    with serving(config, {"ANNOTATOR_MODERATION_HOLD_FIRST_POSTS": "5"}) as address:
        site = LiveSite(address, config, db)
        garden = site.document((SAMPLES / "garden-1.md").read_bytes())
        page = make_page(base_url=address, viewport={"width": 1280, "height": 900})
        sign_in(page, site.person())
        open_text(page, garden)
        select(page, *place_of(garden, "three gates"))
        press(page, "Comment")
        page.fill(".talk textarea", "Three.")
        page.click(".talk button[value=post]")
        expect(page.locator(".talk .comment .withheld")).to_contain_text("waiting for review")
        expect(page.locator("#_status")).to_contain_text("waiting for review")
        assert painted(page) == []
        expect(page.locator("#_text .n b")).to_have_count(0)
    db.close()


def test_a_notice_leaves_the_sites_name_and_its_links_clear(
    make_page: MakePage, live_site: LiveSite, garden: Loaded
) -> None:
    ann = live_site.person("Ann")
    page = make_page(viewport={"width": 360, "height": 640})
    sign_in(page, live_site.person())
    open_text(page, garden)
    live_site.annotation(ann, garden, "three gates", "Three.")
    page.evaluate("dispatchEvent(new Event('online'))")  # it asks at once
    notice = page.locator(".notices")
    expect(notice).to_contain_text("1 new comment")
    head, bar = page.locator(".site-head").bounding_box(), notice.bounding_box()
    button = page.locator(".contents-button").bounding_box()
    assert head is not None
    assert bar is not None
    assert button is not None
    assert bar["y"] >= head["y"] + head["height"]
    assert bar["y"] + bar["height"] <= button["y"]


def test_a_reply_outlives_a_session_that_ended_and_a_network_that_is_gone(
    page: Page, live_site: LiveSite, garden: Loaded
) -> None:
    name = live_site.person()
    live_site.annotation(live_site.person("Ann"), garden, "three gates", "Why three?")
    sign_in(page, name)
    open_text(page, garden)
    click_at(page, place_of(garden, "three gates")[0])
    page.click(".talk [data-act=reply]")
    page.fill(".comment textarea", "Because.")
    page.context.clear_cookies()
    page.click(".comment button[value=post]")
    page.click(".compose .error a:has-text('Sign in')")
    page.fill("main [name=name]", name)
    page.fill("main [name=password]", "a long enough pass phrase")
    page.click("main form button")
    expect(page.locator(".comment textarea")).to_have_value("Because.")
    page.context.set_offline(True)
    page.click(".comment button[value=post]")
    expect(page.locator(".compose .error")).to_contain_text("sent when you are online again")
    page.context.set_offline(False)
    expect(page.locator(".talk .comment.reply > .body")).to_have_text("Because.")
    page.wait_for_load_state("networkidle")
    assert [annotation.body for annotation in stored(live_site, garden)] == [
        "Why three?",
        "Because.",
    ]
