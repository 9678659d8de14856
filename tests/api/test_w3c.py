"""The W3C's Web Annotation Protocol, read: containers, pages, annotations, and what surrounds them.

`docs/web-annotation.md` names these tests beside the requirements that they hold.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import rdflib
from flask.testing import FlaskClient
from rdflib.compare import isomorphic
from werkzeug.test import TestResponse

from annotator.formats import turtle
from annotator.formats.remark import Draft, DraftTarget
from annotator.services import (
    accounts,
    acts,
    annotations,
    containers,
    deleting,
    editions,
    moderating,
)
from annotator.services.acts import Decision
from tests.api.conftest import Script
from tests.conftest import ROOT, Site

HERE = "http://localhost"
GARDEN = "/w3c/garden/"
ANNO = 'application/ld+json; profile="http://www.w3.org/ns/anno.jsonld"'
OA, LDP = "http://www.w3.org/ns/oa#", "http://www.w3.org/ns/ldp#"
TYPED = f'<{LDP}BasicContainer>; rel="type"'
CONSTRAINED = f'<http://www.w3.org/TR/annotation-protocol/>; rel="{LDP}constrainedBy"'


@pytest.fixture
def say(small_site: Site) -> Callable[..., str]:
    """Store a remark of Ada's on the words of a paragraph."""

    def post(body: str = "Why?", at: int = 0) -> str:
        with small_site.parts.db.transaction() as session:
            loaded = editions.newest(session, "garden")
            blocks = [block for block in loaded.parsed.blocks if block.kind == "paragraph"]
            words = loaded.parsed.text[blocks[at].start : blocks[at].end]
            draft = Draft(document="garden", targets=(DraftTarget(exact=words),), body=body)
            ada = accounts.viewer_named(session, "Ada")
            return annotations.create(session, ada, draft, small_site.parts.config.limits)

    return post


@pytest.fixture
def many(say: Callable[..., str], monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Seven remarks, in pages of three."""
    monkeypatch.setattr(containers, "PAGE", 3)
    return [say(f"Remark {number}.", number % 3) for number in range(7)]


def prefer(*wanted: str) -> dict[str, str]:
    return {"Prefer": f'return=representation; include="{" ".join(wanted)}"'}


def get(client: FlaskClient, path: str, **headers: str) -> Any:
    answer = client.get(path.removeprefix(HERE), headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.get_json(force=True)


def walk(client: FlaskClient, path: str = GARDEN) -> Iterator[dict[str, Any]]:
    """Read a container's pages, from the first on."""
    at: Any = get(client, path)["first"]
    while at:
        page = at if isinstance(at, dict) else get(client, at)
        yield page
        at = page.get("next")


def named(pages: Iterator[dict[str, Any]]) -> list[str]:
    return [item["id"].rpartition("/")[2] for page in pages for item in page["items"]]


# ---------------------------------------------------------------------- 3. annotations


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


def methods(answer: TestResponse) -> set[str]:
    return set(answer.headers["Allow"].split(", "))


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
        deleting.delete(session, accounts.viewer_named(session, "Ada"), ident)
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
        moderating.decide(session, acts.moderator(mia), hide, ident, None)
    answer = client.get(f"/w3c/annotations/{ident}")
    assert answer.status_code == 410
    assert answer.get_json()["error"]["code"] == "hidden"
    assert get(client, GARDEN)["total"] == 0


# ---------------------------------------------------------------------- 4. containers


def test_there_are_containers_of_the_site_a_document_and_a_provision(
    client: FlaskClient, say: Callable[..., str]
) -> None:
    first, second = say(at=0), say(at=1)
    remark = client.get(f"/api/annotations/{first}").get_json()
    assert named(walk(client, "/w3c/")) == named(walk(client)) == [first, second]
    assert named(walk(client, f"{GARDEN}p/{remark['pid']}/")) == [first]


@pytest.mark.parametrize("path", ["/w3c/", GARDEN])
def test_the_address_of_a_container_ends_in_a_slash(client: FlaskClient, path: str) -> None:
    answer = client.get(path.removesuffix("/"))
    assert (answer.status_code, answer.location) == (308, HERE + path)


def test_a_container_is_read_with_get_head_and_options(client: FlaskClient) -> None:
    assert get(client, GARDEN)["total"] == 0
    head = client.head(GARDEN)
    assert (head.status_code, head.data) == (200, b"")
    assert client.options(GARDEN).status_code == 200


def test_a_container_is_a_basic_container_and_a_collection_in_both_contexts(
    client: FlaskClient, many: list[str]
) -> None:
    value = get(client, GARDEN)
    assert value["type"] == ["BasicContainer", "AnnotationCollection"]
    assert value["@context"] == [
        "http://www.w3.org/ns/anno.jsonld", "http://www.w3.org/ns/ldp.jsonld",
    ]  # fmt: skip
    assert value["label"] == "Commentary on Rules of the Garden"


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "PATCH"])
def test_a_container_says_in_every_answer_what_it_is(client: FlaskClient, method: str) -> None:
    answer = client.open(GARDEN, method=method)
    assert (answer.status_code == 405) == (method == "PATCH")
    assert ", ".join(answer.headers.getlist("Link")) == f"{TYPED}, {CONSTRAINED}"
    assert {"GET", "HEAD", "OPTIONS"} <= methods(answer)


