"""Hostile strings as bodies, tags, names and queries, in a real browser: nothing runs, and no
element, attribute or scheme that the policy does not know is in the page.

The strings lie beside the repository and are never copied into it.
"""

from __future__ import annotations

import urllib.parse
from collections.abc import Iterator
from contextlib import suppress
from itertools import count
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy.orm import Session

from annotator import markup
from annotator.auth.permissions import Viewer
from annotator.db import now
from annotator.errors import AnnotatorError, Unacceptable
from annotator.markup.renderer import ATTRIBUTES, SCHEMES, TAGS
from annotator.models import Account
from annotator.schemas.annotations import Draft, DraftTarget
from annotator.services.annotations import annotations
from annotator.services.annotations.drafts import REFUSED
from annotator.services.editions.editions import Loaded
from tests.browser.conftest import LiveSite, sign_in
from tests.browser.hands import open_text

pytestmark = pytest.mark.shared
AT_FIRST, PER_PAGE = 20, 50  # how many annotations the panel shows at once, and how many more
LONGEST_QUERY = 900
POLICY = {
    "tags": sorted(TAGS),
    "attributes": {tag: sorted(names) for tag, names in ATTRIBUTES.items()},
    "schemes": sorted(f"{scheme}:" for scheme in SCHEMES),
}
# What is wrong in the page: in annotations by the policy, elsewhere by what our templates never
# write.
FAULTS = """
(policy, page = document) => {
  const faults = [...window.__ran];
  const own = location.origin;
  const say = (element, why) => faults.push(`${why}: ${element.outerHTML.slice(0, 200)}`);
  for (const element of page.querySelectorAll("*")) {
    const tag = element.localName;
    // The reading page's own; the policy allows them by their digests, and no comment is in a head.
    const inHead = page.head && element.parentElement === page.head &&
      ["style", "script"].includes(tag);
    // The bars of the discussion map, which its script draws where they belong, and our icons.
    const drawn = element.closest(".strip, .site-name > svg, .site-head svg[aria-hidden]");
    const html = element.namespaceURI === "http://www.w3.org/1999/xhtml";
    if (!drawn && !html) say(element, "namespace");
    if (["iframe", "object", "embed", "base", "style", "frame", "img", "video", "audio", "applet",
         "noscript", "marquee", "portal"].includes(tag) && !drawn && !inHead)
      say(element, "element");
    // The page's own are named so, and no comment keeps an id.
    if (tag === "template" && !element.id.startsWith("_")) say(element, "element");
    if (tag === "script" && element.type !== "application/json" && !inHead &&
        !element.src.startsWith(`${own}/assets/`)) say(element, "script");
    for (const { name, value } of element.attributes) {
      // The panel's own place and room, as its script measures them; nothing else has a style.
      const measured = name === "style" && element.matches(".talk, .talk-column") &&
        /^--(level|room): [\\d.]+px;$/.test(value);
      if (name.startsWith("on") || ["srcdoc", "formaction", "xlink:href"].includes(name) ||
          (name === "style" && !measured && !drawn)) say(element, `attribute ${name}`);
      if (["href", "src", "action"].includes(name)) {
        const { protocol } = new URL(value, own);
        if (!policy.schemes.includes(protocol)) say(element, `scheme ${protocol}`);
        if (name !== "href" && !new URL(value, own).href.startsWith(own)) say(element, "foreign");
      }
    }
  }
  for (const body of page.querySelectorAll(".body")) {
    for (const element of body.querySelectorAll("*")) {
      if (!policy.tags.includes(element.localName)) say(element, "element in a comment");
      for (const { name } of element.attributes) {
        const known = policy.attributes[element.localName] ?? [];
        if (!known.includes(name) && !(element.localName === "a" && name === "rel"))
          say(element, `attribute ${name} in a comment`);
      }
      if (element.localName === "a" && element.rel !== "nofollow ugc noopener") say(element, "rel");
    }
  }
  for (const place of page.querySelectorAll(".tags a, .byline h3 a, .words, .snippet mark, h1"))
    if (place.childElementCount) say(place, "element among words");
  return faults;
}
"""
Posted = tuple[Loaded, int]
_serial = count()


def stranger(session: Session, name: str) -> Viewer:
    """Make an account past all checks of its name, as a fault elsewhere might."""
    key = f"hostile {next(_serial)}"
    row = Account(name=name, name_key=key, email="", password=None, role="member", created=now())
    session.add(row)
    session.flush()
    return Viewer(account=row.id, name=name, role="member")


@pytest.fixture(scope="session")
def hostile(live_site: LiveSite, payloads: list[str]) -> Posted:
    """A document with every string as a body, as a tag and as its author's name."""
    loaded = live_site.document(b"# Fence\n\nA fence keeps some things out.\n")
    start = loaded.parsed.text.index("A fence")
    target = DraftTarget(start=start, end=start + 7)
    posted, names = 0, set()
    with live_site.db.transaction() as session:
        for payload in payloads:
            name = payload[:64].replace("\x00", "") or "nobody"
            name = name if name not in names else f"{name[:56]} {next(_serial)}"
            names.add(name)
            viewer = stranger(session, name)
            for body, tags in ((payload, (payload[:60],)), (payload, ()), ("Tagged.", ())):
                draft = Draft(document=loaded.slug, targets=(target,), body=body, tags=tags)
                try:
                    with session.begin_nested():
                        annotations.create(session, viewer, draft, live_site.config.limits)
                    posted += 1
                    break
                except AnnotatorError:
                    continue  # refused: too long, or with control characters in it
    return loaded, posted


def faults(page: Page) -> Any:
    return page.evaluate(FAULTS, POLICY)


