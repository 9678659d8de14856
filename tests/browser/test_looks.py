"""The pages at the edges: narrow, dark, printed, without colour."""

from __future__ import annotations

from statistics import median

import pytest
from playwright.sync_api import Page, expect

from annotator.services.editions.editions import Loaded
from tests.browser.conftest import LiveSite, MakePage, sign_in
from tests.browser.hands import open_text, place_of, select, until
from tests.conftest import ROOT

CHARTER = ROOT / "corpus" / "charter" / "2026-09-01.md"
TABLE = b"""# Hours

| Gate | Opens | Closes |
|------|-------|--------|
| North gate | at dawn, by the keeper | at dusk |
| South gate | | never |

```
a line of code that is much longer than any narrow screen could ever show at once, on and on
```

Averyveryverylongwordwithoutanyplacewhereitcouldbebrokenasaneditorsometimesfindsinanaddress.
"""
SMALL = """
() => [...document.querySelectorAll("a, button, input:not([type=hidden]), summary, textarea")]
  .filter((each) => each.checkVisibility() && !each.closest("p, .vh, dd, .body, .skip, li > p, h3"))
  .map((each) => [each, each.matches(".n") ? each.querySelector("b") : each])
  .filter(([, shown]) => shown)
  .map(([each, shown]) => [each.outerHTML.slice(0, 120), shown.getBoundingClientRect()])
  .filter(([, box]) => box.width && (box.height < 23.9 || box.width < 23.9))
  .map(([html, box]) => `${html} ${box.width}x${box.height}`)
"""


# Characters of each full line of the paragraphs, as they stand on the screen.
LINES = """
() => [...document.querySelectorAll("#_text section > p[data-start]")].flatMap((block) => {
  const lines = [];
  const walker = document.createTreeWalker(block, NodeFilter.SHOW_TEXT);
  const range = document.createRange();
  let last = null;
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    for (let at = 0; at < node.length; at++) {
      range.setStart(node, at);
      range.setEnd(node, at + 1);
      const { bottom } = range.getBoundingClientRect();
      if (last === null || bottom > last + 8) lines.push(0);
      last = bottom;
      lines[lines.length - 1]++;
    }
  }
  return lines.slice(0, -1);
})
"""


def addresses(loaded: Loaded, ident: str, name: str) -> list[str]:
    return [
        "/", f"/d/{loaded.slug}", f"/d/{loaded.slug}/p/{loaded.pids[1]}", f"/a/{ident}",
        f"/a/{ident}/edit", f"/a/{ident}/delete", "/search", "/search?q=gate", "/search?q=%28",
        f"/people/{name}", "/sign-up", "/account", "/d/nothing",
    ]  # fmt: skip


@pytest.mark.parametrize("width", [320, 768, 1280])
def test_no_page_is_wider_than_the_window_and_every_control_is_large_enough(
    make_page: MakePage, live_site: LiveSite, width: int
) -> None:
    loaded = live_site.document(TABLE)
    name = live_site.person("Averyveryverylongname")
    ident = live_site.annotation(name, loaded, "North gate", "Long/" * 60, ("t" * 60,))
    page = make_page(viewport={"width": width, "height": 700})
    sign_in(page, name)
    for address in addresses(loaded, ident, name):
        page.goto(address)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, address
        assert page.evaluate(SMALL) == [], address


@pytest.mark.parametrize("width", [1000, 1024, 1280, 1920])
def test_a_line_holds_sixty_to_seventy_five_characters(
    make_page: MakePage, live_site: LiveSite, width: int
) -> None:
    loaded = live_site.document(CHARTER.read_bytes())
    page = make_page(viewport={"width": width, "height": 900})
    open_text(page, loaded)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    lines = page.evaluate(LINES)
    assert len(lines) > 100
    assert 60 <= median(lines) <= 75


# How far counts of five figures reach out of their sections.
CROWDED = """
() => [...document.querySelectorAll("#_text section > .n")].map((control) => {
  control.innerHTML = "<b>20,340</b>";
  const [count, section] = [control.firstChild, control.parentElement]
    .map((it) => it.getBoundingClientRect());
  return Math.max(count.right - section.right, section.left - count.left);
})
"""


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("words", ["A garden", "حديقة"])
def test_a_count_of_any_length_stands_whole_in_its_section(
    make_page: MakePage, live_site: LiveSite, width: int, words: str
) -> None:
    loaded = live_site.document(f"# {words}\n\n{words}.\n\n## {words}\n\n{words}.\n".encode())
    page = make_page(viewport={"width": width, "height": 900})
    open_text(page, loaded)
    out = page.evaluate(CROWDED)
    assert len(out) >= 2
    assert max(out) <= 0.5


def test_no_count_is_painted_by_a_highlight_that_goes_on_in_the_next_paragraph(
    page: Page, live_site: LiveSite
) -> None:
    loaded = live_site.document(b"# One\n\nThe first ends here.\n\nThe second begins.\n")
    live_site.annotation(live_site.person(), loaded, "ends here.\nThe second", "Both.")
    open_text(page, loaded)
    shade = """(it) => {
      const style = getComputedStyle(it, "::highlight(comments-1)");
      return `${style.backgroundColor} ${style.textDecorationLine}`;
    }"""
    counts = page.locator("#_text .n b")
    assert counts.count() >= 2
    assert {count.evaluate(shade) for count in counts.all()} == {"rgba(0, 0, 0, 0) none"}
    assert page.locator("#_text p").first.evaluate(shade).endswith("underline")


