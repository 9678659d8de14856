"""The W3C's Web Annotation Protocol, read: annotations, and the kinds that are answered.

`docs/web-annotation.md` names these tests beside the requirements that they hold.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest
import rdflib
from flask.testing import FlaskClient
from rdflib.compare import isomorphic

from annotator.formats import turtle
from annotator.services.accounts import accounts
from annotator.services.annotations import annotations
from annotator.services.moderation import actions
from annotator.services.moderation.actions import Decision
from tests.api.conftest import Script
from tests.api.protocol import ANNO, GARDEN, HERE, LDP, get, methods
from tests.conftest import ROOT, Site


def test_an_annotation_is_read_with_get_head_and_options(
    client: FlaskClient, say: Callable[..., str]
) -> None:
    path = f"/w3c/annotations/{say()}"
    assert get(client, path)["type"] == "Annotation"
    head = client.head(path)
    assert (head.status_code, head.data) == (200, b"")
    assert client.options(path).status_code == 200


def test_an_annotation_is_json_ld_with_the_annotations_profile(
    client: FlaskClient, say: Callable[..., str]
) -> None:
    ident = say()
    answer = client.get(f"/w3c/annotations/{ident}")
    assert answer.content_type == ANNO
    value = answer.get_json(force=True)
    assert value["@context"] == "http://www.w3.org/ns/anno.jsonld"
    assert value["id"] == f"{HERE}/w3c/annotations/{ident}"


def test_an_annotation_is_said_to_be_a_resource_once(
    client: FlaskClient, say: Callable[..., str]
) -> None:
    answer = client.get(f"/w3c/annotations/{say()}")
    assert answer.headers.getlist("Link") == [f'<{LDP}Resource>; rel="type"']


def test_an_annotation_has_an_etag_that_changes_with_its_words(
    script: Script, client: FlaskClient, say: Callable[..., str]
) -> None:
    ident = say()
    path = f"/w3c/annotations/{ident}"
    first = client.get(path).headers["ETag"]
    assert client.head(path).headers["ETag"] == first
    assert client.get(path, headers={"If-None-Match": first}).status_code == 304
    script("PATCH", f"/api/annotations/{ident}", json={"body": "Other words."})
    assert client.get(path, headers={"If-None-Match": first}).status_code == 200


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_an_annotation_lists_the_methods_it_takes(
    client: FlaskClient, say: Callable[..., str], method: str
) -> None:
    answer = client.open(f"/w3c/annotations/{say()}", method=method)
    assert {"GET", "HEAD", "OPTIONS"} <= methods(answer)


@pytest.mark.parametrize("path", [GARDEN, f"{GARDEN}?page=0"])
def test_caches_are_told_that_answers_depend_on_accept(
    client: FlaskClient, say: Callable[..., str], path: str
) -> None:
    ident = say()
    for address in (path, f"/w3c/annotations/{ident}"):
        assert "Accept" in client.get(address).vary
    assert "Prefer" in client.get(GARDEN).vary


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("", ANNO),
        ("*/*", ANNO),
        (ANNO, ANNO),
        ("application/ld+json", ANNO),
        ('application/ld+json; profile="http://www.w3.org/ns/json-ld#compacted"', ANNO),
        ("application/json", "application/json"),
        ("application/json;q=0.5, application/ld+json", ANNO),
        ("text/html, */*;q=0.1", ANNO),
    ],
)
def test_what_is_asked_for_is_answered_if_there_is_such_a_kind(
    client: FlaskClient, say: Callable[..., str], accept: str, kind: str
) -> None:
    for path in (GARDEN, f"/w3c/annotations/{say()}"):
        answer = client.get(path, headers={"Accept": accept} if accept else {})
        assert (answer.status_code, answer.content_type) == (200, kind)


def test_a_kind_that_there_is_not_is_refused_with_those_there_are(client: FlaskClient) -> None:
    answer = client.get(GARDEN, headers={"Accept": "application/rdf+xml"})
    assert answer.status_code == 406
    assert "application/ld+json" in answer.get_json()["error"]["message"]


def test_turtle_says_what_the_json_says(client: FlaskClient, many: list[str]) -> None:
    for path in ("/w3c/", GARDEN, f"{GARDEN}?iris=1&page=1", f"/w3c/annotations/{many[0]}"):
        answer = client.get(path, headers={"Accept": "text/turtle, application/ld+json;q=0.5"})
        assert answer.mimetype == "text/turtle"
        assert re.search(r'Z"\^\^xsd:dateTime', answer.text)
        assert "+00:00" not in answer.text
        again = client.get(path, headers={"Accept": "text/turtle"})
        assert again.headers["ETag"] == answer.headers["ETag"]
        assert client.get(path).headers["ETag"] != answer.headers["ETag"]
        value = client.get(path).get_json(force=True)
        data = json.dumps(value | {"@context": turtle.context()})
        said = rdflib.Graph().parse(data=data, format="json-ld")
        assert len(said) > 5
        assert isomorphic(rdflib.Graph().parse(data=answer.text, format="turtle"), said)


def test_without_rdflib_there_is_no_turtle(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turtle, "find_spec", lambda name: None)
    answer = client.get(GARDEN, headers={"Accept": "text/turtle"})
    assert answer.status_code == 406
    assert "turtle" not in answer.get_json()["error"]["message"]


def test_scripts_of_other_sites_may_ask_what_they_may_read(
    client: FlaskClient, say: Callable[..., str]
) -> None:
    asked = {"Origin": "https://other.example", "Access-Control-Request-Method": "GET",
             "Access-Control-Request-Headers": "prefer"}  # fmt: skip
    for path in (GARDEN, f"/w3c/annotations/{say()}"):
        answer = client.options(path, headers=asked)
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert "Prefer" in answer.headers["Access-Control-Allow-Headers"]
        told = client.get(path, headers=asked).headers["Access-Control-Expose-Headers"]
        assert {"ETag", "Link", "Allow", "Content-Location"} <= set(told.split(", "))


def test_what_is_deleted_is_gone_and_what_never_was_is_not_found(
    client: FlaskClient, small_site: Site, say: Callable[..., str]
) -> None:
    ident = say()
    with small_site.parts.db.transaction() as session:
        annotations.delete(session, accounts.viewer_named(session, "Ada"), ident)
    assert client.get(f"/w3c/annotations/{ident}").status_code == 410
    assert client.head(f"/w3c/annotations/{ident}").status_code == 410
    assert client.get("/w3c/annotations/nobody").status_code == 404


def test_what_a_moderator_has_hidden_is_gone_too(
    client: FlaskClient, small_site: Site, say: Callable[..., str]
) -> None:
    ident = say()
    mia = small_site.person("Mia", role="moderator")
    with small_site.parts.db.transaction() as session:
        hide = Decision("hide", "abuse", "It calls names.")
        actions.decide(session, actions.moderator(mia), hide, ident, None)
    answer = client.get(f"/w3c/annotations/{ident}")
    assert answer.status_code == 410
    assert answer.get_json()["error"]["code"] == "hidden"
    assert get(client, GARDEN)["total"] == 0


DOCUMENT = ROOT / "docs" / "web-annotation.md"


def test_the_documentation_names_tests_that_there_are() -> None:
    text = DOCUMENT.read_text()
    files = (ROOT / "tests" / "api").glob("test_w3c*.py")
    there = re.findall(
        r"^def (test_\w+)", "".join(file.read_text() for file in files), re.MULTILINE
    )
    assert set(re.findall(r"`(test_\w+)`", text)) <= set(there)
    rows = re.findall(r"^\| [MS] \|.*$", text, re.MULTILINE)
    assert len(rows) > 30
    open_ones = [row for row in rows if "`test_" not in row]
    assert all(re.search(r"not yet|not done|decide", row) for row in open_ones), open_ones
