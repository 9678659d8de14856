"""The conversation beside the text: its place, its order, and the ways to and from the words."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from annotator.schemas.annotations import Draft
from annotator.services.accounts import accounts
from annotator.services.annotations import annotations
from annotator.services.editions.editions import Loaded
from annotator.services.revisions import add_edition
from tests.browser.conftest import LiveSite, MakePage
from tests.browser.hands import begin, click_at, open_text, place_of, until, write
from tests.browser.test_invariant import CHECK
from tests.conftest import SAMPLES

PANEL = "document.querySelector('.talk').getBoundingClientRect()"
GATES = ".n[aria-label$='on paragraph 1']:has(+ p:text('There are three gates')) b"


def answer(site: LiveSite, name: str, ident: str, body: str = "Indeed.") -> str:
    """Store a reply."""
    with site.db.transaction() as session:
        viewer = accounts.viewer_named(session, name)
        draft = Draft(in_reply_to=ident, body=body)
        return annotations.create(session, viewer, draft, site.config.limits)


def bodies(page: Page) -> list[str]:
    """Read the annotations in the panel, in their order."""
    return page.locator(".talk .comment > .body").all_inner_texts()


@pytest.fixture
def wide(make_page: MakePage) -> Page:
    """A window so low that the garden's rules do not fit."""
    return make_page(viewport={"width": 1280, "height": 400})


def test_the_conversation_begins_level_with_its_words_and_stays_in_the_window(
    wide: Page, live_site: LiveSite, garden: Loaded
) -> None:
    live_site.annotation(live_site.person(), garden, "three gates", "Three.")
    open_text(wide, garden)
    wide.locator(GATES).scroll_into_view_if_needed()
    before = wide.evaluate("scrollY")
    wide.click(GATES)
    expect(wide.locator(".talk .comment > .body")).to_have_text("Three.")
    ordinal = garden.parsed.innermost(*place_of(garden, "three gates"))
    assert ordinal is not None
    block = f"document.getElementById('{garden.pids[ordinal]}').getBoundingClientRect()"
    level = f"Math.abs({block}.top - {PANEL}.top - 14) < 2"
    until(wide, f"{level} || Math.abs({PANEL}.bottom - innerHeight) < 2")
    assert wide.evaluate("scrollY") == before
    for step in (500, -200, -2000, 90000):
        wide.evaluate(f"scrollBy({{top: {step}, behavior: 'instant'}})")
        until(wide, f"{PANEL}.top >= -1 && {PANEL}.bottom <= innerHeight + 1")


def test_threads_are_sorted_as_the_reader_chose_last(
    page: Page, live_site: LiveSite, garden: Loaded
) -> None:
    name = live_site.person()
    late = live_site.annotation(name, garden, "never locked", "Late in the text.")
    answer(live_site, name, late)
    answer(live_site, name, late)
    live_site.annotation(name, garden, "three gates", "Early in the text.")
    open_text(page, garden)
    page.click(GATES)
    expect(page.locator(".talk .comment")).to_have_count(4)
    assert bodies(page)[0] == "Early in the text."
    page.click(".talk .sorts a:has-text('most replies')")
    expect(page.locator(".talk .comment > .body").first).to_have_text("Late in the text.")
    assert bodies(page) == ["Late in the text.", "Indeed.", "Indeed.", "Early in the text."]
    expect(page.locator(".talk .sorts [aria-current]")).to_be_focused()
    page.reload()
    page.click(GATES)
    expect(page.locator(".talk .comment > .body").first).to_have_text("Late in the text.")
    page.click(".talk .sorts a:has-text('newest first')")
    expect(page.locator(".talk .comment > .body").first).to_have_text("Early in the text.")


