"""An address with ?remark= leads to a comment in its place, in the right edition."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient

from annotator.auth.permissions import Viewer
from annotator.services.accounts import accounts
from annotator.services.annotations import annotations
from tests.conftest import Site
from tests.helpers import html

OLD, NEW = "2026-03-01", "2026-04-01"
LOST = "a child’s laughter has never been against the rules"
KEPT = "three gates"


def ada(site: Site) -> Viewer:
    with site.parts.db.reading() as session:
        return accounts.viewer_named(session, "Ada")


@pytest.fixture
def revised(small_site: Site) -> dict[str, str]:
    """Two editions, and annotations made on the first."""
    made = {"whole": small_site.post()}
    made |= {"lost": small_site.post(LOST), "kept": small_site.post(KEPT)}
    made["reply"] = small_site.post(in_reply_to=made["kept"])
    made["gone"] = small_site.post(KEPT)
    made["answer"] = small_site.post(in_reply_to=made["gone"])
    made["nothing"] = small_site.post(KEPT)
    with small_site.parts.db.transaction() as session:
        for name in ("gone", "nothing"):
            annotations.delete(session, ada(small_site), made[name])
    small_site.add("garden-2.md", NEW)
    return made


def notice(client: FlaskClient, label: str, ident: str) -> str:
    """Read what the page says of the annotation, and check that it leads only to what is there."""
    answer = client.get(f"/d/garden@{label}?remark={ident}")
    assert answer.status_code == 200
    assert "ETag" not in answer.headers
    found = re.search(r'<(div|p) class="notice"[^>]*>(?:(?!<details).)*', answer.text, re.DOTALL)
    assert found
    for anchor in html.attributes(found[0], "[href^='#']", "href"):
        assert f'id="{anchor[1:]}"' in answer.text
    return found[0]


def test_a_annotation_and_a_reply_stand_at_their_paragraph(
    client: FlaskClient, revised: dict[str, str]
) -> None:
    for name, what in (("kept", "a comment by Ada"), ("reply", "a reply by Ada")):
        told = notice(client, NEW, revised[name])
        assert f'leads to {what}, on <a href="#' in told
        assert f'data-annotation="{revised[name]}" data-thread="{revised["kept"]}"' in told
        assert "data-start" in told


def test_an_older_edition_offers_the_place_in_the_newest(
    client: FlaskClient, revised: dict[str, str]
) -> None:
    told = notice(client, OLD, revised["kept"])
    (link,) = html.tree(told).xpath("//a[starts-with(., 'View it in the newest')]/@href")
    assert link.startswith(f"/d/garden@{NEW}?remark=")
    assert client.get(link).status_code == 200


def test_lost_words_are_shown_where_they_stood_and_where_they_stand(
    client: FlaskClient, revised: dict[str, str]
) -> None:
    told = notice(client, NEW, revised["lost"])
    assert "no longer in this edition" in told
    assert "data-start" not in told
    assert f'href="/d/garden@{OLD}?remark={revised["lost"]}#' in told
    assert "no longer" not in notice(client, OLD, revised["lost"])


def test_deleted_annotations_and_annotations_on_no_words_are_told_of(
    client: FlaskClient, revised: dict[str, str]
) -> None:
    assert "a deleted comment, on <a" in notice(client, NEW, revised["gone"])
    assert "a reply by Ada, on <a" in notice(client, NEW, revised["answer"])
    assert "a deleted comment.</p>" in notice(client, NEW, revised["nothing"])
    assert 'id="_asked"' not in notice(client, NEW, revised["nothing"])
    assert "on the document as a whole" in notice(client, NEW, revised["whole"])
    assert "does not exist" in notice(client, NEW, "nosuch")


def test_a_annotation_on_another_document_is_found_there(
    client: FlaskClient, revised: dict[str, str], small_site: Site
) -> None:
    small_site.add(slug="yard")
    told = client.get(f"/d/yard?remark={revised['kept']}").text
    assert f'on another document. <a href="/a/{revised["kept"]}/place">' in told


def test_the_quoted_words_of_a_comment_lead_to_it_in_the_text(
    client: FlaskClient, revised: dict[str, str]
) -> None:
    page = client.get(f"/a/{revised['kept']}").text
    found = html.attribute(page, "a.words", "href")
    assert f'data-annotation="{revised["kept"]}"' in client.get(found).text


def test_the_place_of_a_annotation_is_in_the_newest_edition_that_has_its_words(
    client: FlaskClient, revised: dict[str, str]
) -> None:
    for name, label in (("kept", NEW), ("reply", NEW), ("lost", OLD)):
        answer = client.get(f"/a/{revised[name]}/place")
        assert answer.status_code == 303
        where = rf"/d/garden@{label}\?remark={revised[name]}#\w+"
        assert re.fullmatch(where, answer.headers["Location"])
    assert client.get("/a/nosuch/place").status_code == 404
