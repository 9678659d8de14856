"""The native API keeps the shapes and answers that docs/api.md describes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from flask.testing import FlaskClient

from annotator.formats import FORMATS
from tests.api.conftest import Script
from tests.conftest import Site

DUSK = "The north gate is locked at dusk"
FIELDS = {
    "id", "document", "edition", "address", "pid", "author", "motivation", "body", "tags",
    "target", "targets", "placement", "placements", "in_reply_to", "thread", "replies", "created",
    "modified", "edits", "deleted", "held", "hidden", "via", "licence", "html",
    "essay", "author_account", "suggestion", "agreements", "adoption", "answer", "for_publisher",
}  # fmt: skip


def test_what_is_posted_is_answered_in_full_and_can_be_read_again(script: Script) -> None:
    made = script.post(target={"exact": DUSK}, body="*Whose* dusk?", tags=["dusk", "gates"])
    assert made.keys() == FIELDS
    assert (made["author"], made["tags"], made["deleted"]) == ("Ada", ["dusk", "gates"], False)
    assert made["target"] == made["targets"][0]
    assert made["target"]["exact"] == DUSK
    assert made["placement"]["verdict"] == "exact"
    assert made["created"].endswith("Z")
    assert made["html"] == "<p><em>Whose</em> dusk?</p>\n"
    answer = script.client.get(f"/api/annotations/{made['id']}")
    assert answer.get_json() == made


def test_the_place_of_a_new_annotation_is_named(script: Script) -> None:
    answer = script("POST", "/api/annotations", json={"document": "garden", "body": "Fine."})
    assert answer.headers["Location"] == f"/api/annotations/{answer.get_json()['id']}"


@pytest.mark.parametrize(
    ("change", "status", "code", "field"),
    [
        ({"document": "meadow"}, 404, "not_found", "document"),
        ({"edition": "1999"}, 404, "not_found", "edition"),
        ({"target": {"start": 5, "end": 1}}, 422, "unacceptable", "target.start"),
        (
            {"target": {"start": 0, "end": 7, "exact": "Another"}},
            409,
            "quote_mismatch",
            "target.exact",
        ),
        ({"target": {"exact": "Keep to the paths."}}, 409, "quote_ambiguous", "target.exact"),
        ({"target": {"start": "0", "end": 7}}, 400, "malformed", "target.start"),
        ({"target": {"start": 0.5, "end": 7}}, 400, "malformed", "target.start"),
        ({"target": {"start": True, "end": 7}}, 400, "malformed", "target.start"),
        ({"targets": "all"}, 400, "malformed", "targets"),
        ({"targets": [{"pid": "zzzzz"}, {"pid": "yyyyy"}]}, 404, "not_found", "targets[0].pid"),
        ({"body": "x" * 10_001}, 422, "unacceptable", "body"),
        ({"body": "nul \x00"}, 400, "malformed", "body"),
        ({"body": "escape \x1b"}, 422, "unacceptable", "body"),
        ({"body": 7}, 400, "malformed", "body"),
        ({"tags": "one"}, 400, "malformed", "tags"),
        ({"author": "Eve"}, 400, "malformed", "author"),
        ({"motivation": "x"}, 422, "unacceptable", "motivation"),
    ],
)
def test_bad_input_gets_one_error_shape_and_leaves_nothing(
    script: Script, change: dict[str, Any], status: int, code: str, field: str
) -> None:
    sent = {"document": "garden", "body": "Fine.", **change}
    answer = script("POST", "/api/annotations", json=sent)
    error = answer.get_json()["error"]
    assert (answer.status_code, error["code"], error["field"]) == (status, code, field)
    assert error["message"]
    assert script.client.get("/api/annotations").get_json()["total"] == 0


@pytest.mark.parametrize(
    ("data", "kind", "status"),
    [
        ("{", "application/json", 400),
        ("[]", "application/json", 400),
        ("null", "application/json", 400),
        ("[" * 100_000, "application/json", 400),
        ('{"body": "\\ud800", "document": "garden"}', "application/json", 400),
        ('{"document": "\\ud800"}', "application/json", 400),
        (b"\xff\xfe", "application/json", 400),
        ("body=1", "application/x-www-form-urlencoded", 415),
        ("{}", "text/plain", 415),
        ("x" * 2_100_000, "application/json", 413),
    ],
)
def test_what_is_no_json_object_is_told(
    script: Script, data: str | bytes, kind: str, status: int
) -> None:
    answer = script("POST", "/api/annotations", data=data, content_type=kind)
    assert answer.status_code == status, answer.text
    assert answer.get_json()["error"]["message"]


def test_a_megabyte_of_nested_markdown_is_refused_before_it_is_rendered(script: Script) -> None:
    for nested in (">" * 1_000_000, "[" * 1_000_000, "*a " * 330_000, "- " * 500_000):
        for path in ("/api/annotations", "/api/preview"):
            body = {"body": nested} | ({"document": "garden"} if path != "/api/preview" else {})
            assert script("POST", path, json=body).status_code == 422


@pytest.mark.parametrize("body", ["\u200b", "&nbsp;", "", "a\u0007", "x" * 10_001])
def test_a_preview_refuses_what_cannot_be_posted(script: Script, body: str) -> None:
    posted = script("POST", "/api/annotations", json={"document": "garden", "body": body})
    shown = script("POST", "/api/preview", json={"body": body})
    assert posted.status_code == shown.status_code
    assert shown.status_code in {400, 422}
    told = [answer.get_json()["error"]["message"] for answer in (posted, shown)]
    assert told[0] == told[1]


@pytest.mark.parametrize(
    "header", ["Bearer", "Bearer ", "Basic abc", "Bearer ann_forged", "x" * 5000]
)
def test_a_forged_or_broken_token_is_refused(client: FlaskClient, header: str) -> None:
    answer = client.post("/api/annotations", json={}, headers={"Authorization": header})
    assert answer.status_code in {400, 401}


def test_without_an_account_one_reads_and_does_not_write(client: FlaskClient) -> None:
    assert client.get("/api/annotations").status_code == 200
    answer = client.post("/api/annotations", json={"document": "garden", "body": "x"})
    assert (answer.status_code, answer.get_json()["error"]["code"]) == (401, "not_signed_in")


def test_a_reading_token_does_not_write(small_site: Site, client: FlaskClient) -> None:
    headers = {"Authorization": f"Bearer {small_site.token('Ada', scopes=['read'])}"}
    answer = client.post(
        "/api/annotations", json={"document": "garden", "body": "x"}, headers=headers
    )
    assert answer.status_code == 403


def test_one_changes_and_deletes_ones_own_only(script: Script, small_site: Site) -> None:
    made = script.post(body="First.", tags=["a"])
    path = f"/api/annotations/{made['id']}"
    changed = script("PATCH", path, json={"body": "Second."}).get_json()
    assert (changed["body"], changed["tags"], changed["edits"]) == ("Second.", ["a"], 1)
    versions = script.client.get(f"{path}/versions").get_json()["items"]
    assert [item["body"] for item in versions] == ["First."]
    small_site.person("Bob")
    other = Script(script.client, small_site.token("Bob"))
    assert other("PATCH", path, json={"body": "Mine."}).status_code == 403
    assert other("DELETE", path).status_code == 403
    assert script("DELETE", path).status_code == 204
    assert script.client.get(path).status_code == 410
    assert script("DELETE", path).status_code == 410
    assert script("PATCH", path, json={"body": None}).status_code == 422


def test_replies_stand_in_the_thread_of_what_they_answer(script: Script) -> None:
    head = script.post(target={"exact": DUSK}, body="Whose dusk?")
    reply = script("POST", "/api/annotations", json={"in_reply_to": head["id"], "body": "Ours."})
    assert reply.get_json()["motivation"] == "replying"
    found = script.client.get(f"/api/annotations?thread={head['id']}&sort=oldest").get_json()
    assert [item["id"] for item in found["items"]] == [head["id"], reply.get_json()["id"]]
    refused = script("POST", "/api/annotations", json={
        "in_reply_to": head["id"], "body": "x", "target": {"exact": DUSK}})  # fmt: skip
    assert refused.status_code == 422


def test_a_highlight_has_no_words(script: Script) -> None:
    made = script.post(target={"exact": DUSK}, body=None, motivation="highlighting")
    assert (made["body"], made["html"], made["motivation"]) == (None, None, "highlighting")


def test_lists_are_narrowed_by_each_filter(script: Script, small_site: Site) -> None:
    one = script.post(target={"exact": DUSK}, body="About dusk", tags=["dusk"])
    two = script.post(target={"exact": "Ring the bell once."}, body="About bells")
    small_site.parts.indexer.drain()

    def ids(query: str) -> list[str]:
        found = script.client.get(f"/api/annotations?{query}").get_json()
        assert found["total"] == len(found["items"])
        return [item["id"] for item in found["items"]]

    assert ids("") == [one["id"], two["id"]]
    assert ids("sort=newest") == [two["id"], one["id"]]
    assert ids("tag=dusk") == [one["id"]]
    assert ids("author=Ada") == [one["id"], two["id"]]
    assert ids(f"document=garden&provision={two['pid']}") == [two["id"]]
    assert ids("q=bells") == [two["id"]]
    assert ids("provision=garden@2026-03-01/paths-and-gates/1") == [one["id"]]
    assert ids("document=garden&q=about&sort=place") == [one["id"], two["id"]]
    start = one["target"]["start"]
    assert ids(f"document=garden&start={start}&end={start + 1}") == [one["id"]]
    assert ids(f"document=garden&start={start - 1}&end={start}") == []


@pytest.mark.parametrize("sort", ["oldest", "newest", "place", "recent"])
@pytest.mark.parametrize("narrow", ["", "&after=2000-01-01&before=2100-01-01", "&author=Ada"])
def test_what_a_query_finds_is_paged_to_its_total(
    script: Script, small_site: Site, sort: str, narrow: str
) -> None:
    posted = [script.post(target={"exact": DUSK}, body=f"Heron {n}.")["id"] for n in range(5)]
    script.post(body="No bird.")
    small_site.parts.indexer.drain()
    assert script("DELETE", f"/api/annotations/{posted.pop(2)}").status_code == 204
    found: list[str] = []
    path = f"/api/annotations?document=garden&q=heron&sort={sort}{narrow}"
    assert script.client.get(path).get_json()["total"] == 4  # the index still has the deleted one
    more = "&limit=2"
    while more:
        page = script.client.get(path + more).get_json()
        found += [item["id"] for item in page["items"]]
        more = page["next"] and f"&limit=2&cursor={page['next']}"
    assert found == (posted[::-1] if sort in ("newest", "recent") else posted)


@pytest.mark.parametrize(
    ("narrow", "gathered"),
    [
        ("author=Bob", 2), ("tag=Dusk", 3), ("tag=dusk", 3),
        ("tag=a, b", 4), ("tag=dusk,gates", 4), ("after=2100-01-01", 0),
        ("author=Bob&tag=dusk", 1),
    ],
)  # fmt: skip
def test_what_a_filter_leaves_out_is_not_gathered_from_the_index(
    script: Script, small_site: Site, narrow: str, gathered: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The tags of other cases are, and then left out."""
    small_site.person("Bob")
    tags = {"Ada": (("Dusk", "gates"), ("dusk", "gates")), "Bob": (("a, b", "dusk"), ())}
    made = [small_site.post("keep quiet", f"A heron {chosen}.", author=author, tags=chosen)
            for author, posts in tags.items() for chosen in posts]  # fmt: skip
    small_site.parts.indexer.drain()
    path = f"/api/annotations?document=garden&sort=place&{narrow}"
    expected = [item["id"] for item in script.client.get(path).get_json()["items"]]
    keys: list[str] = []
    engine = type(small_site.parts.engine)
    sought = engine.keys
    monkeypatch.setattr(engine, "keys", lambda *args: keys.extend(sought(*args)) or iter(keys))
    page = script.client.get(f"{path}&q=heron").get_json()
    assert [item["id"] for item in page["items"]] == expected
    assert set(expected) <= set(made)
    assert len(keys) == gathered


