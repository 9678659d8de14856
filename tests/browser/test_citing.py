"""Copying a citation of selected words, and of a provision."""

from __future__ import annotations

from urllib.parse import unquote

from playwright.sync_api import expect

from annotator.schemas.annotations import Draft, DraftTarget
from annotator.services.accounts import accounts
from annotator.services.annotations import annotations
from annotator.services.editions.editions import Loaded
from annotator.services.revisions import add_edition
from tests.browser.conftest import LiveSite, MakePage, sign_in
from tests.browser.hands import open_text, place_of, press, select
from tests.conftest import SAMPLES

CLIPBOARD = ["clipboard-read", "clipboard-write"]


def test_selected_words_are_cited_on_the_clipboard(
    make_page: MakePage, live_site: LiveSite, garden: Loaded
) -> None:
    page = make_page(viewport={"width": 1280, "height": 900}, permissions=CLIPBOARD)
    open_text(page, garden)
    select(page, *place_of(garden, "sit, to read or to look"))
    press(page, "Copy citation")
    address = f'{garden.slug}@{garden.label}/purpose/1~"sit, to read or to look"'
    expect(page.locator("#_status")).to_have_text(f"Copied: {address}")
    quoted, sentence, link = page.evaluate("navigator.clipboard.readText()").split("\n")
    assert quoted == "“sit, to read or to look”"
    assert unquote(link) == f"{live_site.address}/d/{address}"
    assert page.request.get(link).ok
    assert sentence.endswith("§ “Purpose” ¶ 1 [unofficial ¶ nos.]")
    dialog = page.get_by_role("dialog", name="Citation")
    dialog.get_by_role("button", name="Copy: BibTeX").click()
    expect(dialog.get_by_role("button", name="Copied: BibTeX")).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()").startswith("@")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)


def test_without_leave_to_copy_the_forms_are_shown(make_page: MakePage, garden: Loaded) -> None:
    page = make_page(viewport={"width": 360, "height": 740})
    page.add_init_script("navigator.clipboard.write = () => Promise.reject(new Error('no'));")
    open_text(page, garden)
    select(page, *place_of(garden, "sit, to read"))
    press(page, "Copy citation")
    dialog = page.get_by_role("dialog", name="Citation")
    expect(dialog).to_contain_text("does not allow copying")
    field = dialog.get_by_label("Address of this edition", exact=True)
    expect(field).to_have_value(f'{garden.slug}@{garden.label}/purpose/1~"sit, to read"')


def test_the_panel_compares_edited_words_with_what_they_were(
    make_page: MakePage, live_site: LiveSite, garden: Loaded
) -> None:
    name = live_site.person()
    with live_site.db.transaction() as session:
        viewer = accounts.viewer_named(session, name)
        for words in ("The north gate is locked at dusk", "has never been against the rules"):
            target = DraftTarget(exact=words)
            draft = Draft(document=garden.slug, targets=(target,), body="So?")
            annotations.create(session, viewer, draft, live_site.config.limits)
        add_edition.add(session, slug=garden.slug, label="2026-04-01", name="text.md",
                   data=(SAMPLES / "garden-2.md").read_bytes())  # fmt: skip
    page = make_page(viewport={"width": 1280, "height": 900})
    sign_in(page, name)
    open_text(page, garden)
    page.click(".n[href$='/paths-and-gates/1']")
    annotation = page.locator(".talk .comment")
    expect(annotation.locator(".compared del")).to_have_text("dusk")
    expect(annotation.locator(".compared ins")).to_have_text("nightfall")
    expect(annotation.get_by_role("link", name="Update position")).to_be_visible()
    page.click(".n[data-lost]")
    expect(page.locator(".talk-title")).to_have_text("Purpose")
    expect(page.locator(".talk .verdict")).to_contain_text("These words are no longer in")
    page.get_by_role("link", name="Wording on 2026-03-01").click()
    expect(page.locator("mark.cited").first).to_contain_text("has never been against the rules")
