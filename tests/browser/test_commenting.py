"""Writing and reading commentary beside the text, with mouse and keyboard."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from annotator.services.editions.editions import Loaded
from tests.browser.conftest import LiveSite, MakePage, sign_in, stored
from tests.browser.hands import (
    begin,
    click_at,
    module,
    open_text,
    painted,
    place_of,
    press,
    select,
    until,
    write,
)


def test_selected_words_become_a_annotation_at_once(
    page: Page, live_site: LiveSite, garden: Loaded, reader: str
) -> None:
    open_text(page, garden)
    start, end = place_of(garden, "sit, to read or to look")
    select(page, start, end)
    press(page, "Comment")
    assert page.inner_text(".talk-quote") == "sit, to read or to look"
    write(page, "A *fine* list.", "purpose, sitting")
    expect(page.locator(".talk .comment > .body")).to_have_text("A fine list.")
    expect(page.locator(".talk .comment em")).to_have_text("fine")
    assert painted(page) == [{"words": "sit, to read or to look", "depth": 1}]
    expect(page.locator("#_total")).to_have_text("1 comment")
    expect(
        page.locator(".n[aria-label='1 comment on paragraph 1'] [data-count='1']").first
    ).to_be_visible()
    expect(
        page.locator(".n[aria-label='1 comment on section Purpose'] [data-count='1']")
    ).to_be_visible()
    [annotation] = stored(live_site, garden)
    assert (annotation.author, annotation.tags) == (reader, ("purpose", "sitting"))
    target = annotation.targets[0]
    assert (target.start, target.end, target.exact) == (start, end, "sit, to read or to look")
    page.reload()
    until(page, "CSS.highlights.get('comments-1')?.size === 1")
    assert painted(page) == [{"words": "sit, to read or to look", "depth": 1}]


@pytest.mark.parametrize(
    "words",
    [
        "on a lead 🐕, and never",  # an emoji is one code point and two units
        "never in the café́ terrace",  # an accent that combines with no letter to one character
        "nobody's silence is measured, and",  # across an element within the paragraph
    ],
)
def test_offsets_are_right_beside_what_counts_differently(
    page: Page, live_site: LiveSite, garden: Loaded, reader: str, words: str
) -> None:
    open_text(page, garden)
    start, end = place_of(garden, words)
    select(page, start, end)
    press(page, "Comment")
    write(page, "Here.")
    expect(page.locator(".talk .comment > .body")).to_have_text("Here.")
    target = stored(live_site, garden)[0].targets[0]
    assert (target.start, target.end, target.exact) == (start, end, words)
    assert "".join(each["words"] for each in painted(page)) == words


@pytest.mark.parametrize(
    ("first", "last"),
    [
        ("belongs to the town", "We say “keep quiet”"),  # two paragraphs
        ("Keep to the paths. Keep", "dawn and closes"),  # over a heading
        ("bicycles are pushed", "A wheelchair is no"),  # list items, nested ones too
        ("Ring the bell", "one stroke"),  # from a list into code
    ],
)
def test_a_selection_may_cross_blocks(
    page: Page, live_site: LiveSite, garden: Loaded, reader: str, first: str, last: str
) -> None:
    open_text(page, garden)
    start, end = place_of(garden, first)[0], place_of(garden, last)[1]
    select(page, start, end)
    press(page, "Comment")
    write(page, "From here to there.")
    expect(page.locator(".talk .comment > .body")).to_have_text("From here to there.")
    target = stored(live_site, garden)[0].targets[0]
    assert (target.start, target.end) == (start, end)
    assert target.exact == garden.parsed.text[start:end]
    assert "\n" in (target.exact or "")


def test_words_are_highlighted_without_a_annotation(
    page: Page, live_site: LiveSite, garden: Loaded, reader: str
) -> None:
    open_text(page, garden)
    select(page, *place_of(garden, "three gates"))
    press(page, "Highlight")
    until(page, "CSS.highlights.get('comments-1')?.size === 1")
    [annotation] = stored(live_site, garden)
    assert (annotation.body, annotation.motivation) == (None, "highlighting")
    expect(page.locator("#_status")).to_have_text("Highlighted.")


def test_a_click_on_highlighted_words_shows_all_that_was_said_there(
    page: Page, live_site: LiveSite, garden: Loaded
) -> None:
    ann, bob = live_site.person("Ann"), live_site.person("Bob")
    live_site.annotation(ann, garden, "The north gate is locked at dusk", "Which dusk?")
    live_site.annotation(bob, garden, "locked at dusk, the other two", "Two of three.")
    live_site.annotation(bob, garden, "never locked", "Elsewhere.")
    open_text(page, garden)
    assert sorted((each["words"], each["depth"]) for each in painted(page)) == [
        (", the other two", 1), ("The north gate is ", 1), ("locked at dusk", 2),
        ("never locked", 1),
    ]  # fmt: skip
    click_at(page, place_of(garden, "at dusk")[0])
    bodies = page.locator(".talk .comment > .body")
    expect(bodies).to_have_count(2)
    assert set(bodies.all_inner_texts()) == {"Which dusk?", "Two of three."}
    click_at(page, place_of(garden, "never locked")[0])
    expect(bodies).to_have_text(["Elsewhere."])


def test_a_click_beside_the_highlights_opens_nothing(
    page: Page, live_site: LiveSite, garden: Loaded
) -> None:
    live_site.annotation(live_site.person(), garden, "three gates", "Three.")
    open_text(page, garden)
    click_at(page, place_of(garden, "There are")[0])
    expect(page.locator(".talk[data-open]")).to_have_count(0)


def test_the_count_beside_a_paragraph_opens_its_commentary(
    page: Page, live_site: LiveSite, garden: Loaded, reader: str
) -> None:
    live_site.annotation(reader, garden, "three gates", "Three.")
    open_text(page, garden)
    page.click(".n[aria-label='1 comment on paragraph 1'] b")
    expect(page.locator(".talk-title")).to_have_text("Paths and gates ¶ 1")
    expect(page.locator(".talk-title")).to_be_focused()
    expect(page.locator(".talk .comment > .body")).to_have_text("Three.")
    talk = page.locator(".talk")
    address = talk.get_by_role("link", name="Open page of paragraph 1").get_attribute("href")
    assert page.request.get(address or "").ok
    talk.get_by_text("Download", exact=True).click()
    expect(talk.get_by_role("link", name="Table (CSV)")).to_be_visible()
    talk.get_by_role("link", name="Cite").click()
    cited = page.get_by_role("dialog", name="Citation").get_by_label("Address of this edition")
    expect(cited.first).to_have_value(f"{garden.slug}@{garden.label}/paths-and-gates/1")
    page.keyboard.press("Escape")
    expect(page.locator("dialog[open]")).to_have_count(0)
    page.locator(".talk-title").press("Escape")
    expect(page.locator(".talk[data-open]")).to_have_count(0)


def test_the_buttons_of_the_form_cover_no_help(
    page: Page, live_site: LiveSite, garden: Loaded, reader: str
) -> None:
    page.set_viewport_size({"width": 1280, "height": 860})
    begin(page, garden)
    expect(page.locator(".talk form.compose")).to_be_visible()
    buttons, panel, help_line = (
        page.evaluate("at => document.querySelector(at).getBoundingClientRect().toJSON()", at)
        for at in (".talk .actions", ".talk", ".talk label:has([name=body]) + .help")
    )
    assert help_line["bottom"] <= buttons["top"] + 1
    assert buttons["bottom"] <= panel["bottom"]


def test_a_annotation_is_edited_in_place(
    page: Page, live_site: LiveSite, garden: Loaded, reader: str
) -> None:
    live_site.annotation(reader, garden, "three gates", "Tree gates?", ("gates",))
    open_text(page, garden)
    click_at(page, place_of(garden, "three gates")[0])
    page.click(".talk .comment [data-act=edit]")
    assert page.input_value(".comment textarea") == "Tree gates?"
    page.fill(".comment textarea", "Three gates?")
    page.click(".comment button[value=post]")
    expect(page.locator(".talk .comment > .body")).to_have_text("Three gates?")
    expect(page.locator(".talk .byline")).to_contain_text("edited")
    assert stored(live_site, garden)[0].body == "Three gates?"


def test_a_annotation_is_deleted_after_a_question(
    page: Page, live_site: LiveSite, garden: Loaded, reader: str
) -> None:
    live_site.annotation(reader, garden, "three gates", "A mistake.")
    open_text(page, garden)
    click_at(page, place_of(garden, "three gates")[0])
    page.click(".talk .comment [data-act=delete]")
    page.click(".removal [data-cancel]")
    expect(page.locator(".talk .comment > .body")).to_have_text("A mistake.")
    page.click(".talk .comment [data-act=delete]")
    page.click(".removal button.danger")
    expect(page.locator(".talk .comment")).to_have_count(0)
    assert painted(page) == []
    assert stored(live_site, garden) == []
    expect(page.locator("#_total")).to_have_text("No comments")
    expect(page.locator(".n[aria-label='Comment on paragraph 1']").first).to_be_empty()


def test_a_reply_joins_its_thread(
    page: Page, live_site: LiveSite, garden: Loaded, reader: str
) -> None:
    live_site.annotation(live_site.person("Ann"), garden, "three gates", "Why three?")
    open_text(page, garden)
    click_at(page, place_of(garden, "three gates")[0])
    page.click(".talk .comment [data-act=reply]")
    page.fill(".comment textarea", "Because of the wall.")
    page.click(".comment button[value=post]")
    reply = page.locator(".thread .comment.reply > .body")
    expect(reply).to_have_text("Because of the wall.")
    head, answer = stored(live_site, garden)
    assert answer.in_reply_to == head.id
    assert [each["depth"] for each in painted(page)] == [1]


def test_only_the_author_is_offered_to_change_a_annotation(
    page: Page, live_site: LiveSite, garden: Loaded, reader: str
) -> None:
    live_site.annotation(live_site.person("Ann"), garden, "three gates", "Why three?")
    open_text(page, garden)
    click_at(page, place_of(garden, "three gates")[0])
    expect(page.locator(".talk .comment [data-act]")).to_have_text(["Reply"])


def test_a_double_click_posts_once(
    page: Page, live_site: LiveSite, garden: Loaded, reader: str
) -> None:
    begin(page, garden)
    page.fill(".talk textarea[name=body]", "Once.")
    page.dblclick(".talk button[value=post]")
    expect(page.locator(".talk .comment > .body")).to_have_text("Once.")
    page.wait_for_load_state("networkidle")
    assert len(stored(live_site, garden)) == 1


def test_the_preview_is_what_the_server_will_show(page: Page, garden: Loaded, reader: str) -> None:
    begin(page, garden)
    page.fill(".talk textarea[name=body]", "> quoted\n\n<b>not bold</b> but **bold**")
    page.click(".talk button:has-text('Preview')")
    expect(page.locator(".preview blockquote")).to_have_text("quoted")
    expect(page.locator(".preview strong")).to_have_text("bold")
    assert page.locator(".preview b").count() == 0
    expect(page.locator(".preview")).to_be_focused()
    page.fill(".talk textarea[name=body]", "Other words.")
    page.click(".talk button:has-text('Preview')")
    expect(page.locator(".preview")).to_have_text("Other words.")


def test_a_fault_is_told_where_it_is_and_the_words_are_kept(
    page: Page, garden: Loaded, reader: str
) -> None:
    begin(page, garden)
    write(page, "Kept.", "x" * 200)
    expect(page.locator(".compose .error")).to_contain_text("Shorten each tag to")
    expect(page.locator(".talk input[name=tags]")).to_be_focused()
    assert page.input_value(".talk textarea[name=body]") == "Kept."


def test_without_the_network_the_words_are_kept_and_sent_when_it_is_back(
    page: Page, live_site: LiveSite, garden: Loaded, reader: str
) -> None:
    begin(page, garden)
    page.context.set_offline(True)
    write(page, "Kept.")
    expect(page.locator(".compose .error")).to_contain_text("cannot be reached")
    page.context.set_offline(False)
    expect(page.locator(".talk .comment > .body")).to_have_text("Kept.")
    page.evaluate("dispatchEvent(new Event('online'))")
    page.wait_for_load_state("networkidle")
    assert [annotation.body for annotation in stored(live_site, garden)] == ["Kept."]


def test_all_of_it_works_by_keyboard(
    page: Page, live_site: LiveSite, garden: Loaded, reader: str
) -> None:
    open_text(page, garden)
    page.focus(".n[data-unit='1'] >> nth=0")
    page.keyboard.press("Enter")
    expect(page.locator(".talk textarea[name=body]")).to_be_focused()
    page.keyboard.type("By keyboard.")
    page.keyboard.press("Shift+Tab")
    expect(page.locator(".choosing summary")).to_be_focused()
    page.keyboard.press("Enter")
    page.focus(".talk input[name=quote]")
    page.keyboard.type("the town asks little")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".talk .comment > .body")).to_have_text("By keyboard.")
    expect(page.locator(".talk .comment")).to_be_focused()
    assert stored(live_site, garden)[0].targets[0].exact == "the town asks little"
    page.keyboard.press("Escape")
    expect(page.locator(".n[data-unit='1'] >> nth=0")).to_be_focused()


def test_the_toolbar_is_the_next_stop_after_the_selected_words(
    page: Page, live_site: LiveSite, garden: Loaded, reader: str
) -> None:
    open_text(page, garden)
    select(page, *place_of(garden, "three gates"))
    page.keyboard.press("Tab")
    expect(page.locator(".toolbar button").first).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".talk textarea[name=body]")).to_be_focused()


def test_quoted_words_that_do_not_stand_there_are_refused_before_they_are_sent(
    page: Page, live_site: LiveSite, garden: Loaded, reader: str
) -> None:
    open_text(page, garden)
    page.focus(".n[data-unit='1'] >> nth=0")
    page.keyboard.press("Enter")
    page.fill(".talk textarea[name=body]", "Where?")
    page.click(".choosing summary")
    page.fill(".talk input[name=quote]", "words of another garden")
    page.click(".talk button[value=post]")
    expect(page.locator(".misfit")).to_contain_text("could not find those words")
    expect(page.locator(".talk input[name=quote]")).to_be_focused()
    assert stored(live_site, garden) == []


def test_a_annotation_leads_to_its_words_and_a_permalink_opens_it_there(
    page: Page, live_site: LiveSite, garden: Loaded
) -> None:
    ident = live_site.annotation(live_site.person(), garden, "bell: one stroke", "Only one?")
    page.goto(f"/a/{ident}")
    page.click("text=View in context")
    expect(page.locator(".talk .comment > .body")).to_have_text("Only one?")
    assert page.evaluate("CSS.highlights.get('comment-spoken-of').size") == 1
    in_view = """() => { const box = [...CSS.highlights.get('comment-spoken-of')][0]
      .getBoundingClientRect(); return box.top >= 0 && box.bottom <= innerHeight; }"""
    until(page, in_view)


def test_on_touch_screens_the_toolbar_stands_below_the_words(
    make_page: MakePage, live_site: LiveSite, garden: Loaded
) -> None:
    page = make_page(viewport={"width": 390, "height": 800}, has_touch=True, is_mobile=True)
    sign_in(page, live_site.person())
    open_text(page, garden)
    start, end = place_of(garden, "three gates")
    page.evaluate(
        """async ([source, start, end]) => {
             const { mapText, rangeOf } = await import(source);
             const range = rangeOf(mapText(document.querySelector("#_text")), start, end);
             range.startContainer.parentElement.scrollIntoView({ block: "center" });
             getSelection().removeAllRanges();
             getSelection().addRange(range);
           }""",
        [module(page, "offsets"), start, end],
    )
    page.wait_for_selector(".toolbar")
    below = "() => document.querySelector('.toolbar').getBoundingClientRect().top > " \
            "getSelection().getRangeAt(0).getBoundingClientRect().bottom"  # fmt: skip
    assert page.evaluate(below)
    page.tap(".toolbar button[aria-label='Comment']")
    expect(page.locator(".talk-quote")).to_have_text("three gates")
    page.fill(".talk textarea[name=body]", "By finger.")
    page.tap(".talk button[value=post]")
    expect(page.locator(".talk .comment > .body")).to_have_text("By finger.")


def test_marks_stand_in_where_the_browser_cannot_paint_ranges(
    make_page: MakePage, live_site: LiveSite, garden: Loaded
) -> None:
    name = live_site.person()
    live_site.annotation(name, garden, "nobody's silence is measured, and", "Is it not?")
    live_site.annotation(name, garden, "measured", "How?")
    page = make_page(viewport={"width": 1280, "height": 900})
    page.add_init_script(
        "Object.defineProperty(CSS, 'highlights', { value: undefined }); delete window.Highlight;"
    )
    sign_in(page, name)
    open_text(page, garden)
    marks = page.locator("#_text mark")
    assert marks.all_inner_texts() == ["nobody's silence is ", "measured", ", and"]
    assert [mark.get_attribute("data-depth") for mark in marks.all()] == ["1", "2", "1"]
    select(page, *place_of(garden, "is measured, and a child"))
    press(page, "Comment")
    write(page, "Again.")
    expect(page.locator(".talk .comment > .body")).to_have_count(3)
    pieces = ["nobody's silence ", "is ", "measured", ", and", " a child’s"]  # whole words
    assert marks.all_inner_texts() == pieces
    shown = page.evaluate("document.querySelector('#_text').querySelectorAll('p')[1].textContent")
    assert shown in garden.parsed.text
