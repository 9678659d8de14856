"""Sign-in through a provider: the whole code flow against one on loopback, and every forgery."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from joserfc import jwt
from joserfc.jwk import RSAKey
from sqlalchemy import update

from annotator.app import create_app
from annotator.config import Limits, OpenId
from annotator.config import SiteSettings as SiteSettings
from annotator.db import now
from annotator.models import SignIn
from annotator.services.accounts import accounts, credentials
from annotator.services.accounts.accounts import Person
from tests.conftest import Site
from tests.helpers.visitor import PASSWORD, form_token, sign_up

CLIENT, SECRET = "annotator", "a client's secret"
KEY = RSAKey.generate_key(2048, {"kid": "one"})


class Provider:
    """A provider with one person at a time; `claims` and `signed_with` make it lie."""

    def __init__(self) -> None:
        self.subject = "subject-1"
        self.claims: dict[str, Any] = {}
        self.key, self.alg = KEY, "RS256"
        self.codes: dict[str, dict[str, str]] = {}
        self.asked: list[dict[str, list[str]]] = []
        self.answer: dict[str, Any] | bytes | None = None
        self.issuer = ""

    def authorize(self, location: str) -> dict[str, str]:
        """Do what the person's browser does at the provider: agree, and come back with a code."""
        asked = {name: value[0] for name, value in parse_qs(urlsplit(location).query).items()}
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        assert asked["scope"] == "openid"
        code = secrets.token_urlsafe()
        self.codes[code] = asked
        return {"code": code, "state": asked["state"]}

    def token(self, sent: dict[str, list[str]], authorization: str) -> tuple[int, Any]:
        """Redeem a code, once, for whoever began the flow."""
        self.asked.append(sent)
        basic = "Basic " + base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        asked = self.codes.pop(sent.get("code", [""])[0], None)
        verifier = sent.get("code_verifier", [""])[0].encode()
        digest = base64.urlsafe_b64encode(hashlib.sha256(verifier).digest()).rstrip(b"=").decode()
        if authorization != basic:
            return 401, {"error": "invalid_client"}
        if asked is None or asked["code_challenge"] != digest:
            return 400, {"error": "invalid_grant"}
        moment = int(time.time())
        claims = {"iss": self.issuer, "sub": self.subject, "aud": CLIENT, "iat": moment,
                  "exp": moment + 300, "nonce": asked["nonce"], "email": "real@name.example",
                  "name": "Real Name"} | self.claims  # fmt: skip
        claims = {name: value for name, value in claims.items() if value is not None}
        header = {"alg": self.alg, "kid": "one"}
        signed = jwt.encode(header, claims, self.key, algorithms=[self.alg])
        return 200, {"access_token": "x", "token_type": "Bearer", "id_token": signed}