def test_a_container_says_what_it_is_also_where_it_refuses_or_has_not_changed(
    client: FlaskClient,
) -> None:
    tag = client.get(GARDEN).headers["ETag"]
    for answer in (
        client.get(GARDEN, headers={"Accept": "image/png"}),
        client.get(f"{GARDEN}?iris=2"),
        client.get(GARDEN, headers={"If-None-Match": tag}),
    ):
        assert answer.status_code in {406, 400, 304}
        assert TYPED in answer.headers["Link"]


def test_a_container_and_its_pages_have_etags_that_change_with_the_commentary(
    client: FlaskClient, many: list[str], say: Callable[..., str]
) -> None:
    paths = (GARDEN, f"{GARDEN}?iris=0&page=2")
    tags = [client.get(path).headers["ETag"] for path in paths]
    for path, tag in zip(paths, tags, strict=True):
        assert client.head(path).headers["ETag"] == tag
        assert client.get(path, headers={"If-None-Match": tag}).status_code == 304
    say("One more.")
    for path, tag in zip(paths, tags, strict=True):
        assert client.get(path, headers={"If-None-Match": tag}).status_code == 200


def test_without_accept_a_container_is_json_ld(client: FlaskClient) -> None:
    assert client.get(GARDEN).content_type == ANNO


def test_a_container_counts_its_annotations_and_says_when_the_last_changed(
    client: FlaskClient, many: list[str], script: Script
) -> None:
    assert get(client, GARDEN)["total"] == 7
    changed = script("PATCH", f"/api/annotations/{many[2]}", json={"body": "New."}).get_json()
    assert get(client, GARDEN)["modified"] == changed["modified"]


def test_an_empty_container_has_no_pages(client: FlaskClient) -> None:
    value = get(client, GARDEN)
    assert value["total"] == 0
    assert not {"first", "last", "modified"} & value.keys()
    assert get(client, f"{GARDEN}?page=0")["items"] == []
    assert client.get(f"{GARDEN}?page=1").status_code == 404


def test_a_representation_says_under_which_name_it_stands(
    client: FlaskClient, many: list[str]
) -> None:
    for headers, name in (({}, "?iris=0"), (prefer(f"{OA}PreferContainedIRIs"), "?iris=1")):
        answer = client.get(GARDEN, headers=headers)
        assert answer.headers["Content-Location"] == f"{HERE}{GARDEN}{name}"
        assert answer.get_json(force=True)["id"] == f"{HERE}{GARDEN}{name}"


@pytest.mark.parametrize(
    ("wanted", "first", "iris"),
    [
        ((), dict, False),
        ((f"{OA}PreferContainedDescriptions",), dict, False),
        ((f"{OA}PreferContainedIRIs",), dict, True),
        ((f"{LDP}PreferMinimalContainer",), str, False),
        ((f"{LDP}PreferMinimalContainer", f"{OA}PreferContainedIRIs"), str, True),
        ((f"{OA}PreferContainedDescriptions", f"{OA}PreferContainedIRIs"), dict, False),
        (("http://example.org/unknown",), dict, False),
    ],
)
def test_what_is_preferred_is_given(
    client: FlaskClient, many: list[str], wanted: tuple[str, ...], first: type, iris: bool
) -> None:
    answer = client.get(GARDEN, headers=prefer(*wanted) if wanted else {})
    value = answer.get_json(force=True)
    assert isinstance(value["first"], first)
    assert "contains" not in value
    page = value["first"] if first is dict else get(client, value["first"])
    assert all(isinstance(item, str if iris else dict) for item in page["items"])
    assert f"iris={int(iris)}" in page["next"]
    assert f"iris={int(iris)}" in value["last"]
    known = [each for each in wanted if each.startswith((OA, LDP))]
    both = len(known) == 2 and first is dict
    assert ("Preference-Applied" in answer.headers) == (bool(known) and not both)