@pytest.mark.parametrize("scripts", [True, False])
def test_a_link_to_a_section_leads_there_however_long_the_text_before_it(
    make_page: MakePage, live_site: LiveSite, scripts: bool
) -> None:
    lengths = [3, 90, 1, 60, 2, 120, 4, 80]
    parts = [f"## Part {at}\n\n" + "It goes on and on. " * 12 * many
             for at, many in enumerate(lengths)]  # fmt: skip
    loaded = live_site.document("\n\n".join(parts).encode())
    page = make_page(viewport={"width": 360, "height": 700}, java_script_enabled=scripts)
    for at in (5, 2, 7):
        page.goto("about:blank")
        page.goto(f"/d/{loaded.slug}#part-{at}")
        top = f"document.getElementById('part-{at}').getBoundingClientRect().top"
        until(page, f"{top} >= 0 && {top} < 100")  # what comes into the window is laid out


def test_the_text_is_no_wider_than_the_narrowest_window(
    make_page: MakePage, live_site: LiveSite
) -> None:
    loaded = live_site.document(CHARTER.read_bytes())
    page = make_page(viewport={"width": 320, "height": 640})
    open_text(page, loaded)
    assert page.evaluate("document.documentElement.scrollWidth") == 320


def test_the_narrow_panel_is_a_sheet_that_leaves_the_text_in_sight(
    make_page: MakePage, live_site: LiveSite, garden: Loaded
) -> None:
    live_site.annotation(live_site.person(), garden, "three gates", "Three.")
    page = make_page(viewport={"width": 320, "height": 640})
    open_text(page, garden)
    expect(page.locator(".talk")).to_be_hidden()
    page.locator(".n[aria-label='1 comment on paragraph 1'] b").click()
    expect(page.locator(".talk .comment > .body")).to_have_text("Three.")
    assert page.evaluate("document.querySelector('.talk').getBoundingClientRect().top") > 120
    assert page.evaluate("document.documentElement.scrollWidth") == 320
    page.click(".talk-close")
    expect(page.locator(".talk")).to_be_hidden()


def background(page: Page) -> int:
    """Return how bright the page is, 0 to 255."""
    shown: int = page.evaluate(
        "Number(getComputedStyle(document.documentElement).backgroundColor.match(/\\d+/)[0])"
    )
    return shown


def test_dark_is_the_systems_choice_and_the_readers(make_page: MakePage, garden: Loaded) -> None:
    page = make_page(color_scheme="dark")
    open_text(page, garden)
    assert background(page) < 60
    page.click(".to-menu")
    page.check("input[name=theme] >> nth=1")
    assert background(page) > 200
    page.reload()
    assert background(page) > 200
    page.goto("/about")
    assert background(page) > 200
    page.click(".to-menu")
    expect(page.get_by_label("Light")).to_be_checked()
    page.get_by_label("System").check()
    assert background(page) < 60
    page.reload()
    assert background(page) < 60


def test_the_table_of_contents_follows(page: Page, garden: Loaded) -> None:
    page.set_viewport_size({"width": 1280, "height": 400})
    open_text(page, garden)
    page.evaluate("document.getElementById('opening-hours').scrollIntoView()")
    current = page.locator(".contents [aria-current]")
    expect(current).to_have_text("Opening hours")


def test_without_colours_highlights_are_still_marked(
    make_page: MakePage, live_site: LiveSite, garden: Loaded
) -> None:
    live_site.annotation(live_site.person(), garden, "three gates", "Three.")
    page = make_page(forced_colors="active")
    open_text(page, garden)
    line = "getComputedStyle(document.querySelector('#_text p'), '::highlight(comments-1)')"
    assert page.evaluate(f"{line}.textDecorationLine") == "underline"


def test_on_paper_there_is_the_text_and_nothing_to_press(page: Page, garden: Loaded) -> None:
    open_text(page, garden)
    page.emulate_media(media="print")
    for part in (".site-head", ".contents", ".talk", ".contents-button", ".around"):
        expect(page.locator(part).first).to_be_hidden()
    expect(page.locator("#_text")).to_be_visible()


def test_the_toolbar_stays_within_a_narrow_window(
    make_page: MakePage, live_site: LiveSite, garden: Loaded
) -> None:
    page = make_page(viewport={"width": 320, "height": 640})
    open_text(page, garden)
    select(page, *place_of(garden, "in return"))
    box = page.locator(".toolbar").bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 320


def test_a_table_has_its_header_and_its_empty_cells(page: Page, live_site: LiveSite) -> None:
    open_text(page, live_site.document(TABLE))
    cells = [row.locator("th, td").count() for row in page.locator("#_text tr").all()]
    assert cells == [3, 3, 3]
    expect(page.locator("#_text th[scope=col]")).to_have_text(["Gate", "Opens", "Closes"])
    expect(page.locator("#_text tr").nth(2).locator("td").nth(1)).to_have_text("")


def test_on_paper_of_any_width_numbers_stand_beside_the_text(page: Page, garden: Loaded) -> None:
    page.set_viewport_size({"width": 640, "height": 900})
    open_text(page, garden)
    page.emulate_media(media="print")
    number, text = (
        page.locator(part).first.bounding_box() for part in (".n[data-unit]", "#_text p")
    )
    assert number is not None
    assert text is not None
    assert number["x"] + number["width"] <= text["x"]
