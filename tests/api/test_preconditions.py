"""Permission comes before version: a condition tells nobody anything that they may not know."""

from __future__ import annotations

import re
from itertools import product
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from annotator.config import Moderation
from tests.api.conftest import Script
from tests.api.test_protection import signed_in
from tests.conftest import Site
from tests.helpers.visitor import forge

STATES = ("visible", "held", "hidden", "deleted")
DOORS = (
    ("PATCH", "/api/annotations/{}"),
    ("DELETE", "/api/annotations/{}"),
    ("PUT", "/w3c/annotations/{}"),
    ("DELETE", "/w3c/annotations/{}"),
)
SCOPES = ("read", "write", "moderate")


class Scene:
    """Ada's annotations in every state, each edited once, and people who may not change them."""

    def __init__(self, app: Flask, script: Script, site: Site) -> None:
        self.app, self.script = app, script
        for name, role in (("Ben", "member"), ("Mia", "moderator")):
            site.person(name, role=role)
        self.tokens = {"Ben": site.token("Ben"), "Mia": site.token("Mia", scopes=SCOPES)}
        site.parts.db.moderation = Moderation(hold_links=2)
        self.ids = {state: self._edited(state) for state in STATES}
        hide = {"act": "hide", "rule": "abuse", "reason": "It calls names.",
                "annotations": [{"id": self.ids["hidden"]}]}  # fmt: skip
        assert self.send("Mia", "POST", "/api/moderation/acts", json=hide).status_code == 201
        assert script("DELETE", f"/api/annotations/{self.ids['deleted']}").status_code == 204

    def _edited(self, state: str) -> str:
        body = "https://a.org https://b.org" if state == "held" else f"It is {state}."
        sent = {"document": "garden", "target": {"exact": "keep quiet"}, "body": body}
        answer = self.script("POST", "/api/annotations", json=sent)
        assert answer.status_code == (202 if state == "held" else 201)
        ident = str(answer.get_json()["id"])
        changed = self.script("PATCH", f"/api/annotations/{ident}", json={"body": f"{body} Now."})
        assert changed.get_json()["edits"] == 1
        return ident

    def send(self, who: str, method: str, path: str, **more: Any) -> Any:
        """Send a request with somebody's token, or as nobody."""
        headers = dict(more.pop("headers", {}))
        if who in self.tokens:
            headers["Authorization"] = f"Bearer {self.tokens[who]}"
        return self.app.test_client().open(path, method=method, headers=headers, **more)


@pytest.fixture
def scene(app: Flask, script: Script, small_site: Site) -> Scene:
    """The annotations and the people."""
    return Scene(app, script, small_site)


def test_a_condition_changes_no_answer_to_who_may_not_change_it(scene: Scene) -> None:
    shown = scene.script("GET", f"/w3c/annotations/{scene.ids['visible']}").get_json()
    sent = {"PATCH": {"body": "Other."}, "PUT": shown, "DELETE": None}
    tried = 0
    for (method, path), state, who in product(DOORS, STATES, ("nobody", "Ben", "Mia")):
        ident = scene.ids[state]
        answers = set()
        for known in (None, f'"{ident}.1-x"', f'"{ident}.0-x"', '"x"', "*", "nonsense"):
            headers = {} if known is None else {"If-Match": known}
            told = scene.send(who, method, path.format(ident), json=sent[method], headers=headers)
            assert told.status_code in {401, 403, 404, 410}, (method, path, state, who, told.text)
            answers.add((told.status_code, re.sub(r'"request_id":"\w+"', "", told.text)))
            tried += 1
        assert len(answers) == 1, (method, path, state, who, answers)
        if state == "held" and who != "Mia":
            assert answers.pop()[0] == 404  # as GET answers
    assert tried == len(DOORS) * len(STATES) * 3 * 6


def test_a_form_tells_no_number_of_edits_to_who_may_not_change_it(scene: Scene) -> None:
    for client, state in product((signed_in(scene.app), scene.app.test_client()), STATES):
        path = f"/a/{scene.ids[state]}/edit"
        answers = {_status(client, path, edits) for edits in ("", "0", "1", "x")}
        assert len(answers) == 1, (state, answers)
        assert answers <= {401, 403, 404, 410}


def _status(client: FlaskClient, path: str, edits: str) -> int:
    page = "/search" if client.get("/account").status_code == 200 else "/sign-in"
    return forge(client, page, path, body="Other.", tags="", edits=edits).status_code


@pytest.mark.parametrize("state", ["visible", "held", "hidden"])
def test_its_author_is_told_of_a_change_in_every_state(scene: Scene, state: str) -> None:
    ident = scene.ids[state]
    path = f"/api/annotations/{ident}"
    old = {"If-Match": f'"{ident}.0-x"'}
    assert scene.script("PATCH", path, json={"body": "x"}, headers=old).status_code == 412
    assert scene.script("DELETE", f"/w3c/annotations/{ident}", headers=old).status_code == 412
    now = {"If-Match": f'"{ident}.1-x"'}
    assert scene.script("PATCH", path, json={"body": "Again."}, headers=now).status_code == 200
