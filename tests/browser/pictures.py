"""Makes pictures of the main pages and states, to be looked at.

Wide and narrow, light and dark, with 30 and with 3,000 comments.

python -m tests.browser.pictures [FOLDER] [WORDS OF NAMES]

With --docs, only the two pictures of README.md and docs/index.md, into docs/pictures.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, Page, ViewportSize, expect, sync_playwright

from benchmarks import commentary
from tests.browser.conftest import CHROMIUM, FLAGS, sign_in
from tests.browser.stage import Stage, staged
from tests.browser.states import STATES, forget
from tests.helpers.server import serving

WIDTHS = {1280: 900, 390: 844}
COMMENTS = (30, 3000)  # folders of these names
TALLEST = 3600  # px of a page that are shown
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
# Name: who looks, and at what.
PAGES = {
    "home": ("", "/"),
    "about": ("", "/about"),
    "section": ("", "/d/charter/how-to-quote"),
    "comments": ("", "/d/charter/comments/{new}"),
    "api": ("", "/api/"),
    "sign-in": ("", "/sign-in"),
    "sign-up": ("", "/sign-up"),
    "search": ("", "/search?q=drafter"),
    "search-help": ("", "/search"),
    "older": ("", "/d/charter@{old}"),
    "printed": ("", "/d/charter/print/{new}"),
    "provision": ("Ada", "/d/charter/p/{pid}"),
    "choices": ("", "/d/charter/how-to-quite/2"),
    "diff": ("", "/d/charter/diff/{old}..{new}"),
    "fate": ("", "/d/charter/fate/{old}..{new}"),
    "remark": ("Ada", "/a/{own}"),
    "hidden": ("", "/a/{hidden}"),
    "restate": ("Ada", "/a/{lost}/restate"),
    "flag": ("Mia", "/a/{flagged}/flag"),
    "appeal": ("Ada", "/a/{hidden}/appeal"),
    "person": ("", "/people/{ada}"),
    "account": ("Ada", "/account"),
    "leave": ("Ada", "/account/delete"),
    "news": ("Ada", "/news"),
    "following": ("Ada", "/following"),
    "suggest": ("Ada", "/d/charter/p/{pid}/suggest"),
    "suggested": ("Ada", "/d/charter/comments/{new}?kind=suggestion"),
    "answers": ("", "/d/charter/answers"),
    "desk": ("Mia", "/d/charter/desk"),
    "essay": ("", "/essays/{essay}"),
    "essays": ("", "/d/charter/essays"),
    "map": ("", "/d/charter/map/{new}"),
    "quotations": ("", "/d/charter/quotations"),
    "counts": ("", "/moderation/counts"),
    "log": ("", "/moderation/log"),
    "log-entry": ("Mia", "/moderation/log/{act}"),
    "queue": ("Mia", "/moderation"),
    "case": ("Mia", "/moderation?remark={flagged}"),
    "bulk": ("Mia", "/moderation/bulk?act=hide&author=Ada"),
    "mentions": ("", "/d/charter/mentions"),
    "mention": ("", "/webmention/{mention}"),
    "mentions-queue": ("Mia", "/moderation/mentions"),
    "missing": ("", "/d/nothing"),
}


DOCS_SIZE = ViewportSize(width=1180, height=640)  # of the pictures in the documentation
DISCUSSED = "Threads are never closed."  # words of the charter with comments


def document() -> None:
    """Make the pictures of the documentation, of a site as `make run` serves it."""
    with tempfile.TemporaryDirectory() as home, sync_playwright() as it:
        ship = [sys.executable, "-m", "annotator", "--data", home, "document", "ship", "--no-fetch"]
        subprocess.run(ship, check=True)
        with serving(Path(home)) as (port, _):
            browser = it.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
            page = browser.new_page(viewport=DOCS_SIZE, reduced_motion="reduce")
            page.goto(f"http://127.0.0.1:{port}/d/charter")
            page.wait_for_load_state("networkidle")
            page.screenshot(path="docs/pictures/reading.png")
            discussed = page.locator("[data-start]").filter(has_text=DISCUSSED).last
            discussed.locator("xpath=preceding-sibling::*[1]").locator("b").click()
            expect(page.locator(".talk .comment").first).to_be_visible()
            page.mouse.move(0, 0)
            page.screenshot(path="docs/pictures/comments.png")
            browser.close()


def main(folder: Path, wanted: list[str]) -> None:
    """Make the pictures whose names hold one of the words, or all."""
    for count in COMMENTS:
        _with_comments(folder / str(count), count, wanted)


def _with_comments(folder: Path, count: int, wanted: list[str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as home,
        staged(Path(home)) as stage,
        sync_playwright() as it,
    ):
        with stage.site.db.transaction() as session:
            commentary.fill(session, "charter", count)
        browser = it.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        for width in WIDTHS:
            for who in ("", stage.ada, stage.mia):
                _pages(browser, stage, folder, width, who, wanted)
            _states(browser, stage, folder, width, wanted)
        browser.close()


def _open(browser: Browser, stage: Stage, width: int, who: str) -> Page:
    context = browser.new_context(
        base_url=stage.site.address, reduced_motion="reduce",
        viewport={"width": width, "height": WIDTHS[width]},
    )  # fmt: skip
    page = context.new_page()
    if who:
        sign_in(page, who)
    return page


def _pages(
    browser: Browser, stage: Stage, folder: Path, width: int, who: str, wanted: list[str]
) -> None:
    chosen = {name: address for name, (viewer, address) in PAGES.items()
              if viewer == who and _is_wanted(name, wanted)}  # fmt: skip
    if not chosen:
        return
    page = _open(browser, stage, width, who)
    for name, address in chosen.items():
        page.goto(stage.at(address))
        _take(page, folder / f"page-{name}-{width}", full=True)
        if name == "printed" and width == max(WIDTHS):
            page.pdf(path=folder / "printed.pdf", format="A4", prefer_css_page_size=True)
    page.context.close()


def _states(browser: Browser, stage: Stage, folder: Path, width: int, wanted: list[str]) -> None:
    chosen = {name: reach for name, reach in STATES.items() if _is_wanted(name, wanted)}
    if not chosen:
        return
    page = _open(browser, stage, width, stage.ada)
    for name, reach in chosen.items():
        reach(page, stage)
        _take(page, folder / f"state-{name}-{width}")
        forget(page)
    page.context.close()


def _is_wanted(name: str, wanted: list[str]) -> bool:
    return not wanted or any(word in name for word in wanted)


def _take(page: Page, path: Path, full: bool = False) -> None:
    size = page.viewport_size
    assert size is not None
    if full:
        tall = page.evaluate("document.documentElement.scrollHeight")
        page.set_viewport_size({"width": size["width"], "height": min(tall, TALLEST)})
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)
        page.screenshot(path=f"{path}-{scheme}.png")
    page.emulate_media(color_scheme="light")
    page.set_viewport_size(size)


if __name__ == "__main__" and sys.argv[1:] == ["--docs"]:
    document()
elif __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "screenshots"), sys.argv[2:])
