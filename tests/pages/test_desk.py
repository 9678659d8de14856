"""The drafters' desk without scripts, and what everybody sees of the answers."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient

from annotator.services.answers import drafters
from tests.conftest import Site
from tests.helpers import html
from tests.helpers.visitor import forge, send, signed_in
from tests.unit.test_campaigns import LETTER, OWN

DUSK = "The north gate is locked at dusk"
DESK = "/d/garden/desk"


@pytest.fixture
def idents(small_site: Site) -> list[str]:
    """Three comments on two sections."""
    return [small_site.post(words, f"{words}? <b>Why</b>.")
            for words in ("asks little", DUSK, "at dawn")]  # fmt: skip


@pytest.fixture
def dora(app: Flask, small_site: Site, idents: list[str]) -> FlaskClient:
    """A browser in which Dora is signed in, a drafter of the garden."""
    browser = signed_in(app, small_site, "Dora")
    with small_site.parts.db.transaction() as session:
        drafters.add(session, "garden", "Dora", "command line")
    return browser


def states(browser: FlaskClient, address: str = DESK) -> list[str]:
    """Return what the check boxes of the desk send."""
    return html.attributes(browser.get(address), "[name=id]", "value")


def test_a_drafter_answers_some_and_publishes(
    dora: FlaskClient, client: FlaskClient, idents: list[str]
) -> None:
    page = dora.get(DESK)
    assert [each.partition(":")[0] for each in states(dora)] == idents, "as the text has them"
    assert "3 open · 0 answered · 1 person" in html.text(page)
    address = f"{DESK}?author=Ada&answer=none"
    chosen = states(dora, address)[1:]
    saved = send(dora, address, do="draft", id=chosen, outcome="declined", body="*Dusk* is dusk.")
    assert saved.location == f"{address}&done=draft-2&on={','.join(idents[1:])}"
    page = dora.get(saved.location)
    assert "Saved as drafts: 2 comments." in page.text
    assert html.attributes(page, "[name=id][checked]", "value"), "the selection stays"
    assert "Dusk" not in client.get(f"/a/{idents[1]}").text
    published = send(dora, saved.location, do="publish", id=states(dora)[1:])
    assert published.status_code == 303
    told = html.words(client.get(f"/a/{idents[1]}"), ".answer")[0]
    assert told.startswith("Publisher’s answer · Declined ·")
    assert "Dusk is dusk." in told
    account = client.get("/d/garden/answers")
    assert html.words(account, "tbody tr:first-child td")[:4] == ["3", "1", "2", "1"]
    for link in html.attributes(account, "tbody a", "href"):
        listed = client.get(link)
        assert listed.status_code == 200
    assert "Declined: 2 comments" in client.get("/feeds/d/garden/answers.atom").text
    assert client.get("/feeds/d/garden/answers.json").get_json()["items"]
    assert "Answering for the publisher: Dora" in html.words(client.get("/d/garden"), ".title")[0]


def test_all_that_a_filter_finds_is_answered_unless_it_has_changed(
    dora: FlaskClient, small_site: Site, client: FlaskClient
) -> None:
    address = f"{DESK}?all=yes&answer=none"
    page = dora.get(address)
    assert "All matches are selected: 3 comments." in page.text
    small_site.post(DUSK, "One more.")
    sent = {"do": "draft", "outcome": "noted", "body": "Kept words."}
    late = send(dora, page, **sent)
    assert late.status_code == 409
    assert "4 match now" in late.text
    assert "Kept words." in late.text
    done = send(dora, late, **sent)
    assert done.location.endswith("done=draft-4")
    assert send(dora, DESK, do="publish-all").status_code == 303
    assert "4 answered" in html.text(dora.get(DESK))
    ident = html.attributes(dora.get(DESK), "[name=answer]", "value")[0]
    taken = send(dora, DESK, do="take", answer=ident, id=states(dora)[:1])
    assert html.words(taken, "textarea") == ["Kept words."]
    assert html.attributes(taken, "[name=id][checked]", "value") == states(dora)[:1]
    assert send(dora, DESK, do="undo", answer=ident).status_code == 303
    assert "4 open · 0 answered" in html.text(dora.get(DESK))


@pytest.mark.parametrize(
    ("fields", "status", "told"),
    [
        ({"do": "draft", "outcome": "declined"}, 422, "This outcome needs an explanation."),
        ({"do": "draft", "outcome": "noted", "edition": "1999"}, 422, "no edition"),
        ({"do": "draft", "outcome": "loud"}, 422, "Choose an outcome"),
        ({"do": "label", "value": ""}, 422, "Enter a label"),
        ({"do": "assign", "value": "Ada"}, 422, "is not a drafter"),
        ({"do": "shred"}, 422, "Unknown mark"),
        ({"do": "publish"}, 409, "no drafts"),
        ({"do": "draft", "outcome": "noted", "id": []}, 400, "at least one comment"),
        ({"do": "take", "answer": "x"}, 404, "no such answer"),
        ({"do": "undo", "answer": "x"}, 404, "no answer"),
        ({"do": "draft", "outcome": "noted", "selection": "x"}, 409, "have changed"),
    ],
)
def test_a_bad_act_says_why_and_keeps_what_was_entered(
    dora: FlaskClient, fields: dict[str, object], status: int, told: str
) -> None:
    sent = {"id": states(dora)[:1], "body": "Entered."}
    if fields.get("outcome") == "declined":
        sent["body"] = " "
    answer = forge(dora, DESK, **{**sent, **fields})
    assert answer.status_code == status
    assert told in answer.text
    assert sent["body"] in answer.text


@pytest.mark.parametrize("query", ["answer=loud", "assigned=Nobody", "verdict=x", "after=x"])
def test_a_bad_filter_is_explained_at_its_field(dora: FlaskClient, query: str) -> None:
    page = dora.get(f"{DESK}?{query}")
    assert page.status_code in (400, 404, 422)
    assert html.words(page, ".error")


def test_notes_of_drafters_are_on_the_desk_alone(
    dora: FlaskClient, client: FlaskClient, idents: list[str]
) -> None:
    for fields in ({"do": "label", "value": "later"}, {"do": "assign", "value": "me"},
                   {"do": "read"}):  # fmt: skip
        assert send(dora, DESK, id=states(dora)[:1], **fields).status_code == 303
    assert [each.partition(":")[0] for each in states(dora, f"{DESK}?label=later")] == idents[:1]
    assert [each.partition(":")[0] for each in states(dora, f"{DESK}?unread=yes")] == idents[1:]
    assert "assigned to Dora" in dora.get(DESK).text
    for address in (f"/a/{idents[0]}", "/d/garden/comments/2026-03-01", "/api/annotations"):
        assert "later" not in client.get(address).text
    refused = client.get("/api/annotations?document=garden&answer=draft")
    assert refused.status_code == 422
    assert client.get("/d/garden/comments/2026-03-01?answer=draft").status_code == 422
    assert client.get(DESK).status_code == 404


def test_a_campaign_is_found_opened_and_corrected(
    dora: FlaskClient, small_site: Site, idents: list[str]
) -> None:
    for at in range(6):
        small_site.post(DUSK, LETTER + (f" {OWN}" if at == 5 else ""),
                        author=small_site.person(f"P{at}"))  # fmt: skip
    assert send(dora, DESK, do="find").location == f"{DESK}?done=find-1"
    page = dora.get(f"{DESK}?done=find-1")
    assert "Found: 1 campaign." in page.text
    assert html.words(page, ".campaigns li")[0].startswith("6 people, 6 comments, 6 open")
    opened, own, *_ = html.attributes(page, ".campaigns li a", "href")
    assert len(states(dora, opened)) == 6
    assert html.words(dora.get(own), ".own b") == [OWN.rstrip(".")]
    campaign = html.attribute(page, "[name=campaign] option", "value")
    mine = [each for each in states(dora) if each.startswith(idents[0])]
    assert send(dora, DESK, do="put", id=mine, campaign=campaign).status_code == 303
    assert len(states(dora, opened)) == 7
    assert send(dora, DESK, do="take-out", id=mine).status_code == 303
    assert len(states(dora, opened)) == 6
    assert forge(dora, DESK, do="put", id=mine, campaign="x").status_code == 404


def test_the_author_says_whether_they_are_content(
    dora: FlaskClient, app: Flask, small_site: Site
) -> None:
    bea = signed_in(app, small_site, "Bea")
    ident = small_site.post(DUSK, "Hm.", author="Bea")
    (chosen,) = [each for each in states(dora) if each.startswith(ident)]
    send(dora, DESK, do="draft", id=[chosen], outcome="noted")
    send(dora, DESK, do="publish-all")
    assert send(bea, f"/a/{ident}", f"/a/{ident}/content", content="no").status_code == 303
    assert "The author is not satisfied with it." in dora.get(f"/a/{ident}").text
    assert "not satisfied: 1" in dora.get("/d/garden/answers").text


def test_a_section_called_desk_or_answers_keeps_its_address(client: FlaskClient) -> None:
    for name in ("desk", "answers"):
        assert client.get(f"/d/garden@2026-03-01/{name}").status_code == 404
