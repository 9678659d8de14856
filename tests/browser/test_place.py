"""The place where somebody was reading: offered on coming back, and kept in their browser alone."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from annotator.services.editions.editions import Loaded
from annotator.services.revisions import add_edition
from tests.browser.conftest import LiveSite
from tests.browser.hands import until
from tests.browser.test_painting import LONG

KEPT = "JSON.parse(localStorage.getItem('annotator:places'))?.at"


def top_of(page: Page, pid: str) -> float:
    found: float = page.evaluate(
        "(pid) => document.getElementById(pid).getBoundingClientRect().top", pid
    )
    return found


@pytest.fixture
def long(live_site: LiveSite) -> Loaded:
    """A document of many windows."""
    return live_site.document(LONG)


@pytest.fixture
def place(page: Page, long: Loaded) -> dict[str, Any]:
    """Where somebody has read up to, before they went elsewhere."""
    page.goto(f"/d/{long.slug}")
    page.mouse.move(640, 450)
    page.mouse.wheel(0, 6000)
    until(page, f"{KEPT}?.['{long.slug}']")
    found: dict[str, Any] = page.evaluate(KEPT)[long.slug]
    page.goto("/")
    return found


def test_who_comes_back_is_offered_the_place_and_moved_only_on_request(
    page: Page, long: Loaded, place: dict[str, Any]
) -> None:
    page.goto(f"/d/{long.slug}")
    line = page.locator(".notices")
    expect(line).to_contain_text("You were reading “Gate")
    assert page.evaluate("scrollY") == 0
    line.get_by_role("button", name="Continue there").click()
    until(page, "scrollY > 3000")
    assert -200 < top_of(page, place["pid"]) < 200
    expect(page.locator(f"[id='{place['pid']}']")).to_be_focused()
    expect(line).to_have_count(0)


def test_the_place_is_found_in_a_later_edition(
    page: Page, live_site: LiveSite, long: Loaded, place: dict[str, Any]
) -> None:
    with live_site.db.transaction() as session:
        data = LONG.replace(b"## Gate 0\n", b"## Gate 0\n\nA new rule comes first. " * 9 + b"\n")
        add_edition.add(session, slug=long.slug, label="2026-04-01", data=data, name="text.md")
    page.goto(f"/d/{long.slug}")
    page.get_by_role("button", name="Continue there").click()
    until(page, "scrollY > 3000")
    assert -200 < top_of(page, place["pid"]) < 200


def test_who_comes_by_a_link_stays_there_and_is_asked_nothing(
    page: Page, long: Loaded, place: dict[str, Any]
) -> None:
    pid = long.pids[-2]
    assert pid != place["pid"]
    page.goto(f"/d/{long.slug}#{pid}")
    until(page, "scrollY > 8000")
    expect(page.locator(".notices")).to_have_count(0)
    assert page.evaluate(KEPT)[long.slug] == place


def test_a_place_is_forgotten_on_request_and_none_is_kept_where_that_is_off(
    page: Page, long: Loaded, place: dict[str, Any]
) -> None:
    page.goto(f"/d/{long.slug}")
    page.get_by_role("button", name="Dismiss").click()
    expect(page.locator(".notices")).to_have_count(0)
    assert page.evaluate(KEPT) == {}
    page.click(".to-menu")
    page.uncheck("#_place")
    page.mouse.wheel(0, 6000)
    until(page, "scrollY > 3000")
    page.wait_for_timeout(200)
    assert page.evaluate(KEPT) is None
    page.goto(f"/d/{long.slug}")
    expect(page.locator("#_place")).not_to_be_checked()
    expect(page.locator(".notices")).to_have_count(0)
