"""Sent again, posted once; deleted, and taken back: at the API's door."""

from __future__ import annotations

from flask.testing import FlaskClient

from tests.api.conftest import Script

SENT = {"document": "garden", "body": "Whose dusk?"}


def test_what_is_sent_again_under_its_key_is_answered_with_what_is_there(script: Script) -> None:
    key = {"Idempotency-Key": "form-1"}
    first = script("POST", "/api/annotations", json=SENT, headers=key)
    again = script("POST", "/api/annotations", json=SENT, headers=key)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.get_json() == again.get_json()
    assert first.headers["Location"] == again.headers["Location"]
    assert script.get_total() == 1


def test_something_else_under_the_same_key_is_refused_and_the_posted_one_named(
    script: Script,
) -> None:
    key = {"Idempotency-Key": "form-1"}
    first = script("POST", "/api/annotations", json=SENT, headers=key).get_json()
    other = script("POST", "/api/annotations", json={**SENT, "body": "Other."}, headers=key)
    error = other.get_json()["error"]
    assert (other.status_code, error["code"]) == (409, "posted_already")
    assert error["annotation"] == first["id"]
    long = script("POST", "/api/annotations", json=SENT, headers={"Idempotency-Key": "x" * 101})
    assert (long.status_code, long.get_json()["error"]["field"]) == (400, "Idempotency-Key")


def test_a_deleted_annotation_is_off_everything_at_once_and_comes_back(script: Script) -> None:
    made = script.post(body="Whose duskiness?", tags=["dusk"])
    at = f"/api/annotations/{made['id']}"
    assert script("POST", f"{at}/restore").status_code == 409
    assert script("DELETE", at).status_code == 204
    for path in (at, f"{at}/versions", "/api/annotations", "/api/export", "/api/search?q=duskiness",
                 f"/a/{made['id']}", "/d/garden"):  # fmt: skip
        assert "duskiness?" not in script("GET", path).text, path
    answer = script("POST", f"{at}/restore")
    assert (answer.status_code, answer.get_json()) == (200, made)
    assert script.get_total() == 1


def test_only_its_author_takes_a_deletion_back(script: Script, client: FlaskClient) -> None:
    made = script.post(body="Mine.")
    script("DELETE", f"/api/annotations/{made['id']}")
    assert client.post(f"/api/annotations/{made['id']}/restore").status_code == 401
    assert script("POST", "/api/annotations/none/restore").status_code == 404