@pytest.mark.parametrize("sort", ["oldest", "newest"])
def test_what_a_query_finds_is_counted_and_sorted_by_the_engine(
    script: Script, small_site: Site, sort: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    script.post(body="Heron.")
    small_site.parts.indexer.drain()
    monkeypatch.delattr(type(small_site.parts.engine), "keys")
    for document in ("", "&document=garden"):
        page = script.client.get(f"/api/annotations?q=heron&sort={sort}{document}").get_json()
        assert (page["total"], len(page["items"])) == (1, 1)
    feed = script.client.get("/feeds/search.json?q=heron").get_json()
    assert len(feed["items"]) == 1


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("document=meadow", 404),
        ("document=meadow&q=dusk", 404),
        ("cursor=x&q=dusk", 400),
        ("document=garden&edition=1999", 404),
        ("document=garden&provision=zzzzz", 404),
        ("author=Nobody", 404),
        ("provision=zzzzz", 422),
        ("provision=garden@2026-03-01/nowhere/1", 404),
        ("sort=place", 422),
        ("sort=loudest", 422),
        ("limit=0", 400),
        ("limit=ten", 400),
        ("cursor=x", 400),
        ("colour=red", 400),
        ("tag=a&tag=b", 400),
        ("q=%22open", 400),
        ("document=garden&start=5&end=5", 422),
    ],
)
def test_a_query_that_makes_no_sense_is_told(client: FlaskClient, query: str, status: int) -> None:
    assert client.get(f"/api/annotations?{query}").status_code == status