def test_a_long_conversation_comes_in_pieces_and_the_focus_goes_on(
    page: Page, live_site: LiveSite, garden: Loaded
) -> None:
    name = live_site.person()
    for number in range(23):
        live_site.annotation(name, garden, "three gates", f"Comment {number}.")
    open_text(page, garden)
    page.click(GATES)
    expect(page.locator(".talk .comment")).to_have_count(20)
    expect(page.locator(".talk .counted")).to_have_text("20 of 23 comments")
    page.click(".talk .more a")
    expect(page.locator(".talk .comment")).to_have_count(23)
    expect(page.locator(".talk .comment").nth(20)).to_be_focused()
    expect(page.locator(".talk .counted")).to_have_text("23 comments")
    assert len(set(bodies(page))) == 23


@pytest.mark.parametrize("way", ["Escape", "control"])
def test_from_a_annotation_to_its_words_and_back(
    page: Page, live_site: LiveSite, garden: Loaded, way: str
) -> None:
    ann = live_site.person("Ann")
    live_site.annotation(ann, garden, "three gates", "Three.")
    live_site.annotation(live_site.person("Bob"), garden, "never locked", "Never.")
    open_text(page, garden)
    page.click(GATES)
    quoted = page.locator(".talk .comment .words").first
    quoted.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#_text p[data-start]:focus")).to_contain_text("three gates")
    if way == "Escape":
        page.keyboard.press("Escape")
    else:
        page.keyboard.press("Tab")
        expect(page.locator(".way-back")).to_be_focused()
        expect(page.locator(".way-back")).to_have_accessible_name(f"Back to the comment by {ann}")
        page.keyboard.press("Enter")
    expect(quoted).to_be_focused()
    expect(page.locator(".way-back")).to_have_count(0)
    expect(page.locator(".talk[data-open]")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(page.locator(GATES).locator("..")).to_be_focused()


def test_annotations_are_comments_with_headings(
    page: Page, live_site: LiveSite, garden: Loaded
) -> None:
    ann = live_site.person("Ann")
    ident = live_site.annotation(ann, garden, "three gates", "Three.")
    answer(live_site, live_site.person("Bob"), ident)
    open_text(page, garden)
    click_at(page, place_of(garden, "three gates")[0])
    comments = page.locator(".talk [role=comment]")
    expect(comments).to_have_count(2)
    expect(comments.first.get_by_role("heading", level=3)).to_have_text(ann)
    names = page.evaluate(
        """() => [...document.querySelectorAll(".talk [role=comment]")].map((each) =>
             each.getAttribute("aria-labelledby").split(" ")
                 .map((id) => document.getElementById(id).textContent).join(" "))"""
    )
    assert all(ann in names[0] or "Bob" in name for name in names)
    expect(page.locator("#_status")).to_have_text("2 comments")


def test_the_sheet_hides_neither_the_words_nor_the_focus(
    make_page: MakePage, live_site: LiveSite, garden: Loaded
) -> None:
    live_site.annotation(live_site.person(), garden, "three gates", "Three.")
    page = make_page(viewport={"width": 360, "height": 640})
    open_text(page, garden)
    page.click(GATES)
    expect(page.locator(".talk .comment > .body")).to_have_text("Three.")
    above = f"document.querySelector('{{}}').getBoundingClientRect().bottom <= {PANEL}.top + 1"
    page.click(".talk .comment .words")
    page.locator(".way-back").focus()
    until(page, above.format(".way-back"))
    for control in page.locator("#_text .n").all()[-3:]:
        control.focus()
        until(page, above.format("#_text .n:focus"))


def test_marks_are_shown_on_request_and_the_text_stays_word_for_word(
    page: Page, live_site: LiveSite, garden: Loaded
) -> None:
    name = live_site.person()
    live_site.annotation(name, garden, "There are three gates", "Three.")
    live_site.annotation(name, garden, "three gates", "Gates.")
    open_text(page, garden)
    assert page.locator("#_text mark").count() == 0
    page.click(".to-menu")
    page.check("#_marks")
    marks = page.locator("#_text mark")
    assert marks.all_inner_texts() == ["There are ", "three gates"]
    details = marks.first.get_attribute("aria-details")
    assert details
    expect(page.locator(f"#{details}")).to_have_attribute("aria-label", "2 comments on paragraph 1")
    assert page.evaluate("CSS.highlights.has('comments-1')") is False
    page.reload()
    expect(marks).to_have_count(2)
    found = page.evaluate(CHECK, f"/api/documents/{garden.slug}/editions/{garden.label}/text")
    assert found["wrong"] == []
    click_at(page, place_of(garden, "three gates")[0])
    expect(page.locator(".talk .comment")).to_have_count(2)
    page.click(".to-menu")
    page.uncheck("#_marks")
    expect(marks).to_have_count(0)
    until(page, "CSS.highlights.get('comments-2')?.size === 1")


def test_a_link_to_a_reply_opens_it_beside_its_words(
    page: Page, live_site: LiveSite, garden: Loaded
) -> None:
    ident = live_site.annotation(live_site.person(), garden, "bell: one stroke", "Only one?")
    reply = answer(live_site, live_site.person("Bob"), ident, "One is enough.")
    page.goto(f"/a/{reply}/place")
    expect(page.locator(f".talk #a-{reply}")).to_be_focused()
    assert bodies(page) == ["Only one?", "One is enough."]
    expect(page.locator("#_asked")).to_contain_text("a reply by Bob")


def test_a_link_to_lost_words_opens_the_annotation_where_they_stood_and_leads_to_them(
    page: Page, live_site: LiveSite, garden: Loaded
) -> None:
    words = "a child’s laughter has never been against the rules"
    ident = live_site.annotation(live_site.person(), garden, words, "Good.")
    with live_site.db.transaction() as session:
        data = (SAMPLES / "garden-2.md").read_bytes()
        add_edition.add(session, slug=garden.slug, label="2026-04-01", data=data, name="text.md")
    page.goto(f"/d/{garden.slug}?remark={ident}")
    expect(page.locator(f".talk #a-{ident}")).to_be_focused()
    expect(page.locator(".talk .comment .words")).to_have_text(words)
    expect(page.locator(".talk .verdict")).to_contain_text("no longer in 2026-04-01")
    page.click("#_asked a:has-text('where it was written')")
    page.wait_for_url(lambda address: f"@{garden.label}?remark={ident}#" in address)
    expect(page.locator(f".talk #a-{ident}")).to_be_focused()
    until(page, "CSS.highlights.get('comment-spoken-of')?.size === 1")
    expect(page.locator("#_asked")).to_contain_text("View where its words were, in the newest")


def test_long_words_are_quoted_up_to_the_end_of_one_and_closing_frees_the_column(
    wide: Page, live_site: LiveSite
) -> None:
    sentence = "Gatekeepers everywhere remember unlocking. "
    loaded = live_site.document(f"# One\n\n{sentence * 40}\n".encode())
    live_site.annotation(live_site.person(), loaded, sentence * 9, "Long.")
    open_text(wide, loaded)
    wide.locator("#_text .n b").last.click()
    quoted = wide.locator(".talk .comment .words")
    expect(quoted).to_contain_text("…")
    assert (quoted.text_content() or "").rstrip("…").split()[-1] in sentence.split()
    wide.keyboard.press("Escape")
    assert not wide.locator(".talk-column").get_attribute("style")


def test_a_long_passage_is_quoted_once_when_a_comment_on_it_is_posted(
    page: Page, live_site: LiveSite, reader: str
) -> None:
    long = " ".join(f"word{number}" for number in range(90))
    garden = live_site.document(f"# Long\n\n{long}.\n".encode())
    begin(page, garden, long)
    write(page, "All of it.")
    expect(page.locator(".talk .comment > .body")).to_have_text("All of it.")
    expect(page.locator(".talk-quote")).to_contain_text("word0 word1")
    expect(page.locator(".talk .comment .words")).to_be_hidden()
