"""The W3C's Web Annotation Protocol, written: what is posted, replaced and deleted, and refused.

`docs/web-annotation.md` names these tests beside the requirements that they hold.
"""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from annotator.models import Annotation
from annotator.schemas.annotations import read_stamp
from annotator.services.editions import editions
from tests.api.conftest import Script
from tests.api.protocol import ANNO, GARDEN, HERE
from tests.conftest import ROOT, Site

TEXT = f"{HERE}/api/documents/garden/editions/2026-03-01/text"
CONTEXT = "http://www.w3.org/ns/anno.jsonld"
GATE = {"type": "TextQuoteSelector", "exact": "three gates"}
COUNTED = {"type": "TextPositionSelector", "start": 0, "end": 5}
QUOTED = {"source": TEXT, "selector": GATE}
WORDS = {"type": "TextualBody", "value": "Which *gate*?", "format": "text/markdown"}


def said(**changes: Any) -> dict[str, Any]:
    """An annotation as a client writes it."""
    made = {"@context": CONTEXT, "type": "Annotation", "motivation": "commenting",
            "body": WORDS, "target": QUOTED}  # fmt: skip
    return {name: value for name, value in (made | changes).items() if value is not None}


def post(script: Script, value: dict[str, Any], path: str = GARDEN, **headers: str) -> TestResponse:
    data = json.dumps(value)  # in ASCII: half a surrogate pair is escaped
    return script("POST", path, data=data, headers={"Content-Type": ANNO} | headers)


def test_the_request_of_the_documentation_is_accepted(script: Script) -> None:
    text = (ROOT / "docs" / "web-annotation.md").read_text(encoding="utf-8")
    read, write = re.findall(r"```http\n(.*?)\n```", text, re.DOTALL)
    for request in read, write:
        head, _, body = request.replace("https://SITE", HERE).partition("\n\n")
        first, *fields = head.splitlines()
        method, path, _ = first.split()
        headers = dict(field.split(": ", 1) for field in fields)
        headers.pop("Authorization", None)
        answer = script(method, path, data=body, headers=headers)
        assert answer.status_code == (201 if body else 200), answer.text
    assert "Which gate?" in answer.text


def created(script: Script, value: dict[str, Any], path: str = GARDEN) -> dict[str, Any]:
    answer = post(script, value, path)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.get_json(force=True)
    return found


def put(script: Script, value: dict[str, Any], **headers: str) -> TestResponse:
    path = value["id"].removeprefix(HERE)
    return script("PUT", path, json=value, headers={"Content-Type": ANNO} | headers)


def refused(answer: TestResponse, status: int, field: str | None = None) -> str:
    """Return the reason of a refusal."""
    assert answer.status_code == status, answer.text
    error = answer.get_json()["error"]
    assert error.get("field") == field
    return str(error["message"])


@pytest.fixture
def pids(small_site: Site) -> tuple[str, ...]:
    """The pids of the garden's provisions."""
    with small_site.parts.db.reading() as session:
        return editions.newest(session, "garden").pids


# ---------------------------------------------------------------------- 5.1 creating


def test_a_posted_annotation_is_created_and_sent_back(script: Script) -> None:
    answer = post(script, said())
    assert (answer.status_code, answer.content_type) == (201, ANNO)
    value = answer.get_json(force=True)
    assert answer.headers["Location"] == value["id"]
    assert value["body"][0]["value"] == "Which *gate*?"
    assert answer.headers["ETag"]
    again = script("GET", value["id"].removeprefix(HERE))
    assert again.get_json(force=True) == value
    assert again.headers["ETag"] == answer.headers["ETag"]


@pytest.mark.parametrize("path", ["/w3c/", GARDEN])
def test_a_posted_annotation_has_an_iri_of_the_site(script: Script, path: str) -> None:
    value = created(script, said(id="https://other.example/1"), path)
    assert re.fullmatch(rf"{HERE}/w3c/annotations/\w+", value["id"])
    items = script("GET", path).get_json(force=True)["first"]["items"]
    assert value["id"] in [item["id"] for item in items]