def test_all_commentary_on_a_provision_through_its_own_address(script: Script) -> None:
    made = script.post(target={"exact": DUSK}, body="Whose dusk?")
    found = script.client.get(f"/api/provisions/garden/{made['pid']}/annotations").get_json()
    assert (found["total"], found["items"][0]["id"], found["next"]) == (1, made["id"], None)
    assert script.client.get("/api/provisions/garden/zzzzz/annotations").status_code == 404


def test_search_answers_with_snippets_facets_and_both_kinds(
    script: Script, small_site: Site
) -> None:
    script.post(target={"exact": DUSK}, body="Dusk is not a time of day.", tags=["dusk"])
    small_site.parts.indexer.drain()
    found = script.client.get("/api/search?q=dusk").get_json()
    assert {item["kind"] for item in found["items"]} == {"annotation", "provision"}
    assert all("dusk" in item["snippet"].lower() for item in found["items"])
    assert found["facets"]["author"] == [{"value": "Ada", "label": "Ada", "count": 1}]
    assert {x["label"] for x in found["facets"]["section"]} >= {"Paths and gates", "Opening hours"}
    narrowed = script.client.get("/api/search?q=dusk&kind=annotation&document=garden").get_json()
    assert narrowed["total"] == 1


@pytest.mark.parametrize("query", ["%22open", "OR", "author:", "after:soon", "a*", "(", "x" * 2000])
def test_a_broken_search_is_explained(client: FlaskClient, query: str) -> None:
    answer = client.get(f"/api/search?q={query}")
    assert answer.status_code == 400
    assert len(answer.get_json()["error"]["message"]) > 20


