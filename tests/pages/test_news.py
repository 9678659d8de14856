"""The page of news: grouped, read, muted, explained; nobody else sees it."""

from __future__ import annotations

import json
import logging
import re

import pytest
from flask import Flask
from sqlalchemy import select

from annotator.models import Account, NewsSettings
from annotator.services.following import email_text, emails
from annotator.services.site import switches
from tests.conftest import Site
from tests.helpers import html
from tests.helpers.visitor import forge, send, signed_in


def test_news_is_grouped_by_thread_and_day_and_marked_as_read(app: Flask, small_site: Site) -> None:
    ben = signed_in(app, small_site, "Ben")
    for name in ("Cleo", "Dan", "Eve"):
        small_site.person(name)
    head = small_site.post("three gates", author="Ben")
    for name in ("Dan", "Eve", "Ada", "Cleo"):
        small_site.post(author=name, in_reply_to=head, body="A *reply*.")
        small_site.post(author=name, in_reply_to=head, body=f"Another reply of {name}. " * 20)
    small_site.tell()
    assert ">8 new</a>" in ben.get("/").text
    page = ben.get("/news")
    assert page.headers["Cache-Control"] == "no-store"
    assert "Cleo and 3 others replied to you" in page.text
    assert "Paths and gates ¶" in page.text
    assert len(html.words(page, "ol.news > li")) == 1
    assert len(html.words(page, "ol.news li li")) == 8
    assert "You posted in this thread." in page.text
    assert forge(ben, "/news", "/news/read", news="1").status_code == 303
    assert ">7 new</a>" in ben.get("/").text
    assert send(ben, "/news", "/news/read").status_code == 303
    assert "new</a>" not in ben.get("/").text
    assert forge(ben, "/news", "/news/read", news="1e3").status_code == 303


def test_a_thread_or_person_is_muted_from_the_page(app: Flask, small_site: Site) -> None:
    ben = signed_in(app, small_site, "Ben")
    small_site.person("Cleo")
    head = small_site.post("three gates", author="Ben")
    small_site.post(author="Cleo", in_reply_to=head)
    small_site.tell()
    assert send(ben, "/news", "/news/mute", kind="person", key="Cleo").status_code == 303
    small_site.post(author="Cleo", in_reply_to=head, body="Again.")
    small_site.tell()
    assert "Again." not in ben.get("/news").text
    small_site.post(author="Ada", in_reply_to=head, body="Mine.")
    small_site.tell()
    assert "Mine." in ben.get("/news").text
    assert send(ben, "/news", "/news/mute", kind="thread", key=head).status_code == 303
    small_site.post(author="Ada", in_reply_to=head, body="Not this.")
    small_site.tell()
    assert "Not this." not in ben.get("/news").text
    for kind, key, status in (("garden", "x", 422), ("thread", "", 422), ("thread", "x" * 33, 404),
                              ("person", "Nobody", 404)):  # fmt: skip
        assert forge(ben, "/news", "/news/mute", kind=kind, key=key).status_code == status


def test_changed_words_are_listed_with_what_their_author_can_do(
    app: Flask, small_site: Site
) -> None:
    ben = signed_in(app, small_site, "Ben")
    ident = small_site.post("The north gate is locked at dusk", author="Ben")
    gone = small_site.post("a child’s laughter has never been against the rules", author="Ben")
    small_site.post("Ring the bell once.", author="Ben")
    small_site.post("The north gate is locked at dusk", author="Ada")
    small_site.add("garden-2.md", "2026-04-01")
    small_site.tell()
    page = ben.get("/news").text
    assert (
        "Edition 2026-04-01 of Rules of the Garden changed the words of 2 of your 3 comments</a>"
        in page
    )
    (listed,) = html.attributes(ben.get("/news"), ".news h2 a", "href")
    report = ben.get(listed).text
    assert "<del>dusk</del><ins>nightfall</ins>" in report
    assert report.count('value="confirm"') == 1
    assert f'action="/a/{ident}/restate"' in report
    for act in ("restate", "delete"):
        assert report.count(f'href="/a/{ident}/{act}"') == report.count(f"/a/{gone}/{act}") == 1
    assert send(ben, listed, f"/a/{ident}/restate", do="confirm").status_code == 303
    assert 'value="confirm"' not in ben.get(listed).text


