"""Two who change the same remark: the second is told, and nothing is lost."""

from __future__ import annotations

import re

from flask.testing import FlaskClient

from tests.api.conftest import Script


def test_what_was_made_from_earlier_words_is_refused_and_changes_nothing(script: Script) -> None:
    posted = script("POST", "/api/annotations", json={"document": "garden", "body": "One. " * 200})
    path = posted.headers["Location"]
    seen = posted.headers["ETag"]
    assert script("GET", path).headers["ETag"] == seen
    first = script("PATCH", path, json={"body": "Two."}, headers={"If-Match": seen})
    assert first.status_code == 200
    assert first.headers["ETag"] != seen
    for method, more in (("PATCH", {"json": {"body": "Three."}}), ("DELETE", {})):
        told = script(method, path, headers={"If-Match": seen}, **more)
        assert told.status_code == 412
        assert told.get_json()["error"]["code"] == "stale"
    assert script("GET", path).get_json()["body"] == "Two."
    known = {"If-Match": first.headers["ETag"]}
    second = script("PATCH", path, json={"body": "Three."}, headers=known)
    assert second.status_code == 200
    assert script("DELETE", path, headers={"If-Match": "*"}).status_code == 204
    assert script("DELETE", path, headers={"If-Match": "*"}).status_code == 410


def test_a_packed_answer_names_the_same_version(script: Script) -> None:
    path = f"/api/annotations/{script.post(body='Long. ' * 300)['id']}"
    packed = script("GET", path, headers={"Accept-Encoding": "gzip"})
    assert packed.headers["Content-Encoding"] == "gzip"
    known = {"If-Match": packed.headers["ETag"]}
    changed = script("PATCH", path, json={"body": "Short."}, headers=known)
    assert changed.status_code == 200


def test_without_a_condition_the_last_one_wins_and_earlier_words_stay(script: Script) -> None:
    path = f"/api/annotations/{script.post(body='One.')['id']}"
    for body in ("Two.", "Three."):
        assert script("PATCH", path, json={"body": body}).status_code == 200
    assert script("GET", f"{path}/versions").get_json()["total"] == 2


def test_a_form_made_from_earlier_words_is_shown_both(script: Script, client: FlaskClient) -> None:
    password = "a long enough pass phrase"
    page = client.get("/sign-up").text
    form = {"name": "Bea", "password": password, "csrf_token": _field(page, "csrf_token")}
    client.post("/sign-up", data=form)
    token = {"X-CSRFToken": _field(client.get("/account").text, "csrf_token")}
    remark = {"document": "garden", "body": "One."}
    posted = client.post("/api/annotations", json=remark, headers=token)
    ident = posted.get_json()["id"]
    page = client.get(f"/a/{ident}/edit").text
    sent = {"csrf_token": _field(page, "csrf_token"), "edits": _field(page, "edits"), "tags": ""}
    assert client.post(f"/a/{ident}/edit", data=sent | {"body": "From there."}).status_code == 303
    told = client.post(f"/a/{ident}/edit", data=sent | {"body": "From here."})
    assert told.status_code == 412
    assert "From here.</textarea>" in told.text
    assert "<p>From there.</p>" in told.text
    again = sent | {"body": "From here.", "edits": _field(told.text, "edits")}
    assert client.post(f"/a/{ident}/edit", data=again).status_code == 303
    assert "From here." in client.get(f"/a/{ident}").text


def _field(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found, name
    return found[1]
