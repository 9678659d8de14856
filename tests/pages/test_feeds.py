"""Feeds: what a feed reader is given, in both forms, and how a page tells it where to ask."""

from __future__ import annotations

import html
import json
import re
from typing import Any
from xml.etree import ElementTree as Xml

import feedparser
import lxml.html
import pytest
from flask import Flask
from flask.testing import FlaskClient

from annotator.app import create_app
from annotator.formats import feeds
from annotator.formats.feeds import Feed, Item
from annotator.schemas.annotations import Draft, DraftTarget
from annotator.services.accounts import accounts
from annotator.services.annotations import annotations
from annotator.services.editions import editions
from tests.conftest import Site
from tests.helpers.html import attributes

ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture
def app(small_site: Site) -> Flask:
    """The small site's application."""
    return create_app(small_site.parts.config, small_site.parts)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A reader without an account."""
    return app.test_client()


@pytest.fixture
def annotation(small_site: Site) -> str:
    """An annotation by Ada with a tag, and a reply to it."""
    head = _say(small_site, "Why *always* the gate? <b>x</b>", tags=("gates & walls",))
    _say(small_site, "Because.", reply_to=head)
    small_site.parts.indexer.drain()
    return head


def _say(site: Site, body: str, tags: tuple[str, ...] = (), reply_to: str | None = None) -> str:
    targets = () if reply_to else (DraftTarget(exact=_words(site)),)
    draft = Draft(document="garden", targets=targets, body=body, tags=tags, in_reply_to=reply_to)
    with site.parts.db.transaction() as session:
        ada = accounts.viewer_named(session, "Ada")
        return annotations.create(session, ada, draft, site.parts.config.limits)


def _words(site: Site) -> str:
    with site.parts.db.reading() as session:
        loaded = editions.newest(session, "garden")
    block = next(block for block in loaded.parsed.blocks if block.kind == "paragraph")
    return loaded.parsed.text[block.start : block.end]


def _pid(site: Site) -> str:
    with site.parts.db.reading() as session:
        loaded = editions.newest(session, "garden")
    at = next(n for n, it in enumerate(loaded.parsed.provisions) if it.kind == "paragraph")
    return loaded.pids[at]


def _atom(client: FlaskClient, path: str) -> Xml.Element:
    answer = client.get(path)
    assert (answer.status_code, answer.mimetype) == (200, "application/atom+xml"), answer.text
    return Xml.fromstring(answer.data)  # noqa: S314  our own


def _json(client: FlaskClient, path: str) -> dict[str, Any]:
    answer = client.get(path)
    assert (answer.status_code, answer.mimetype) == (200, "application/feed+json"), answer.text
    return json.loads(answer.data)  # type: ignore[no-any-return]


def _paths(site: Site) -> list[str]:
    return ["/feeds/commentary", "/feeds/d/garden", f"/feeds/d/garden/p/{_pid(site)}",
            "/feeds/people/Ada", "/feeds/tags/gates & walls"]  # fmt: skip


def test_each_feed_holds_the_annotation_in_both_forms(
    client: FlaskClient, small_site: Site, annotation: str
) -> None:
    for path in [*_paths(small_site), "/feeds/search{}?q=always"]:
        whole = path if "{}" in path else path + "{}"
        entries = _atom(client, whole.format(".atom")).findall(f"{ATOM}entry")
        items = _json(client, whole.format(".json"))["items"]
        ids = [entry.findtext(f"{ATOM}id") for entry in entries]
        assert ids == [item["id"] for item in items]
        assert f"http://localhost/a/{annotation}" in ids, path


def test_an_entry_is_safe_html_with_links_that_open_the_annotation_in_its_place(
    client: FlaskClient, small_site: Site, annotation: str
) -> None:
    reply, head = _json(client, "/feeds/d/garden.json")["items"]
    assert "Why <em>always</em> the gate? &lt;b&gt;" in head["content_html"]
    assert _words(small_site)[:20] in head["content_html"]
    assert head["tags"] == ["gates & walls"]
    assert head["title"] == "Purpose ¶ 1: Why always the gate? <b>x</b>"
    assert reply["title"] == "Reply on Purpose ¶ 1: Because."
    assert client.get(head["url"]).status_code == 303
    assert f"remark={annotation}" in client.get(head["url"]).location
    assert reply["_in_reply_to"] == {"id": head["id"]}
    assert 'href="/' not in head["content_html"]


HOSTILE = (
    "[x](/d/charter) [y](#here) [z](?q=1) [w](//other.example/p) ![p](../p.png) <http://a.example>",
    "<script>run()</script> & ]]> &amp; [x](javascript:run()) \u202eevil\u202c <![CDATA[",
    "- a\n- [b](relative)\n\n> c\n\n```\n</content>\n```",
)


def test_a_feed_reader_finds_titles_that_can_be_read_and_absolute_links(
    client: FlaskClient, small_site: Site
) -> None:
    for body in HOSTILE:
        _say(small_site, body, tags=("<b>&",), reply_to=_say(small_site, body))
    answer = client.get("/feeds/d/garden.atom")
    read = feedparser.parse(answer.data, response_headers={"content-type": answer.content_type})
    assert (read.bozo, len(read.entries)) == (0, 6)
    items = _json(client, "/feeds/d/garden.json")["items"]
    assert [html.unescape(entry.title) for entry in read.entries] == [it["title"] for it in items]
    assert items[5]["title"] == "Purpose ¶ 1: x y z w p http://a.example"
    for entry, item in zip(read.entries, items, strict=True):
        assert re.match(r"(Reply on )?Purpose ¶ 1: \S", item["title"])
        assert entry.author == "Ada"
        assert [tag.term for tag in entry.get("tags", [])] == item.get("tags", [])
        for source in (entry.content[0].value, item["content_html"]):
            page = lxml.html.fromstring(f"<div>{source}</div>")
            links = [entry.link, entry.id, *page.xpath("//@href")]
            assert [link for link in links if not re.match(r"https?://", link)] == []
            assert page.xpath("//script|//img|//@onerror") == []
    written = lxml.html.fromstring(f"<div>{items[5]['content_html']}</div>").xpath("//@href")
    assert {"http://localhost/d/charter", "http://other.example/p"} <= set(written)
    assert f"{items[5]['id']}#here" in written


def test_what_is_hidden_or_deleted_is_in_no_feed(
    client: FlaskClient, small_site: Site, annotation: str
) -> None:
    with small_site.parts.db.transaction() as session:
        ada = accounts.viewer_named(session, "Ada")
        annotations.delete(session, ada, annotation)
    small_site.parts.indexer.drain()
    for path in _paths(small_site):
        assert "always" not in client.get(f"{path}.atom").text, path
    assert _json(client, "/feeds/search.json?q=always")["items"] == []


def test_a_reader_that_has_a_feed_is_told_so(client: FlaskClient, annotation: str) -> None:
    first = client.get("/feeds/d/garden.atom")
    again = client.get("/feeds/d/garden.atom", headers={"If-None-Match": first.headers["ETag"]})
    since = {"If-Modified-Since": first.headers["Last-Modified"]}
    assert (again.status_code, again.data) == (304, b"")
    assert client.get("/feeds/d/garden.atom", headers=since).status_code == 304
    assert client.get("/feeds/d/garden.json", headers={"If-None-Match": '"x"'}).status_code == 200


def test_a_revision_is_a_feed_of_the_passages_that_it_changed(
    client: FlaskClient, small_site: Site
) -> None:
    assert _json(client, "/feeds/d/garden/changes.json")["items"] == []
    small_site.add("garden-2.md", "2026-09-01")
    items = _json(client, "/feeds/d/garden/changes.json")["items"]
    titles = [item["title"] for item in items]
    assert any(title.startswith("Edited: Paths and gates ¶ ") for title in titles), titles
    assert any("<ins>" in item["content_html"] for item in items)
    page = client.get(items[0]["url"].partition("#")[0])
    anchors = attributes(page, "article.change", "id")
    assert sorted(anchors) == sorted(item["url"].partition("#")[2] for item in items)
    assert len({*anchors}) == len(anchors)


def test_every_page_announces_its_feeds(client: FlaskClient, small_site: Site) -> None:
    pages = {"/": "/feeds/commentary.atom", "/people/Ada": "/feeds/people/Ada.json",
             "/d/garden": "/feeds/d/garden/changes.atom",
             "/search?q=tag:x": "/feeds/search.atom?q=tag:x",
             f"/d/garden/p/{_pid(small_site)}": f"/feeds/d/garden/p/{_pid(small_site)}.atom",
             "/moderation/log": "/feeds/moderation.json"}  # fmt: skip
    for page, feed in pages.items():
        shown = client.get(page).text
        assert f'href="{feed}"' in shown, page
        assert 'href="/feeds/commentary.json"' in shown, page
        assert client.get(feed).status_code == 200, feed


@pytest.mark.parametrize(
    ("path", "status"),
    [("/feeds/d/nowhere.atom", 404), ("/feeds/people/Nobody.json", 404),
     ("/feeds/d/garden.rss", 404), ("/feeds/d/garden/p/zzzzz.atom", 404),
     ("/feeds/search.atom", 400), ("/feeds/search.json?q=%22", 400),
     ("/feeds/d/nowhere/changes.atom", 404), ("/feeds/tags/unused.atom", 200)],
)  # fmt: skip
def test_a_feed_of_nothing_is_empty_and_one_of_nonsense_refused(
    client: FlaskClient, path: str, status: int
) -> None:
    assert client.get(path).status_code == status


def test_characters_that_xml_cannot_hold_break_no_feed() -> None:
    item = Item("http://x/1", "http://x/1", "a\x00b\ufffe", "A\x0bnn", feeds.NEVER, feeds.NEVER,
                html="<p>\x1b]</p>", tags=("\ud800",))  # fmt: skip
    feed = Feed("http://x/f", "http://x/\x01", "t\x07", (item,))
    root = Xml.fromstring(feeds.write(feed, "atom").encode())  # noqa: S314  our own
    assert root.findtext(f"{ATOM}entry/{ATOM}title") == "ab"
    assert json.loads(feeds.write(feed, "json").encode())["items"][0]["authors"] == [
        {"name": "Ann"}
    ]
