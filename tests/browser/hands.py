"""What a reader's hands do: select words with the mouse, press the toolbar's buttons."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page

from annotator.services.editions.editions import Loaded

# Finds a character by its code point offset, without the site's own modules.
POINT = r"""
([offset, side]) => {
  const blocks = [...document.querySelectorAll("#_text [data-start]")];
  const block = blocks.filter((each) => Number(each.dataset.start) <= offset).at(-1);
  const points = [...block.textContent].slice(0, offset - Number(block.dataset.start) + 1);
  const length = points.at(-1).length;
  let unit = points.join("").length - length;
  const walker = document.createTreeWalker(block, NodeFilter.SHOW_TEXT);
  let node = walker.nextNode();
  while (unit >= node.length) { unit -= node.length; node = walker.nextNode(); }
  const range = document.createRange();
  range.setStart(node, unit);
  range.setEnd(node, unit + length);
  const box = range.getBoundingClientRect();
  const isRightToLeft = /[\u0590-\u08ff]/.test(points.at(-1));
  const x = (side === "start") !== isRightToLeft ? box.left + 1 : box.right - 1;
  return [x, (box.top + box.bottom) / 2];
}
"""


def open_text(page: Page, loaded: Loaded) -> None:
    """Open a document and wait until its scripts listen."""
    page.goto(f"/d/{loaded.slug}")
    page.wait_for_load_state("load")


def module(page: Page, stem: str) -> str:
    """Return the address of a module of the site, to import it in the page."""
    script = page.get_attribute("script[src$='/js/loader.js']", "src")
    assert script
    return script.replace("loader.js", f"{stem}.js")


def until(page: Page, expression: str) -> None:
    """Wait until a JavaScript expression is true. (The policy forbids Playwright's own way.)"""
    for _ in range(600):
        if page.evaluate(expression):
            return
        page.wait_for_timeout(25)
    raise AssertionError(f"never true: {expression}")


def place_of(loaded: Loaded, words: str) -> tuple[int, int]:
    """Return the offsets of the first occurrence of some words."""
    start = loaded.parsed.text.index(words)
    return start, start + len(words)


def show(page: Page, offset: int) -> None:
    """Scroll a character's block into the middle of the window."""
    page.evaluate(
        """(offset) => [...document.querySelectorAll("#_text [data-start]")]
             .filter((each) => Number(each.dataset.start) <= offset).at(-1)
             .scrollIntoView({ block: "center", behavior: "instant" })""",
        offset,
    )


def select(page: Page, start: int, end: int) -> None:
    """Drag the mouse from one character to another; the toolbar comes up."""
    show(page, start)
    page.mouse.move(*page.evaluate(POINT, [start, "start"]))
    page.mouse.down()
    page.mouse.move(*page.evaluate(POINT, [end - 1, "end"]), steps=5)
    page.mouse.up()
    page.wait_for_selector(".toolbar")


def click_at(page: Page, offset: int) -> None:
    """Click on a character."""
    show(page, offset)
    x, y = page.evaluate(POINT, [offset, "start"])
    page.mouse.click(x + 1, y)


def press(page: Page, label: str) -> None:
    """Press one of the toolbar's buttons."""
    page.locator(".toolbar").get_by_role("button", name=label).click()


def write(page: Page, body: str, tags: str = "") -> None:
    """Fill the panel's form and post it."""
    page.fill(".talk textarea[name=body]", body)
    if tags:
        page.fill(".talk input[name=tags]", tags)
    page.click(".talk button[value=post]")


def begin(page: Page, garden: Loaded, words: str = "three gates") -> None:
    """Open the form for a comment on some words."""
    open_text(page, garden)
    select(page, *place_of(garden, words))
    press(page, "Comment")


def painted(page: Page) -> list[dict[str, Any]]:
    """List what is painted: the words of each highlight and its depth."""
    found: list[dict[str, Any]] = page.evaluate(
        """() => [1, 2, 3, 4].flatMap((depth) =>
             [...(CSS.highlights.get(`comments-${depth}`) ?? [])].map((each) => {
               const range = document.createRange();
               range.setStart(each.startContainer, each.startOffset);
               range.setEnd(each.endContainer, each.endOffset);
               return { words: range.toString(), depth };
             }))"""
    )
    return found