@pytest.fixture
def provider() -> Iterator[Provider]:
    """A provider that listens on loopback."""
    made = Provider()

    class Door(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/jwks":
                self._say(200, {"keys": [KEY.as_dict(private=False)]})
            else:
                self._say(200, {
                    "issuer": made.issuer, "jwks_uri": f"{made.issuer}/jwks",
                    "authorization_endpoint": f"{made.issuer}/authorize",
                    "token_endpoint": f"{made.issuer}/token",
                    "id_token_signing_alg_values_supported": ["RS256", "HS256"],
                })  # fmt: skip

        def do_POST(self) -> None:
            sent = self.rfile.read(int(self.headers["Content-Length"])).decode()
            status, told = made.token(parse_qs(sent), self.headers.get("Authorization", ""))
            self._say(status, told if made.answer is None else made.answer)

        def _say(self, status: int, told: dict[str, Any] | bytes) -> None:
            body = told if isinstance(told, bytes) else json.dumps(told).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    made.issuer = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield made
    server.shutdown()
    server.server_close()


@pytest.fixture
def app(small_site: Site, provider: Provider) -> Flask:
    """The small site, with the provider."""
    return open_site(small_site, provider)


def open_site(site: Site, provider: Provider, *, sign_up: bool = True) -> Flask:
    """Make the app of a site with the provider."""
    folder = site.parts.config.data / "secrets"
    folder.mkdir(exist_ok=True)
    (folder / "openid").write_text(SECRET + "\n")
    config = replace(
        site.parts.config,
        site=SiteSettings(address="http://localhost", sign_up=sign_up),
        openid=OpenId(issuer=provider.issuer, client_id=CLIENT, label="Acme"),
        limits=Limits(enabled=False),
    )
    return create_app(config, site.parts)


def go(client: FlaskClient, provider: Provider, next_page: str = "/search") -> str:
    """Go to the provider and back; return the path that the browser comes back to."""
    sent = client.get("/sign-in/openid", query_string={"next": next_page})
    assert sent.location.startswith(f"{provider.issuer}/authorize?")
    return "/sign-in/openid/back?" + urlencode(provider.authorize(sent.location))


def choose(client: FlaskClient, name: str) -> Any:
    """Choose a name, as somebody does who comes for the first time."""
    form = {"name": name, "csrf_token": form_token(client, "/sign-in/name"), "next": "/search"}
    return client.post("/sign-in/name", data=form)


def arrive(client: FlaskClient, provider: Provider, name: str = "Bea") -> None:
    """Come for the first time, and make an account."""
    assert client.get(go(client, provider)).location.startswith("/sign-in/name")
    assert choose(client, name).status_code == 303


def signed_in(client: FlaskClient) -> bool:
    """Return whether the browser is signed in."""
    return client.get("/account").status_code == 200


def test_the_first_time_one_chooses_a_name_and_later_one_is_signed_in(
    app: Flask, provider: Provider
) -> None:
    client = app.test_client()
    assert "Sign in with Acme" in client.get("/sign-in").text
    arrive(client, provider)
    page = client.get("/account").text
    assert "Bea" in page
    for told in ("Real Name", "real@name.example"):  # what the provider calls somebody stays there
        assert told not in page
    other = app.test_client()
    back = other.get(go(other, provider, "/people/Bea"))
    assert (back.status_code, back.location) == (303, "/people/Bea")
    assert "Bea" in other.get("/account").text


def test_a_name_that_is_taken_is_asked_for_again(app: Flask, provider: Provider) -> None:
    client = app.test_client()
    client.get(go(client, provider))
    for name, status in (("Ada", 409), ("", 422), ("Moderator", 422)):
        assert choose(client, name).status_code == status
        assert not signed_in(client)
    assert choose(client, "Bea").status_code == 303


@pytest.mark.parametrize(
    "claims",
    [{"iss": "https://evil.example"}, {"aud": "another"}, {"aud": ["another", "more"]},
     {"nonce": "forged"}, {"nonce": None}, {"exp": 1}, {"exp": None}, {"sub": None}, {"sub": ""},
     {"sub": 7}, {"sub": "x" * 256}, {"iat": None}, {"aud": ["another"], "azp": CLIENT}],
)  # fmt: skip
def test_a_token_that_does_not_fit_lets_nobody_in(
    app: Flask, provider: Provider, claims: dict[str, Any]
) -> None:
    client = app.test_client()
    provider.claims = claims
    assert client.get(go(client, provider)).status_code == 401
    assert client.get("/sign-in/name").status_code == 401
    provider.claims = {}
    arrive(client, provider)


def test_a_token_signed_by_somebody_else_lets_nobody_in(app: Flask, provider: Provider) -> None:
    client = app.test_client()
    provider.key = RSAKey.generate_key(2048, {"kid": "one"})
    assert client.get(go(client, provider)).status_code == 401


def test_a_token_without_a_signature_or_signed_with_the_public_key_lets_nobody_in(
    app: Flask, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    def part(value: object) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    client, moment = app.test_client(), int(time.time())
    for algorithm in ("none", "HS256"):
        back = go(client, provider)
        nonce = next(iter(provider.codes.values()))["nonce"]
        claims = {"iss": provider.issuer, "sub": "1", "aud": CLIENT, "iat": moment,
                  "exp": moment + 300, "nonce": nonce}  # fmt: skip
        head = f"{part({'alg': algorithm, 'kid': 'one'})}.{part(claims)}"
        public = KEY.as_pem(private=False)
        mark = hashlib.sha256(public + head.encode()).digest() if algorithm != "none" else b""
        token = f"{head}.{base64.urlsafe_b64encode(mark).rstrip(b'=').decode()}"
        provider.answer = {"access_token": "x", "token_type": "Bearer", "id_token": token}
        assert client.get(back).status_code == 401
        provider.codes.clear()


@pytest.mark.parametrize(
    "answer",
    [b"", b"<html>", b"[]", b"null", b"x" * 1_100_000, {}, {"access_token": "x"},
     {"access_token": "x", "token_type": "Bearer", "id_token": 7}, {"error": "invalid_grant"}],
)  # fmt: skip
def test_nonsense_from_the_provider_is_told_as_that(
    app: Flask, provider: Provider, answer: dict[str, Any] | bytes
) -> None:
    client = app.test_client()
    provider.answer = answer
    told = client.get(go(client, provider))
    assert (told.status_code, "Start again" in told.text) == (401, True)


def test_a_forged_or_missing_state_or_a_denial_lets_nobody_in(
    app: Flask, provider: Provider
) -> None:
    client = app.test_client()
    back = go(client, provider)
    code = parse_qs(urlsplit(back).query)["code"][0]
    for query in ("", f"code={code}", f"code={code}&state=forged", "error=access_denied"):
        assert client.get(f"/sign-in/openid/back?{query}").status_code == 401
    assert app.test_client().get(back).status_code == 401  # a browser that did not begin this
    assert not signed_in(client)


def test_a_replayed_code_lets_nobody_in(app: Flask, provider: Provider) -> None:
    client = app.test_client()
    back = go(client, provider)
    cookie = client.get_cookie("annotator")
    assert cookie
    arrived = client.get(back)
    assert arrived.location.startswith("/sign-in/name")
    assert client.get(back).status_code == 401
    replayed = app.test_client()
    replayed.set_cookie("annotator", cookie.value)  # the whole cookie from before, state and all
    assert replayed.get(back).status_code == 401
    assert len(provider.asked) == 2


def test_no_name_is_chosen_without_coming_from_the_provider(app: Flask, provider: Provider) -> None:
    client = app.test_client()
    form = {"name": "Bea", "csrf_token": form_token(client, "/sign-in")}
    assert client.post("/sign-in/name", data=form).status_code == 401


def test_one_goes_on_to_no_other_site(app: Flask, provider: Provider) -> None:
    client = app.test_client()
    arrive(client, provider)
    other = app.test_client()
    assert other.get(go(other, provider, "//evil.example/")).location == "/"


def connect(client: FlaskClient, provider: Provider, present: str = PASSWORD) -> Any:
    """Connect the provider to the account that is signed in."""
    form = {"present": present, "csrf_token": form_token(client, "/account")}
    asked = client.post("/account/openid", data=form)
    if asked.status_code != 200:
        return asked
    return client.get(go(client, provider, "/account?done=openid"))


def test_a_provider_is_connected_to_an_account_and_taken_off_again(
    app: Flask, provider: Provider
) -> None:
    client = app.test_client()
    sign_up(client)
    assert connect(client, provider, "wrong").status_code == 422
    assert connect(client, provider).location == "/account?done=openid"
    assert "Connected to Acme" in client.get("/account").text
    other = app.test_client()
    other.get(go(other, provider))
    assert "Bea" in other.get("/account").text
    form = {"subject": provider.subject, "issuer": provider.issuer}
    token = {"csrf_token": form_token(client, "/account")}
    assert client.post("/account/openid/end", data=form | token).status_code == 303
    third = app.test_client()
    assert third.get(go(third, provider)).location.startswith("/sign-in/name")


def test_a_sign_in_that_is_anothers_cannot_be_connected(app: Flask, provider: Provider) -> None:
    owner, client = app.test_client(), app.test_client()
    arrive(owner, provider, "Cleo")
    sign_up(client)
    assert connect(client, provider).status_code == 409
    form = {"subject": provider.subject, "issuer": provider.issuer}
    token = {"csrf_token": form_token(client, "/account")}
    assert client.post("/account/openid/end", data=form | token).status_code == 404
    assert signed_in(owner)


def test_without_a_password_the_last_way_in_is_kept_and_acts_need_a_fresh_sign_in(
    app: Flask, provider: Provider, small_site: Site
) -> None:
    client = app.test_client()
    arrive(client, provider)
    token = {"csrf_token": form_token(client, "/account")}
    form = {"subject": provider.subject, "issuer": provider.issuer}
    assert client.post("/account/openid/end", data=form | token).status_code == 422
    with small_site.parts.db.transaction() as session:
        session.execute(update(SignIn).values(created=now() - 2 * credentials.FRESH))
    form = {"password": PASSWORD}
    assert client.post("/account/password", data=form | token).status_code == 403
    with small_site.parts.db.transaction() as session:
        session.execute(update(SignIn).values(created=now()))
    assert client.post("/account/password", data=form | token).status_code == 303
    with small_site.parts.db.reading() as session:
        assert accounts.check(session, "Bea", PASSWORD).name == "Bea"


def test_where_nobody_may_sign_up_only_those_known_come_in(
    small_site: Site, provider: Provider
) -> None:
    app = open_site(small_site, provider, sign_up=False)
    client = app.test_client()
    assert client.get(go(client, provider)).location.startswith("/sign-in/name")
    assert client.get("/sign-in/name").status_code == 403
    with small_site.parts.db.transaction() as session:
        ada = accounts.named(session, "Ada")
        accounts.link_identity(session, ada.id, Person(provider.issuer, provider.subject))
    client.get(go(client, provider))
    assert "Ada" in client.get("/account").text


def test_a_provider_that_does_not_answer_is_told_as_that(
    small_site: Site, provider: Provider
) -> None:
    gone = Provider()
    gone.issuer = "http://127.0.0.1:1"
    client = open_site(small_site, gone).test_client()
    assert client.get("/sign-in/openid").status_code == 503
    assert client.get("/sign-in").status_code == 200


def test_without_a_provider_there_is_no_such_door(small_site: Site) -> None:
    client = create_app(small_site.parts.config, small_site.parts).test_client()
    assert client.get("/sign-in/openid").status_code == 404
    assert client.get("/sign-in/openid/back?code=x&state=y").status_code == 404
    assert "openid" not in client.get("/sign-in").text