def test_news_is_for_those_who_are_signed_in(app: Flask, small_site: Site) -> None:
    assert app.test_client().get("/news").status_code == 401
    assert signed_in(app, small_site, "Ben").get("/news?cursor=x").status_code == 400


def test_what_is_followed_has_a_button_on_its_page_and_a_place_in_one_list(
    app: Flask, small_site: Site
) -> None:
    ben = signed_in(app, small_site, "Ben")
    head = small_site.post("three gates", tags=("dusk bell",))
    small_site.parts.indexer.drain()
    pid = ben.get(f"/api/annotations/{head}").get_json()["pid"]
    pages = {
        f"/a/{head}": ("thread", head), f"/d/garden/p/{pid}": ("provision", pid),
        "/d/garden": ("document", "garden"), "/people/Ada": ("person", "Ada"),
        "/search?q=tag%3A%22dusk+bell%22": ("tag", "dusk bell"),
        "/search?q=gates+OR+bell&document=garden": ("search", '(gates OR bell) document:"garden"'),
    }  # fmt: skip
    for path, (kind, key) in pages.items():
        page = ben.get(path)
        sent = {
            name: html.attribute(page, f".follow [name={name}]", "value")
            for name in ("kind", "key")
        }
        assert sent == {"kind": kind, "key": key}, path
        assert "Following" not in page.text
        done = send(ben, path, "/following", do="all", next=path, **sent)
        assert (done.status_code, done.headers["Location"]) == (303, path)
        assert "Following" in ben.get(path).text
        assert 'action="/following"' not in app.test_client().get(path).text
    listed = ben.get("/following").text
    assert listed.count("Unfollow</button>") == len(pages)
    shown = html.words(ben.get("/following"), ".held li > span")
    for named in ("Thread Ada on Paths and gates ¶", "Passage Paths and gates ¶", "Indeed.",
                  "Document Rules of the Garden"):  # fmt: skip
        assert any(named in each for each in shown), named
    assert forge(ben, "/following", kind="document", key="garden", do="heads").status_code == 303
    assert "only new threads" in ben.get("/following").text
    for kind, key in pages.values():
        assert send(ben, "/following", kind=kind, key=key, do="end").status_code == 303
    assert "You follow nothing." in ben.get("/following").text
    away = forge(ben, "/following", kind="tag", key="x", next="https://elsewhere.example/")
    assert away.headers["Location"] == "/following"
    forge(ben, "/following", "/news/mute", kind="person", key="Ada")
    assert "Unmute" in ben.get("/following").text


def test_the_api_has_the_same_news(app: Flask, small_site: Site) -> None:
    small_site.person("Ben")
    head = small_site.post("three gates")
    reply = small_site.post("", "A *reply*.", author="Ben", in_reply_to=head)
    small_site.tell()
    sent = {"Authorization": f"Bearer {small_site.token('Ada')}"}
    client = app.test_client()
    found = client.get("/api/news?class=to_me", headers=sent).get_json()
    assert found["total"] == 1
    item = found["items"][0]
    place = 'garden@2026-03-01/paths-and-gates/1~"three gates"'
    said = {"id": reply, "author": "Ben", "snippet": "A *reply*.", "address": place}
    assert item["annotation"] == said
    assert (item["kind"], item["class"]) == ("reply", "to_me")
    assert item["because"] == {"follow": "thread"}
    assert client.get("/api/news?class=followed", headers=sent).get_json()["items"] == []
    assert client.get("/api/news?since=2099-01-01", headers=sent).get_json()["total"] == 0
    done = client.post("/api/news/read", json={"ids": [item["id"]]}, headers=sent)
    assert done.get_json() == {"unread": 0}
    for bad in ({"ids": ["x"]}, {"ids": list(range(1001))}, {"all": True}):
        assert client.post("/api/news/read", json=bad, headers=sent).status_code == 400


