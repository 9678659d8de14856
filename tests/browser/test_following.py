"""An open page follows its document: what is new, what is unread, which edition is the newest."""

from __future__ import annotations

from datetime import timedelta

from playwright.sync_api import Page, expect

from annotator.config import Limits
from annotator.db import now
from annotator.models import Annotation
from annotator.schemas.annotations import Draft
from annotator.services.accounts import accounts
from annotator.services.annotations import annotations
from annotator.services.editions.editions import Loaded
from annotator.services.revisions import add_edition
from tests.browser.conftest import LiveSite, sign_in
from tests.browser.hands import open_text, painted, place_of, press, select, until
from tests.browser.test_talking import answer, bodies
from tests.conftest import SAMPLES

GATES = ".n:has(+ p:text('There are three gates'))"
TOP = "document.querySelector('#opening-hours h2, #opening-hours h3').getBoundingClientRect().top"


def ask(page: Page) -> None:
    """Let the page ask what is new, as it does when the network comes back."""
    page.evaluate("dispatchEvent(new Event('online'))")


def test_what_others_write_is_said_and_shown_without_moving_the_text(
    page: Page, live_site: LiveSite, garden: Loaded
) -> None:
    ann, bob = live_site.person("Ann"), live_site.person("Bob")
    first = live_site.annotation(ann, garden, "three gates", "Three.")
    page.set_viewport_size({"width": 1280, "height": 400})
    open_text(page, garden)
    page.click(f"{GATES} b")
    expect(page.locator(".talk .comment")).to_have_count(1)
    page.evaluate("document.getElementById('opening-hours').scrollIntoView()")
    before = page.evaluate(TOP)
    answer(live_site, bob, first, "Four, with the small one.")
    live_site.annotation(bob, garden, "three gates", "Which three?")
    ask(page)
    news = page.locator(".notices button")
    expect(news).to_have_text("2 new comments")
    expect(page.locator("#_status")).to_have_text("2 new comments")
    assert page.evaluate(TOP) == before
    assert bodies(page) == ["Three."]
    news.focus()
    page.keyboard.press("Enter")
    expect(news).to_have_count(0)
    expect(page.locator("#_text [data-start]:focus")).to_have_count(1)
    expect(page.locator(".talk .comment")).to_have_count(3)
    assert bodies(page) == ["Three.", "Four, with the small one.", "Which three?"]
    expect(page.locator(GATES)).to_have_attribute("aria-label", "3 comments on paragraph 1")
    assert [each["depth"] for each in painted(page)] == [2]
    assert page.evaluate(TOP) == before
    ask(page)
    page.wait_for_load_state("networkidle")
    expect(page.locator(".notices")).to_have_count(0)


def test_ones_own_annotations_are_no_news(page: Page, live_site: LiveSite, garden: Loaded) -> None:
    name = live_site.person()
    sign_in(page, name)
    open_text(page, garden)
    live_site.annotation(name, garden, "three gates", "From another tab.")
    with page.expect_response("**/state?*") as told:
        ask(page)
    assert told.value.json()["new"] == 0
    expect(page.locator(".notices")).to_have_count(0)


def read_all(page: Page, reader: str, garden: Loaded) -> None:
    """Open the text as a reader for whom only what comes later is unread."""
    sign_in(page, reader)
    open_text(page, garden)
    until(page, f"localStorage.getItem('annotator:unread:{reader}:{garden.slug}') !== null")


def test_unread_annotations_are_marked_and_one_goes_from_one_to_the_next(
    page: Page, live_site: LiveSite, garden: Loaded
) -> None:
    ann, bob = live_site.person("Ann"), live_site.person("Bob")
    first = live_site.annotation(ann, garden, "three gates", "Three.")
    read_all(page, bob, garden)
    expect(page.locator("[data-unread]")).to_have_count(0)
    answer(live_site, ann, first, "And a small one.")
    live_site.annotation(ann, garden, "never locked", "Never?")
    live_site.annotation(bob, garden, "never locked", "My own.")
    page.reload()
    bar = page.locator(".notices")
    expect(bar).to_contain_text("2 unread")
    expect(page.locator(GATES)).to_have_attribute("aria-label", "4 comments on paragraph 1, 2 new")
    page.click(".notices button:has-text('Next')")
    expect(page.locator(".talk .comment")).to_have_count(2)
    expect(page.locator(".talk .fresh")).to_have_count(1)
    expect(bar).to_contain_text("1 unread")
    page.reload()
    expect(page.locator(GATES)).to_have_attribute("aria-label", "4 comments on paragraph 1, 1 new")
    page.click(".notices button:has-text('Mark all as read')")
    expect(bar).to_have_count(0)
    expect(page.locator("[data-unread]")).to_have_count(0)
    page.reload()
    page.wait_for_load_state("networkidle")
    expect(page.locator("[data-unread]")).to_have_count(0)


def test_all_unread_comments_are_counted_and_marked_as_read_together(
    page: Page, live_site: LiveSite, garden: Loaded
) -> None:
    ann, bob = live_site.person("Ann"), live_site.person("Bob")
    first = live_site.annotation(ann, garden, "three gates", "Three.")
    read_all(page, bob, garden)
    with live_site.db.transaction() as session:
        author = accounts.viewer_named(session, ann)
        for number in range(210):
            draft = Draft(body=f"Number {number}.", in_reply_to=first)
            annotations.create(session, author, draft, Limits())
    page.reload()
    bar = page.locator(".notices")
    expect(bar).to_contain_text("210 unread")
    page.click(".notices button:has-text('Mark all as read')")
    expect(bar).to_have_count(0)
    live_site.annotation(ann, garden, "never locked", "Never?")
    page.reload()
    expect(bar).to_contain_text("1 unread")


def test_a_time_within_a_day_is_written_as_people_say_it(
    page: Page, live_site: LiveSite, garden: Loaded
) -> None:
    made = live_site.annotation(live_site.person("Ann"), garden, "three gates", "Three.")
    page.goto(f"{live_site.address}/a/{made}")
    time = page.locator(".byline time")
    expect(time).to_have_text("now")
    with live_site.db.transaction() as session:
        session.get_one(Annotation, made).created = now() - timedelta(minutes=5, seconds=3)
    page.reload()
    expect(time).to_have_text("5 minutes ago")
    assert "UTC" in (time.get_attribute("title") or "")
    open_text(page, garden)
    page.click(f"{GATES} b")
    expect(page.locator(".talk time")).to_have_text("5 minutes ago")


def test_a_tab_with_an_older_edition_is_told_and_offered_the_new_place(
    page: Page, live_site: LiveSite, garden: Loaded
) -> None:
    sign_in(page, live_site.person())
    open_text(page, garden)
    with live_site.db.transaction() as session:
        data = (SAMPLES / "garden-2.md").read_bytes()
        add_edition.add(session, slug=garden.slug, label="2026-04-01", data=data, name="text.md")
    select(page, *place_of(garden, "three gates"))
    press(page, "Comment")
    page.fill(".talk textarea[name=body]", "Made on the older one.")
    page.click(".talk button[value=post]")
    expect(page.locator(".talk .comment > .body")).to_have_text("Made on the older one.")
    expect(page.locator(".notices")).to_contain_text("A newer edition, 2026-04-01, is available")
    page.click(".notices a")
    page.wait_for_url(lambda address: "@2026-04-01#" in address)
    assert page.evaluate("document.getElementById(location.hash.slice(1)) !== null")
    expect(page.locator(".n[aria-label^='1 comment on paragraph']")).to_have_count(1)
