"""Selections as readers really make them: past the text, of nothing, in any script, by finger."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from annotator.services.editions.editions import Loaded
from tests.browser.conftest import LiveSite, MakePage, sign_in, stored
from tests.browser.hands import module, open_text, painted, place_of, press, until

MANY = """# Scripts

الكلام هنا من اليمين إلى اليسار. وهذه جملة ثانية.

ここに日本語の文章があります。二つ目の文です。

A family 👨‍👩‍👧 and a flag 🇺🇳 stand here. Ça va, naïve élan?

שלום עולם and English together.
"""
SELECT = """([from, to]) => {
  const node = (at) => typeof at === "string" ? document.querySelector(at) : at;
  const range = document.createRange();
  range.setStart(node(from), 0);
  range.setEnd(node(to), node(to).childNodes.length);
  getSelection().removeAllRanges();
  getSelection().addRange(range);
}"""
BY_OFFSET = """async ([source, start, end]) => {
  const { mapText, rangeOf } = await import(source);
  const range = rangeOf(mapText(document.querySelector("#_text")), start, end);
  range.startContainer.parentElement.scrollIntoView({ block: "center", behavior: "instant" });
  getSelection().removeAllRanges();
  getSelection().addRange(range);
}"""


def select(page: Page, start: int, end: int) -> None:
    """Select characters as a program would, and wait for the toolbar."""
    source = module(page, "offsets")
    page.evaluate(BY_OFFSET, [source, start, end])
    page.wait_for_selector(".toolbar")


def post(page: Page, body: str) -> None:
    page.fill(".talk textarea[name=body]", body)
    page.click(".talk button[value=post]")
    expect(page.locator(".talk .comment > .body")).to_have_text(body)


@pytest.mark.parametrize(
    ("start", "end", "first", "last"),
    [
        ("h1", "#purpose p", "Rules", "return."),  # from the title, which is no part of the text
        (".site-head", "#purpose p", "", "return."),
        ("#opening-hours p", ".site-foot", "", ""),
    ],
)
def test_a_selection_that_leaves_the_text_is_cut_off_at_its_edge(
    page: Page, live_site: LiveSite, garden: Loaded, reader: str,
    start: str, end: str, first: str, last: str,
) -> None:  # fmt: skip
    open_text(page, garden)
    page.evaluate(SELECT, [start, end])
    press(page, "Comment")
    post(page, "To the edge.")
    target = stored(live_site, garden)[0].targets[0]
    exact = target.exact or ""
    assert exact == garden.parsed.text[target.start : target.end]
    assert exact.endswith(last)
    if end == ".site-foot":
        assert target.end == len(garden.parsed.text.rstrip())
    else:
        assert target.start == 0


def test_a_selection_wholly_outside_the_text_offers_nothing(page: Page, garden: Loaded) -> None:
    open_text(page, garden)
    page.evaluate(SELECT, [".site-head", ".title"])
    page.wait_for_timeout(300)
    expect(page.locator(".toolbar")).to_have_count(0)


def test_a_selection_of_nothing_but_spaces_offers_nothing(
    page: Page, garden: Loaded, reader: str
) -> None:
    open_text(page, garden)
    space = garden.parsed.text.index(" ")
    seam = garden.parsed.text.index("\n")
    source = module(page, "offsets")
    for start, end in ((space, space + 1), (seam, seam + 1)):
        page.evaluate(BY_OFFSET, [source, start, end])
        page.wait_for_timeout(300)
        expect(page.locator(".toolbar")).to_have_count(0)
    told = page.evaluate(
        """async ([slug, start]) => {
             const token = document.querySelector("meta[name=csrf-token]").content;
             const answer = await fetch("/api/annotations", { method: "POST",
               headers: { "Content-Type": "application/json", "X-CSRFToken": token },
               body: JSON.stringify({ document: slug, target: { start, end: start + 1 },
                                      body: "x" }) });
             return [answer.status, (await answer.json()).error.message];
           }""",
        [garden.slug, space],
    )
    assert told == [422, "The range contains only white space. Choose some words."]


@pytest.mark.parametrize(
    "words",
    [
        "من اليمين إلى",
        "日本語の文章",
        "👨‍👩‍👧 and a flag 🇺🇳",
        "🇺🇳",
        "naïve élan",
        "עולם and English",
    ],
)
def test_any_script_and_emoji_are_selected_as_they_stand(
    page: Page, live_site: LiveSite, reader: str, words: str
) -> None:
    loaded = live_site.document(MANY.encode())
    open_text(page, loaded)
    start, end = place_of(loaded, words)
    select(page, start, end)
    press(page, "Comment")
    assert page.inner_text(".talk-quote") == words
    post(page, "In every script.")
    target = stored(live_site, loaded)[0].targets[0]
    assert (target.start, target.end, target.exact) == (start, end, words)
    assert "".join(each["words"] for each in painted(page)) == words


@pytest.mark.parametrize(
    ("words", "more"),
    [
        ("الكلام", "الكلام هنا"),
        ("日本", "日本語"),
        ("עולם", "עולם and"),
        ("a flag", "a flag 🇺🇳 stand"),  # an emoji is no word: what is grown by a word passes it
        ("naïve", "naïve élan"),
    ],
)
def test_words_of_any_script_are_grown_by_one(
    page: Page, live_site: LiveSite, reader: str, words: str, more: str
) -> None:
    loaded = live_site.document(MANY.encode())
    open_text(page, loaded)
    select(page, *place_of(loaded, words))
    press(page, "Comment")
    page.click(".choosing summary")
    page.focus(".ends button:has-text('End later')")
    page.keyboard.press("ArrowRight")
    shown = page.inner_text(".talk-quote")
    assert shown == more or (words == "日本" and shown.startswith("日本語"))


def test_a_tap_acts_on_what_was_selected_though_the_browser_lets_go_of_it(
    make_page: MakePage, live_site: LiveSite, garden: Loaded
) -> None:
    page = make_page(viewport={"width": 390, "height": 800}, has_touch=True, is_mobile=True)
    sign_in(page, live_site.person())
    open_text(page, garden)
    select(page, *place_of(garden, "three gates"))
    page.evaluate("addEventListener('touchstart', () => getSelection().removeAllRanges())")
    box = page.locator(".toolbar button[aria-label='Comment']").bounding_box()
    assert box is not None
    at = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}
    finger = page.context.new_cdp_session(page)
    finger.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [at]})
    page.wait_for_timeout(300)  # longer than a selection takes to count as made
    finger.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    expect(page.locator(".talk-quote")).to_have_text("three gates")
    page.fill(".talk textarea[name=body]", "By finger.")
    page.tap(".talk button[value=post]")
    expect(page.locator(".talk .comment > .body")).to_have_text("By finger.")
    assert stored(live_site, garden)[0].targets[0].exact == "three gates"


def test_on_touch_screens_the_toolbar_keeps_clear_of_the_systems_menu_and_handles(
    make_page: MakePage, garden: Loaded
) -> None:
    """The menu comes above the words or, where there is no room, below them."""
    page = make_page(viewport={"width": 390, "height": 700}, has_touch=True, is_mobile=True)
    open_text(page, garden)
    for scrolled, further, clear in (("center", 0, 36), ("start", 20, 100)):
        select(page, *place_of(garden, "three gates"))
        page.evaluate(
            """([block, top]) => { getSelection().getRangeAt(0).startContainer.parentElement
                 .scrollIntoView({ block, behavior: "instant" });
               scrollBy({ top, behavior: "instant" });
               const range = getSelection().getRangeAt(0);
               getSelection().removeAllRanges(); getSelection().addRange(range); }""",
            [scrolled, further],
        )
        until(
            page,
            f"""(() => {{ const bar = document.querySelector(".toolbar").getBoundingClientRect();
               const range = getSelection().getRangeAt(0).getBoundingClientRect();
               return bar.top - range.bottom >= {clear} && bar.bottom <= innerHeight; }})()""",
        )
        page.evaluate("getSelection().removeAllRanges()")


def test_a_selection_across_fifty_paragraphs_is_one_annotation(
    page: Page, live_site: LiveSite, reader: str
) -> None:
    loaded = live_site.document(
        ("# Many\n\n" + "\n\n".join(f"Paragraph {n} of many." for n in range(60))).encode()
    )
    open_text(page, loaded)
    start = loaded.parsed.text.index("Paragraph 3 ")
    end = loaded.parsed.text.index(" of many.", loaded.parsed.text.index("Paragraph 52 "))
    select(page, start, end)
    press(page, "Comment")
    post(page, "On fifty.")
    target = stored(live_site, loaded)[0].targets[0]
    assert (target.start, target.end) == (start, end)
    assert (target.exact or "").count("\n") == 49
    [words] = [each["words"] for each in painted(page)]
    assert words.startswith("Paragraph 3 of many.")
    assert words.endswith("Paragraph 52")
    expect(page.locator("#_text .n:not([data-unit='4']) b").first).to_have_attribute(
        "data-count", "1"
    )
    assert page.locator("#_text .n[data-unit] b").count() == 50
