"""A very long text: it comes in parts, and every promise of the page holds."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from annotator.services.editions.editions import Loaded
from benchmarks.law import law
from tests.browser.conftest import LiveSite, MakePage
from tests.browser.hands import painted, until
from tests.browser.test_page_text import assert_same

LINKS = "document.querySelectorAll('#_text a.part').length"
BLOCK_IN_WINDOW = """[...document.querySelectorAll("#_text [data-start]:not(.part)")].some((it) => {
  const box = it.getBoundingClientRect();
  return box.height && box.top < innerHeight && box.bottom > 0;
})"""
NO_REST = """{
  const later = window.setTimeout, held = [];
  window.setTimeout = (act, ms, ...rest) => (
    ms >= 3_000 ? held.push(() => act(...rest)) && 0 : later(act, ms, ...rest));
  window.__rest = () => { window.setTimeout = later; held.forEach((act) => act()); };
}"""  # the rest of the text comes in by itself only after `__rest()`
WORDS = "and with these words the law ends"


@pytest.fixture(scope="module")
def site_with_law(live_site: LiveSite) -> tuple[LiveSite, Loaded]:
    """A law with a comment on its last words and on a paragraph in the middle."""
    text = f"{law(420_000)}\nAmen, {WORDS}.\n"
    loaded = live_site.document(text.encode(), "law.md", "long-law")
    return live_site, loaded


def in_window(page: Page, ident: str) -> bool:
    found: bool = page.evaluate(
        """(id) => {
          const box = document.getElementById(id)?.getBoundingClientRect();
          return Boolean(box) && box.top < innerHeight && box.bottom > 0;
        }""",
        ident,
    )
    return found


def wait_in_window(page: Page, ident: str) -> None:
    for _ in range(600):
        if in_window(page, ident):
            return
        page.wait_for_timeout(25)
    raise AssertionError(f"{ident} never came into the window")


def test_the_rest_comes_by_itself_and_is_the_canonical_text(
    page: Page, site_with_law: tuple[LiveSite, Loaded]
) -> None:
    site, loaded = site_with_law
    site.annotation(site.person(), loaded, WORDS, "Does it?")
    page.add_init_script(NO_REST)
    page.goto("/d/long-law")
    assert page.evaluate(LINKS) > 5
    assert not page.evaluate("(words) => find(words)", WORDS)
    page.evaluate("__rest()")
    until(page, f"{LINKS} === 0")
    assert_same(page)
    assert page.evaluate("(words) => find(words)", WORDS)
    assert WORDS in [each["words"] for each in painted(page)]
    control = page.locator("#_text a.n:has(b)").last
    assert page.evaluate("scrollY") > 10_000
    control.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".talk .comment")).to_contain_text("Does it?")


def test_an_address_leads_to_a_part_that_is_not_here_yet(
    page: Page, site_with_law: tuple[LiveSite, Loaded]
) -> None:
    _, loaded = site_with_law
    pid = loaded.pids[-1]
    page.goto(f"/d/long-law#{pid}")
    wait_in_window(page, pid)
    assert page.evaluate(f"document.getElementById('{pid}').matches(':target')")
    until(page, f"{LINKS} === 0")
    assert in_window(page, pid)  # what came in above has not moved it


def test_contents_lead_to_a_part_that_is_not_here_yet(
    page: Page, site_with_law: tuple[LiveSite, Loaded]
) -> None:
    page.add_init_script(NO_REST)
    page.goto("/d/long-law")
    link = page.locator("#_contents a").last
    slug = (link.get_attribute("href") or "").removeprefix("#")
    assert page.evaluate("(id) => document.getElementById(id) === null", slug)
    link.click()
    wait_in_window(page, slug)
    page.keyboard.press("Control+f")  # brings in everything at once
    until(page, f"{LINKS} === 0")
    assert in_window(page, slug)
    expect(link).to_have_attribute("aria-current", "location")


def test_keys_walk_through_parts_that_are_not_here_yet(
    page: Page, site_with_law: tuple[LiveSite, Loaded]
) -> None:
    site, loaded = site_with_law
    words = loaded.parsed.text[-2_000:-1_950].strip()
    site.annotation(site.person(), loaded, words, "Far below.")
    page.goto("/d/long-law")
    page.keyboard.press("n")
    until(page, "document.activeElement.matches('a.n:has(b)')")


def test_scrolling_brings_in_what_comes_near(
    page: Page, site_with_law: tuple[LiveSite, Loaded]
) -> None:
    page.add_init_script(NO_REST)
    page.goto("/d/long-law")
    for _ in range(4):
        page.mouse.move(640, 450)
        page.mouse.wheel(0, 8_000)
        page.wait_for_timeout(60)
    until(page, "scrollY > 10000")
    until(page, BLOCK_IN_WINDOW)
    assert page.evaluate(LINKS) > 0


def test_without_scripts_it_is_whole(
    make_page: MakePage, site_with_law: tuple[LiveSite, Loaded]
) -> None:
    page = make_page(java_script_enabled=False)
    _, loaded = site_with_law
    pid = loaded.pids[-1]
    Page.goto(page, f"/d/long-law?at={pid}#{pid}")  # it is led on, and waits for no scripts
    page.wait_for_url(f"**/d/long-law*whole=yes#{pid}")
    assert page.locator("article").text_content() == loaded.parsed.text
    assert in_window(page, pid)
