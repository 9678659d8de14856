"""Discussion map, beside the text: the strip, the filter, and what follows them."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from annotator.services.editions.editions import Loaded
from tests.browser.conftest import LiveSite, MakePage, sign_in
from tests.browser.hands import click_at, open_text, painted, place_of, press, select, until


@pytest.fixture
def argued(live_site: LiveSite, garden: Loaded) -> tuple[Loaded, str, str]:
    """Two people argue about the gates, the first alone about silence and about dogs."""
    ann, bob = live_site.person("Ann"), live_site.person("Bob")
    live_site.annotation(ann, garden, "keep quiet", "Hush.", ("quiet",))
    live_site.annotation(ann, garden, "three gates", "Three?", ("count",))
    live_site.annotation(bob, garden, "three gates", "Four.", ("count",))
    live_site.annotation(ann, garden, "on a lead", "Always.")
    return garden, ann, bob


def open_drawn(page: Page, loaded: Loaded, query: str = "") -> Locator:
    """Open a document and wait for its strip."""
    page.goto(f"/d/{loaded.slug}{query}")
    links = page.locator("#_map .map-strip a")
    expect(links.first).to_be_attached()
    return links


def wait_for_search(page: Page, loaded: Loaded, query: str) -> None:
    """Wait until the search behind a filter finds a comment: the index follows a moment later."""
    for _ in range(200):
        found = page.request.get(f"/api/annotations?document={loaded.slug}&{query}").json()
        if "q=" not in query or found["total"]:
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"Nothing was found for {query}.")


def badges(page: Page) -> int:
    """Count the provisions that show a count."""
    return page.locator("#_text a.n b").count()


def test_the_strip_says_where_the_argument_is_in_words_and_in_length(
    page: Page, argued: tuple[Loaded, str, str]
) -> None:
    links = open_drawn(page, argued[0])
    names = [link.get_attribute("aria-label") for link in links.all()]
    assert names == [
        "Purpose, paragraph 2: 1 person, 1 comment",
        "Paths and gates, paragraph 1: 2 people, 2 comments",
        "Paths and gates, list item 4: 1 person, 1 comment",
    ]
    box = links.first.bounding_box()
    assert box is not None
    assert min(box["height"], box["width"]) >= 24
    drawn = page.evaluate(
        "[...document.querySelectorAll('.map-strip path')].map((each) => each.getAttribute('d'))"
    )
    bars = [bar for path in drawn for bar in path.split("z") if bar]
    assert len(bars) == 3
    assert len({bar.split("h")[1].split("v")[0] for bar in bars}) == 2  # one person, two people
    table = page.locator("#_map > a")
    assert table.get_attribute("href") == f"/d/{argued[0].slug}/map/2026-03-01"


SHIFTS = """
() => new Promise((done) => {
  let sum = 0;
  const add = (entries) => { for (const each of entries) sum += each.value; };
  new PerformanceObserver((list) => add(list.getEntries()))
    .observe({ type: "layout-shift", buffered: true });
  requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => done(sum), 100)));
})
"""


def test_the_strip_moves_nothing_when_it_comes(
    page: Page, live_site: LiveSite, argued: tuple[Loaded, str, str]
) -> None:
    long = live_site.document(b"# One\n\n" + b"Words that fill a page of their own. " * 4_000)
    for loaded in (argued[0], long):
        page.goto(f"/d/{loaded.slug}")
        expect(page.locator("#_map .map-here")).to_be_attached()
        assert page.evaluate(SHIFTS) == 0


def test_by_keyboard_the_strip_is_one_stop_and_enter_goes_to_the_place(
    page: Page, argued: tuple[Loaded, str, str]
) -> None:
    page.set_viewport_size({"width": 1280, "height": 500})
    links = open_drawn(page, argued[0])
    page.keyboard.press("h")
    expect(links.nth(0)).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(links.nth(1)).to_be_focused()
    page.keyboard.press("End")
    expect(links.nth(2)).to_be_focused()
    page.keyboard.press("Home")
    page.keyboard.press("ArrowDown")
    assert page.locator(".map-strip a[tabindex='0']").count() == 1
    page.keyboard.press("Enter")
    control = page.locator("a.n[aria-label='2 comments on paragraph 1']")
    expect(control).to_be_focused()
    expect(control).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator(".talk .comment")).to_have_count(2)


def test_a_click_on_the_strip_goes_to_the_place(
    page: Page, argued: tuple[Loaded, str, str]
) -> None:
    page.set_viewport_size({"width": 1280, "height": 500})
    links = open_drawn(page, argued[0])
    links.nth(2).click()
    expect(page.locator("a.n[aria-label='1 comment on list item 4']")).to_be_focused()
    until(page, "document.querySelector('.map-here').style.top !== '0%'")


def test_scrolling_changes_no_style_with_each_frame(
    page: Page, argued: tuple[Loaded, str, str]
) -> None:
    """A browser looks for all highlights again after each change of a style."""
    page.set_viewport_size({"width": 1280, "height": 500})
    open_drawn(page, argued[0])
    until(page, "document.querySelector('.map-here').style.height !== ''")
    assert page.evaluate(
        """() => new Promise((done) => {
          const here = document.querySelector(".map-here").style;
          const [before, held, frames] = [here.cssText, [], []];
          window.setTimeout = (work) => held.push(work);
          const step = () => {
            frames.push(here.cssText);
            scrollBy({ top: 40, behavior: "instant" });
            if (frames.length < 6) return requestAnimationFrame(step);
            for (const work of held) work();
            done([frames.every((each) => each === before), here.cssText === before]);
          };
          requestAnimationFrame(step);
        })"""
    ) == [True, False]


def test_a_filter_holds_for_counts_highlights_strip_and_panel_and_stays_in_the_address(
    page: Page, argued: tuple[Loaded, str, str]
) -> None:
    garden, _, bob = argued
    links = open_drawn(page, garden)
    everything = badges(page)
    page.keyboard.press("f")
    expect(page.locator("#_filter [name=author]")).to_be_focused()
    page.keyboard.type(bob)
    page.keyboard.press("Enter")
    said = page.locator(".notices")
    expect(said).to_contain_text(f"Showing 1 comment by {bob}")
    expect(page.locator("#_status")).to_have_text(f"Showing 1 comment by {bob}")
    expect(page.locator("#_filter")).to_be_hidden()
    expect(links).to_have_count(1)
    assert [each["words"] for each in painted(page)] == ["three gates"]
    click_at(page, place_of(garden, "three gates")[0])
    expect(page.locator(".talk .comment > .body")).to_have_text(["Four."])

    page.reload()
    expect(said).to_contain_text(f"Showing 1 comment by {bob}")
    expect(page.locator("#_filter [name=author]")).to_have_value(bob)
    table = page.locator("#_map > a").get_attribute("href") or ""
    assert table.endswith(f"/d/{garden.slug}/map/2026-03-01?author={bob.replace(' ', '+')}")
    said.locator("button").click()
    expect(said).to_have_count(0)
    assert badges(page) == everything
    assert page.url.endswith(f"/d/{garden.slug}")
    page.go_back()
    expect(said).to_contain_text(f"by {bob}")
    page.go_back()
    expect(said).to_have_count(0)


def test_a_filter_that_fits_nothing_or_means_nothing_is_told_and_changes_nothing(
    page: Page, argued: tuple[Loaded, str, str]
) -> None:
    open_drawn(page, argued[0])
    everything = badges(page)
    page.click("[popovertarget=_filter] >> nth=0")
    page.fill("#_filter [name=author]", "nobody at all")
    page.keyboard.press("Enter")
    expect(page.locator("#_filter-fault")).to_have_text(
        "There is no account named 'nobody at all'."
    )
    field = page.locator("#_filter [name=author]")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_be_focused()
    assert badges(page) == everything
    assert page.url.endswith(argued[0].slug)
    page.fill("#_filter [name=author]", "")
    page.fill("#_filter [name=tag]", "unheard of")
    page.keyboard.press("Enter")
    expect(page.locator(".notices")).to_contain_text("No comments match this filter")
    assert badges(page) == 0
    page.goto(f"/d/{argued[0].slug}?author=nobody&after=soon")
    expect(page.locator(".notices")).to_contain_text("after")
    assert badges(page) == everything


def test_where_there_is_no_room_a_link_leads_to_the_map(
    make_page: MakePage, argued: tuple[Loaded, str, str]
) -> None:
    page = make_page(viewport={"width": 360, "height": 700})
    open_text(page, argued[0])
    expect(page.locator("#_map")).to_be_hidden()
    page.click("text=Discussion map >> visible=true")
    expect(page.locator("h1")).to_have_text("Discussion map")


def test_without_colours_the_strip_is_drawn(
    make_page: MakePage, argued: tuple[Loaded, str, str]
) -> None:
    page = make_page(viewport={"width": 1280, "height": 700}, forced_colors="active")
    open_drawn(page, argued[0])
    fill = "getComputedStyle(document.querySelector('.map-strip path')).fill"
    paper = "getComputedStyle(document.querySelector('.strip')).backgroundColor"
    assert page.evaluate(fill) != page.evaluate(paper)


def test_without_scripts_the_filter_leads_to_the_map(
    make_page: MakePage, argued: tuple[Loaded, str, str]
) -> None:
    garden, _, bob = argued
    page = make_page(java_script_enabled=False, viewport={"width": 1280, "height": 700})
    page.goto(f"/d/{garden.slug}")
    expect(page.locator("#_map")).to_be_hidden()
    page.click("[popovertarget=_filter] >> nth=0")
    page.fill("#_filter [name=author]", bob)
    page.keyboard.press("Enter")
    expect(page.locator(".total")).to_contain_text("Matching: 1 comment by 1 person.")
    expect(page.locator("main form [name=author]")).to_have_value(bob)
    row = page.locator(".map tr", has=page.locator("text=Paths and gates"))
    expect(row.locator(".number").first).to_have_text("1")


GATES = "a.n[aria-label$='on paragraph 1']:has(+ p:text('There are three gates'))"


@pytest.mark.parametrize(
    ("query", "left", "hidden"),
    [
        ("section=purpose", 0, 2),
        ("section=paths-and-gates", 2, 0),
        ("author={bob}", 1, 1),
        ("tag=count", 2, 0),
        ("tag=quiet", 0, 2),
        ("after=2100-01-01", 0, 2),
        ("verdict=exact", 2, 0),
        ("verdict=lost", 0, 2),
        ("q=four", 1, 1),
    ],
)
def test_under_every_filter_the_panel_lists_what_is_counted_and_says_what_is_hidden(
    page: Page, argued: tuple[Loaded, str, str], query: str, left: int, hidden: int
) -> None:
    garden, _, bob = argued
    wait_for_search(page, garden, query.format(bob=bob))
    page.goto(f"/d/{garden.slug}?{query.format(bob=bob)}")
    expect(page.locator(".notices")).to_contain_text("comment")
    counts = [each.get_attribute("data-count") for each in page.locator(f"{GATES} b").all()]
    assert counts == ([str(left)] if left else [])
    assert ("three gates" in [each["words"] for each in painted(page)]) is bool(left)
    page.locator(GATES).click()
    expect(page.locator(".talk .comment")).to_have_count(left)
    told = page.locator(".talk .talk-hidden")
    if not hidden:
        expect(told).to_have_count(0)
        return
    expect(told).to_contain_text(f"{hidden} comment{'s' * (hidden > 1)} hidden by the filter")
    told.locator("a").click()
    expect(page.locator(".talk .comment")).to_have_count(2)
    expect(told).to_have_count(0)
    expect(page.locator(".talk-title")).to_be_focused()
    assert page.url.endswith(f"/d/{garden.slug}")


def write(page: Page, body: str) -> None:
    """Post an annotation through the form that is open."""
    page.fill(".talk form textarea", body)
    page.click(".talk form button[value=post]")


@pytest.mark.parametrize("query", ["author={bob}", "section=purpose", "q=four"])
def test_what_one_posts_under_a_filter_that_leaves_it_out_is_shown_and_says_so(
    page: Page, live_site: LiveSite, argued: tuple[Loaded, str, str], query: str
) -> None:
    garden, ann, bob = argued
    sign_in(page, ann)
    wait_for_search(page, garden, query.format(bob=bob))
    page.goto(f"/d/{garden.slug}?{query.format(bob=bob)}")
    said = page.locator(".notices")
    expect(said).to_contain_text("Showing")
    counts, shades = badges(page), painted(page)
    page.locator(GATES).click()
    opener = page.locator(".talk-form button:text('Comment on')")
    if opener.count():
        opener.click()
    write(page, "Against the filter.")
    mine = page.locator(".talk .comment", has_text="Against the filter.")
    expect(mine.locator(".left-out")).to_contain_text("This comment does not match the filter")
    assert (badges(page), painted(page)) == (counts, shades)
    expect(said).to_contain_text("Showing 1 comment")
    page.reload()
    expect(said).to_contain_text("Showing 1 comment")
    page.locator(GATES).click()
    expect(page.locator(".talk .talk-hidden")).to_contain_text("hidden by the filter")
    expect(mine).to_have_count(0)
    page.locator(".talk-hidden a").click()
    expect(mine).to_have_count(1)
    expect(mine.locator(".left-out")).to_have_count(0)


def test_what_one_posts_under_a_filter_that_it_fits_is_counted_there(
    page: Page, argued: tuple[Loaded, str, str]
) -> None:
    garden, _, bob = argued
    sign_in(page, bob)
    page.goto(f"/d/{garden.slug}?author={bob}")
    said = page.locator(".notices")
    expect(said).to_contain_text("Showing 1 comment")
    page.locator(GATES).click()
    page.click(".talk-form button:text('Comment on')")
    write(page, "Five.")
    expect(said).to_contain_text("Showing 2 comments")
    expect(page.locator(f"{GATES} b")).to_have_attribute("data-count", "2")
    expect(page.locator(".left-out")).to_have_count(0)
    shown = page.locator(".talk .comment", has_text="Five.")
    shown.locator("[data-act=delete]").click()
    shown.locator(".removal button.danger").click()
    expect(said).to_contain_text("Showing 1 comment")


def test_a_highlight_that_the_filter_leaves_out_is_told_of_and_can_be_shown(
    page: Page, argued: tuple[Loaded, str, str]
) -> None:
    garden, ann, bob = argued
    sign_in(page, ann)
    page.goto(f"/d/{garden.slug}?author={bob}")
    expect(page.locator(".notices")).to_contain_text("Showing 1 comment")
    select(page, *place_of(garden, "never locked"))
    press(page, "Highlight")
    told = page.locator(".notices > div", has_text="This comment does not match the filter")
    expect(told).to_be_visible()
    told.locator("button").click()
    expect(page.locator(".notices")).to_have_count(0)
    assert "never locked" in [each["words"] for each in painted(page)]


def test_a_reply_or_a_change_that_the_filter_leaves_out_says_so(
    page: Page, argued: tuple[Loaded, str, str]
) -> None:
    garden, ann, _ = argued
    sign_in(page, ann)
    page.goto(f"/d/{garden.slug}?tag=count")
    expect(page.locator(".notices")).to_contain_text("Showing 2 comments")
    page.locator(GATES).click()
    mine = page.locator(".talk .comment", has_text="Three?")
    mine.locator("[data-act=reply]").click()
    write(page, "Two, perhaps.")
    answer = page.locator(".talk .reply", has_text="Two, perhaps.")
    expect(answer.locator(".left-out")).to_be_visible()
    mine.locator("[data-act=edit]").click()
    page.fill(".talk form [name=tags]", "other")
    page.click(".talk form button[value=post]")
    expect(mine.locator(".left-out")).to_be_visible()
    expect(page.locator(".notices")).to_contain_text("Showing 1 comment")