@pytest.mark.parametrize("slug", ["my-comment", "../x", "a" * 3_000, "%C3%A9"])
def test_a_name_that_slug_suggests_is_not_taken(script: Script, slug: str) -> None:
    answer = script("POST", "/w3c/garden/", json=said(), headers={"Slug": slug})
    assert answer.status_code == 201
    assert re.fullmatch(rf"{HERE}/w3c/annotations/[0-9a-z]{{16}}", answer.headers["Location"])


def test_the_name_it_had_becomes_via_and_the_canonical_one_stays(script: Script) -> None:
    value = created(script, said(id="https://other.example/1", canonical="urn:uuid:6b4c"))
    assert (value["via"], value["canonical"]) == ("https://other.example/1", "urn:uuid:6b4c")
    changed = put(script, value | {"body": dict(WORDS, value="Other words.")})
    kept = changed.get_json(force=True)
    assert (kept["via"], kept["canonical"]) == (value["via"], value["canonical"])
    words = dict(WORDS, value="Hm.")
    sources = created(script, said(id="urn:a", via=["urn:b", "urn:c"], body=words))
    assert sources["via"] == ["urn:a", "urn:b", "urn:c"]
    assert "canonical" not in sources


def test_who_sends_it_is_its_author_whatever_it_says(script: Script) -> None:
    value = created(script, said(
        creator={"type": "Person", "name": "The Editors"}, created="1999-01-01T00:00:00Z",
        modified="1999-01-01T00:00:00Z",
        rights="https://creativecommons.org/publicdomain/zero/1.0/",
    ))  # fmt: skip
    assert value["creator"]["name"] == "Ada"
    assert value["created"] > "2026"
    assert value["rights"] == "https://creativecommons.org/licenses/by/4.0/"


@pytest.mark.parametrize("names", [{"id": "https://other.example/1"}, {"canonical": "urn:uuid:1"}])
def test_sent_twice_it_is_there_once(script: Script, names: dict[str, str]) -> None:
    first = created(script, said(**names))
    again = post(script, said(**names))
    assert (again.status_code, again.headers["Location"]) == (200, first["id"])
    assert script.get_total() == 1


