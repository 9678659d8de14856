"""Webmentions at the site's doors: the endpoint, its discovery, what is shown, who decides."""

from __future__ import annotations

from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from annotator.app import create_app
from annotator.cli.server.webmention import verify_due
from annotator.config import Limits, Rates, Webmention
from annotator.errors import Unavailable
from annotator.outside.client import Fetched
from annotator.parts import Parts
from tests.conftest import Site
from tests.helpers.html import attributes
from tests.helpers.visitor import forge, signed_in

SOURCE = "https://blog.example.org/gates"
TARGET = "http://localhost/d/garden/paths-and-gates/1"
HOSTILE = "</a><script>alert(1)</script><img src=x onerror=alert(1)>{{ config }}"
BODY = (
    f"<title>{HOSTILE.replace('<', '&lt;')}</title>"
    f"<p>“the town asks little in return” <a href='{TARGET}'>x</a>"
)
QUEUE = "/moderation/mentions"


@pytest.fixture
def receiving(small_site: Site) -> Flask:
    """The small site with mentions switched on."""
    return made(small_site)


def made(site: Site, **more: object) -> Flask:
    settings = {"webmention": Webmention(receive=True), **more}
    config = replace(site.parts.config, **settings)  # type: ignore[arg-type]
    return create_app(config, Parts(config, site.parts.db, site.parts.engine))


def test_an_address_of_no_mention_is_not_found(client: FlaskClient) -> None:
    assert client.get("/webmention/nothing").status_code == 404


def mention(client: FlaskClient, source: str = SOURCE, target: str = TARGET) -> TestResponse:
    return client.post("/webmention", data={"source": source, "target": target})


class Elsewhere:
    """The one page there is elsewhere."""

    body: str | None = BODY

    def get(self, url: str) -> Fetched:
        if self.body is None:
            raise Unavailable(f"{url} answers 410 Gone.", answered=410)
        return Fetched(url, 200, "text/html", "utf-8", self.body.encode())


def test_a_site_that_receives_none_says_so_and_announces_nothing(client: FlaskClient) -> None:
    assert mention(client).status_code == 404
    for address in ("/d/garden", "/d/garden/purpose"):
        page = client.get(address)
        assert "webmention" not in page.text
        assert "webmention" not in str(page.headers)


@pytest.mark.parametrize("address", ["/d/garden", "/d/garden@2026-03-01", "/d/garden/purpose/1"])
def test_each_page_of_a_document_names_the_endpoint(receiving: Flask, address: str) -> None:
    page = receiving.test_client().get(address)
    assert '</webmention>; rel="webmention"' in page.headers.getlist("Link")
    assert '<link rel="webmention" href="/webmention">' in page.text
    head = receiving.test_client().head(address)
    assert '</webmention>; rel="webmention"' in head.headers.getlist("Link")


def test_a_mention_goes_from_the_endpoint_past_a_moderator_to_its_provision_and_away(
    receiving: Flask, small_site: Site
) -> None:
    client, elsewhere = receiving.test_client(), Elsewhere()
    answer = mention(client)
    assert answer.status_code == 201
    place = answer.headers["Location"]
    assert "Waiting to be checked." in client.get(place).text
    assert verify_due(small_site.parts.db, elsewhere) == {"waiting": 1}  # type: ignore[arg-type]
    assert "Waiting for a moderator" in client.get(place).text
    assert client.get("/d/garden/mentions").text.count(SOURCE) == 0

    mia = signed_in(receiving, small_site, "Mia", role="moderator")
    assert '<a href="/moderation/mentions">Mentions elsewhere: 1</a>' in mia.get("/moderation").text
    assert SOURCE in mia.get(QUEUE).text
    decision = f"{QUEUE}/{place.rpartition('/')[2]}"
    refused = forge(mia, QUEUE, decision, act="refuse", state="waiting", reason="")
    assert refused.status_code == 422
    assert forge(mia, QUEUE, decision, act="approve", state="waiting").status_code == 303
    assert "1 mention elsewhere" in client.get("/d/garden").text
    link = f'<a href="{SOURCE}" rel="nofollow ugc noopener"'
    for address in ("/d/garden/paths-and-gates/1", "/d/garden/purpose/1", "/d/garden/mentions"):
        page = client.get(address).text
        assert link in page, address
        assert "blog.example.org</span>" in page
    assert "Mentioned in" in client.get("/d/garden/paths-and-gates").text
    assert "Mentioned in" not in client.get("/d/garden/opening-hours/1").text

    assert forge(mia, QUEUE, decision, act="undo", state="shown").status_code == 303
    assert link not in client.get("/d/garden/purpose/1").text
    assert forge(mia, QUEUE, decision, act="approve", state="shown").status_code == 412
    assert forge(mia, QUEUE, decision, act="approve", state="waiting").status_code == 303
    assert "1 mention elsewhere" in client.get("/d/garden").text

    elsewhere.body = None
    assert mention(client).headers["Location"] == place
    assert verify_due(small_site.parts.db, elsewhere) == {"gone": 1}  # type: ignore[arg-type]
    assert "mention elsewhere" not in client.get("/d/garden").text
    assert link not in client.get("/d/garden/purpose/1").text


def test_html_of_a_page_elsewhere_is_never_html_here(receiving: Flask, small_site: Site) -> None:
    client = receiving.test_client()
    mention(client)
    verify_due(small_site.parts.db, Elsewhere())  # type: ignore[arg-type]
    mia = signed_in(receiving, small_site, "Mia", role="moderator")
    pages = [mia.get(QUEUE).text]
    place = mention(client).headers["Location"]
    forge(mia, QUEUE, f"{QUEUE}/{place.rpartition('/')[2]}", act="approve")
    pages += [client.get(it).text for it in (place, "/d/garden/purpose/1", "/d/garden/mentions")]
    assert "&lt;script&gt;alert(1)" in "".join(pages)
    for page in pages:
        assert "<script>alert" not in page
        assert attributes(page, "main img", "src") == []


@pytest.mark.parametrize(
    ("source", "target", "told"),
    [("", TARGET, "source and target"), (SOURCE, "", "source and target"),
     ("javascript:alert(1)", TARGET, "does not begin with http"),
     (SOURCE, "https://elsewhere.example.org/", "not on this site"),
     (SOURCE, "http://localhost/search", "not a document page of this site"),
     (SOURCE, "http://localhost/d/forest", "There is no document"),
     (TARGET, TARGET, "on this site. Send")],
)  # fmt: skip
def test_what_is_no_mention_is_answered_with_400_and_the_reason(
    receiving: Flask, source: str, target: str, told: str
) -> None:
    answer = mention(receiving.test_client(), source, target)
    assert answer.status_code == 400
    assert told in answer.text


def test_mentions_are_limited_by_network(small_site: Site) -> None:
    limits, rates = Limits(enabled=True), Rates(mention="2/hour")
    client = made(small_site, limits=limits, rates=rates).test_client()
    assert [mention(client).status_code for _ in range(3)] == [201, 201, 429]