def pages_of(page: Page, address: str) -> Iterator[int]:
    """Open a list page by page."""
    page.goto(address)
    for number in count(1):
        yield number
        following = page.locator("p.more a")
        if not following.count():
            return
        page.goto(str(following.get_attribute("href")))


def test_the_check_finds_what_it_looks_for(
    chromium: Browser, live_site: LiveSite, payloads: list[str]
) -> None:
    """Put in unsanitized, the strings are caught, so that finding none is worth something."""
    page = chromium.new_page()
    page.add_init_script("window.__ran = [];")
    caught = 0
    for payload in [each for each in payloads if each.startswith(("<img", "<svg", "<a "))][:40]:
        page.goto(live_site.address)
        page.evaluate("(html) => { document.body.innerHTML = html; }", payload)
        caught += bool(faults(page))
    page.close()
    assert caught > 20


def test_on_a_provisions_page(page: Page, live_site: LiveSite, hostile: Posted) -> None:
    loaded, posted = hostile
    seen = 0
    for _ in pages_of(page, f"/d/{loaded.slug}/p/{loaded.pids[-1]}"):
        seen += page.locator(".comment").count()
        assert faults(page) == []
    assert seen == posted


def test_in_the_panel_beside_the_text(page: Page, live_site: LiveSite, hostile: Posted) -> None:
    loaded, posted = hostile
    sign_in(page, live_site.person())
    open_text(page, loaded)
    page.focus(".n[data-unit='1']")
    page.keyboard.press("Enter")
    for shown in range(AT_FIRST, posted + PER_PAGE, PER_PAGE):
        expect(page.locator(".talk .comment")).to_have_count(min(shown, posted))
        if shown < posted:
            page.click(".talk-comments .more a")
    assert faults(page) == []


def test_in_the_preview(
    page: Page, live_site: LiveSite, hostile: Posted, payloads: list[str]
) -> None:
    loaded, _ = hostile
    sign_in(page, live_site.person())
    open_text(page, loaded)
    page.focus(".n[data-unit='1']")
    page.keyboard.press("Enter")
    page.click(".talk-form button")
    shown = page.locator(".talk .preview")
    taken = [payload for payload in payloads if not REFUSED.search(payload)]
    for first in range(0, len(taken), 40):
        page.fill(".talk textarea[name=body]", "\n\n".join(taken[first : first + 40])[:9000])
        with page.expect_response("**/p/*"):
            page.click(".talk button:has-text('Preview')")
        expect(shown).to_be_visible()
        assert faults(page) == []


def test_among_the_newest_and_on_peoples_pages(
    page: Page, live_site: LiveSite, hostile: Posted, payloads: list[str]
) -> None:
    page.goto("/")
    assert faults(page) == []
    for payload in payloads[::25]:
        page.goto(f"/people/{urllib.parse.quote(payload[:64], safe='')}")
        assert faults(page) == []


def test_in_search_results_with_their_snippets_and_facets(page: Page, hostile: Posted) -> None:
    loaded, posted = hostile
    query = f"kind:annotation document:{loaded.slug}"
    for _ in range(200):
        page.goto(f"/search?q={urllib.parse.quote(query)}")
        if page.locator(".total").inner_text().startswith(f"{posted:,} result"):
            break
        page.wait_for_timeout(100)
    for number in pages_of(page, page.url):
        assert faults(page) == []
        if number == 30:
            break


def together(payloads: list[str]) -> Iterator[str]:
    """Yield every string, as many in one query as are read."""
    query = ""
    for payload in payloads:
        if len(query) + len(payload) > LONGEST_QUERY:
            yield query
            query = ""
        query += f" {payload[:LONGEST_QUERY]}"
    yield query


def test_as_queries(page: Page, payloads: list[str]) -> None:
    for query in [*together(payloads), *payloads[::10]]:
        answer = page.goto(f"/search?q={urllib.parse.quote(query)}")
        assert answer is not None
        assert answer.status in {200, 400}, query
        assert faults(page) == []


def test_each_as_a_query_alone(page: Page, payloads: list[str]) -> None:
    """The browser parses every answer as it would a page."""
    page.goto("/search")
    found = page.evaluate(
        f"""async ([policy, queries]) => {{
          const faultsOf = {FAULTS};
          const found = [];
          for (const query of queries) {{
            const answer = await fetch(`/search?q=${{query}}`);
            const html = await answer.text();
            if (![200, 400].includes(answer.status)) found.push(`${{answer.status}}: ${{query}}`);
            found.push(...faultsOf(policy, new DOMParser().parseFromString(html, "text/html")));
          }}
          return found; }}""",
        [POLICY, [urllib.parse.quote(payload) for payload in payloads]],
    )
    assert found == []


def test_as_names_in_the_form_to_sign_up(page: Page, payloads: list[str]) -> None:
    for payload in payloads[::25]:
        page.goto("/sign-up?next=/account")
        page.fill("main [name=name]", payload)
        page.fill("main [name=password]", "short")  # refused, so that the form comes back
        page.click("main form button")
        assert faults(page) == []


def test_every_body_renders_within_the_policy(page: Page, payloads: list[str]) -> None:
    """The renderer alone, in one document, as a feed's reader would take it."""
    page.goto("/")
    bodies = []
    for payload in payloads:
        with suppress(Unacceptable):  # nothing of it would be seen
            bodies.append(markup.render(payload))
    assert len(bodies) > 450
    page.evaluate(
        """(bodies) => { for (const each of bodies) {
             const body = document.createElement("div");
             body.className = "body";
             body.innerHTML = each;
             document.querySelector("main").append(body); } }""",
        bodies,
    )
    assert faults(page) == []
