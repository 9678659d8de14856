"""Keys that were forged, copied or sent again, and fields that are nobody's to send."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from flask import Flask

from annotator.services.accounts import accounts
from annotator.web.api.operations import OPERATIONS, Operation
from tests.api.conftest import Script
from tests.conftest import Site

TAKING = [it for it in OPERATIONS if it.body is not None]
NOBODYS = ("id", "author", "author_id", "created", "modified", "deleted", "role", "account_id",
           "by", "state_of", "__class__", "scopes", "visibility", "thread")  # fmt: skip
FINE = {
    "create_annotation": {"document": "garden", "body": "Mine."},
    "change_annotation": {"body": "Other."},
    "create_flag": {"rule": "abuse", "words": "Rude."},
    "create_appeal": {"words": "No."},
    "create_acts": {"act": "hide", "rule": "abuse", "reason": "So."},
    "create_follow": {"kind": "document", "key": "garden"},
    "mark_news": {},
    "mark_on_desk": {"mark": "read", "annotations": []},
    "create_answer": {"document": "garden", "annotations": [], "outcome": "noted"},
    "publish_answers": {"document": "garden"},
    "say_content": {"content": "yes"},
    "preview": {"body": "x"},
    "quotations": {"essay": "“x”"},
}


@pytest.mark.parametrize("operation", TAKING, ids=lambda it: it.name)
def test_no_body_sets_what_is_not_its_senders_to_set(
    script: Script, small_site: Site, operation: Operation
) -> None:
    made = script.post(body="Words.")
    small_site.person("Mia", role="moderator")
    token = small_site.token("Mia", scopes=("read", "write", "moderate"))
    who = {"Authorization": f"Bearer {token}"} if operation.act == "moderate" else {}
    path = operation.path.format_map({"ident": made["id"], "slug": "garden", "entry": "1"})
    for field in NOBODYS:
        sent = FINE[operation.name] | {field: made.get(field, "x")}
        told = script(operation.method.upper(), path, json=sent, headers=who)
        assert told.status_code == 400, (field, told.text)
        assert told.get_json()["error"]["field"] == field
    whole = f"/api/annotations?fields={','.join(made)}"
    assert script("GET", whole).get_json()["items"] == [made]


def _basic(token: str) -> str:
    return "Basic " + base64.b64encode(f"Ada:{token}".encode()).decode()


def test_a_forged_token_is_refused_and_what_it_asked_is_not_done(
    app: Flask, small_site: Site
) -> None:
    token = small_site.token("Ada")
    forged: list[tuple[str, int]] = [
        (f"Bearer {token[:-1]}", 401),
        (f"Bearer {token}x", 401),
        (f"Bearer {token.swapcase()}", 401),
        (f"Bearer {accounts.digest(token)}", 401),
        (f"Bearer {token} {token}", 401),
        (f"Bearer {token},Bearer {token}", 401),
        ("Bearer %", 401),
        ("Bearer ' OR 1=1 --", 401),
        (f"Bearer {'x' * 8000}", 401),
        ("Bearer", 400),
        ("Bearer ", 400),
        (token, 400),
        (_basic(token), 400),
    ]
    for header, status in forged:
        for method, more in (("GET", {}), ("POST", {"json": FINE["create_annotation"]})):
            answer = _send(app, method, header, more)
            assert answer.status_code == status, header
            assert token not in answer.text
    assert app.test_client().get("/api/annotations").get_json()["total"] == 0
    assert _send(app, "GET", f"bearer  {token}", {}).status_code == 200


def _send(app: Flask, method: str, header: str, more: dict[str, Any]) -> Any:
    return app.test_client().open(
        "/api/annotations", method=method, headers={"Authorization": header}, **more
    )


def test_a_token_is_no_cookie_and_no_parameter(app: Flask, small_site: Site) -> None:
    token = small_site.token("Ada")
    client = app.test_client()
    for name in ("annotator", "__Host-annotator", "Authorization", "token"):
        client.set_cookie(name, token)
    for query in (f"?token={token}", f"?access_token={token}"):
        posted = client.post(f"/api/annotations{query}", json=FINE["create_annotation"])
        assert posted.status_code in {400, 401}
    assert client.get("/api/annotations").get_json()["total"] == 0
