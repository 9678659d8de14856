"""The main walks in Firefox: read, open a conversation, filter, choose a theme, comment."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from annotator.services.editions.editions import Loaded
from tests.browser import firefox
from tests.browser.conftest import PASSWORD, LiveSite, stored
from tests.browser.firefox import Firefox

READY = "!document.getElementById('_later')"
SELECT = """(() => {
  const text = [...document.querySelectorAll("#_text p[data-start]")]
    .map((each) => each.firstChild).find((node) => node.data?.includes(arguments[0]));
  const at = text.data.indexOf(arguments[0]);
  getSelection().setBaseAndExtent(text, at, text, at + arguments[0].length);
})()"""

PAINTED = """[...(CSS.highlights.get(arguments[0]) ?? [])].map((found) => {
  const range = document.createRange();
  range.setStart(found.startContainer, found.startOffset);
  range.setEnd(found.endContainer, found.endOffset);
  return String(range);
}).join() === arguments[1]"""


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Firefox]:
    """One Firefox for all tests here."""
    if firefox.PROGRAM is None:
        pytest.skip("there is no Firefox (Debian's package firefox-esr)")
    with firefox.running(tmp_path_factory.mktemp("firefox") / "profile") as started:
        started.do("SetWindowRect", width=1280, height=900)
        yield started


@pytest.fixture
def page(browser: Firefox, live_site: LiveSite, garden: Loaded) -> Firefox:
    """The garden's rules, with two comments."""
    ben = live_site.person("Ben")
    live_site.annotation(live_site.person("Ada"), garden, "three gates", "Three.", ("gates",))
    live_site.annotation(ben, garden, "three gates", "Only three?")
    browser.do("DeleteAllCookies")
    browser.do("Navigate", url=f"{live_site.address}/d/{garden.slug}")
    browser.until(READY)
    return browser


def test_the_text_is_read_with_its_highlights_and_a_conversation_is_opened(page: Firefox) -> None:
    page.until(PAINTED, "comments-2", "three gates")
    page.click(".n[aria-label='2 comments on paragraph 1'] b")
    page.until("document.querySelectorAll('.talk .comment').length === 2")
    assert page.evaluate("document.querySelector('.talk .body').textContent.trim()") == "Three."
    page.click(".talk-close")
    page.until("!document.querySelector('.talk .comment')")


def test_a_filter_narrows_counts_and_highlights(page: Firefox) -> None:
    page.click(".around [popovertarget=_filter]")
    page.type("#_filter [name=tag]", "gates")
    page.click("#_filter .actions .button")
    page.until(PAINTED, "comments-1", "three gates")
    assert page.evaluate("location.search") == "?tag=gates"
    page.until("!!document.querySelector(\".n[aria-label='1 comment on paragraph 1']\")")


def test_a_theme_is_chosen_and_stays(page: Firefox) -> None:
    background = "getComputedStyle(document.documentElement).backgroundColor"
    page.click(".to-menu")
    page.click("[name=theme][value=light]")
    light = page.evaluate(background)
    page.click("[name=theme][value=dark]")
    assert page.evaluate(background) != light
    page.do("Refresh")
    page.until(READY)
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"


def test_words_are_selected_and_commented_on_without_an_account(
    page: Firefox, live_site: LiveSite, garden: Loaded
) -> None:
    name = f"Stranger {next(live_site.names)}"
    page.evaluate(SELECT, "three gates")
    page.click(".toolbar [data-do=comment]")
    page.type(".talk textarea", "Three, in Firefox?")
    page.type(".talk [name=name]", name)
    page.type(".talk [name=password]", PASSWORD)
    page.until("performance.now() > 3000")  # nobody fills in a form in less
    page.click(".talk button[value=post]")
    page.until("!!document.querySelector('meta[name=viewer]')")
    page.until("document.querySelector('.talk .comment')?.textContent.includes('in Firefox?')")
    assert [item.author for item in stored(live_site, garden)][-1] == name
