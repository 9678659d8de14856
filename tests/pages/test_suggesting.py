"""Suggesting other words without scripts: the form, its errors, and agreeing instead."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from annotator.services.editions import editions
from tests.conftest import Site
from tests.helpers import html
from tests.helpers.visitor import send, signed_in


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
    posted = send(bea, path, wording=words.replace("garden", "park", 1), body="Larger.")
    assert posted.status_code == 303
    page = bea.get(posted.location)
    assert _text(page, ".suggestion del") == "garden"
    assert _text(page, ".suggestion ins") == "park"
    assert "Larger." in page.text
    assert "1 suggestion" in bea.get("/d/garden/suggestions", follow_redirects=True).text


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"do": "replace"}, "These are the words that are there already. Change them."),
        ({"do": "insert", "paragraph": " "}, "Write the words that you suggest"),
        ({"wording": "a\u202eb"}, "the direction of writing"),
        ({"wording": "x" * 10_001}, "Shorten it to 10,000"),
    ],
)
def test_a_suggestion_that_is_refused_says_why_and_keeps_what_was_typed(
    bea: FlaskClient, path: str, fields: dict[str, str], told: str
) -> None:
    words = _text(bea.get(path), "blockquote.words")
    answer = send(bea, path, **{"wording": words, "body": "Because.", **fields})
    assert answer.status_code == 422
    assert told in answer.text
    assert "Because." in answer.text


def test_who_suggests_the_same_can_agree_instead_or_post_beside_it(
    app: Flask, small_site: Site, bea: FlaskClient, path: str
) -> None:
    words = _text(bea.get(path), "blockquote.words").replace("garden", "park", 1)
    first = send(bea, path, wording=words).location
    cy = signed_in(app, small_site, "Cy")
    answer = send(cy, path, wording=words)
    assert "Bea suggested exactly this" in _text(answer, ".same")
    assert html.attributes(answer, ".same button", "formaction") == [f"{first}/agree"]
    assert send(cy, path, f"{first}/agree", do="agree").status_code == 303
    assert "1 person agrees" in cy.get(first).text
    assert send(cy, path, f"{first}/agree", do="withdraw").status_code == 303
    assert "nobody agrees yet" in cy.get(first).text
    assert "exactly this" in send(cy, path, wording=words, beside="another").text
    beside = html.attributes(answer, "[name=beside]", "value")[0]
    second = send(cy, path, wording=words, beside=beside)
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