def test_under_a_key_it_is_stored_once(script: Script) -> None:
    answers = [post(script, said(), **{"Idempotency-Key": "k1"}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 200]
    assert script.get_total() == 1


def test_without_name_or_key_saying_it_again_is_refused(script: Script) -> None:
    created(script, said())
    assert post(script, said()).status_code == 409
    assert script.get_total() == 1


def test_what_somebody_else_has_sent_is_theirs(script: Script, small_site: Site) -> None:
    created(script, said(id="https://other.example/1"))
    small_site.person("Ben")
    ben = Script(script.client, small_site.token("Ben"))
    assert "someone else" in refused(post(ben, said(id="https://other.example/1")), 409, "id")


def test_what_its_author_has_deleted_can_be_sent_again(script: Script) -> None:
    first = created(script, said(id="https://other.example/1"))
    assert script("DELETE", first["id"].removeprefix(HERE)).status_code == 204
    assert created(script, said(id="https://other.example/1"))["id"] != first["id"]


def test_containers_say_what_they_take(client: FlaskClient) -> None:
    for method in ("GET", "HEAD", "OPTIONS"):
        answer = client.open(GARDEN, method=method)
        assert "application/ld+json" in answer.headers["Accept-Post"]
        assert "POST" in answer.headers["Allow"].split(", ")


def test_a_page_of_a_container_takes_nothing(script: Script) -> None:
    answer = post(script, said(), f"{GARDEN}?iris=0&page=0")
    assert answer.status_code == 405
    assert "POST" not in answer.headers["Allow"]


# ---------------------------------------------------------------------- targets


def test_words_are_found_by_quotation_or_counted_in_the_plain_text(script: Script) -> None:
    quoted = created(script, said())["target"]
    position, quote = quoted["selector"]
    counted = created(script, said(target={"source": TEXT, "selector": position}, body=dict(
        WORDS, value="Counted.")))["target"]  # fmt: skip
    assert counted == quoted
    assert (quote["exact"], quoted["source"]) == ("three gates", TEXT)
    text = script("GET", TEXT.removeprefix(HERE)).text
    assert text[position["start"] : position["end"]] == "three gates"


def test_pages_can_be_the_source_and_offsets_in_them_do_not_count(
    script: Script, pids: tuple[str, ...]
) -> None:
    wrong = {"type": "TextPositionSelector", "start": 5, "end": 16}
    for number, page in enumerate(("/d/garden", "/d/garden@2026-03-01", f"/d/garden/p/{pids[0]}")):
        target = {"source": HERE + page, "selector": [GATE, wrong]}
        value = created(script, said(target=target, body=dict(WORDS, value=f"{number}.")))
        assert value["target"]["selector"][1]["exact"] == "three gates"
    alone = {"source": f"{HERE}/d/garden", "selector": wrong}
    assert "plain text" in refused(post(script, said(target=alone)), 422, "target")


def test_a_provision_is_named_by_its_page_its_fragment_or_its_pid(
    script: Script, pids: tuple[str, ...]
) -> None:
    named = {"type": "FragmentSelector", "value": pids[2],
             "conformsTo": "http://tools.ietf.org/rfc/rfc3236"}  # fmt: skip
    targets = [f"{HERE}/d/garden/p/{pids[2]}", f"{HERE}/d/garden@2026-03-01#{pids[2]}",
               {"source": TEXT, "selector": named}]  # fmt: skip
    for number, target in enumerate(targets):
        value = created(script, said(target=target, body=dict(WORDS, value=f"{number}.")))
        assert value["target"]["selector"][0] == named
        assert value["target"]["scope"] == targets[0]


def test_a_document_is_named_by_its_page(script: Script) -> None:
    target = created(script, said(target=f"{HERE}/d/garden"))["target"]
    assert (target["source"], "selector" in target) == (TEXT, False)


def test_several_targets_of_one_text_are_taken(script: Script) -> None:
    other = {"source": TEXT, "selector": {"type": "TextQuoteSelector", "exact": "north gate"}}
    value = created(script, said(target=[QUOTED, other]))
    assert [it["selector"][1]["exact"] for it in value["target"]] == ["three gates", "north gate"]
    mixed = said(target=[QUOTED, f"{HERE}/d/garden"])
    assert "one text" in refused(post(script, mixed), 422, "target")


def test_a_reply_is_on_the_iri_of_what_it_answers_here_or_elsewhere(script: Script) -> None:
    head = created(script, said(id="https://other.example/1"))
    for name in (head["id"], "https://other.example/1"):
        sent = said(target=name, motivation="replying", body=dict(WORDS, value=f"On {name[:9]}"))
        assert created(script, sent)["target"] == head["id"]
    lost = said(target="https://other.example/2", motivation="replying")
    assert "does not exist" in refused(post(script, lost), 422, "target")


def test_a_provisions_container_takes_what_is_on_it_alone(script: Script) -> None:
    head = created(script, said())
    place = f"{GARDEN}p/{head['target']['scope'].rpartition('/')[2]}/"
    reply = said(target=head["id"], motivation="replying", body=dict(WORDS, value="Yes."))
    assert created(script, reply, place)["target"] == head["id"]
    assert created(script, said(body=dict(WORDS, value="Here.")), place)
    whole = said(target=f"{HERE}/d/garden", body=dict(WORDS, value="On all."))
    assert "container" in refused(post(script, whole, place), 422, "target")
    before = script.get_total()
    other = said(target=f"{HERE}/d/garden", body=dict(WORDS, value="On all."))
    assert created(script, other)
    assert script.get_total() == before + 1


@pytest.mark.parametrize(
    ("target", "status"),
    [
        ("http://www.example.com/index.html", 422),
        ("javascript:alert(1)", 400),
        ("data:text/html,<script>alert(1)</script>", 400),
        ("no address", 422),
        ("http://localhost/d/nowhere", 422),
        ("http://localhost/d/garden/p/zzzzz", 422),
        ("http://localhost/w3c/annotations/nobody", 422),
        ("http://[", 422),
        ("urn:x\ud800", 422),
        ([], 400),
        ({}, 422),
        ({"source": TEXT.replace("2026", "1026"), "selector": GATE}, 422),
        ({"source": TEXT, "selector": {"type": "SvgSelector", "value": "<svg/>"}}, 422),
        ({"source": TEXT, "selector": dict(GATE, exact="no such words")}, 409),
        ({"source": TEXT, "selector": dict(GATE, exact="the")}, 409),
        ({"source": TEXT, "selector": dict(GATE, exact=["three"])}, 400),
        ({"source": TEXT, "selector": dict(COUNTED, start="1")}, 400),
        ({"source": TEXT, "selector": dict(COUNTED, end=None)}, 400),
        ({"source": TEXT, "selector": dict(COUNTED, start=9)}, 422),
        ({"source": TEXT, "selector": [COUNTED, GATE]}, 409),
    ],
)
def test_a_target_that_cannot_be_placed_is_refused_with_the_reason(
    script: Script, target: Any, status: int
) -> None:
    answer = post(script, said(target=target))
    assert answer.status_code == status, answer.text
    assert answer.get_json()["error"]["message"]
    assert script.get_total() == 0


# ---------------------------------------------------------------------- bad input


@pytest.mark.parametrize(
    ("data", "kind", "status"),
    [
        ("{", ANNO, 400),
        ("[]", ANNO, 400),
        ("[" * 100_000, ANNO, 400),
        ('{"type": "Annotation"}', ANNO, 400),
        ('{"type": "Person", "target": "urn:x"}', ANNO, 400),
        ('{"@context": "https://schema.org", "type": "Annotation", "target": "urn:x"}', ANNO, 400),
        ('{"type": "Annotation", "target": {"type": "List", "items": []}}', ANNO, 400),
        ('{"type": "Annotation", "target": "urn:x", "created": "yesterday"}', ANNO, 400),
        ("<a> <b> <c> .", "text/turtle", 415),
        ("{}", "text/plain", 415),
        ('{"x": "' + "x" * 3_000_000 + '"}', ANNO, 413),
    ],
)
def test_what_is_no_annotation_is_refused(
    script: Script, data: str, kind: str, status: int
) -> None:
    answer = script("POST", GARDEN, data=data, headers={"Content-Type": kind})
    assert answer.status_code == status
    assert answer.get_json()["error"]["message"]


def test_a_hostile_body_is_words_and_nothing_else(script: Script, client: FlaskClient) -> None:
    hostile = "<img src=x onerror=alert(1)><script>alert(2)</script>Fine."
    for number, kind in enumerate(("text/html", "text/markdown", "text/plain")):
        value = created(script, said(body=dict(WORDS, value=f"{number} {hostile}", format=kind)))
        ident = value["id"].rpartition("/")[2]
        html = client.get(f"/api/annotations/{ident}").get_json()["html"]
        assert not re.search(r"<(img|script)", html)
        assert value["body"][0]["format"] == "text/markdown"


def test_names_that_are_no_addresses_are_refused(script: Script) -> None:
    assert post(script, said(id="javascript:alert(1)")).status_code == 400
    for name in ("urn:" + "x" * 3000, "urn:\0"):
        refused(post(script, said(id=name)), 422, "id")
    for name in ("not an address", "urn:" + "x" * 3000, "urn:\0"):
        refused(post(script, said(canonical=name)), 422, "id")


@pytest.mark.parametrize(
    ("ident", "via"),
    [
        ("6B4C52b2-ab2d-4d4a-9a9f-6d3f0d8e1c7a", "urn:uuid:6b4c52b2-ab2d-4d4a-9a9f-6d3f0d8e1c7a"),
        ("#6b4c52b2-ab2d-4d4a-9a9f-6d3f0d8e1c7a", "urn:uuid:6b4c52b2-ab2d-4d4a-9a9f-6d3f0d8e1c7a"),
        ("17", "urn:x-id:17"),
        ("note über 1", "urn:x-id:note%20%C3%BCber%201"),
    ],
)
def test_an_id_that_is_no_address_is_kept_as_a_urn(script: Script, ident: str, via: str) -> None:
    value = created(script, said(id=ident, target={"selector": GATE}))
    assert value["via"] == via
    again = post(script, said(id=ident, target={"selector": GATE}))
    assert (again.status_code, again.get_json(force=True)["id"]) == (200, value["id"])


def test_into_a_document_that_is_not_there_nothing_is_posted(script: Script) -> None:
    refused(post(script, said(), "/w3c/nowhere/"), 404, "document")


# ---------------------------------------------------------------------- 5.3 and 5.4


def test_put_replaces_words_and_tags(script: Script) -> None:
    value = created(script, said())
    tag = {"type": "TextualBody", "value": "gates", "purpose": "tagging"}
    answer = put(script, value | {"body": [dict(WORDS, value="New."), tag]})
    assert (answer.status_code, answer.content_type) == (200, ANNO)
    found = answer.get_json(force=True)
    assert [it["value"] for it in found["body"]] == ["New.", "gates"]
    assert read_stamp(found["modified"]) > read_stamp(value["modified"])
    assert (found["id"], found["target"]) == (value["id"], value["target"])
    without = put(script, found | {"body": [dict(WORDS, value="New.")]}).get_json(force=True)
    assert without["body"] == [dict(WORDS, value="New.", purpose="commenting")]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"target": f"{HERE}/d/garden"}, "target"),
        ({"motivation": "questioning"}, "motivation"),
        ({"canonical": "urn:other"}, "canonical"),
        ({"via": "urn:other"}, "via"),
    ],
)
def test_put_changes_nothing_but_words_and_tags(
    script: Script, change: dict[str, str], field: str
) -> None:
    value = created(script, said(id="urn:a", canonical="urn:uuid:1"))
    assert field in refused(put(script, value | change), 409, field)
    other = created(script, said(body=dict(WORDS, value="Another.")))
    path = other["id"].removeprefix(HERE)
    refused(script("PUT", path, json=value, headers={"Content-Type": ANNO}), 409, "id")