def test_one_click_needs_no_cookie_and_a_scanner_that_follows_links_ends_nothing(
    app: Flask, small_site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    """As RFC 8058 has it: a POST without cookies, form token and redirect."""
    with small_site.parts.db.reading() as session:
        ada = session.scalars(select(Account.id)).one()
    good = f"/unsubscribe/{email_text.signed(app.config['SECRET_KEY'], ada, 'to_me')}"

    def chosen() -> tuple[str, str]:
        with small_site.parts.db.reading() as session:
            found = emails.settings_of(session, [ada])[ada]
            return found.to_me, found.followed

    caplog.set_level(logging.INFO, "annotator.requests")
    scanner = app.test_client(use_cookies=False)
    for _ in range(100):
        assert "Unsubscribe</button>" in scanner.get(good).text
    assert chosen() == ("once", "daily")
    with small_site.parts.db.transaction() as session:
        switches.throw(session, "read_only", True, "Mia")
    for _ in range(2):
        done = scanner.post(good, data={"List-Unsubscribe": "One-Click"})
        assert (done.status_code, done.headers.get("Set-Cookie")) == (200, None)
        assert "what concerns you" in done.text
    assert chosen() == ("never", "daily")
    for bad in (
        good[:-1],
        good + "x",
        "/unsubscribe/x",
        "/unsubscribe/%F0%9F%90%95",
        "/unsubscribe/..",
    ):
        answer = scanner.post(bad)
        assert answer.status_code == 200 or "/.." in bad
        assert "This link does not work" in answer.text or "/.." in bad
    large = scanner.post(good, data=b"x" * 10_000_000, content_type="text/plain")
    assert large.status_code in (200, 413)
    logged = [vars(record)["fields"]["path"] for record in caplog.records]
    assert set(logged) == {"/unsubscribe/<token>"}


def test_the_account_page_has_when_emails_are_sent_and_the_key_of_a_feed(
    app: Flask, small_site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    ben = signed_in(app, small_site, "Ben")
    assert "This site does not send email." in ben.get("/account").text
    done = send(ben, "/account", "/account/news", to_me="weekly", followed="never")
    assert done.status_code == 303
    assert '<option value="weekly" selected>' in ben.get("/account").text
    for bad in ("hourly", ""):
        assert (
            forge(ben, "/account", "/account/news", to_me=bad, followed="never").status_code == 422
        )
    head = small_site.post("three gates", author="Ben")
    small_site.post("", "A <script>reply</script>.", in_reply_to=head)
    small_site.post("The north gate is locked at dusk", author="Ben")
    small_site.add("garden-2.md", "2026-04-01")
    small_site.tell()
    caplog.set_level(logging.INFO, "annotator.requests")
    made = send(ben, "/account", "/account/news", do="feed")
    (address,) = re.findall(r"/feeds/mine/[\w-]+\.atom", made.text)
    reader = app.test_client()
    feed = reader.get(address)
    assert feed.status_code == 200
    assert feed.headers["Cache-Control"] == "no-store"
    assert feed.headers["X-Robots-Tag"] == "noindex"
    assert "<script>" not in feed.text
    items = json.loads(reader.get(address.replace(".atom", ".json")).text)["items"]
    assert [it["title"] for it in items] == [
        "Edition 2026-04-01 of Rules of the Garden changed the words of 1 of your 2 comments",
        "Ada replied to you on Paths and gates ¶ 1, Rules of the Garden",
    ]
    assert address not in "".join(map(repr, [vars(it) for it in caplog.records]))
    again = send(ben, "/account", "/account/news", do="feed").text
    assert reader.get(address).status_code == 404
    (address,) = re.findall(r"/feeds/mine/[\w-]+\.atom", again)
    assert reader.get(address).status_code == 200
    assert send(ben, "/account", "/account/news", do="end").status_code == 303
    assert reader.get(address).status_code == 404
    with small_site.parts.db.reading() as session:
        assert session.scalars(select(NewsSettings.feed)).all() == [None]
