"""The page that documents the API: all of it, and no broken links."""

from __future__ import annotations

from html import unescape

import pytest
from flask.testing import FlaskClient

from annotator.web.api import guide
from annotator.web.api.operations import OPERATIONS
from tests.api.test_documentation import EXAMPLE
from tests.conftest import ROOT
from tests.helpers import html


@pytest.fixture
def page(client: FlaskClient) -> str:
    """The page as a browser gets it."""
    answer = client.get("/api/")
    assert (answer.status_code, answer.mimetype) == (200, "text/html")
    return answer.text


def test_every_example_and_every_operation_is_shown(page: str) -> None:
    shown = unescape(page)
    for request, answer in EXAMPLE.findall((ROOT / "docs" / "api.md").read_text(encoding="utf-8")):
        assert request in shown
        assert answer in shown
    for it in OPERATIONS:
        assert f"<code>{it.method.upper()} {it.path}</code>" in page
        for name in it.query.model_fields if it.query else ():
            shown_as = {"by": "except", "cls": "class"}.get(name, name)
            assert f"<code>{shown_as}</code>" in page


def test_every_link_on_the_page_leads_somewhere(page: str, client: FlaskClient) -> None:
    idents = html.attributes(page, "[id]", "id")
    assert len(idents) == len(set(idents))
    for target in set(html.attributes(page, "[href]", "href")):
        if target.startswith("#"):
            assert target[1:] in idents, target
        else:
            assert target.startswith("/"), target
            assert client.get(target).status_code < 400, target
    assert all(source.startswith("/") for source in html.attributes(page, "[src]", "src"))


def test_the_footer_of_every_page_leads_to_it(client: FlaskClient) -> None:
    for path in ("/", "/search", "/nowhere"):
        assert 'href="/api/">API</a>' in client.get(path).text


def test_without_the_documentation_the_operations_are_shown(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guide, "TEXT", ROOT / "docs" / "not-there.md")
    guide._text.cache_clear()
    page = client.get("/api/").text
    guide._text.cache_clear()
    assert "<code>GET /api/annotations</code>" in page
    assert "Authorization: Bearer" not in page