def test_put_takes_no_words_away(script: Script) -> None:
    refused(put(script, {**created(script, said()), "body": []}), 422, "body")


def test_a_writer_who_has_read_an_older_version_is_refused(script: Script) -> None:
    value = created(script, said())
    path = value["id"].removeprefix(HERE)
    old = script("GET", path).headers["ETag"]
    new = put(script, value | {"body": dict(WORDS, value="New.")}, **{"If-Match": old})
    assert new.status_code == 200
    late = put(script, value | {"body": dict(WORDS, value="Late.")}, **{"If-Match": old})
    assert late.status_code == 412
    assert script("DELETE", path, headers={"If-Match": old}).status_code == 412
    assert script("DELETE", path, headers={"If-Match": new.headers["ETag"]}).status_code == 204


def test_delete_takes_an_annotation_out_of_its_containers(script: Script) -> None:
    value = created(script, said())
    path = value["id"].removeprefix(HERE)
    answer = script("DELETE", path)
    assert (answer.status_code, answer.data) == (204, b"")
    assert script("GET", path).status_code == script("DELETE", path).status_code == 410
    assert script("GET", GARDEN).get_json(force=True)["total"] == 0
    again = created(script, said())
    assert again["id"] != value["id"]


def test_an_annotation_lists_the_methods_that_change_it(script: Script) -> None:
    path = created(script, said())["id"].removeprefix(HERE)
    for method in ("GET", "HEAD", "OPTIONS"):
        allowed = script(method, path).headers["Allow"].split(", ")
        assert {"GET", "HEAD", "OPTIONS", "PUT", "DELETE"} == set(allowed)
    assert script("PATCH", path).status_code == 405


# ---------------------------------------------------------------------- who may


def test_writing_needs_an_account_a_scope_and_ones_own_annotation(
    app: Flask, script: Script, small_site: Site
) -> None:
    value = created(script, said())
    small_site.person("Ben")
    ben = Script(script.client, small_site.token("Ben"))
    reader = Script(script.client, small_site.token("Ada", scopes=("read",)))
    nobody = Script(app.test_client(), "")
    nobody.headers = {}
    path = value["id"].removeprefix(HERE)
    changed = value | {"body": dict(WORDS, value="Mine now.")}
    assert [post(who, said()).status_code for who in (nobody, reader)] == [401, 403]
    for who, status in ((nobody, 401), (reader, 403), (ben, 403)):
        assert put(who, changed).status_code == status
        assert who("DELETE", path).status_code == status
    with small_site.parts.db.reading() as session:
        assert session.get_one(Annotation, path.rpartition("/")[2]).body == "Which *gate*?"
