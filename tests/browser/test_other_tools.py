"""Other tools find what this site exports in its page, and what they write comes in.

The tools themselves run here, in a browser, as npm gives them (`package.json`).
"""

from __future__ import annotations

import io
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from annotator.formats import w3c
from annotator.formats.files import reading
from annotator.schemas.annotations import Draft, DraftTarget
from annotator.services.accounts import accounts
from annotator.services.annotations import annotations, listings
from annotator.services.annotations.filters import Filter
from annotator.services.dialects import w3c_containers
from annotator.services.dialects.w3c_containers import Container
from annotator.services.editions.editions import Loaded
from tests.browser.conftest import LiveSite, MakePage
from tests.conftest import ROOT
from tests.helpers import importing

NEEDED = (
    "@annotorious/annotorious",
    "@apache-annotator/dom",
    "@recogito/text-annotator",
    "esbuild",
)
ENTRY = """
import { createTextQuoteSelectorMatcher as quote, createTextPositionSelectorMatcher as position }
  from "@apache-annotator/dom";
import { W3CTextFormat, reviveAnnotation } from "@recogito/text-annotator";
import { W3CImageFormat } from "@annotorious/annotorious";
globalThis.tools = { quote, position, W3CTextFormat, reviveAnnotation, W3CImageFormat };
"""
RUN = """
async (items) => {
  const { quote, position, W3CTextFormat, reviveAnnotation } = tools;
  const article = document.querySelector("article");
  const adapter = W3CTextFormat(location.href, article);
  const found = { quotes: 0, byQuote: 0, byPosition: 0, loaded: 0, revived: 0, without: 0 };
  for (const item of items) {
    for (const { selector } of [item.target].flat()) {
      const said = selector.find((each) => each.type === "TextQuoteSelector");
      if (!said) continue;
      found.quotes++;
      const at = selector.find((each) => each.type === "TextPositionSelector");
      for await (const range of quote(said)(article)) {
        if (range.toString() === said.exact) { found.byQuote++; break; }
      }
      for await (const range of position(at)(article)) {
        if (range.toString() === said.exact) found.byPosition++;
      }
    }
    const { parsed, error } = adapter.parse(item); // a fault in an item would end the loading
    if (error) { found.without++; continue; }
    found.loaded++;
    const { target } = reviveAnnotation(parsed, article);
    if (target.selector.every(({ range, quote }) => range.toString() === quote)) found.revived++;
  }
  return found;
}
"""
WRITE = """
(words) => {
  const { W3CTextFormat, reviveAnnotation } = tools;
  const article = document.querySelector("article");
  const start = article.textContent.indexOf(words);
  const id = "0c52b2ab-2d0d-4a1a-9f6d-3f0d8e1c7a11";
  const selector = [{ id: "5f0f8f1e-8a52-4f5a-b8f5-7a5c52e6f9d2", quote: words, start, end: start + words.length }];
  const bodies = [{ id: "b1", annotation: id, type: "TextualBody", purpose: "commenting", value: "As Recogito writes." }];
  const made = { id, bodies, target: { annotation: id, selector, creator: { id: "guest-1", isGuest: true }, created: new Date() } };
  return JSON.parse(JSON.stringify(W3CTextFormat(location.href, article).serialize(reviveAnnotation(made, article))));
}
"""  # noqa: E501


DRAW = """
(type) => {
  const bounds = { minX: 10, minY: 20, maxX: 40, maxY: 60 };
  const geometry = type === "RECTANGLE" ? { x: 10, y: 20, w: 30, h: 40, rot: 0, bounds }
    : { points: [[10, 20], [40, 20], [25, 60]], bounds };
  const id = "2d6f6f1a-54a1-4d0e-8f43-0a4f6c1b7e55";
  const bodies = [{ id: "b1", annotation: id, type: "TextualBody", purpose: "commenting", value: "As Annotorious writes." }];
  const made = { id, bodies, target: { annotation: id, selector: { type, geometry }, creator: { id: "guest-1", isGuest: true }, created: new Date() } };
  return JSON.parse(JSON.stringify(tools.W3CImageFormat("https://x.example/map.png").serialize(made)));
}
"""  # noqa: E501


