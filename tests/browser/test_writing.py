"""Writing without a pointer: words grown and shrunk; drafts that are not lost; deletions undone."""

from __future__ import annotations

from playwright.sync_api import Dialog, Page, expect

from annotator.services.editions.editions import Loaded
from tests.browser.conftest import LiveSite, sign_in, stored
from tests.browser.hands import click_at, open_text, painted, place_of, press, select, until

FIRST = "It belongs to the town, and the town asks little in return."


def open_form(page: Page, loaded: Loaded) -> None:
    """Comment on the first paragraph, by keyboard, and open what chooses its words."""
    open_text(page, loaded)
    page.focus("#purpose .n[data-unit='1']")
    page.keyboard.press("Enter")
    expect(page.locator(".talk textarea[name=body]")).to_be_focused()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")


def chosen(page: Page) -> str:
    """Return the words that are emphasized for the form."""
    found: str = page.evaluate(
        "[...(CSS.highlights.get('comment-spoken-of') ?? [])].map((each) => each.toString()).join()"
    )
    return found


def grow(page: Page, button: str, unit: str) -> None:
    page.select_option(".ends select", unit)
    page.click(f".ends button:has-text('{button}')")


def test_a_paragraph_is_seeded_and_shrunk_and_grown_by_keys(
    page: Page, live_site: LiveSite, garden: Loaded, reader: str
) -> None:
    open_form(page, garden)
    assert chosen(page).startswith("The garden is kept")
    page.keyboard.press("Tab")  # the unit
    page.keyboard.press("Tab")  # the first button
    page.keyboard.press("Shift+ArrowDown")
    assert chosen(page) == page.inner_text(".talk-quote") == FIRST
    expect(page.locator("#_status")).to_have_text(f"Now on: “{FIRST}”")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    assert chosen(page) == "It belongs to the town, and the town asks little in"
    page.keyboard.press("Shift+ArrowRight")
    assert chosen(page) == "belongs to the town, and the town asks little in"
    page.keyboard.press("PageDown")
    assert chosen(page).endswith("the town asks little in return.")
    page.keyboard.press("PageDown")
    assert "keep quiet" in chosen(page)
    page.keyboard.press("PageUp")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    page.fill(".talk textarea[name=body]", "Grown by keys.")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".talk .comment > .body")).to_have_text("Grown by keys.")
    words = "belongs to the town, and the town asks little in"
    target = stored(live_site, garden)[0].targets[0]
    assert (target.start, target.end, target.exact) == (*place_of(garden, words), words)
    assert [each["words"] for each in painted(page)] == [words]


def test_reading_other_annotations_meanwhile_leaves_the_chosen_words_marked(
    page: Page, live_site: LiveSite, garden: Loaded, reader: str
) -> None:
    live_site.annotation(reader, garden, "sit, to read or to look", "A list.")
    open_text(page, garden)
    page.click("#purpose .n[data-unit='1'] b")
    page.click(".talk-form button:has-text('Comment on paragraph 1')")
    before = chosen(page)
    page.hover(".talk .comment .body")
    assert chosen(page) == "sit, to read or to look"
    page.hover(".talk textarea[name=body]")
    assert chosen(page) == before != ""


def test_buttons_do_what_the_keys_do_and_across_blocks(
    page: Page, live_site: LiveSite, garden: Loaded, reader: str
) -> None:
    open_text(page, garden)
    start, end = place_of(garden, "keep quiet")
    select(page, start, end)
    press(page, "Comment")
    page.click(".choosing summary")
    grow(page, "Start earlier", "word")
    assert chosen(page) == "say “keep quiet"
    grow(page, "Start earlier", "paragraph")
    grow(page, "Start earlier", "sentence")
    assert chosen(page).startswith(FIRST)
    grow(page, "End later", "sentence")
    page.fill(".talk textarea[name=body]", "Across.")
    page.click(".talk button[value=post]")
    expect(page.locator(".talk .comment > .body")).to_have_text("Across.")
    exact = stored(live_site, garden)[0].targets[0].exact or ""
    assert exact.startswith(FIRST + "\nWe say “keep quiet”")
    assert exact.endswith("the rules.")


