"""What scripts put before readers comes from the site's catalogue too."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from playwright.sync_api import Page, expect

from annotator.config import Config
from annotator.db import Database
from tests.browser.conftest import LiveSite, MakePage, serving, sign_in
from tests.browser.hands import open_text, place_of, select
from tests.conftest import SAMPLES
from tests.pages.marking import BRACKETED, bracketing, unbracketed

BESIDE = ("Annotator", "Reader 1", "Rules of the Garden", "Purpose", "Paths and gates",
          "Opening hours", "CC-BY-4.0", "text-", "Ctrl", "Escape", "Enter")  # fmt: skip


def left(page: Page, document: str) -> list[str]:
    """Return the English text of the page in its present state."""
    own = f"{datetime.now(UTC):%B %b}".split()  # the browser's, which does not know the language
    return unbracketed(
        page.content(), document, (*BESIDE, *own, "AM", "PM", "now", "minute", "ago")
    )


def test_toolbar_form_panel_and_keys_speak_the_language_of_the_site(
    make_page: MakePage, tmp_path: Path
) -> None:
    config = Config(data=tmp_path / "var")
    db = Database.of(config)
    db.migrate()
    with serving(config, {"ANNOTATOR_SITE_LANGUAGE": bracketing(config.data)}) as address:
        site = LiveSite(address, config, db)
        garden = site.document((SAMPLES / "garden-1.md").read_bytes())
        reader, text = site.person(), garden.parsed.text
        site.annotation(reader, garden, "two are never locked", "Two.")
        page = make_page(base_url=address, viewport={"width": 1280, "height": 900})
        sign_in(page, reader)
        open_text(page, garden)
        assert page.locator("html").get_attribute("lang") == BRACKETED
        select(page, *place_of(garden, "three gates"))
        expect(page.locator(".toolbar button").first).to_have_accessible_name("⟦Comment⟧")
        assert left(page, text) == []
        page.click(".toolbar button >> nth=0")
        page.fill(".talk textarea[name=body]", "⟦Three.⟧")
        assert left(page, text) == []
        page.click(".talk button[value=post]")
        expect(page.locator("#_text .n b").first).to_have_attribute("data-count", "2")
        expect(page.locator("#_status")).to_have_text("⟦Your comment is posted.⟧")
        label = "⟦⟦2 comments⟧ on ⟦paragraph 1⟧⟧"
        expect(page.locator(f'.n[aria-label="{label}"]')).to_have_count(1)
        assert left(page, text) == []
        page.click(".to-menu")
        page.click("button.keys")
        expect(page.locator("dialog[open] h2")).to_have_text("⟦Keyboard shortcuts⟧")
        assert left(page, text) == []
    db.close()
