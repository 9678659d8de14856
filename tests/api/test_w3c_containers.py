"""The W3C's Web Annotation Protocol, read: containers, their pages, and how they are found.

`docs/web-annotation.md` names these tests beside the requirements that they hold.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from annotator.services.accounts import accounts
from annotator.services.annotations import annotations
from annotator.services.editions import editions
from tests.api.conftest import Script
from tests.api.protocol import ANNO, GARDEN, HERE, LDP, OA, get, methods, named, prefer, walk
from tests.conftest import Site

TYPED = f'<{LDP}BasicContainer>; rel="type"'
CONSTRAINED = f'<http://www.w3.org/TR/annotation-protocol/>; rel="{LDP}constrainedBy"'


def test_there_are_containers_of_the_site_a_document_and_a_provision(
    client: FlaskClient, say: Callable[..., str]
) -> None:
    first, second = say(at=0), say(at=1)
    annotation = client.get(f"/api/annotations/{first}").get_json()
    assert named(walk(client, "/w3c/")) == named(walk(client)) == [first, second]
    assert named(walk(client, f"{GARDEN}p/{annotation['pid']}/")) == [first]


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
            annotations.delete(session, ada, ident)
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
