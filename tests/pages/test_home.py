"""The home page and the pages of people: what is first, and what stands beside each comment."""

from __future__ import annotations

from datetime import UTC, datetime

from flask.testing import FlaskClient

from annotator.config import Limits
from annotator.models import Annotation
from annotator.schemas.annotations import Draft
from annotator.services.accounts import accounts
from annotator.services.annotations import annotations
from tests.conftest import Site
from tests.helpers import html


def test_only_a_thread_shows_a_reply_below_what_it_answers(
    client: FlaskClient, small_site: Site
) -> None:
    head = small_site.post("three gates", "A question.")
    reply = small_site.post(body="An answer.", in_reply_to=head)
    assert html.attributes(client.get(f"/a/{head}"), ".comment.reply", "id") == [f"a-{reply}"]
    for flat in ("/", "/people/Ada"):
        assert html.attributes(client.get(flat), ".comment.reply", "id") == []
        page = " ".join(html.tree(client.get(flat)).text_content().split())
        assert "In reply to Ada on Paths and gates ¶ 1, Rules of the Garden" in page
        assert "A question." in page


def test_a_person_joined_no_later_than_they_commented(
    client: FlaskClient, small_site: Site
) -> None:
    """An imported comment can be older than its account."""
    made = small_site.post("three gates", "Old.")
    assert "Joined" in client.get("/people/Ada").text
    with small_site.parts.db.transaction() as session:
        session.get_one(Annotation, made).created = datetime(2020, 9, 3, tzinfo=UTC)
    page = client.get("/people/Ada").text
    assert "First comment 3 Sep 2020" in page
    assert "Joined" not in page


def test_the_home_page_has_the_most_active_document_first(
    client: FlaskClient, small_site: Site
) -> None:
    small_site.add(slug="orchard")
    small_site.add(slug="arbour")
    small_site.post("three gates")
    with small_site.parts.db.transaction() as session:
        draft = Draft("orchard", body="On all of it.")
        annotations.create(session, accounts.viewer_named(session, "Ada"), draft, Limits())
    links = html.attributes(client.get("/"), ".documents h3 a", "href")
    assert links == ["/d/orchard", "/d/garden", "/d/arbour"]


def test_lists_of_many_documents_show_the_beginning_of_a_long_comment(
    client: FlaskClient, small_site: Site
) -> None:
    made = small_site.post("three gates", "Why three? " * 200)
    for flat in ("/", "/people/Ada"):
        page = client.get(flat)
        assert html.attributes(page, ".body.long + p a", "href") == [f"/a/{made}"], flat
    assert html.attributes(client.get(f"/a/{made}"), ".body.long", "class") == []


def test_a_comment_on_a_whole_document_names_it_by_its_title(
    client: FlaskClient, small_site: Site
) -> None:
    with small_site.parts.db.transaction() as session:
        ada = accounts.viewer_named(session, "Ada")
        made = annotations.create(session, ada, Draft("garden", body="On all of it."), Limits())
    for page in ("/", "/people/Ada", f"/a/{made}"):
        assert (
            "Rules of the Garden" in html.tree(client.get(page)).xpath("//main")[0].text_content()
        )


def test_a_section_offers_200_comments_a_page_and_keeps_the_filter(
    client: FlaskClient, small_site: Site
) -> None:
    for number in range(52):
        small_site.post("three gates", f"Number {number}.")
    (larger,) = html.attributes(
        client.get("/d/garden/paths-and-gates?kind=comment"), "a[href*='limit=']", "href"
    )
    assert "kind=comment" in larger
    page = client.get(larger)
    assert len(html.attributes(page, ".comment", "id")) == 52
    assert html.attributes(page, "a[href*='cursor=']", "href") == []
    for limit in ("", "x", "-1", "9999999999"):
        assert client.get(f"/d/garden/paths-and-gates?limit={limit}").status_code == 200
