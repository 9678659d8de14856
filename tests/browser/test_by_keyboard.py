"""The whole of commenting, from the top of the page to a deletion undone, without a pointer."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from annotator.services.editions.editions import Loaded
from tests.browser.conftest import LiveSite, sign_in, stored
from tests.browser.hands import open_text

FOCUS = "document.activeElement"
SEEN = """() => {
  const box = document.activeElement.getBoundingClientRect();
  const [x, y] = [box.left + box.width / 2, box.top + Math.min(box.height / 2, 12)];
  const at = document.elementFromPoint(x, y);
  return box.height > 0 && box.top >= 0 && box.top < innerHeight
    && Boolean(at && (document.activeElement.contains(at) || at.contains(document.activeElement)));
}"""


def tab_to(page: Page, selector: str, key: str = "Tab", most: int = 40) -> None:
    """Press Tab until something has the focus; it must be in sight then."""
    for _ in range(most):
        if page.evaluate(f"{FOCUS}.matches({selector!r})"):
            assert page.evaluate(SEEN), f"{selector} has the focus and is hidden"
            return
        page.keyboard.press(key)
    raise AssertionError(f"{key} does not lead to {selector}")


def test_a_annotation_is_made_answered_changed_deleted_and_brought_back_by_keyboard(
    page: Page, live_site: LiveSite, garden: Loaded
) -> None:
    name = live_site.person()
    sign_in(page, name)
    open_text(page, garden)
    expect(page.locator("html.scripted button.keys")).to_be_attached()
    status = page.locator("#_status")

    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # Skip to the text
    for _ in range(3):
        page.keyboard.press("j")
    expect(page.locator("#purpose .n[data-unit='2']")).to_be_focused()
    page.keyboard.press("k")
    page.keyboard.press("c")
    expect(page.locator(".talk textarea[name=body]")).to_be_focused()
    tab_to(page, ".choosing summary", "Shift+Tab")
    page.keyboard.press("Enter")
    tab_to(page, ".ends button")
    page.keyboard.press("ArrowUp")  # the last sentence goes
    expect(status).to_contain_text("Now on: “The garden is kept")
    expect(page.locator(".talk-quote")).to_contain_text("things that grow.")
    tab_to(page, ".talk textarea[name=body]")
    page.keyboard.type("*Everyone*?")
    tab_to(page, ".talk input[name=tags]")
    page.keyboard.type("purpose")
    tab_to(page, ".talk button.quiet")
    page.keyboard.press("Enter")  # Preview
    expect(page.locator(".preview em")).to_have_text("Everyone")
    tab_to(page, ".talk button[value=post]")
    page.keyboard.press("Enter")
    expect(page.locator(".talk .comment > .body")).to_have_text("Everyone?")
    expect(page.locator(".talk .comment")).to_be_focused()
    expect(status).to_have_text("Your comment is posted.")

    tab_to(page, ".talk [data-act=reply]")
    page.keyboard.press("Enter")
    page.keyboard.type("Even me.")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".talk .comment.reply > .body")).to_have_text("Even me.")
    tab_to(page, ".talk .reply [data-act=edit]")
    page.keyboard.press("Enter")
    expect(page.locator(".talk .reply textarea")).to_be_focused()
    page.keyboard.press("Control+End")
    page.keyboard.type(" And you.")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".talk .comment.reply > .body")).to_have_text("Even me. And you.")
    expect(status).to_have_text("Your changes are saved.")

    tab_to(page, ".talk .reply [data-act=delete]")
    page.keyboard.press("Enter")
    expect(page.locator(".removal [data-cancel]")).to_be_focused()
    tab_to(page, ".removal .danger", "Shift+Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".talk .comment.reply")).to_have_count(0)
    expect(page.locator(".talk-told button")).to_be_focused()
    expect(status).to_have_text("Deleted.")
    page.keyboard.press("Enter")
    expect(page.locator(".talk .comment.reply > .body")).to_have_text("Even me. And you.")
    expect(status).to_have_text("Your comment was restored.")

    page.keyboard.press("Escape")
    expect(page.locator("#purpose .n[data-unit='1']")).to_be_focused()
    head, reply = stored(live_site, garden)
    assert (head.body, head.tags, head.author) == ("*Everyone*?", ("purpose",), name)
    assert (head.targets[0].exact or "").endswith("things that grow.")
    assert (reply.body, reply.in_reply_to, reply.edits) == ("Even me. And you.", head.id, 1)


def test_words_are_quoted_kept_over_a_reload_and_posted_by_keyboard(
    page: Page, live_site: LiveSite, garden: Loaded
) -> None:
    """Without any selection: by a word and a paragraph, then with the words themselves."""
    name = live_site.person()
    live_site.annotation(name, garden, "three gates", "Three.", ("gates",))
    sign_in(page, name)
    open_text(page, garden)
    expect(page.locator("html.scripted button.keys")).to_be_attached()
    page.focus("#purpose .n[data-unit='1']")
    page.keyboard.press("c")
    tab_to(page, ".choosing summary", "Shift+Tab")
    page.keyboard.press("Enter")
    tab_to(page, ".ends button")
    page.keyboard.press("PageDown")  # a paragraph more
    expect(page.locator("#_status")).to_contain_text("Now on: “The garden is kept")
    page.keyboard.press("PageUp")
    page.keyboard.press("ArrowLeft")  # a word less
    expect(page.locator(".talk-quote")).to_contain_text("asks little in")
    tab_to(page, ".talk input[name=quote]")
    page.keyboard.type("asks little")
    tab_to(page, ".talk textarea[name=body]")
    expect(page.locator(".talk-quote")).to_have_text("asks little")
    page.keyboard.type("How little?")
    tab_to(page, ".talk input[name=tags]")
    page.keyboard.type("gates")

    page.reload()
    expect(page.locator(".unsent")).to_contain_text("Not posted yet")
    tab_to(page, ".unsent button", "Shift+Tab")
    while "Continue" not in page.evaluate(f"{FOCUS}.textContent"):
        page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".talk textarea[name=body]")).to_have_value("How little?")
    expect(page.locator(".talk input[name=tags]")).to_have_value("gates")
    expect(page.locator(".talk-quote")).to_have_text("asks little")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".talk .comment > .body")).to_have_text("How little?")
    posted = stored(live_site, garden)[-1]
    assert (posted.targets[0].exact, posted.tags) == ("asks little", ("gates",))