def test_all_pages_together_have_every_annotation_once_and_in_order(
    client: FlaskClient, many: list[str]
) -> None:
    pages = list(walk(client))
    assert named(iter(pages)) == many
    assert [page["startIndex"] for page in pages] == [0, 3, 6]
    assert "prev" not in pages[0]
    assert "next" not in pages[-1]
    assert [page.get("prev") for page in pages[1:]] == [page["id"] for page in pages[:-1]]
    assert pages[-1]["id"] == get(client, GARDEN)["last"]
    iris = get(client, f"{GARDEN}?iris=1&page=2")
    assert iris["items"] == [f"{HERE}/w3c/annotations/{many[6]}"]


def test_a_page_is_part_of_its_collection_which_it_describes(
    client: FlaskClient, many: list[str]
) -> None:
    answer = client.get(f"{GARDEN}?iris=1&page=1")
    part_of = answer.get_json(force=True)["partOf"]
    assert part_of["id"] == f"{HERE}{GARDEN}?iris=1"
    assert (part_of["total"], part_of["label"]) == (7, "Commentary on Rules of the Garden")
    assert part_of["modified"].endswith("Z")
    assert "Link" not in answer.headers
    assert methods(answer) == {"GET", "HEAD", "OPTIONS"}


def test_what_is_deleted_leaves_its_page_and_shifts_no_other(
    client: FlaskClient, small_site: Site, many: list[str]
) -> None:
    before = [page["items"] for page in walk(client)]
    with small_site.parts.db.transaction() as session:
        ada = accounts.viewer_named(session, "Ada")
        for ident in (many[0], *many[3:6]):
            deleting.delete(session, ada, ident)
    first, last = walk(client)
    assert (first["items"], last["items"]) == (before[0][1:], before[2])
    assert (first["startIndex"], last["startIndex"]) == (0, 2)
    assert last["prev"] == first["id"]
    empty = get(client, f"{GARDEN}?page=1")
    assert (empty["items"], empty["prev"], empty["next"]) == ([], first["id"], last["id"])
    assert get(client, GARDEN)["total"] == 3


@pytest.mark.parametrize("query", ["page=x", "page=-1", "iris=yes", "page=1&page=2", "pages=1"])
def test_a_query_that_cannot_be_read_is_refused_by_name(client: FlaskClient, query: str) -> None:
    answer = client.get(f"{GARDEN}?{query}")
    assert answer.status_code == 400
    assert answer.get_json()["error"]["field"] == re.split("=", query)[0]


def test_a_document_or_provision_that_is_not_there_is_not_found(client: FlaskClient) -> None:
    for path in ("/w3c/nowhere/", f"{GARDEN}p/zzzzz/", "/w3c/nowhere/p/zzzzz/"):
        answer = client.get(path)
        assert (answer.status_code, answer.get_json()["error"]["code"]) == (404, "not_found")


# ---------------------------------------------------------------------- 4.4 discovery


def test_pages_and_the_plain_text_announce_the_container_of_their_commentary(
    client: FlaskClient, small_site: Site
) -> None:
    with small_site.parts.db.reading() as session:
        pid = editions.newest(session, "garden").pids[2]
    provision = f"{GARDEN}p/{pid}/"
    for page, service in (
        ("/d/garden@2026-03-01", GARDEN),
        (f"/d/garden/p/{pid}", provision),
        ("/api/documents/garden/editions/2026-03-01/text", GARDEN),
    ):
        answer = client.get(page)
        assert f'<{service}>; rel="{OA}annotationService"' in answer.headers["Link"]
        if page.startswith("/d/"):
            assert f'<link rel="{OA}annotationService" href="{service}">' in answer.text
        assert get(client, service)["type"][0] == "BasicContainer"


# ---------------------------------------------------------------------- the documentation

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
