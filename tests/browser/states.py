"""The states of the reading page, each reached as a reader does: for tests, and for pictures."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.hands import place_of, press, select
from tests.browser.stage import Stage

PRAISE = "A drafter who hears only of failures"
State = Callable[[Page, Stage], None]


def plain(page: Page, stage: Stage) -> None:
    """The text with its counts and highlights."""
    page.goto("/d/charter")


def marked(page: Page, stage: Stage) -> None:
    """Highlights as marks, the settings open."""
    plain(page, stage)
    page.click(".to-menu")
    page.check("#_marks")
    expect(page.locator("#_text mark").first).to_be_visible()


def contents(page: Page, stage: Stage) -> None:
    """The table of contents, which is a sheet where there is no room for it."""
    plain(page, stage)
    if page.locator(".contents-button").is_visible():
        page.click(".contents-button")
        expect(page.locator("#_contents")).to_be_visible()


def talking(page: Page, stage: Stage) -> None:
    """The annotations on a paragraph, with replies."""
    plain(page, stage)
    page.locator(f".n:has(+ [id='{stage.pid}']) b").click()
    expect(page.locator(".talk .comment").first).to_be_visible()


def asked(page: Page, stage: Stage) -> None:
    """An annotation that a link leads to."""
    page.goto(stage.at("/d/charter@{new}?remark={own}"))
    expect(page.locator(".talk .comment").first).to_be_visible()


def lost(page: Page, stage: Stage) -> None:
    """An annotation whose words are gone."""
    page.goto(stage.at("/d/charter@{new}?remark={lost}"))
    expect(page.locator(".talk .comment").first).to_be_visible()


def selected(page: Page, stage: Stage) -> None:
    """The toolbar beside selected words."""
    plain(page, stage)
    select(page, *place_of(stage.site.loaded("charter"), PRAISE))


def composing(page: Page, stage: Stage) -> None:
    """The form, with what chooses its words open."""
    selected(page, stage)
    press(page, "Comment")
    page.click(".choosing summary")
    page.fill(".talk textarea[name=body]", "How **many** failures?\n\n> of failures\n\n- one")
    page.fill(".talk input[name=tags]", "praise, drafters")


def previewed(page: Page, stage: Stage) -> None:
    """The form, with what it will look like."""
    composing(page, stage)
    page.click(".choosing summary")
    page.click(".talk button:has-text('Preview')")
    expect(page.locator(".preview strong")).to_be_visible()


def refused(page: Page, stage: Stage) -> None:
    """The form, with a fault in a field."""
    composing(page, stage)
    page.click(".choosing summary")
    page.fill(".talk input[name=tags]", "x" * 200)
    page.click(".talk button[value=post]")
    expect(page.locator(".compose .error")).to_be_visible()


def unsent(page: Page, stage: Stage) -> None:
    """What was written and is not posted."""
    composing(page, stage)
    page.click(".talk button:has-text('Cancel')")
    expect(page.locator(".unsent")).to_be_visible()


def answering(page: Page, stage: Stage) -> None:
    """A reply being written within its thread."""
    talking(page, stage)
    page.click(".talk [data-act=reply] >> nth=0")
    expect(page.locator(".talk .comment textarea")).to_be_visible()


def removing(page: Page, stage: Stage) -> None:
    """The question before something is deleted."""
    talking(page, stage)
    page.click(".talk [data-act=delete] >> nth=0")
    expect(page.locator(".removal")).to_be_visible()


def removed(page: Page, stage: Stage) -> None:
    """A deletion that can be undone. (The next state undoes it.)"""
    removing(page, stage)
    page.click(".removal .danger")
    expect(page.locator(".talk-told button")).to_be_visible()


def restored(page: Page, stage: Stage) -> None:
    """A deletion undone."""
    page.click(".talk-told button:has-text('Undo')")
    expect(page.locator("#_status")).to_have_text("Your comment was restored.")


def keys(page: Page, stage: Stage) -> None:
    """The keys of the page."""
    plain(page, stage)
    page.keyboard.press("?")
    expect(page.locator(".keys-dialog")).to_be_visible()


def citing(page: Page, stage: Stage) -> None:
    """The forms in which selected words are cited."""
    selected(page, stage)
    press(page, "Copy citation")
    expect(page.locator("dialog[open]")).to_be_visible()


def news(page: Page, stage: Stage) -> None:
    """Others have written meanwhile."""
    plain(page, stage)
    words = "A letter to the drafters can be useful."
    stage.site.annotation("Ben", stage.site.loaded("charter"), words, "Useful to whom?")
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(page.locator(".notices")).to_be_visible()


STATES: dict[str, State] = {
    it.__name__: it
    for it in (plain, contents, marked, talking, asked, lost, selected, composing, previewed,
               refused, unsent, answering, removing, removed, restored, keys, citing, news)
}  # fmt: skip


def forget(page: Page) -> None:
    """Leave no draft behind, nor the question that the browser asks about one."""
    page.evaluate("localStorage.clear()")
