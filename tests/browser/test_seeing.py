"""What has the focus is in sight; nothing moves for those who ask for that; colours may go."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from annotator.services.editions.editions import Loaded
from tests.browser.conftest import LiveSite, MakePage, sign_in
from tests.browser.hands import open_text, place_of, press, select
from tests.browser.test_by_keyboard import FOCUS, SEEN
from tests.browser.test_talking import GATES

LINKED = "# Links\n\n" + "\n\n".join(
    f"[Link {n}](https://example.org/{n}) begins the paragraph and [another](https://example.org/"
    f"o{n}) ends what is said in its two or three lines of text."
    for n in range(30)
)


WHERE = (
    f"""[{FOCUS}.outerHTML.slice(0, 90), JSON.stringify({FOCUS}.getBoundingClientRect())].join()"""
)


def hidden_on_the_way(page: Page, key: str, steps: int) -> list[str]:
    """Press a key again and again; give what had the focus and could not be seen."""
    hidden = []
    for _ in range(steps):
        page.keyboard.press(key)
        if page.evaluate(f"{FOCUS} !== document.body") and not page.evaluate(SEEN):
            hidden.append(page.evaluate(WHERE))
    return hidden


def there_and_back(page: Page, steps: int = 45) -> list[str]:
    return hidden_on_the_way(page, "Tab", steps) + hidden_on_the_way(page, "Shift+Tab", steps)


@pytest.mark.parametrize("width", [320, 1280])
def test_no_bar_hides_what_has_the_focus(
    make_page: MakePage, live_site: LiveSite, width: int
) -> None:
    loaded = live_site.document(LINKED.encode())
    name = live_site.person()
    page = make_page(viewport={"width": width, "height": 560})
    sign_in(page, name)
    open_text(page, loaded)
    page.focus(f"[id='{loaded.pids[4]}'] a")
    assert there_and_back(page) == []
    select(page, *place_of(loaded, "begins the paragraph"))
    press(page, "Comment")
    page.fill(".talk textarea[name=body]", "Half a thought")
    assert there_and_back(page, 12) == []
    page.click(".talk button:has-text('Cancel')")
    expect(page.locator(".unsent")).to_be_visible()
    live_site.annotation(live_site.person("Ann"), loaded, "Link 7", "Seven.")
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(page.locator(".notices")).to_be_visible()
    page.focus(f"[id='{loaded.pids[4]}'] a")
    assert there_and_back(page) == []


def test_the_text_moves_at_once_for_those_who_want_no_motion(
    make_page: MakePage, live_site: LiveSite, garden: Loaded
) -> None:
    live_site.annotation(live_site.person(), garden, "three gates", "Three.")
    for wish, behavior in (("reduce", "instant"), ("no-preference", "smooth")):
        page = make_page(viewport={"width": 360, "height": 640}, reduced_motion=wish)
        page.add_init_script(
            "window.__moved = []; const by = window.scrollBy.bind(window);"
            "window.scrollBy = (how) => { __moved.push(how.behavior); by(how); };"
        )
        open_text(page, garden)
        page.evaluate("document.querySelector('.site-foot').scrollIntoView()")
        page.locator(GATES).first.evaluate("(it) => it.click()")
        expect(page.locator(".talk .comment")).to_have_count(1)
        assert page.evaluate("__moved") == [behavior]
        moving = "document.getAnimations().filter((it) => it.playState === 'running').length"
        assert page.evaluate(moving) == 0


def test_without_colours_every_control_has_an_edge_and_the_focus_is_seen(
    make_page: MakePage, live_site: LiveSite, garden: Loaded
) -> None:
    name = live_site.person()
    live_site.annotation(name, garden, "three gates", "Three.")
    page = make_page(viewport={"width": 1280, "height": 800}, forced_colors="active")
    sign_in(page, name)
    open_text(page, garden)
    page.click(GATES)
    page.click(".talk-form button")
    edges = page.evaluate(
        """() => [...document.querySelectorAll(".button, input, textarea, select, .n b")]
             .filter((it) => it.checkVisibility() && !it.matches(".plain, [type=checkbox]"))
             .map((it) => [it.outerHTML.slice(0, 80), getComputedStyle(it).borderTopWidth])
             .filter(([, width]) => parseFloat(width) < 1)"""
    )
    assert edges == []
    page.keyboard.press("Shift+Tab")
    assert page.evaluate(f"getComputedStyle({FOCUS}).outlineStyle") == "solid"
