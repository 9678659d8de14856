"""What HTTP asks of every address: slashes, lengths, empty values, 304s and errors in one shape."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from annotator.schemas.queries import MAY_BE_EMPTY
from annotator.web.api.operations import OPERATIONS
from tests.api.conftest import Script
from tests.conftest import Site

PAGES = ["/d/garden", "/d/garden@2026-03-01", "/d/garden@2026-03-01/purpose/1", "/d/garden/p/{pid}",
         "/d/garden@2026-03-01/purpose", "/a/{ident}", "/people/Ada", "/search", "/health",
         "/health/live", "/sign-in", "/d/garden/map/2026-03-01", "/feeds/commentary.atom",
         "/api/annotations", "/api/annotations/{ident}",
         "/api/documents/garden/editions/2026-03-01",
         "/api/openapi.json", "/api/search", "/w3c/annotations/{ident}", "/hypothesis/api/search",
         "/assets/x/icon.svg"]  # fmt: skip


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("query", ["", "?q=a%2Fb&document=x%20y"])
def test_a_slash_at_the_end_leads_to_the_address_without(
    script: Script, path: str, query: str
) -> None:
    made = script.post(target={"exact": "keep quiet"}, body="Fine.")
    path = path.format(ident=made["id"], pid=made["pid"])
    client = script.client
    assert client.get(path).status_code == 200
    for slashes in ("/", "//"):
        answer = client.get(f"{path}{slashes}{query}", follow_redirects=False)
        assert answer.status_code == 308
        answer = client.get(f"{path}/{query}")
        assert (answer.status_code, answer.headers["Location"]) == (308, f"{path}{query}")
        assert client.get(f"{path}{slashes}", follow_redirects=True).status_code == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "BREW"])
def test_the_home_page_does_not_lead_to_itself(client: FlaskClient, method: str) -> None:
    assert client.open("/", method=method).status_code == 405


def test_every_address_has_a_way_from_the_slash(app: Flask) -> None:
    """Whatever the method; a form that is sent there is sent on."""
    client, tried = app.test_client(), 0
    for rule in app.url_map.iter_rules():
        path = re.sub(r"<any\((\w+)[^>]*>", r"\1", rule.rule)
        path = re.sub(r"<int[^>]*>", "1", path)
        path = re.sub(r"<[^>]+>", "x", path)
        if path.endswith("/"):
            continue
        for method in sorted((rule.methods or set()) - {"OPTIONS"}):
            answer = client.open(f"{path}/", method=method)
            assert (answer.status_code, answer.headers.get("Location")) == (308, path), (
                method,
                path,
            )
            tried += 1
    assert tried > 150


@pytest.mark.parametrize(
    "path", ["//evil.example.org/", "/%5Cevil.example.org/", "/d/a%0d%0aX:%20y/", "///",
             "/nowhere/",
             "/a/%2e%2e/", "/people/%2F%2Fevil.example.org/"],
)  # fmt: skip
def test_no_slash_leads_off_the_site(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code in {200, 308, 400, 404}
    place = answer.headers.get("Location", "/")
    assert re.match(r"(?:http://localhost)?/(?![/\\])", place), place
    assert "X" not in answer.headers


@pytest.mark.parametrize(
    "path", ["/", "/d/garden", "/api/documents", "/w3c/", "/hypothesis/api/search"]
)
def test_a_long_address_is_refused_as_everything_is(client: FlaskClient, path: str) -> None:
    assert client.get(f"{path}?q={'x' * 7_900}").status_code != 414
    answer = client.get(f"{path}?q={'x' * 8_000}")
    assert answer.status_code == 414
    if path.startswith(("/api/", "/w3c/", "/hypothesis/")):
        assert answer.get_json()["error"]["code"] == "address_too_long"
    else:
        assert "too long" in answer.text


def _parameters() -> list[tuple[str, str]]:
    return [
        (it.path, field.alias or name)
        for it in OPERATIONS
        if it.query is not None and it.method == "get"
        for name, field in it.query.model_fields.items()
    ] + [("/w3c/", name) for name in ("iris", "page")]


@pytest.mark.parametrize(("path", "name"), _parameters())
def test_a_parameter_has_a_value_unless_it_is_words_to_search_for(
    script: Script, small_site: Site, path: str, name: str
) -> None:
    made = script.post(target={"exact": "keep quiet"}, body="Fine.")
    names = {"ident": made["id"], "slug": "garden", "label": "2026-03-01", "pid": made["pid"]}
    small_site.person("Mia", role="administrator")
    token = small_site.token("Mia", scopes=("read", "write", "moderate", "answer"))
    asked = path.format_map(names)
    needed = {"/api/resolve": "&cite=garden", "/api/cite": "&document=garden&start=0&end=7",
              "/api/suggestions/export": "&document=garden",
              "/api/moderation/selection": "&act=hide&author=Ada"}  # fmt: skip
    rest = "".join(
        it for it in needed.get(path, "").split("&")[1:] if not it.startswith(f"{name}=")
    )
    answer = script.client.get(
        f"{asked}?{name}=&{rest}", headers={"Authorization": f"Bearer {token}"}
    )
    if name in MAY_BE_EMPTY:
        assert answer.status_code in {200, 422}
        assert answer.status_code == 200 or answer.get_json()["error"]["field"] != name
    else:
        assert answer.status_code == 400
        assert answer.get_json()["error"]["field"] == name


@pytest.mark.parametrize(
    "path", ["/api/documents", "/api/annotations", "/api/annotations/{}", "/api/search?q=x",
             "/api/documents/garden/editions/2026-03-01/commentary", "/api/openapi.json",
             "/api/documents/garden/editions/2026-03-01/text", "/w3c/", "/w3c/garden/?page=0",
             "/w3c/annotations/{}", "/d/garden@2026-03-01", "/d/garden/print/2026-03-01",
             "/feeds/commentary.atom", "/feeds/commentary.json", "/assets/x/icon.svg"],
)  # fmt: skip
def test_a_304_says_what_its_200_would_have_said(script: Script, path: str) -> None:
    path = path.format(script.post(target={"exact": "keep quiet"}, body="Fine. " * 200)["id"])
    for packing in ("identity", "gzip"):
        head = {"Accept-Encoding": packing}
        full = script.client.get(path, headers=head)
        assert full.status_code == 200
        assert full.headers["ETag"]
        for known in ("*", full.headers["ETag"], f'"x", {full.headers["ETag"]}'):
            answer = script.client.get(path, headers=head | {"If-None-Match": known})
            assert (answer.status_code, answer.data) == (304, b""), (path, known)
            for name in ("ETag", "Cache-Control", "Content-Location", "Vary"):
                said, shorter = full.headers.get(name, ""), answer.headers.get(name, "")
                if known == "*":  # no packing was named, so it may be the plain answer's name
                    said, shorter = (it.replace(":gzip", "") for it in (said, shorter))
                assert shorter == said, (name, known, packing)
            assert ("Expires" in answer.headers) == ("Expires" in full.headers)  # of its moment
        other = script.client.get(path, headers=head | {"If-None-Match": '"x"'})
        assert other.status_code == 200


@pytest.mark.parametrize("prefix", ["/api/", "/w3c/x/y/", "/hypothesis/", "/health/"])
def test_programs_are_told_in_json_of_every_error(
    app: Flask, prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = app.test_client()
    answers = {404: client.get(f"{prefix}nowhere", headers={"Accept": "text/html"})}
    if prefix == "/hypothesis/":
        answers[405] = client.delete("/hypothesis/api/search")
    if prefix == "/api/":
        answers |= {
            405: client.put("/api/documents"),
            413: client.post("/api/preview", data=b"x" * 10**7, content_type="application/json"),
            415: client.post("/api/preview", data=b"x"),
        }
        monkeypatch.setitem(app.view_functions, "api.list_documents", _broken)
        answers[500] = client.get("/api/documents")
    for status, answer in answers.items():
        assert answer.status_code == status
        assert answer.get_json()["error"]["request_id"]


def _broken() -> Any:
    raise RuntimeError("nobody expects this")


@pytest.mark.parametrize(
    ("accept", "is_json"),
    [(None, True), ("*/*", True), ("application/json", True), ("text/plain", True),
     ("text/html,application/xhtml+xml,*/*;q=0.8", False), ("text/html", False)],
)  # fmt: skip
def test_who_sends_a_mention_is_told_in_json_and_a_browser_on_a_page(
    client: FlaskClient, accept: str | None, is_json: bool
) -> None:
    answer = client.post("/webmention", headers={} if accept is None else {"Accept": accept})
    assert answer.status_code == 404  # nothing is received here
    assert answer.is_json == is_json
    assert "Accept" in answer.headers["Vary"]


def test_any_page_tells_an_error_in_json_to_who_prefers_that(client: FlaskClient) -> None:
    for accept, is_json in (("application/json", True), ("text/html", False), ("*/*", False),
                            ("application/json;q=0.5, text/html", False)):  # fmt: skip
        assert client.get("/a/nothing", headers={"Accept": accept}).is_json == is_json
