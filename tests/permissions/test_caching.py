"""No shared cache can give one person's answer to another, at any address of the table."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pytest
from werkzeug.test import TestResponse

from tests.permissions.scene import COLUMNS, OTHER, Scene
from tests.permissions.sent import SENT, Sent
from tests.permissions.test_every_door import HAVE_TOKENS, Row, rows

# What no cache has in its key unless `Vary` says so.
UNKEYED = {
    "Accept": "application/json;q=0.9, text/turtle",
    "Accept-Language": "de, fr;q=0.5",
    "Forwarded": "host=evil.example.org;proto=https;for=192.0.2.7",
    "Front-End-Https": "on",
    "Origin": "https://evil.example.org",
    "Prefer": 'return=representation; include="http://www.w3.org/ns/oa#PreferContainedIRIs"',
    "Referer": "https://evil.example.org/",
    "Save-Data": "on",
    "Script-Name": "/evil",
    "Sec-Fetch-Mode": "cors",
    "User-Agent": "Evil/1.0 (Mobile)",
    "X-Client-Id": "evil",
    "X-Fragment": "yes",
    "X-Forwarded-For": "192.0.2.7",
    "X-Forwarded-Host": "evil.example.org",
    "X-Forwarded-Port": "444",
    "X-Forwarded-Prefix": "/evil",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Scheme": "https",
    "X-Forwarded-Server": "evil.example.org",
    "X-Host": "evil.example.org",
    "X-HTTP-Method-Override": "DELETE",
    "X-Original-URL": "/evil",
    "X-Requested-With": "XMLHttpRequest",
    "X-Rewrite-URL": "/evil",
    "X-Script-Name": "/evil",
}
EVERY = rows()


def ask(
    scene: Scene, row: Row, column: str, *, cookie: bool, more: Mapping[str, str] | None = None
) -> TestResponse:
    """Send a row's request as one column does, with `more` headers, and undo what it wrote."""
    sent = SENT.get(" ".join(filter(None, (row.method, row.rule, row.variant))), Sent())
    who = COLUMNS[column]
    browser = scene.browsers[None if who.scopes else who.person]
    headers = {"X-CSRFToken": browser.csrf, **(more or {})}
    if who.scopes:
        headers["Authorization"] = f"Bearer {scene.tokens[column]}"
    things = scene.things[who.person if who.own and who.person else OTHER]
    answer = scene.send(browser.cookie if cookie else None, row.method, row.rule, sent, things,
                        headers)  # fmt: skip
    answer.get_data()  # what is streamed is read to its end
    scene.changed()
    return answer


def varies(answer: Any) -> set[str]:
    """The names in `Vary`, in small letters."""
    return {name.strip().lower() for name in answer.headers.get("Vary", "").split(",")}


@pytest.mark.parametrize("row", EVERY, ids=lambda row: row.name)
def test_every_answer_says_who_may_keep_it(scene: Scene, row: Row) -> None:
    asked = [("nobody", False), ("nobody", True), ("member own", True)]
    asked += [("write own", False)] if row.rule.startswith(HAVE_TOKENS) else []
    for column, cookie in asked:
        who = next(name for name in COLUMNS if name.startswith(column))
        answer = ask(scene, row, who, cookie=cookie)
        said = answer.cache_control
        personal = cookie or column == "write own" or "Set-Cookie" in answer.headers
        assert answer.headers.get("Cache-Control"), (column, answer.status)
        if personal:
            assert said.private or said.no_store, (column, str(said))
            assert not said.public, (column, str(said))
        assert "cookie" in varies(answer), (column, answer.headers)
        if row.rule.startswith(HAVE_TOKENS):
            assert "authorization" in varies(answer)


@pytest.mark.parametrize(
    "row", [row for row in EVERY if row.method == "GET"], ids=lambda row: row.name
)
def test_what_no_cache_keys_alters_no_answer_unless_vary_names_it(scene: Scene, row: Row) -> None:
    """Those that `Vary` does not name are sent together: if any alters something, it is seen."""
    who = next(iter(COLUMNS))
    plain = ask(scene, row, who, cookie=False)
    keyed = [name for name in UNKEYED if name.lower() in varies(plain)]
    rest = {name: value for name, value in UNKEYED.items() if name not in keyed}
    for more in (rest, *({name: UNKEYED[name]} for name in keyed)):
        other = ask(scene, row, who, cookie=False, more=more)
        if not {name.lower() for name in more} <= varies(plain) & varies(other):
            assert _seen(other) == _seen(plain), [*more]


def test_the_comparison_sees_what_a_header_alters(scene: Scene) -> None:
    row = next(row for row in EVERY if row.name.endswith("/w3c/<slug>/") and row.method == "GET")
    plain, other = (ask(scene, row, "nobody's", cookie=False, more=more)
                    for more in ({}, {"Prefer": UNKEYED["Prefer"]}))  # fmt: skip
    assert _seen(plain) != _seen(other)
    assert "prefer" in varies(plain)


def _seen(answer: Any) -> tuple[Any, ...]:
    """What of an answer is the same each time."""
    own = answer.headers.get("X-Request-Id", "")
    text = re.sub(r'name="csrf_token" value="[^"]+"', "", answer.text.replace(own, ""))
    text = re.sub(r'name="(key|made)" value="[^"]+"', "", text)
    passing = {"date", "expires", "x-request-id", "set-cookie", "etag", "content-length"}
    headers = [(key, value) for key, value in answer.headers if key.lower() not in passing]
    return answer.status_code, text, headers