def test_it_grows_no_further_than_the_text_and_shrinks_no_further_than_a_word(
    page: Page, garden: Loaded, reader: str
) -> None:
    open_form(page, garden)
    for _ in range(3):
        grow(page, "End earlier", "sentence")
    grow(page, "Start later", "paragraph")
    expect(page.locator("#_status")).to_have_text("You have reached the end.")
    for _ in range(40):
        grow(page, "Start earlier", "paragraph")
    expect(page.locator("#_status")).to_have_text("You have reached the end.")
    page.click(".ends button:has-text('Reset')")
    page.fill(".talk textarea[name=body]", "All of it.")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".talk .comment > .body")).to_have_text("All of it.")


def test_a_whole_paragraph_stays_a_whole_paragraph(
    page: Page, live_site: LiveSite, garden: Loaded, reader: str
) -> None:
    open_form(page, garden)
    page.fill(".talk textarea[name=body]", "All of it.")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".talk .comment > .body")).to_have_text("All of it.")
    assert stored(live_site, garden)[0].targets[0].whole


def test_quoted_words_are_shown_before_they_are_sent(
    page: Page, garden: Loaded, reader: str
) -> None:
    open_form(page, garden)
    page.fill(".talk input[name=quote]", "the town  asks little")
    page.keyboard.press("Tab")
    assert chosen(page) == page.inner_text(".talk-quote") == "the town asks little"


def test_too_many_words_are_told_with_what_is_allowed_before_they_are_sent(
    page: Page, live_site: LiveSite, reader: str
) -> None:
    """Fifty paragraphs work while they are within the limit; two hundred do not."""
    loaded = live_site.document(
        ("# Many\n\n" + "\n\n".join(f"Paragraph {n} of many." for n in range(700))).encode()
    )
    open_text(page, loaded)
    page.focus(".n[data-unit='1']")
    page.keyboard.press("Enter")
    page.click(".choosing summary")
    page.select_option(".ends select", "paragraph")
    page.focus(".ends button:has-text('End later')")
    for _ in range(50):
        page.keyboard.press("PageDown")
    expect(page.locator(".misfit")).to_have_text("")
    page.fill(".talk textarea[name=body]", "Fifty more.")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".talk .comment > .body")).to_have_text("Fifty more.")
    assert (stored(live_site, loaded)[0].targets[0].exact or "").count("\n") == 50

    page.evaluate("""() => { const all = [...document.querySelectorAll("#_text p")];
      getSelection().setBaseAndExtent(all[0].firstChild, 0, all.at(-1).firstChild, 3); }""")
    press(page, "Comment")
    expect(page.locator(".misfit")).to_contain_text("the limit is 10,000")
    page.fill(".talk textarea[name=body]", "Too much.")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".talk input[name=quote]")).to_have_count(0)
    assert len(stored(live_site, loaded)) == 1
    assert page.input_value(".talk textarea[name=body]") == "Too much."


def test_a_draft_outlives_closing_and_reloading_with_the_words_it_was_on(
    page: Page, live_site: LiveSite, garden: Loaded, reader: str
) -> None:
    open_form(page, garden)
    grow(page, "Start later", "sentence")
    page.fill(".talk textarea[name=body]", "Half a thought")
    page.fill(".talk input[name=tags]", "half")
    page.keyboard.press("Escape")
    expect(page.locator(".unsent")).to_contain_text("Not posted yet: your comment on paragraph 1.")
    expect(page.locator("#_status")).to_contain_text("Your draft is saved")
    page.reload()
    page.click(".unsent button:has-text('Continue writing')")
    expect(page.locator(".talk textarea[name=body]")).to_have_value("Half a thought")
    expect(page.locator(".talk input[name=tags]")).to_have_value("half")
    assert chosen(page) == FIRST
    expect(page.locator(".unsent")).to_be_hidden()
    page.click(".talk button[value=post]")
    expect(page.locator(".talk .comment > .body")).to_have_text("Half a thought")
    assert stored(live_site, garden)[0].targets[0].exact == FIRST
    page.reload()
    until(page, "document.querySelector('.unsent')?.hidden === true")


