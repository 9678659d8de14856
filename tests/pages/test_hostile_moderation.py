"""Hostile strings through moderation: what people ask, what moderators say, every way out of it.

The strings lie beside the repository and are never copied into it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from email.message import EmailMessage
from html.parser import HTMLParser
from urllib.parse import urlsplit
from xml.etree import ElementTree as Xml

import pytest
from click.testing import CliRunner
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from annotator.auth.names import checked_email, checked_name
from annotator.cli import main
from annotator.config import Config, Limits, Mail
from annotator.errors import AnnotatorError
from annotator.markup.renderer import ATTRIBUTES, TAGS
from annotator.models import Appeal
from annotator.schemas.annotations import Draft
from annotator.services.accounts import accounts, mailer
from annotator.services.annotations import annotations
from annotator.services.moderation import actions, complaints, sanctions
from annotator.services.moderation.actions import Decision
from annotator.services.personal_data import data_export
from tests.conftest import Site
from tests.helpers import checks, html
from tests.helpers.visitor import signed_in

pytestmark = pytest.mark.shared
INNOCENT = ["A plain sentence.", "Another one, with *stars* and a [link](https://a.example)."]


class Shapes(HTMLParser):
    """What a page is made of: elements with their attributes' names, and where its links lead."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.made: set[tuple[str, str]] = set()
        self.links: set[str] = set()
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.made |= {(tag, ""), *((tag, name) for name, _ in attrs)}
        for name, value in attrs:
            if name in ("href", "src", "action"):
                self.links.add(urlsplit(value or "").scheme)
            if name == "src" and tag == "script":
                self.links.add(f"script {(value or '')[:8]}")


POLICY = {(tag, name) for tag in TAGS for name in ("", *ATTRIBUTES.get(tag, ()))} | {("a", "rel")}


def gathered(strings: list[str]) -> list[str]:
    """Put several strings into one sentence, as many as a reason has room for."""
    sentences = [""]
    for text in strings:
        if len(sentences[-1]) + len(text) < actions.LONGEST_REASON:
            sentences[-1] += f" {text}"
        else:
            sentences.append(text)
    return sentences


def said(site: Site, strings: list[str]) -> int:
    """Have each string said to and by moderators, in all ways; tell how many were taken."""
    taken = 0

    def attempt(session: Session, doing: Callable[[], object]) -> None:
        nonlocal taken
        try:
            with session.begin_nested():
                doing()
                taken += 1
        except AnnotatorError:
            return

    with site.parts.db.transaction() as session:
        ada, ben, sue = (accounts.viewer_named(session, it) for it in ("Ada", "Ben", "Sue"))
        mia = actions.moderator(accounts.viewer_named(session, "Mia"))
        for number, text in enumerate(strings):
            draft = Draft("garden", body=f"Comment {number}.")
            ident = annotations.create(session, ada, draft, Limits())
            attempt(
                session,
                lambda it=ident, x=text: complaints.flag(session, ben, it, "abuse", x),
            )

            def decide(reason: str = text) -> None:
                decision = Decision("suspend", "suspension", reason, days=3)
                act = sanctions.decide(session, mia, decision, "Sue")
                complaints.appeal(session, sue, act.id, reason)

            attempt(session, decide)
    return taken


def pages(client: FlaskClient, address: str) -> Iterator[str]:
    """Return a list's pages, from the first to the last."""
    follow: str | None = address
    while follow:
        page = client.get(follow).text
        yield page
        follow = next(iter(html.attributes(page, "p.more a", "href")), None)


def shapes(site: Site, app: Flask, clients: dict[str, FlaskClient]) -> Shapes:
    """What all pages of moderation are made of, together."""
    site.tell()
    found = Shapes("")
    looked = (
        ("Mia", "/moderation"),
        ("Mia", "/moderation/log/1"),
        ("Ben", "/moderation/log"),
        ("Ben", "/news"),
        ("Sue", "/news"),
    )
    for who, address in looked:
        for page in pages(clients[who], address):
            one = Shapes(page)
            found.made |= one.made
            found.links |= one.links
    return found


