"""The page of news: grouped, read, muted, explained; nobody else sees it."""

from __future__ import annotations

import re

from flask import Flask

from tests.conftest import Site
from tests.helpers import html
from tests.helpers.visitor import send, signed_in


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
    assert send(ben, "/news", "/news/read", news="1").status_code == 303
    assert ">7 new</a>" in ben.get("/").text
    assert send(ben, "/news", "/news/read").status_code == 303
    assert "new</a>" not in ben.get("/").text
    assert send(ben, "/news", "/news/read", news="1e3").status_code == 303


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
    for kind, key, status in (("garden", "x", 422), ("thread", "", 422), ("thread", "x" * 33, 422),
                              ("person", "Nobody", 404)):  # fmt: skip
        assert send(ben, "/news", "/news/mute", kind=kind, key=key).status_code == status


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
    assert re.search(r"garden@2026-04-01 changed the words of <a href=\"[^\"]+\">2 of your 3", page)
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