def test_documents_editions_and_texts_can_be_read(client: FlaskClient, small_site: Site) -> None:
    found = client.get("/api/documents").get_json()
    assert [item["slug"] for item in found["items"]] == ["garden"]
    edition = client.get("/api/documents/garden/editions/2026-03-01").get_json()
    answer = client.get("/api/documents/garden/editions/2026-03-01/text")
    assert answer.mimetype == "text/plain"
    text = answer.text.removesuffix("\n")
    assert edition["characters"] == len(text)
    for line in edition["provisions"]:
        assert text[line["start"] : line["end"]].strip()
    again = client.get(answer.request.path, headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304


@pytest.mark.parametrize("form", list(FORMATS))
def test_an_export_holds_everything_and_is_the_same_twice(script: Script, form: str) -> None:
    made = [script.post(target={"exact": DUSK}, body=f"Comment {n} 🐕") for n in range(3)]
    reply = script.post(in_reply_to=made[0]["id"], document=None, body="An answer.")
    first, second = (script.client.get(f"/api/export?format={form}").data for _ in range(2))
    assert first == second
    for item in (*made, reply):
        assert item["body"] in first.decode()
    assert script.client.get("/api/export?format=morse").status_code == 422


def test_a_native_export_names_the_editions_that_it_speaks_of(script: Script) -> None:
    made = script.post(target={"exact": DUSK})
    edition = script.client.get("/api/documents/garden/editions/2026-03-01").get_json()
    whole = script.client.get("/api/export").get_json()
    assert [item["id"] for item in whole["items"]] == [made["id"]]
    (named,) = whole["editions"]
    assert (named["label"], named["sha256"]) == ("2026-03-01", edition["sha256"])
    assert made["pid"] in named["ledger"]
    assert DUSK not in named["ledger"]
    (line,) = script.client.get("/api/export?format=jsonl").text.splitlines()
    assert json.loads(line)["edition_sha256"] == edition["sha256"]


def test_unknown_addresses_and_methods_answer_in_the_same_shape(client: FlaskClient) -> None:
    assert client.get("/api/nothing").get_json()["error"]["code"] == "not_found"
    answer = client.delete("/api/search")
    assert answer.status_code == 405
    assert "GET" in answer.headers["Allow"]
