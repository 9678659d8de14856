"""The map: where the argument is, in numbers, without JavaScript."""

from __future__ import annotations

import csv

import pytest
from flask.testing import FlaskClient

from annotator.config import Limits
from annotator.schemas.annotations import Draft, DraftTarget
from annotator.services.annotations import annotations
from tests.conftest import Site
from tests.helpers import html

PATH = "/d/garden/map/2026-03-01"


@pytest.fixture
def argued(small_site: Site, client: FlaskClient) -> FlaskClient:
    """Two people argue about the gates, Ada alone about silence."""
    bea = small_site.person("Bea")
    ada = small_site.person("Ada 2")
    with small_site.parts.db.transaction() as session:
        for who, words, tags in (
            (ada, "The north gate", ("dusk",)),
            (bea, "The north gate is locked at dusk", ()),
            (ada, "keep quiet", ("dusk",)),
        ):
            draft = Draft(document="garden", body="<b>Why?</b>", tags=tags,
                          targets=(DraftTarget(exact=words),))  # fmt: skip
            annotations.create(session, who, draft, Limits())
    small_site.parts.indexer.drain()
    return client


def ask(client: FlaskClient, query: str = "", status: int = 200) -> str:
    answer = client.get(f"{PATH}?{query}")
    assert answer.status_code == status
    return answer.text


def table(page: str) -> dict[str, tuple[int, int]]:
    """Read people and annotations by section."""
    rows = html.tree(page).xpath("//tr[th[@scope='row']/a]")
    found = [html.words(row, "th a, td.number") for row in rows]
    return {name: (int(people), int(annotations)) for name, people, annotations, *_ in found}


def total(page: str) -> str:
    (told,) = html.words(page, "p.total[role=status]")
    return told


def test_each_section_has_its_people_and_its_annotations(argued: FlaskClient) -> None:
    page = ask(argued)
    assert total(page) == "3 comments by 2 people. Show in the text"
    sections = table(page)
    assert (sections["Purpose"], sections["Paths and gates"]) == ((1, 1), (2, 2))
    assert sections["Opening hours"] == (0, 0)
    assert html.words(page, "li > p:first-child > a") == [
        "Paths and gates ¶ 1", "Purpose ¶ 2"]  # fmt: skip


def test_provisions_without_a_annotation_are_listed_and_lead_to_their_place(
    argued: FlaskClient, small_site: Site
) -> None:
    page = ask(argued)
    quiet = {link.text_content().partition(" ")[2]: link
             for link in html.tree(page).xpath("//li/a[span[@class='unit']]")}  # fmt: skip
    assert not [text for text in quiet if "north gate is" in text or "keep quiet" in text]
    (address,) = [it.get("href") for text, it in quiet.items() if "Ring the bell once." in text]
    path, _, pid = address.partition("#")
    assert path == "/d/garden@2026-03-01"
    assert f'id="{pid}"' in argued.get(path).text
    assert f"{len(quiet)} of " in html.text(page)


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("author=Bea", "Matching: 1 comment by 1 person."),
        ("tag=dusk", "Matching: 2 comments by 1 person."),
        ("section=purpose", "Matching: 1 comment by 1 person."),
        ("verdict=exact", "Matching: 3 comments by 2 people."),
        ("verdict=lost", "No comments match this filter."),
        ("before=2026-01-01", "No comments match this filter."),
        ("after=2026-01-01&q=why&author=", "Matching: 3 comments by 2 people."),
    ],
)
def test_a_filter_narrows_the_map_and_stays_in_the_form_and_the_links(
    argued: FlaskClient, query: str, said: str
) -> None:
    page = ask(argued, query)
    assert total(page).startswith(said)
    name, value = query.split("&")[0].split("=")
    field = f'[name="{name}"]'
    assert html.attributes(page, f"input{field}, {field} option[selected]", "value") == [value]
    if not said.startswith("No"):
        narrowed = f"/d/garden@2026-03-01?{query.removesuffix('&author=')}"
        assert narrowed in html.attributes(page, "a", "href")
    assert f'href="{PATH}">Show all</a>' in page


@pytest.mark.parametrize(
    ("query", "status", "field", "said"),
    [
        ("author=Nobody", 404, "author", "There is no account named 'Nobody'."),
        ("section=nowhere", 404, "section", "no section 'nowhere'"),
        ("verdict=fine", 422, "verdict", "Unknown verdict 'fine'. Use one of exact"),
        ("after=soon", 400, "after", "Enter a date such as 2026-01-31."),
        ("before=2026-13-01", 400, "before", "Enter a date"),
        ("q=%22", 400, "q", ""),
        ("author=%00", 400, "author", "not allowed"),
        ("tag=%ED%A0%80%00", 400, "tag", "not allowed"),
    ],
)
def test_a_filter_that_means_nothing_is_explained_at_its_field(
    argued: FlaskClient, query: str, status: int, field: str, said: str
) -> None:
    page = ask(argued, query, status)
    (fault,) = html.words(page, f"p.error#_fault-{field}")
    assert said in fault
    described = html.attribute(page, f'[name="{field}"][aria-invalid=true]', "aria-describedby")
    assert described.startswith("_fault-")
    assert total(page) == "This filter is not valid; see above."
    assert table(page) == {}


def test_an_edition_without_commentary_says_so(client: FlaskClient, small_site: Site) -> None:
    page = ask(client)
    assert total(page) == "Nobody has commented on this edition yet."
    assert "Ring the bell once." in page


def test_a_map_that_is_not_there_is_not_found(client: FlaskClient, small_site: Site) -> None:
    for path in ("/d/garden/map/2020-01-01", "/d/nothing/map/2026-03-01", "/d/garden/map/"):
        assert client.get(path, follow_redirects=True).status_code == 404


def test_the_map_is_a_table_for_spreadsheets_too(client: FlaskClient, small_site: Site) -> None:
    small_site.post("three gates", tags=("gates",))
    small_site.post("never locked")
    for query, many in (("", "2"), ("&tag=gates", "1"), ("&tag=none", "0")):
        answer = client.get(f"/d/garden/map/2026-03-01?format=csv{query}")
        assert answer.mimetype == "text/csv"
        rows = {row["address"]: row for row in csv.DictReader(answer.text[1:].splitlines())}
        section = rows["garden@2026-03-01/paths-and-gates"]
        assert section["comments"] == many
        assert section["people"] == min(many, "1")
