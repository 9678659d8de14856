"""Cross-site request forgery, on every address of the app that takes an unsafe method.

The addresses come from the app's own map, so that a new one is covered by itself.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from werkzeug.test import TestResponse

from annotator.web.http.site import UNSAFE
from tests.permissions.scene import Browser, Scene
from tests.permissions.sent import SENT, Sent

ELSEWHERE = {"Origin": "https://evil.example.org", "Referer": "https://evil.example.org/x"}
BY_TOKEN_ALONE = ("/api/", "/w3c/")  # without a cookie they know nobody, and refuse for that
# Other sites and mail providers are meant to send these; no account is looked at.
WITHOUT_AUTHORITY = {"/webmention", "/unsubscribe/<token>"}
STORES_NOTHING = {"/api/preview", "/api/documents/<slug>/quotations"}


def unsafe_rules(scene: Scene) -> list[tuple[str, str]]:
    """List the unsafe methods and rules of the app."""
    found = [(method, str(rule)) for rule in scene.app.url_map.iter_rules()
             for method in (rule.methods or set()) & UNSAFE]  # fmt: skip
    assert len(found) > 40
    return sorted(found)


@dataclass(frozen=True)
class Forged:
    """What another site has a browser send: the token it carries, and the body it makes."""

    csrf: Callable[[Scene, Browser], str | None]
    field: bool = False
    content_type: str | None = None
    headers: tuple[tuple[str, str], ...] = ()


def _none(_scene: Scene, _own: Browser) -> None:
    return None


FORGERIES = {
    "no token": Forged(_none),
    "no token, from elsewhere": Forged(_none, headers=tuple(ELSEWHERE.items())),
    "no origin": Forged(_none, headers=(("Origin", "null"),)),
    "JSON as plain text": Forged(_none, content_type="text/plain"),
    "JSON": Forged(_none, content_type="application/json"),
    "several parts": Forged(_none, content_type="multipart/form-data; boundary=x"),
    "an empty token": Forged(lambda *_: ""),
    "a token that nobody signed": Forged(lambda *_: "IjAi.AAAA.AAAA"),
    "the own token, cut": Forged(lambda _, own: own.csrf[:-3]),
    "another person's token": Forged(lambda scene, _: scene.browsers["Ada"].csrf),
    "another person's token, as a field": Forged(
        lambda scene, _: scene.browsers["Ada"].csrf, field=True
    ),
    "nobody's token": Forged(lambda scene, _: scene.browsers[None].csrf),
    "the token of a browser that was signed out": Forged(lambda scene, _: scene.signed_out.csrf),
    "by another method's name": Forged(
        _none, headers=(("X-HTTP-Method-Override", "GET"), ("X-HTTP-Method", "GET"))
    ),
}


def forge(
    scene: Scene, own: Browser, method: str, rule: str, forged: Forged, **more: str
) -> TestResponse:
    """Send a rule's request as another site would have a browser send it."""
    sent = SENT.get(f"{method} {rule}", Sent())
    token = forged.csrf(scene, own)
    headers = dict(forged.headers) | more
    if token is not None and not forged.field:
        headers["X-CSRFToken"] = token
    form = {**(sent.form or {}), "csrf_token": token} if token and forged.field else sent.form
    if forged.content_type:
        headers["Content-Type"] = forged.content_type
        body = json.dumps(sent.json or sent.form or {})
        return scene.send(own.cookie, method, rule, Sent(query=sent.query, fill=sent.fill),
                          scene.things["Ben"], headers, body)  # fmt: skip
    changed = Sent(form, sent.json if form is None else None, sent.query, sent.fill)
    return scene.send(own.cookie, method, rule, changed, scene.things["Ben"], headers)


@pytest.mark.parametrize("name", FORGERIES)
def test_another_site_has_nobody_signed_in_write_anything(scene: Scene, name: str) -> None:
    own, wrong = scene.browsers["Ben"], []
    for method, rule in unsafe_rules(scene):
        if rule in WITHOUT_AUTHORITY:
            continue
        answer = forge(scene, own, method, rule, FORGERIES[name])
        refused = answer.status_code == 400 and "form" in answer.text and "expired" in answer.text
        if not refused or scene.changed():
            wrong.append((method, rule, answer.status_code))
    assert wrong == []


def test_a_browser_that_was_signed_out_is_nobody_with_its_old_cookie_and_token(
    scene: Scene,
) -> None:
    old, wrong = scene.signed_out, []
    for method, rule in unsafe_rules(scene):
        answer = forge(scene, old, method, rule, Forged(lambda _, own: own.csrf))
        changed = scene.changed()
        free = STORES_NOTHING | WITHOUT_AUTHORITY
        if rule not in free and (answer.status_code not in {400, 401} or changed):
            wrong.append((method, rule, answer.status_code))
    assert wrong == []


@pytest.mark.parametrize("name", ["no token", "JSON as plain text", "another person's token"])
def test_another_site_has_nobody_write_anything_without_an_account(scene: Scene, name: str) -> None:
    """Forms for everybody, as signing in, need their token too; the API knows nobody."""
    own, wrong = scene.browsers[None], []
    for method, rule in unsafe_rules(scene):
        if rule in WITHOUT_AUTHORITY:
            continue
        answer = forge(scene, own, method, rule, FORGERIES[name])
        wanted = {400, 401, 415} if rule.startswith(BY_TOKEN_ALONE) else {400}
        if rule in STORES_NOTHING:
            wanted = {200, 415}
        if answer.status_code not in wanted or scene.changed():
            wrong.append((method, rule, answer.status_code))
    assert wrong == []


def test_with_the_own_token_the_same_requests_pass(scene: Scene) -> None:
    """The positive control: only the token makes the difference."""
    own, wrong, wrote = scene.browsers["Ben"], [], 0
    for method, rule in unsafe_rules(scene):
        for field in (False, True):
            if field and SENT.get(f"{method} {rule}", Sent()).form is None:
                continue
            answer = forge(scene, own, method, rule, Forged(lambda _, own: own.csrf, field))
            if "expired" in answer.text and "form" in answer.text and answer.status_code == 400:
                wrong.append((method, rule, field))
            wrote += scene.changed()
    assert wrong == []
    assert wrote > 30


@pytest.mark.parametrize("asked", ["GET", "HEAD", "OPTIONS"])
def test_no_reading_becomes_writing_by_a_header_or_a_field(scene: Scene, asked: str) -> None:
    own, wrong = scene.browsers["Ben"], []
    for method, rule in unsafe_rules(scene):
        sent = SENT.get(f"{method} {rule}", Sent())
        query = (sent.query or "?") + f"&_method={method}&csrf_token={own.csrf}"
        headers = {"X-HTTP-Method-Override": method, "X-Method-Override": method,
                   "X-CSRFToken": own.csrf}  # fmt: skip
        scene.send(own.cookie, asked, rule, Sent(query=query, fill=sent.fill),
                   scene.things["Ben"], headers).get_data()  # fmt: skip
        if scene.changed():
            wrong.append((method, rule))
    assert wrong == []


def test_a_post_does_not_become_a_deletion(scene: Scene) -> None:
    own = scene.browsers["Ben"]
    for rule in ("/api/annotations/<ident>", "/w3c/annotations/<ident>"):
        headers = {"X-HTTP-Method-Override": "DELETE", "X-CSRFToken": own.csrf}
        sent = Sent(query="?_method=DELETE", form={"_method": "DELETE"})
        answer = scene.send(own.cookie, "POST", rule, sent, scene.things["Ben"], headers)
        assert answer.status_code == 405
        assert not scene.changed()