def test_no_string_changes_what_the_pages_feeds_and_lists_of_moderation_are_made_of(
    app: Flask, small_site: Site, payloads: list[str]
) -> None:
    clients = {"Ben": signed_in(app, small_site, "Ben"),
               "Mia": signed_in(app, small_site, "Mia", "moderator"),
               "Sue": signed_in(app, small_site, "Sue")}  # fmt: skip
    said(small_site, INNOCENT * 15)  # enough for a second page of each list
    plain = shapes(small_site, app, clients)
    sentences = gathered(payloads)
    assert said(small_site, sentences) > 1.5 * len(sentences)  # a few are no writing, or too long
    hostile = shapes(small_site, app, clients)
    assert hostile.made - plain.made - POLICY == set()
    assert hostile.links - plain.links == set()
    nobody = app.test_client()
    feed = Xml.fromstring(nobody.get("/feeds/moderation.atom").data)  # noqa: S314
    assert len(list(feed.iter("{http://www.w3.org/2005/Atom}entry"))) > 10
    queue = clients["Mia"].get("/api/moderation/queue?kind=flag&limit=200").get_json()
    assert queue["total"] > len(INNOCENT) * 15 + 0.7 * len(sentences)
    assert all(len(item["said"]) == 1 for item in queue["items"])
    with small_site.parts.db.reading() as session:
        sue = accounts.named(session, "Sue")
        own = json.loads("".join(data_export.pieces(session, sue, "CC0-1.0")))
        assert [it["words"] for it in own["appeals"]] == list(
            session.scalars(select(Appeal.words).order_by(Appeal.id))
        )
        assert len([it for it in own["news"] if it["kind"] == "moderation"]) > 30
    small_site.parts.indexer.drain()
    with small_site.parts.db.reading() as session:
        assert list(checks.faults(session, small_site.parts.engine)) == []
    _nothing_acts_on_a_terminal(small_site.parts.config)


def _nothing_acts_on_a_terminal(config: Config) -> None:
    for words in (["queue"], ["log", "--all"], ["queue", "--json"], ["log", "--all", "--json"]):
        done = CliRunner().invoke(main, ["--data", str(config.data), "moderation", *words])
        assert done.exit_code == 0, done.output
        assert len(done.output.splitlines()) > 50
        if "--json" in words:
            assert all(json.loads(line) for line in done.output.splitlines())
        assert [c for c in done.output if not c.isprintable() and c != "\n"] == []


def test_no_string_gets_into_the_head_of_an_email_or_adds_a_part_to_it(
    config: Config, payloads: list[str]
) -> None:
    mail = Mail(host="127.0.0.1", sender="notes@example.org", security="none")
    settings = replace(config, mail=mail)

    def messages(name: str) -> list[EmailMessage]:
        return [
            mailer._message(settings, email(settings, name, "ada@example.org", "KEY", "TOKEN"))
            for email in (mailer.recovery, mailer.confirmation)
        ]

    plain = messages("Ada")
    for text in payloads:  # no name may be such a string, and yet
        for message, usual in zip(messages(" ".join(text.split())), plain, strict=True):
            assert message.keys() == usual.keys()
            assert (message.get_content_type(), message.is_multipart()) == ("text/plain", False)
            assert [message[key] for key in ("To", "From", "Subject")] == [
                usual[key] for key in ("To", "From", "Subject")
            ]


def test_no_string_is_taken_for_a_name_or_for_an_address_with_more_in_it(
    payloads: list[str],
) -> None:
    names = [text for text in payloads if taken(lambda it=text: checked_name(it))]
    assert names == []
    for text in [*payloads, "a\r\nBcc: eve@example.org", "a\nSubject: Other"]:
        for address in (text, f"{text}@example.org", f"ada@{text}"):
            if taken(lambda it=address: checked_email(it)):
                assert re.search(r"[\s<>,;:\"()\\]", address.strip()) is None


def taken(check: Callable[[], object]) -> bool:
    try:
        check()
    except AnnotatorError:
        return False
    return True
