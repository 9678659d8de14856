"""Who may do what at the API's doors: every address that writes, or is for some, times everyone.

A cell is the status that the request is answered with. The table fails for a new address that is
not in it.
"""

from __future__ import annotations

import pytest
from flask import Flask

from annotator.services import accounts, acts, suspending
from annotator.services.acts import Decision
from tests.conftest import Site

WHO = ("nobody", "member", "author", "moderator", "administrator", "suspended", "banned", "reading",
       "writing moderator")  # fmt: skip
ONE = "/api/annotations/<ident>"
ENTRY = "/api/moderation/log/<entry>"
HIDE = {"act": "hide", "rule": "abuse", "reason": "It calls names.", "annotations": [{"id": "ID"}]}
# address: (what is sent, the statuses for WHO)
TABLE: dict[tuple[str, str], tuple[dict | None, tuple[int, ...]]] = {
    ("POST", "/api/annotations"): (
        {"document": "garden", "body": "Fine."}, (401, 201, 201, 201, 201, 403, 403, 403, 201)),
    ("PATCH", ONE): ({"body": "Other."}, (401, 403, 200, 403, 403, 403, 403, 403, 403)),
    ("DELETE", ONE): (None, (401, 403, 204, 403, 403, 403, 403, 403, 403)),
    ("POST", f"{ONE}/restore"): (None, (401, 403, 409, 403, 403, 403, 403, 403, 403)),
    ("POST", f"{ONE}/flags"): (
        {"rule": "abuse", "words": "Rude."}, (401, 201, 403, 201, 201, 403, 403, 403, 201)),
    ("POST", f"{ENTRY}/appeals"): (
        {"words": "No."}, (404, 404, 404, 404, 404, 404, 404, 404, 404)),
    ("POST", "/api/moderation/acts"): (HIDE, (401, 403, 403, 201, 201, 403, 403, 403, 403)),
    ("GET", "/api/moderation/queue"): (None, (401, 403, 403, 200, 200, 403, 403, 403, 403)),
    ("GET", "/api/moderation/selection"): (None, (401, 403, 403, 200, 200, 403, 403, 403, 403)),
    ("POST", "/api/preview"): ({"body": "x"}, (200,) * 9),
}  # fmt: skip


def test_every_address_that_writes_stands_in_the_table(app: Flask) -> None:
    found = {
        (method, str(rule))
        for rule in app.url_map.iter_rules()
        if str(rule).startswith(("/api/", "/w3c/", "/hypothesis/"))
        for method in (rule.methods or set()) & {"POST", "PUT", "PATCH", "DELETE"}
    }
    assert found == {key for key in TABLE if key[0] != "GET"}


@pytest.mark.parametrize("column", range(len(WHO)), ids=WHO)
@pytest.mark.parametrize(("method", "path"), TABLE, ids=lambda part: part)
def test_a_request_is_answered_as_the_table_says(
    app: Flask, small_site: Site, method: str, path: str, column: int
) -> None:
    ident, headers = _scene(app, small_site, WHO[column])
    sent, statuses = TABLE[method, path]
    if sent is HIDE:
        sent = {**HIDE, "annotations": [{"id": ident}]}
    query = "?act=hide&author=Ada" if path.endswith("selection") else ""
    address = path.replace("<ident>", ident).replace("<entry>", "99") + query
    answer = app.test_client().open(address, method=method, json=sent, headers=headers)
    assert answer.status_code == statuses[column], answer.text


def _scene(app: Flask, site: Site, who: str) -> tuple[str, dict[str, str]]:
    """A remark of Ada's, a suspended account and a banned one; and what `who` sends."""
    for name in ("Ben", "Sue", "Bob", "Red"):
        site.person(name)
    site.person("Mia", role="moderator")
    site.person("Root", role="administrator")
    answer = app.test_client().post(
        "/api/annotations", json={"document": "garden", "body": "A heron."},
        headers=_headers(site, "author"),
    )  # fmt: skip
    headers = _headers(site, who)
    with site.parts.db.transaction() as session:
        by = acts.moderator(accounts.viewer_named(session, "Root"))
        for name, decision in (
            ("Sue", Decision("suspend", "suspension", "Enough.", days=3)),
            ("Bob", Decision("ban", "suspension", "Enough.")),
        ):
            suspending.decide(session, by, decision, name)
    return str(answer.get_json()["id"]), headers


def _headers(site: Site, who: str) -> dict[str, str]:
    every = ("read", "write", "moderate")
    tokens = {
        "member": ("Ben", every[:2]), "author": ("Ada", every[:2]), "moderator": ("Mia", every),
        "administrator": ("Root", every), "suspended": ("Sue", every[:2]),
        "banned": ("Bob", every[:2]), "reading": ("Red", every[:1]),
        "writing moderator": ("Mia", every[:2]),
    }  # fmt: skip
    if who == "nobody":
        return {}
    name, scopes = tokens[who]
    return {"Authorization": f"Bearer {site.token(name, scopes=scopes)}"}
