"""One filter on every page with comments: its address holds it, and every count, link and file."""

from __future__ import annotations

import json
from urllib.parse import parse_qs, urlsplit

import pytest
from flask.testing import FlaskClient

from tests.conftest import Site
from tests.helpers import html

# What each filter leaves of the comments below, by their names.
FILTERS = {
    "tag=dusk": {"gate", "other"},
    "tag=dusk,+gates": {"gate"},
    "tag=gates,dusk,never": set(),
    "author=Bea": {"other", "reply"},
    "kind=comment": {"gate", "other"},
    "kind=highlight": {"mark"},
    "kind=reply": {"reply"},
    "kind=comment&tag=dusk&author=Ada": {"gate"},
    "after=2099-01-01": set(),
    "before=2099-01-01&kind=reply&author=Bea": {"reply"},
}
PROVISION = "/d/garden/paths-and-gates"


@pytest.fixture
def made(small_site: Site) -> dict[str, str]:
    """Four annotations on one section, by name."""
    small_site.person("Bea")
    gate = small_site.post("three gates", "One.", tags=("gates", "dusk"))
    return {
        "gate": gate,
        "other": small_site.post("locked at dusk", "Two.", author="Bea", tags=("dusk",)),
        "mark": small_site.post("never locked", None, motivation="highlighting"),
        "reply": small_site.post(body="Three.", author="Bea", in_reply_to=gate),
    }


def shown(page: object, made: dict[str, str]) -> set[str]:
    """Return the names of the comments on a page."""
    ids = {each.removeprefix("a-") for each in html.attributes(page, ".comment", "id")}  # type: ignore[arg-type]
    return {name for name, ident in made.items() if ident in ids}


@pytest.mark.parametrize("query", FILTERS)
@pytest.mark.parametrize("path", ["/d/garden/comments/2026-03-01", PROVISION])
def test_every_list_holds_a_filter_in_its_links_and_files(
    client: FlaskClient, made: dict[str, str], path: str, query: str
) -> None:
    page = client.get(f"{path}?{query}")
    assert shown(page, made) == FILTERS[query]
    asked = parse_qs(query)
    carried = html.attributes(page, ".sorts a", "href") if len(FILTERS[query]) > 1 else []
    for link in [*carried, *html.attributes(page, ".downloads a", "href")]:
        assert {name: parse_qs(urlsplit(link).query).get(name) for name in asked} == asked
    for link in html.attributes(page, ".downloads a[href*='format=native']", "href"):
        exported = json.loads(client.get(link).text)["items"]
        assert {each["id"] for each in exported} == {made[name] for name in FILTERS[query]}
    chips = html.attributes(page, ".chips a.chip", "href")
    assert len(chips) == query.replace(",", "&").count("&") + 1
    for chip in chips:
        assert client.get(chip).status_code == 200


@pytest.mark.parametrize("query", FILTERS)
def test_the_map_counts_and_lists_the_same(
    client: FlaskClient, made: dict[str, str], query: str
) -> None:
    page = client.get(f"/d/garden/map/2026-03-01?{query}")
    counted = client.get(f"/api/annotations?document=garden&{query}").get_json()["total"]
    assert counted == len(FILTERS[query])
    for link in html.tree(page).cssselect("table.map td a"):
        assert shown(client.get(link.get("href")), made) == FILTERS[query]
        assert int(link.text) == counted


def test_a_persons_page_is_filtered_too(client: FlaskClient, made: dict[str, str]) -> None:
    assert shown(client.get("/people/Bea?kind=reply"), made) == {"reply"}
    assert shown(client.get("/people/Bea?tag=dusk"), made) == {"other"}
    page = client.get("/people/Bea?tag=dusk")
    assert "2 comments" in page.text
    (link,) = html.attributes(page, ".downloads a[href*='format=csv']", "href")
    assert parse_qs(urlsplit(link).query) == {
        "author": ["Bea"], "format": ["csv"], "tag": ["dusk"],
    }  # fmt: skip


def test_a_search_holds_its_filter(
    client: FlaskClient, small_site: Site, made: dict[str, str]
) -> None:
    small_site.parts.indexer.drain()
    page = client.get("/search?q=One+OR+Two&author=Ada")
    links = html.attributes(page, ".results h2 a", "href")
    assert links == [f"/a/{made['gate']}"]
    for link in html.attributes(page, ".sorts a", "href"):
        assert "author=Ada" in link
    (link,) = html.attributes(page, ".downloads a[href*='format=native']", "href")
    exported = json.loads(client.get(link).text)["items"]
    assert [each["id"] for each in exported] == [made["gate"]]


@pytest.mark.parametrize("path", [PROVISION, "/d/garden/map/2026-03-01", "/people/Ada"])
@pytest.mark.parametrize("wrong", ["after=yesterday", "kind=essay"])
def test_a_wrong_filter_is_said_at_its_field(
    client: FlaskClient, made: dict[str, str], path: str, wrong: str
) -> None:
    page = client.get(f"{path}?{wrong}")
    assert page.status_code in {400, 422}
    field = wrong.partition("=")[0]
    assert html.attributes(page, ".filter-bar[open] [aria-invalid]", "name") == [field]


def test_tags_in_use_are_offered_with_their_counts(
    client: FlaskClient, made: dict[str, str]
) -> None:
    offered = html.tree(client.get(f"{PROVISION}?tag=gates")).cssselect(".offered a")
    assert [" ".join(each.text_content().split()) for each in offered] == ["dusk 2"]
    assert shown(client.get(offered[0].get("href")), made) == {"gate"}


def test_a_tag_with_a_comma_is_found_too(client: FlaskClient, small_site: Site) -> None:
    one = small_site.post("three gates", "One.", tags=("a, b",))
    both = small_site.post("never locked", "Two.", tags=("a", "b"))
    found = client.get("/api/annotations?document=garden&tag=a,+b").get_json()["items"]
    assert {each["id"] for each in found} == {one, both}


def test_a_filter_has_a_limit_of_tags(client: FlaskClient, made: dict[str, str]) -> None:
    tags = [f"t{number}" for number in range(1_000)]
    for path in ("/api/annotations", "/people/Ada", "/api/export"):
        assert client.get(path, query_string={"tag": ",".join(tags[:20])}).status_code == 200
        answer = client.get(path, query_string={"tag": ",".join(tags)})
        assert answer.status_code == 422
        assert "at most 20 tags" in answer.text


def test_comments_on_the_document_as_a_whole_have_a_heading_too(
    small_site: Site, client: FlaskClient
) -> None:
    small_site.post(body="On everything.")
    small_site.post("three gates", body="On the gates.")
    headings = html.words(client.get("/d/garden/comments/2026-03-01"), ".threads .at")
    assert headings[0] == "The document as a whole"
    assert headings[1].startswith("Paths and gates ¶")
