"""A drafter answers by keyboard, and the author of a suggestion hears of it and of the new text."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from annotator.auth.permissions import Viewer
from annotator.schemas.annotations import Draft, DraftTarget
from annotator.services.accounts import accounts
from annotator.services.annotations import annotations
from annotator.services.answers import drafters
from annotator.services.editions.editions import Loaded
from annotator.services.revisions import add_edition
from tests.browser.conftest import LiveSite, MakePage, sign_in
from tests.conftest import SAMPLES

TEXT = (SAMPLES / "garden-1.md").read_bytes()
WORDS, WORDING = "three gates", "four gates"


@pytest.fixture
def drafter(live_site: LiveSite, garden: Loaded) -> str:
    """Somebody who speaks for the publisher of the garden's rules."""
    name = live_site.person("Drafter")
    with live_site.db.transaction() as session:
        drafters.add(session, garden.slug, name, "command line")
    return name


def suggest(live_site: LiveSite, name: str, loaded: Loaded) -> str:
    """Suggest `WORDING` for `WORDS`."""
    target = (DraftTarget(exact=WORDS),)
    draft = Draft(loaded.slug, loaded.label, target, suggestion=("replace", WORDING))
    with live_site.db.transaction() as session:
        viewer: Viewer = accounts.viewer_named(session, name)
        return annotations.create(session, viewer, draft, live_site.config.limits)


def test_a_drafter_answers_by_keyboard_and_the_author_hears_of_it(
    page: Page, make_page: MakePage, live_site: LiveSite, garden: Loaded, drafter: str
) -> None:
    author = live_site.person("Author")
    first = live_site.annotation(author, garden, WORDS, "Why three?")
    second = suggest(live_site, author, garden)
    sign_in(page, drafter)
    page.goto(f"/d/{garden.slug}/desk")
    expect(page.locator("html.scripted button.keys")).to_be_attached()
    page.keyboard.press("j")
    expect(page.locator(f"#_{first}")).to_be_focused()
    page.keyboard.press("x")
    page.keyboard.press("j")
    expect(page.locator(f"#_{second}")).to_be_focused()
    page.keyboard.press("x")
    page.keyboard.press("s")
    page.wait_for_url("**/desk?done=assign-2*")
    expect(page.locator(f"#_{first}")).to_be_focused()
    expect(page.locator(f"#_{second}")).to_contain_text(f"assigned to {drafter}")
    page.select_option("select[name=outcome]", "adopted")
    page.focus("h1, article.case")
    page.keyboard.press("a")
    expect(page.locator("textarea[name=body]")).to_be_focused()
    page.keyboard.type("There are four of them, jkx.")
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/desk?done=draft-2*")
    page.click("button[value=publish]")
    page.wait_for_url("**/desk?done=publish-2*")

    told = make_page()
    sign_in(told, author)
    told.goto("/news")
    for _ in range(200):  # a process of the server tells of it soon
        if told.get_by_text("The publisher answered your comment").count():
            break
        told.wait_for_timeout(50)
        told.reload()
    else:
        pytest.fail("There is no news of the answer.")
    told.goto(f"/a/{second}")
    expect(told.locator(".answer")).to_contain_text("There are four of them, jkx.")
    with live_site.db.transaction() as session:
        newer = TEXT.replace(WORDS.encode(), WORDING.encode())
        add_edition.add(session, slug=garden.slug, label="2026-04-01", data=newer, name="text.md")
    told.goto(f"/a/{second}")
    expect(told.locator(".suggestion .verdict")).to_contain_text("2026-04-01: ")
    told.goto(f"/d/{garden.slug}/answers")
    expect(told.locator("tbody tr").first).to_contain_text("2")