def test_a_draft_is_thrown_away_only_when_asked_and_that_can_be_undone(
    page: Page, garden: Loaded, reader: str
) -> None:
    open_form(page, garden)
    page.fill(".talk textarea[name=body]", "Half a thought")
    page.click(".talk button:has-text('Cancel')")
    page.click(".unsent button:has-text('Discard draft')")
    page.click(".unsent button:has-text('Undo')")
    page.click(".unsent button:has-text('Continue writing')")
    expect(page.locator(".talk textarea[name=body]")).to_have_value("Half a thought")
    page.click(".talk button:has-text('Cancel')")
    page.click(".unsent button:has-text('Discard draft')")
    page.reload()
    until(page, "document.querySelector('.unsent')?.hidden === true")


def test_a_draft_is_its_authors_alone(
    page: Page, live_site: LiveSite, garden: Loaded, reader: str
) -> None:
    open_form(page, garden)
    page.fill(".talk textarea[name=body]", "Half a thought")
    page.context.clear_cookies()
    sign_in(page, live_site.person("Other"))
    open_form(page, garden)
    expect(page.locator(".talk textarea[name=body]")).to_have_value("")
    expect(page.locator(".unsent")).to_be_hidden()


def test_the_browser_asks_before_words_are_lost_and_only_then(
    page: Page, garden: Loaded, reader: str
) -> None:
    asked: list[str] = []

    def note(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.accept()

    page.on("dialog", note)
    open_form(page, garden)
    page.fill(".talk textarea[name=body]", "Kept.")
    page.reload()
    assert asked == []
    page.add_init_script(
        "Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError') }"
    )
    page.reload()
    open_form(page, garden)
    page.keyboard.press("Tab")
    page.focus(".talk textarea[name=body]")
    page.keyboard.type("Not kept.")
    page.reload()
    assert asked == ["beforeunload"]


def test_tags_in_use_are_offered_and_those_before_are_kept(
    page: Page, live_site: LiveSite, garden: Loaded, reader: str
) -> None:
    live_site.annotation(reader, garden, "three gates", "Three.", ("gates", "garden"))
    open_form(page, garden)
    page.focus(".talk input[name=tags]")
    page.keyboard.type("dusk, ga")
    offered = "[...document.querySelectorAll('datalist option')].map((each) => each.value).join()"
    until(page, f"{offered}.split(',').length === 4")
    assert page.evaluate(offered) == "dusk, garden,dusk, gates"


def test_deleting_is_undone_in_the_panel(
    page: Page, live_site: LiveSite, garden: Loaded, reader: str
) -> None:
    live_site.annotation(reader, garden, "three gates", "Tree gates.", ("gates",))
    open_text(page, garden)
    click_at(page, place_of(garden, "three gates")[0])
    page.click(".talk .comment [data-act=delete]")
    page.click(".removal button.danger")
    expect(page.locator(".talk .comment")).to_have_count(0)
    assert painted(page) == []
    expect(page.locator(".talk-told button")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".talk .comment > .body")).to_have_text("Tree gates.")
    expect(page.locator(".talk .tags")).to_have_text("gates")
    assert [each["words"] for each in painted(page)] == ["three gates"]
    expect(
        page.locator(".n[aria-label='1 comment on paragraph 1'] [data-count='1']").first
    ).to_be_visible()
    assert len(stored(live_site, garden)) == 1


def test_what_was_posted_though_the_answer_got_lost_is_posted_once(
    page: Page, live_site: LiveSite, garden: Loaded, reader: str
) -> None:
    open_form(page, garden)
    page.fill(".talk textarea[name=body]", "Once.")
    lost: list[int] = []

    def lose(route) -> None:  # type: ignore[no-untyped-def]
        if route.request.method == "POST" and not lost:
            lost.append(route.fetch().status)
            return route.abort()
        return route.continue_()

    page.route("**/d/*/p/*", lose)
    page.click(".talk button[value=post]")
    expect(page.locator(".compose .error")).to_contain_text("cannot be reached")
    assert lost == [200]
    page.click(".talk button[value=post]")
    expect(page.locator(".talk .comment > .body")).to_have_text("Once.")
    assert len(stored(live_site, garden)) == 1
