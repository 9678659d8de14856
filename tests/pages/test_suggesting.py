"""Suggesting other words without scripts: the form, its errors, and agreeing instead."""

from __future__ import annotations

import csv
import io
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from annotator.services.editions import editions
from annotator.services.revisions import add_edition
from tests.conftest import SAMPLES, Site
from tests.helpers import html
from tests.helpers.visitor import forge, send, signed_in


def _text(page: TestResponse, selector: str) -> str:
    return html.words(page, selector)[0]


@pytest.fixture
def bea(app: Flask, small_site: Site) -> FlaskClient:
    """A browser in which Bea is signed in."""
    return signed_in(app, small_site, "Bea")


@pytest.fixture
def path(small_site: Site) -> str:
    """The address of the form for the garden's first paragraph."""
    with small_site.parts.db.reading() as session:
        loaded = editions.newest(session, "garden")
        first = [each.kind for each in loaded.parsed.provisions].index("paragraph")
        return f"/d/garden/p/{loaded.pids[first]}/suggest"


def test_the_form_has_the_words_and_posts_what_was_changed(bea: FlaskClient, path: str) -> None:
    words = _text(bea.get(path), "blockquote.words")
    changed = words.replace("garden", "park", 1)
    posted = send(bea, path, do="replace", wording=changed, body="Larger.")
    assert posted.status_code == 303
    page = bea.get(posted.location)
    assert _text(page, ".suggestion del") == "garden"
    assert _text(page, ".suggestion ins") == "park"
    assert "Larger." in page.text
    assert "1 suggestion" in bea.get("/d/garden/suggestions", follow_redirects=True).text


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"do": "replace"}, "Your wording is the same as the text. Change it."),
        ({"do": "insert", "paragraph": " "}, "Write the new words"),
        ({"wording": "a\u202eb"}, "the direction of writing"),
        ({"wording": "x" * 10_001}, "Shorten it to 10,000"),
    ],
)
def test_a_suggestion_that_is_refused_says_why_and_keeps_what_was_typed(
    bea: FlaskClient, path: str, fields: dict[str, str], told: str
) -> None:
    words = _text(bea.get(path), "blockquote.words")
    answer = send(bea, path, **{"do": "replace", "wording": words, "body": "Because.", **fields})
    assert answer.status_code == 422
    assert told in answer.text
    assert "Because." in answer.text


def test_who_suggests_the_same_can_agree_instead_or_post_beside_it(
    app: Flask, small_site: Site, bea: FlaskClient, path: str
) -> None:
    words = _text(bea.get(path), "blockquote.words").replace("garden", "park", 1)
    first = send(bea, path, do="replace", wording=words).location
    cy = signed_in(app, small_site, "Cy")
    answer = send(cy, path, do="replace", wording=words)
    assert "Bea has already suggested exactly this" in _text(answer, ".same")
    assert html.attributes(answer, ".same button", "formaction") == [f"{first}/agree"]
    assert send(cy, answer, f"{first}/agree", do="agree").status_code == 303
    assert "1 person agrees" in cy.get(first).text
    assert html.words(cy.get(first), "details.folded li") == ["Cy"], "with names, in public"
    assert send(cy, first, f"{first}/agree", do="withdraw").status_code == 303
    assert "nobody agrees yet" in cy.get(first).text
    assert "exactly this" in forge(cy, path, wording=words, beside="another").text
    second = send(cy, answer, do="replace")
    assert second.status_code == 303
    rows = html.words(cy.get(path.removesuffix("/suggest")), ".rivals td:last-child")
    assert rows == ["same result as 2", "same result as 1"]


def test_a_section_of_several_paragraphs_takes_a_paragraph_after_it(
    bea: FlaskClient, small_site: Site
) -> None:
    with small_site.parts.db.reading() as session:
        pid = editions.newest(session, "garden").pids[0]
    posted = send(bea, f"/d/garden/p/{pid}/suggest", do="insert", paragraph="One.\r\n\r\nTwo.")
    assert posted.status_code == 303
    assert _text(bea.get(posted.location), ".suggestion ins").split() == ["One.", "Two."]


def test_exports_feeds_and_print_show_what_is_suggested(
    bea: FlaskClient, client: FlaskClient, path: str
) -> None:
    words = _text(bea.get(path), "blockquote.words").replace("garden", "park", 1)
    assert send(bea, path, do="replace", wording=words).status_code == 303
    critic = "{--garden--}{++park++}"
    table = list(csv.DictReader(io.StringIO(client.get("/api/export?format=csv").text)))
    assert table[-1]["proposed_change"] == critic
    assert client.get("/hypothesis/api/search").get_json()["rows"][0]["text"] == critic
    for address in ("/api/export?format=html&document=garden", "/feeds/d/garden.atom",
                    "/d/garden/print/2026-03-01"):  # fmt: skip
        page = unescape(client.get(address).text)
        assert "<del>garden</del><ins>park</ins>" in page, address
    assert "Suggests: " in client.get("/api/export?format=markdown&document=garden").text


def test_the_fate_page_and_the_authors_page_tell_of_adoption(
    bea: FlaskClient, client: FlaskClient, small_site: Site, path: str
) -> None:
    words = _text(bea.get(path), "blockquote.words").replace("garden", "park", 1)
    assert send(bea, path, do="replace", wording=words).status_code == 303
    with small_site.parts.db.transaction() as session:
        text = (SAMPLES / "garden-1.md").read_text("utf-8").replace(" garden", " park", 1)
        add_edition.add(session, slug="garden", label="2027-01-01", data=text.encode(), name="g.md")
    fate = client.get("/d/garden/fate/2026-03-01..2027-01-01")
    [told] = [each for each in html.words(fate, "p") if each.startswith("1 suggestion")]
    assert told == "1 suggestion: the edition has these words (1)."
    listed = html.attribute(fate, "a[href*='adoption=same']", "href")
    assert "1 suggestion" in client.get(listed).text
    assert "2027-01-01: the edition has these words" in html.text(bea.get("/people/Bea"))
    assert "suggestions" not in html.words(client.get("/people/Bea"), "h2")
