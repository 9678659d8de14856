"""The pages about a revision say what changed, without JavaScript, and let an author answer it."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient

from annotator.config import Limits
from annotator.schemas.annotations import Draft, DraftTarget
from annotator.services.annotations import annotations, listings
from tests.conftest import Site

LOST = "a child’s laughter has never been against the rules"
EDITED = "The north gate is locked at dusk"


@pytest.fixture
def revised(small_site: Site) -> tuple[Site, dict[str, str]]:
    """Two editions, and two annotations of Ada's that the second one touches."""
    made = {}
    small_site.person("Eve", "correct horse")
    with small_site.parts.db.transaction() as session:
        from annotator.services.accounts import accounts

        eve = accounts.viewer_named(session, "Eve")
        for name, words in (("lost", LOST), ("edited", EDITED)):
            draft = Draft(document="garden", body="So?", targets=(DraftTarget(exact=words),))
            made[name] = annotations.create(session, eve, draft, Limits())
    small_site.add("garden-2.md", "2026-04-01")
    return small_site, made


def sign_in(client: FlaskClient, name: str = "Eve") -> None:
    page = client.get("/sign-in").text
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert found
    form = {"name": name, "password": "correct horse", "csrf_token": found[1]}
    assert client.post("/sign-in", data=form).status_code == 303


def post(client: FlaskClient, path: str, **form: str) -> int:
    found = re.search(r'name="csrf_token" value="([^"]+)"', client.get(path).text)
    assert found
    return client.post(path, data={"csrf_token": found[1], **form}).status_code


def test_the_difference_shows_words_struck_and_added_with_annotations_beside(
    client: FlaskClient, revised: tuple[Site, dict[str, str]]
) -> None:
    page = client.get("/d/garden/diff/2026-03-01..2026-04-01").text
    assert "<del>dusk</del><ins>nightfall</ins>" in page
    assert "1 comment" in page
    assert "We say “keep quiet”" in page


def test_the_fate_of_each_touched_annotation_is_listed(
    client: FlaskClient, revised: tuple[Site, dict[str, str]]
) -> None:
    page = client.get("/d/garden/fate/2026-03-01..2026-04-01").text
    assert "1 edited, 1 lost" in page
    assert f"<del>{LOST}</del>" in page


def test_the_reading_page_leads_to_what_changed(
    client: FlaskClient, revised: tuple[Site, dict[str, str]]
) -> None:
    between = "2026-03-01..2026-04-01"
    newest = client.get("/d/garden").text
    assert f'<a href="/d/garden/diff/{between}">What changed since 2026-03-01</a>' in newest
    assert f'href="/d/garden/fate/{between}"' in newest
    older = client.get("/d/garden@2026-03-01").text
    assert f'<a href="/d/garden/diff/{between}">What changed in 2026-04-01</a>' in older


def test_lost_words_are_told_where_their_provision_stood(
    client: FlaskClient, revised: tuple[Site, dict[str, str]]
) -> None:
    page = client.get("/d/garden").text
    found = re.search(r'<a class="n" href="([^"]+)"[^>]* data-lost="1" title="([^"]+)"[^>]*>', page)
    assert found
    assert found[2] == "1 comment on words no longer here"
    assert "1 comment on section Purpose (1 comment on words no longer here)" in found[0]
    assert page.count("data-lost") == 1
    there = client.get(found[1]).text
    assert "These words are no longer in 2026-04-01; they stood in 2026-03-01." in there
    assert LOST in there
    assert "data-lost" not in client.get("/d/garden@2026-03-01").text


def test_an_edited_annotation_shows_what_changed_and_how_it_stood(
    client: FlaskClient, revised: tuple[Site, dict[str, str]]
) -> None:
    page = client.get("/d/garden/paths-and-gates/1").text
    assert "<del>dusk</del><ins>nightfall</ins>" in page
    then = re.search(r'href="([^"]+)">As it stood in 2026-03-01<', page)
    assert then
    stood = client.get(then[1])
    assert stood.status_code == 200
    assert f'<mark class="cited">{EDITED}</mark>' in stood.text


def test_its_author_is_offered_to_say_where_a_annotation_stands(
    client: FlaskClient, revised: tuple[Site, dict[str, str]]
) -> None:
    _, made = revised
    offer = f'href="/a/{made["edited"]}/restate"'
    place = "/d/garden/paths-and-gates/1"
    assert offer not in client.get(place).text
    sign_in(client)
    assert offer in client.get(place).text
    assert offer not in client.get("/d/garden@2026-03-01/paths-and-gates/1").text


@pytest.mark.parametrize(
    "labels", ["x", "a..b", "..", "2026-03-01..", "2026-03-01..1999-01-01", "%00..x"]
)
@pytest.mark.parametrize("kind", ["diff", "fate"])
def test_editions_that_are_not_there_are_told(client: FlaskClient, kind: str, labels: str) -> None:
    assert client.get(f"/d/garden/{kind}/{labels}").status_code == 404


def test_an_author_puts_a_lost_annotation_on_other_words(
    client: FlaskClient, revised: tuple[Site, dict[str, str]]
) -> None:
    site, made = revised
    sign_in(client)
    path = f"/a/{made['lost']}/restate"
    assert post(client, path, do="restate", quote="no such words") == 409
    assert post(client, path, do="confirm") == 409
    assert post(client, path, do="restate", quote="Ring the bell once.") == 303
    assert post(client, f"/a/{made['edited']}/restate", do="confirm") == 303
    with site.parts.db.reading() as session:
        bases = [listings.one(session, ident).placements[0].basis for ident in made.values()]
    assert bases == ["restated", "confirmed"]


def test_nobody_else_says_where_a_annotation_stands(
    client: FlaskClient, revised: tuple[Site, dict[str, str]]
) -> None:
    site, made = revised
    path = f"/a/{made['lost']}/restate"
    assert client.get(path).status_code == 401
    site.person("Bob", "correct horse")
    sign_in(client, "Bob")
    assert client.get(path).status_code == 403


def test_an_author_and_nobody_else_is_shown_what_a_revision_touched(
    client: FlaskClient, revised: tuple[Site, dict[str, str]]
) -> None:
    _, made = revised
    assert "changed under" not in client.get("/people/Eve").text
    sign_in(client)
    page = client.get("/people/Eve").text
    assert "changed under 2 comments of yours" in page
    assert all(f"/a/{ident}/restate" in page for ident in made.values())
    assert post(client, f"/a/{made['edited']}/restate", do="confirm") == 303
    assert "changed under 1 comment of yours" in client.get("/people/Eve").text
