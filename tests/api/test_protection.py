"""What every answer carries, and what every request must pass."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from flask import Flask, Response
from flask.testing import FlaskClient
from werkzeug.test import EnvironBuilder

from annotator.app import create_app
from annotator.config import Config, ServerSettings
from annotator.config import SiteSettings as SiteSettings
from annotator.web.http import hooks
from tests.conftest import Site
from tests.helpers import html

PASSWORD = "a long enough pass phrase"
PAGES = ["/", "/d/garden", "/search", "/nowhere", "/api/documents", "/api/nowhere", "/health"]
ORIGIN = {"Origin": "https://elsewhere.example.org"}
NAMED = SiteSettings(address="https://notes.example.org")


def app_of(small: Site, **sections: object) -> Flask:
    """Make an app of the small site with other settings."""
    return create_app(replace(small.parts.config, **sections), small.parts)  # type: ignore[arg-type]


def signed_in(app: Flask, base: str = "http://localhost") -> FlaskClient:
    """Sign up through the form."""
    client = app.test_client()
    token = html.value(client.get("/sign-up", base_url=base), "csrf_token")
    form = {"name": "Bea", "password": PASSWORD, "csrf_token": token}
    answer = client.post("/sign-up", data=form, base_url=base, headers={"Referer": base})
    assert answer.status_code == 303
    return client


@pytest.mark.parametrize("path", PAGES)
def test_every_answer_carries_the_protections(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    for name in hooks.HEADERS:
        assert name in answer.headers
    policy = answer.headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    assert "Strict-Transport-Security" not in answer.headers


def test_under_https_browsers_are_told_to_stay_there_and_cookies_belong_to_the_host(
    small_site: Site,
) -> None:
    app = app_of(small_site, site=NAMED)
    client = app.test_client()
    answer = client.get("/sign-up", base_url="https://notes.example.org")
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-annotator=")
    for part in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"):
        assert part in cookie
    assert "Domain" not in cookie


@pytest.mark.parametrize("path", ["/api/documents", "/api/annotations", "/api/nowhere"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_scripts_of_other_sites_may_read_what_anybody_may(
    client: FlaskClient, path: str, method: str
) -> None:
    answer = client.open(path, method=method, headers=ORIGIN)
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in answer.headers


def test_scripts_of_other_sites_may_write_nothing(client: FlaskClient) -> None:
    asked = ORIGIN | {"Access-Control-Request-Method": "POST",
                      "Access-Control-Request-Headers": "authorization"}  # fmt: skip
    answer = client.options("/api/annotations", headers=asked)
    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Methods"] == "GET, HEAD"
    assert "uthorization" not in answer.headers["Access-Control-Allow-Headers"]
    posted = client.post("/api/preview", json={"body": "Hm."}, headers=ORIGIN)
    assert "Access-Control-Allow-Origin" not in posted.headers


def test_nothing_of_an_account_is_open_to_scripts_of_other_sites(
    app: Flask, small_site: Site
) -> None:
    client = signed_in(app)
    token = {"Authorization": f"Bearer {small_site.token('Ada')}"}
    for answer in (
        client.get("/api/annotations", headers=ORIGIN),
        app.test_client().get("/api/annotations", headers=ORIGIN | token),
        client.get("/account", headers=ORIGIN),
        client.get("/", headers=ORIGIN),
    ):
        assert "Access-Control-Allow-Origin" not in answer.headers


@pytest.mark.parametrize("path", ["/", "/api/documents", "/health"])
def test_a_head_is_a_get_without_its_body(client: FlaskClient, path: str) -> None:
    told = client.head(path)
    assert (told.status_code, told.data) == (200, b"")
    assert told.content_type == client.get(path).content_type


# What other sites send, by the authority of no cookie.
@pytest.mark.parametrize(
    ("config", "names"),
    [
        (Config(), ["localhost", "127.0.0.1"]),
        (Config(site=NAMED), ["notes.example.org", "localhost", "127.0.0.1"]),
        (Config(site=NAMED, server=ServerSettings(hosts=("a.org", ".b.org"))), ["a.org", ".b.org"]),
        (Config(server=ServerSettings(host="::")), []),
    ],
)
def test_a_site_answers_to_its_own_names(config: Config, names: list[str]) -> None:
    assert hooks.hosts(config) == names


def test_under_another_name_nothing_is_answered(small_site: Site) -> None:
    client = app_of(small_site, site=NAMED).test_client()
    for host in (
        "evil.example.org",
        "notes.example.org.evil.org",
        "notes.example.org@evil.org",
        "",
    ):
        answer = client.get("/api/documents", headers={"Host": host})
        assert answer.status_code == 400, host
        assert "garden" not in answer.text
        assert client.get("/", headers={"Host": host}).status_code == 400
    for host in ("notes.example.org", "notes.example.org:443", "127.0.0.1:8000"):
        assert client.get("/api/documents", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "method", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "X"]
)
@pytest.mark.parametrize("host", ["evil.example.org", "a b", "", "localhost:99999", None])
def test_an_unknown_host_is_refused_before_anything_else(
    small_site: Site, method: str, host: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    """At every method and door, whatever else is wrong, and without a traceback."""
    app = app_of(small_site, site=NAMED)
    for path in ("/", "/sign-in", "/a/x/edit", "/api/annotations", "/api/nowhere", "/d/garden/",
                 "/w3c/garden/", "/w3c/annotations/x", "/webmention", "/hypothesis/api/search",
                 "/nul%00"):  # fmt: skip
        for more in ({}, {"Authorization": "Bearer x"}, {"Transfer-Encoding": "chunked"}):
            environ = EnvironBuilder(path, method=method, headers=more).get_environ()
            environ.pop("HTTP_HOST")
            if host is not None:
                environ["HTTP_HOST"] = host
            answer = Response.from_app(app, environ)
            assert answer.status_code == 400, (method, path, more)
            if path.startswith(("/api/", "/w3c/", "/hypothesis/")) and method != "HEAD":
                assert json.loads(answer.get_data())["error"]["code"] == "unknown_host"
            else:
                assert "host name" in answer.get_data(as_text=True) or method == "HEAD"
    assert not [it for it in caplog.records if it.exc_info]


def test_only_http_1_0_may_name_no_host(client: FlaskClient) -> None:
    for protocol, status in (("HTTP/1.0", 200), ("HTTP/1.1", 400), ("HTTP/2", 400)):
        environ = EnvironBuilder("/api/documents").get_environ()
        environ.pop("HTTP_HOST")
        environ["SERVER_PROTOCOL"] = protocol
        assert Response.from_app(client.application, environ).status_code == status


def test_a_forged_or_foreign_cookie_is_nobody(app: Flask) -> None:
    kept = signed_in(app).get_cookie("annotator")
    assert kept is not None
    for value in (
        kept.value[:-2] + "xx",
        "x" + kept.value,
        "e30.AAAAAA.AAAA",
        "",
        "\x7f",
        "a" * 4_000,
    ):
        client = app.test_client()
        client.set_cookie("annotator", value)
        assert client.get("/account").status_code == 401


@pytest.mark.parametrize(
    "field", ["id", "author", "author_id", "created", "modified", "deleted", "listed", "thread",
              "role", "html", "licence", "placements", "hidden", "document_id"],
)  # fmt: skip
def test_nobody_sets_what_is_not_theirs_to_set(
    client: FlaskClient, small_site: Site, field: str
) -> None:
    token = {"Authorization": f"Bearer {small_site.token('Ada')}"}
    sent = {"document": "garden", "body": "Mine.", field: "x"}
    told = client.post("/api/annotations", json=sent, headers=token)
    assert told.status_code == 400
    assert told.get_json()["error"]["field"] == field
    assert client.get("/api/annotations").get_json()["total"] == 0


@pytest.mark.parametrize(
    "path", ["/a/%0d%0aSet-Cookie:%20x=y", "/people/%0d%0aX:%20y", "/d/a%0d%0ab/p/x%0d%0a",
             "/d/garden@%0d%0aX:y", "/sign-in?next=/%0d%0aSet-Cookie:x", "/d/..%2f..%2fetc/passwd",
             "/assets/x/..%2f..%2f..%2fapp.py", "/assets/x/%2e%2e/%2e%2e/app.py",
             "/api/export?document=%0d%0aX:y",
             "/d/garden%00", "//evil.example.org/%2e%2e"],
)  # fmt: skip
def test_nothing_in_a_path_becomes_a_header_or_a_way_out(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code < 500
    assert not {"X", "x"} & set(answer.headers.keys())
    assert "x=y" not in answer.headers.get("Set-Cookie", "")
    assert not answer.headers.get("Location", "/").startswith(("//", "https://", "http://evil"))
    assert "create_app" not in answer.text


def test_a_form_has_only_so_many_fields(client: FlaskClient) -> None:
    most = "&".join(["a=1"] * hooks.MAX_FIELDS)
    form = {"content_type": "application/x-www-form-urlencoded"}
    assert client.post("/sign-in", data=most, **form).status_code == 400  # the token is missing
    answer = client.post("/sign-in", data=f"{most}&", **form)
    assert answer.status_code == 413
    assert "at most 5,000 fields" in answer.text