@pytest.fixture(scope="module")
def tools(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The tools as one script."""
    missing = [name for name in NEEDED if not (ROOT / "node_modules" / name).is_dir()]
    if missing:
        pytest.skip(f"npm has not installed {', '.join(missing)} (make node_modules/.stamp)")
    made: Path = tmp_path_factory.mktemp("tools") / "tools.js"
    command = [ROOT / "node_modules" / ".bin" / "esbuild", "--bundle", "--format=iife",
               f"--outfile={made}", "--log-level=error"]  # fmt: skip
    done = subprocess.run(command, input=ENTRY, text=True, cwd=ROOT, capture_output=True)
    if done.returncode:
        pytest.skip(f"esbuild does not run here: {done.stderr[:200]}")
    return made.read_text(encoding="utf-8")


@pytest.fixture
def argued(live_site: LiveSite, garden: Loaded) -> Loaded:
    """Commentary of every kind: on words, on provisions, on all of it; highlights."""
    return commented(live_site, garden)


def commented(site: LiveSite, loaded: Loaded) -> Loaded:
    name, text = site.person(), loaded.parsed.text
    spans = [
        (at, min(len(text), at + 30 + at % 90)) for at in range(1, len(text) - 40, len(text) // 60)
    ]
    targets = [DraftTarget(start, end) for start, end in spans if text[start:end].strip()]
    short = [pid for pid, it in zip(loaded.pids, loaded.parsed.provisions, strict=True)
             if it.end - it.start <= site.config.limits.span]  # fmt: skip
    targets += [DraftTarget(pid=pid) for pid in short[:9]]
    with site.db.transaction() as session:
        viewer = accounts.viewer_named(session, name)
        for number, target in enumerate(targets):
            body = None if number % 4 == 0 else f"Comment {number}."
            draft = Draft(document=loaded.slug, targets=(target,), body=body)
            annotations.create(session, viewer, draft, site.config.limits)
        whole = Draft(document=loaded.slug, body="On all of it.")
        annotations.create(session, viewer, whole, site.config.limits)
    return loaded


def opened(make_page: MakePage, loaded: Loaded, tools: str) -> Page:
    page = make_page(bypass_csp=True)
    page.goto(f"/d/{loaded.slug}")
    page.add_script_tag(content=tools)
    return page


def check(page: Page, loaded: Loaded) -> None:
    answer = page.request.get(f"/api/export?format=w3c&document={loaded.slug}")
    items = answer.json()["first"]["items"]
    found = page.evaluate(RUN, items)
    many = len(items) - 1  # the comment on all of it names no words
    revived = found.pop("revived")
    assert found == dict.fromkeys(("quotes", "byQuote", "byPosition", "loaded"), many) | {
        "without": 1
    }
    if (
        max(loaded.parsed.text) <= "\uffff"
    ):  # Recogito counts UTF-16 units, the standard code points
        assert revived == many


def test_they_find_every_exported_quotation(
    make_page: MakePage, argued: Loaded, tools: str
) -> None:
    check(opened(make_page, argued, tools), argued)


@pytest.mark.shared
@pytest.mark.parametrize("path", ["constitution/2026-01-20.md"])
def test_they_find_every_exported_quotation_of_a_real_text(
    make_page: MakePage, live_site: LiveSite, tools: str, shared: Path, path: str
) -> None:
    source = shared / "corpus" / path
    loaded = commented(live_site, live_site.document(source.read_bytes(), source.name))
    check(opened(make_page, loaded, tools), loaded)


def recogito(page: Page, words: str) -> dict[str, Any]:
    made: dict[str, Any] = page.evaluate(WRITE, words)
    return made


def test_what_recogito_writes_can_be_imported_and_posted(
    make_page: MakePage, live_site: LiveSite, garden: Loaded, tools: str
) -> None:
    page = opened(make_page, garden, tools)
    words = "There are three gates"
    value = recogito(page, words)
    name = live_site.person()
    with live_site.db.transaction() as session:
        read = reading.read(io.BytesIO(json.dumps([value]).encode()))
        report = importing.take_in(session, read, live_site.config.limits)
        assert report.outcomes == {"added": 1}, report.lines
    later = value | {"id": "9c52b2ab-2d0d-4a1a-9f6d-3f0d8e1c7a11"}
    with live_site.db.transaction() as session:
        viewer = accounts.viewer_named(session, name)
        sent = w3c.sent(later)
        address = page.url.partition("/d/")[0]
        w3c_containers.post(
            session, viewer, Container(garden), sent, address, live_site.config.limits, None
        )
    with live_site.db.reading() as session:
        items = listings.page(session, Filter(document=garden.slug), "newest").items
    assert [item.targets[0].exact for item in items] == [words, words]


@pytest.mark.parametrize(
    ("shape", "outcome", "why"),
    [("RECTANGLE", "refused", "A target must quote words"),
     ("POLYGON", "lost", "SvgSelector is not read")],
)  # fmt: skip
def test_what_annotorious_draws_on_an_image_is_given_no_place_in_the_text(
    make_page: MakePage, live_site: LiveSite, garden: Loaded, tools: str,
    shape: str, outcome: str, why: str,
) -> None:  # fmt: skip
    value = opened(make_page, garden, tools).evaluate(DRAW, shape)
    with live_site.db.transaction() as session:
        read = reading.read(io.BytesIO(json.dumps([value]).encode()))
        report = importing.take_in(session, read, live_site.config.limits)
    assert report.outcomes == {outcome: 1}, report.lines
    assert why in report.lines[0]
    with live_site.db.reading() as session:
        items = listings.page(session, Filter(document=garden.slug), "newest").items
    assert all(item.targets == () for item in items)
