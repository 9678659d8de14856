"""The text and its highlights come first; all else comes after, and moves nothing."""

from __future__ import annotations

from playwright.sync_api import Page, Route, expect

from annotator.services.editions.editions import Loaded
from tests.browser.conftest import LiveSite
from tests.browser.hands import painted, until

FIRST_SCRIPT = "CSS.highlights.get('comments-1')?.size > 0"
LONG = "\n\n".join(
    f"## Gate {gate}\n\n" + "\n\n".join(f"Gate {gate} has rule {rule}. " + "It holds. " * 40
                                        for rule in range(6))
    for gate in range(30)
).encode()  # fmt: skip
LAID_OUT = "[...document.querySelectorAll('#_text section')].every((it) => it.matches('.laid-out'))"
SHIFTED = """
window.__shift = [];
new PerformanceObserver((list) => {
  const nodes = list.getEntries().flatMap(({ sources }) => sources.map(({ node }) => node));
  window.__shift.push(...nodes.map((node) => node?.outerHTML?.slice(0, 80) ?? node?.data));
}).observe({ type: "layout-shift", buffered: true });
"""


WATCH_PAINTING = """
window.__painted = [];
const setLayer = HighlightRegistry.prototype.set;
HighlightRegistry.prototype.set = function (name, layer) {
  window.__painted.push(name);
  return Reflect.apply(setLayer, this, [name, layer]);
};
"""


def go(page: Page, address: str) -> None:
    """Open a page without waiting for its scripts."""
    Page.goto(page, address, wait_until="domcontentloaded")


def test_highlights_are_painted_without_the_other_scripts_and_counts_lead_to_their_pages(
    page: Page, live_site: LiveSite, garden: Loaded
) -> None:
    live_site.annotation(live_site.person(), garden, "three gates", "Three.")
    page.route("**/js/reading.js", lambda route: route.abort())
    go(page, f"/d/{garden.slug}")
    until(page, FIRST_SCRIPT)
    assert painted(page) == [{"words": "three gates", "depth": 1}]
    page.click(".n[aria-label='1 comment on paragraph 1'] b")
    page.wait_for_url(lambda address: address.rstrip("/").endswith("/1"))
    expect(page.locator(".comment .body")).to_have_text("Three.")


def test_highlights_are_painted_once_however_late_the_suggestions_come(
    page: Page, live_site: LiveSite, garden: Loaded
) -> None:
    live_site.annotation(live_site.person(), garden, "three gates", "Three.")
    page.add_init_script(WATCH_PAINTING)
    go(page, f"/d/{garden.slug}")
    until(page, "CSS.highlights.has('suggested')")
    assert page.evaluate("__painted.filter((name) => name === 'comments-1').length") == 1
    assert painted(page) == [{"words": "three gates", "depth": 1}]


def test_what_is_pressed_before_the_scripts_are_here_is_done_when_they_come(
    page: Page, live_site: LiveSite, garden: Loaded
) -> None:
    live_site.annotation(live_site.person(), garden, "three gates", "Three.")
    held: list[Route] = []
    page.route("**/js/reading.js", lambda route: held.append(route))
    go(page, f"/d/{garden.slug}")
    until(page, FIRST_SCRIPT)
    page.click(".n[aria-label='1 comment on paragraph 1'] b")
    page.wait_for_timeout(100)
    assert page.locator(".talk .comment").count() == 0
    for route in held:
        route.continue_()
    expect(page.locator(".talk .comment > .body")).to_have_text("Three.")
    assert page.url.endswith(f"/d/{garden.slug}")


def test_a_press_brings_the_scripts_in_however_busy_the_browser_and_whatever_pressed(
    page: Page, live_site: LiveSite, garden: Loaded
) -> None:
    live_site.annotation(live_site.person(), garden, "three gates", "Three.")
    page.add_init_script("window.requestIdleCallback = () => 0")  # there is never a spare moment
    go(page, f"/d/{garden.slug}")
    until(page, FIRST_SCRIPT)
    assert page.locator("#_later").count() == 1
    page.evaluate("document.querySelector('#_text a.n:has(b)').click()")  # as a screen reader does
    expect(page.locator(".talk .comment > .body")).to_have_text("Three.")


def test_nothing_moves_while_the_text_is_laid_out(page: Page, live_site: LiveSite) -> None:
    loaded = live_site.document(LONG)
    page.add_init_script(SHIFTED)
    page.goto(f"/d/{loaded.slug}")
    until(page, LAID_OUT)
    assert page.evaluate("window.__shift") == []


def test_a_place_that_a_link_names_stays_in_sight_while_the_text_is_laid_out(
    page: Page, live_site: LiveSite
) -> None:
    loaded = live_site.document(LONG)
    pid = loaded.pids[len(loaded.pids) // 2]
    page.goto(f"/d/{loaded.slug}#{pid}")
    until(page, LAID_OUT)
    top = f"document.getElementById('{pid}').getBoundingClientRect().top"
    until(page, f"{top} >= 0 && {top} < 100")
