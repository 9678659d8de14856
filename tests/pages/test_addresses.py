"""Addresses as URLs: present and former names, words of a provision, choices, citations."""

from __future__ import annotations

import re
from html import unescape
from urllib.parse import quote

import pytest
from flask.testing import FlaskClient

from tests.conftest import SAMPLES, Site
from tests.helpers import html

FIRST = "garden@2026-03-01"
SENTENCE = "The north gate is locked at dusk, the other two are never locked."
TWICE = b"# One\n\nFirst.\n\n## Scope\n\nHere.\n\n# Two\n\nSecond.\n\n## Scope\n\nHere, and here.\n"


@pytest.fixture
def renamed(small_site: Site) -> Site:
    """A second edition in which a section has another name."""
    text = (SAMPLES / "garden-1.md").read_text("utf-8")
    text = text.replace("paths-and", "ways-and").replace("Paths and", "Ways and")
    small_site.add(label="2026-04-01", data=text.encode())
    return small_site


def marked(page: str) -> list[str]:
    """List the words that a page marks as cited."""
    return [found.text_content() for found in html.tree(page).cssselect("mark.cited")]


@pytest.mark.parametrize(
    ("asked", "present"),
    [
        ("garden@2026-04-01/paths-and-gates/1", "garden@2026-04-01/ways-and-gates/1"),
        ("garden@2026-04-01/paths-and-gates", "garden@2026-04-01/ways-and-gates"),
        ("garden@2026-03-01/ways-and-gates/1.s2", "garden@2026-03-01/paths-and-gates/1.s2"),
        ("garden/paths-and-gates/1", "garden/ways-and-gates/1"),
        ('garden/paths-and-gates/1~"three gates"', 'garden/ways-and-gates/1~"three gates"'),
    ],
)
def test_a_former_or_later_name_leads_to_the_present_one(
    client: FlaskClient, renamed: Site, asked: str, present: str
) -> None:
    answer = client.get(f"/d/{quote(asked)}")
    assert answer.status_code == 301
    assert answer.headers["Location"] == f"/d/{quote(present, safe='/@')}"
    assert client.get(answer.headers["Location"]).status_code == 200


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ("paths-and-gates/1.s2", [SENTENCE]),
        ('purpose/2~"nobody\'s silence is measured"', ["nobody's silence is ", "measured"]),
        ("purpose/0", ["Purpose"]),
    ],
)
def test_cited_words_are_marked_on_the_provisions_page(
    client: FlaskClient, place: str, words: list[str]
) -> None:
    answer = client.get(f"/d/{FIRST}/{quote(place)}")
    assert answer.status_code == 200
    assert marked(answer.text) == words
    assert "Cite the marked words" in answer.text


def test_words_that_do_not_stand_there_are_told(client: FlaskClient) -> None:
    answer = client.get(f"/d/{FIRST}/purpose/1" + quote('~"no such words"'))
    assert answer.status_code == 200
    assert marked(answer.text) == []
    assert "does not contain the words" in answer.text


def test_of_several_places_all_are_offered(client: FlaskClient, small_site: Site) -> None:
    small_site.add(label="1", data=TWICE, slug="rules")
    answer = client.get("/d/rules@1/SCOPE/1")
    assert answer.status_code == 300
    links = html.attributes(answer, ".results h2 a", "href")
    assert len(links) == 2
    assert [client.get(link).status_code for link in links] == [200, 200]
    words = client.get("/d/rules@1/scope-2/1" + quote('~"ere"'))
    assert words.status_code == 300


def test_a_number_out_of_range_names_the_nearest(client: FlaskClient) -> None:
    answer = client.get(f"/d/{FIRST}/purpose/9")
    assert answer.status_code == 404
    assert "There is no ¶9" in answer.text
    assert f'href="/d/{FIRST}/purpose/2"' in answer.text


@pytest.mark.parametrize(
    "place", ["nowhere-at-all", "purpose/x", "%00", "a" * 5000, "purpose/1~", "a/b/c/d"]
)
def test_what_is_no_address_is_not_here(client: FlaskClient, place: str) -> None:
    assert client.get(f"/d/{FIRST}/{place}").status_code == 404


def test_a_section_may_be_called_like_one_of_the_sites_own_pages(
    client: FlaskClient, small_site: Site
) -> None:
    rules = [rule.rule for rule in client.application.url_map.iter_rules()]
    named = {found[1] for rule in rules if (found := re.match(r"/d/<[^>]+>/([a-z]+)", rule))}
    names = sorted(named - {"p"})  # "p" comes before a pid
    assert len(names) > 8
    text = "".join(f"# {name.title()}\n\nWords on {name}.\n\n" for name in names)
    small_site.add(slug="site", label="1", data=text.encode())
    for name in names:
        for place in (name, f"{name}/1"):
            answer = client.get(f"/d/site@1/{place}")
            assert answer.status_code == 200
            assert f"Words on {name}." in answer.text
            assert "Cite this" in answer.text


def test_a_lasting_name_leads_to_its_words_in_an_edition(
    client: FlaskClient, renamed: Site
) -> None:
    page = client.get("/d/garden/ways-and-gates/1").text
    found = re.search(r"garden/p/(\w{5})", page)
    assert found
    pid = found[1]
    assert client.get(f"/d/garden/p/{pid}").status_code == 200
    pinned = client.get(f"/d/{FIRST}/p/{pid}")
    assert pinned.headers["Location"] == f"/d/{FIRST}/paths-and-gates/1"
    sentence = client.get(f"/d/garden/p/{pid}.s2")
    assert sentence.headers["Location"] == "/d/garden@2026-04-01/ways-and-gates/1.s2"
    assert client.get("/d/garden/p/zzzzz").status_code == 404
    assert client.get("/d/garden/p/zzzzz.s2").status_code == 404


def test_a_provisions_page_cites_it_in_every_form(client: FlaskClient) -> None:
    page = unescape(client.get(f"/d/{FIRST}/purpose/1").text)
    assert f'value="{FIRST}/purpose/1"' in page
    assert "Rules of the Garden (text of 1 Mar. 2026), § “Purpose” ¶ 1 [unofficial ¶ nos.]" in page
    for form in ("Markdown", "BibTeX", "CSL-JSON"):
        assert f"<span>{form}</span>" in page
    assert f"](http://localhost/d/{FIRST}/purpose/1)" in page
    forms = html.words(page, "details.cite label > span")
    assert len(forms) == 6  # the garden has no publisher's page to link to
