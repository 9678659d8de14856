"""The account page: every section works without scripts, and nothing changes for a stranger."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from annotator.app import create_app
from annotator.config import SiteSettings as SiteSettings
from annotator.db import now
from annotator.models import ApiToken, SignIn
from annotator.services.accounts import accounts
from annotator.services.annotations import listings
from tests.conftest import Site
from tests.helpers import html, visitor
from tests.helpers.visitor import PASSWORD, form_token, sign_in, sign_up

ACTS = {
    "/account/name": {"name": "Lovelace"},
    "/account/password": {"present": PASSWORD, "password": "another pass phrase"},
    "/account/email": {"present": PASSWORD, "email": "a@example.org", "do": "set"},
    "/account/sessions": {"do": "others"},
    "/account/tokens": {"label": "x"},
    "/account/tokens/revoke": {"digest": "0" * 64},
    "/account/openid/end": {"subject": "1", "issuer": "x"},
    "/account/delete": {"present": PASSWORD, "commentary": "keep"},
}


def send(client: FlaskClient, path: str, **form: str) -> tuple[int, str]:
    """Send one of the account page's forms; return the status and the page that follows."""
    return seen(client, visitor.send(client, "/account", path, **form))


def forge(client: FlaskClient, path: str, **form: str) -> tuple[int, str]:
    """Send what the account page has no form for; return the status and the page that follows."""
    return seen(client, visitor.forge(client, "/account", path, **form))


def seen(client: FlaskClient, answer: TestResponse) -> tuple[int, str]:
    """Follow an answer as a browser does."""
    page = client.get(answer.location) if answer.status_code == 303 else answer
    assert page.headers["Cache-Control"] == "no-store"
    return page.status_code, page.text


@pytest.mark.parametrize("path", ACTS)
def test_nothing_is_done_for_a_stranger_or_for_a_form_of_another_site(
    client: FlaskClient, app: Flask, path: str
) -> None:
    sign_up(client)
    assert client.post(path, data=ACTS[path]).status_code == 400
    stranger = app.test_client()
    form = ACTS[path] | {"csrf_token": form_token(stranger, "/sign-in")}
    assert stranger.post(path, data=form).status_code == 401
    assert client.get("/account").status_code == 200


def test_the_account_is_shown_to_its_owner_alone(client: FlaskClient, app: Flask) -> None:
    for path in ("/account", "/account/download", "/account/delete"):
        assert app.test_client().get(path).status_code == 401
    sign_up(client)
    for path in ("/account", "/account/download", "/account/delete"):
        answer = client.get(path)
        assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")


def test_a_name_is_changed_and_the_old_address_leads_on(client: FlaskClient, app: Flask) -> None:
    sign_up(client)
    status, page = send(client, "/account/name", name="Lovelace")
    assert status == 200
    assert "Your name was changed." in page
    moved = client.get("/people/Bea")
    assert (moved.status_code, moved.headers["Location"]) == (301, "/people/Lovelace")
    assert "no-cache" in app.test_client().get("/people/Bea").headers["Cache-Control"]
    status, page = send(client, "/account/name", name="Byron")
    assert status == 422
    assert "once every 30 days" in page
    assert 'value="Byron"' in page


def test_a_new_password_needs_the_present_one_and_ends_other_sign_ins(
    client: FlaskClient, app: Flask
) -> None:
    sign_up(client)
    other = sign_in(app.test_client(), "Bea")
    status, page = send(client, "/account/password", present="wrong", password="another phrase")
    assert (status, "current password is wrong" in page) == (422, True)
    status, page = send(client, "/account/password", present=PASSWORD, password="short")
    assert (status, "8 to" in page) == (422, True)
    assert other.get("/account").status_code == 200
    status, page = send(client, "/account/password", present=PASSWORD, password="another phrase")
    assert (status, "was changed" in page) == (200, True)
    assert other.get("/account").status_code == 401
    assert sign_in(app.test_client(), "Bea").get("/account").status_code == 401
    assert sign_in(app.test_client(), "Bea", "another phrase").get("/account").status_code == 200


def test_a_new_password_ends_tokens_only_where_that_is_asked(
    client: FlaskClient, app: Flask, small_site: Site
) -> None:
    sign_up(client)
    assert "Also revoke" not in client.get("/account").text  # there are none
    keys = [{"Authorization": f"Bearer {small_site.token('Bea')}"} for _ in range(2)]

    def working() -> list[int]:
        return [app.test_client().get("/api/tags", headers=key).status_code for key in keys]

    assert "Also revoke my API tokens (2)" in client.get("/account").text
    send(client, "/account/password", present="wrong", password="a b c d e f", tokens="revoke")
    send(client, "/account/password", present=PASSWORD, password="another phrase")
    assert working() == [200, 200]
    form = {"present": "another phrase", "password": "one more phrase", "tokens": "revoke"}
    assert send(client, "/account/password", **form)[0] == 200
    assert working() == [401, 401]
    assert client.get("/account").status_code == 200


def test_browsers_are_listed_in_a_few_words_and_ended_one_by_one(
    client: FlaskClient, app: Flask
) -> None:
    sign_up(client)
    agent = "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0"
    other = app.test_client()
    form = {"name": "Bea", "password": PASSWORD, "csrf_token": form_token(other, "/sign-in")}
    other.post("/sign-in", data=form, headers={"User-Agent": agent})
    page = client.get("/account").text
    assert "Firefox on Linux" in page
    assert "130.0" not in page
    assert "127.0.0.1" not in page
    digest = html.attribute(page, "[action^='/account/sessions'] [name=digest]", "value")
    assert send(client, "/account/sessions", digest=digest)[0] == 200
    assert other.get("/account").status_code == 401
    assert forge(client, "/account/sessions", digest=digest)[0] == 404
    third = sign_in(app.test_client(), "Bea")
    assert send(client, "/account/sessions", do="others")[0] == 200
    assert third.get("/account").status_code == 401


def test_another_ones_browser_or_token_cannot_be_ended(
    client: FlaskClient, app: Flask, small_site: Site
) -> None:
    sign_up(client)
    send(client, "/account/tokens", label="mine", scope="write")
    page = client.get("/account").text
    digests = html.attributes(page, "[name=digest]", "value")
    other = app.test_client()
    sign_up(other, "Cleo")
    for path in ("/account/sessions", "/account/tokens/revoke"):
        for digest in digests:
            assert forge(other, path, digest=digest)[0] == 404


def test_a_token_is_shown_once_with_the_scopes_that_were_asked(client: FlaskClient) -> None:
    sign_up(client)
    status, page = send(client, "/account/tokens", label="robot", scope="write", days="7")
    (token,) = [it for it in html.words(page, "code") if it.startswith("ann_")]
    assert status == 200
    page = client.get("/account").text
    assert token not in page
    assert "read, write" in page
    for form in (
        {"days": "0"},
        {"days": "-1"},
        {"days": "a week"},
        {"days": "9" * 5000},
        {"label": "x" * 101},
    ):
        assert forge(client, "/account/tokens", **form)[0] == 422
    assert forge(client, "/account/tokens", label="x", scope="moderate")[0] == 403


def test_without_letters_an_address_is_set_at_once_and_removed(client: FlaskClient) -> None:
    sign_up(client)
    status, page = send(client, "/account/email", present=PASSWORD, email="b@example.org", do="set")
    assert status == 200
    assert "b@example.org" in page
    assert "not confirmed" in page
    assert (
        send(client, "/account/email", present="wrong", email="c@example.org", do="set")[0] == 422
    )
    assert send(client, "/account/email", present=PASSWORD, email="nonsense", do="set")[0] == 422
    assert "b@example.org" in client.get("/account").text
    status, page = send(client, "/account/email", present=PASSWORD, do="remove")
    assert "b@example.org" not in page


def test_a_field_that_no_form_has_changes_nothing(client: FlaskClient, small_site: Site) -> None:
    form = {"name": "Bea", "password": PASSWORD, "role": "administrator", "id": "1",
            "csrf_token": form_token(client, "/sign-up")}  # fmt: skip
    client.post("/sign-up", data=form)
    forge(client, "/account/name", name="Cleo", role="administrator", account_id="1")
    with small_site.parts.db.reading() as session:
        assert accounts.named(session, "Cleo").role == "member"
        assert accounts.named(session, "Ada").name == "Ada"


def test_all_that_is_mine_comes_as_one_file(client: FlaskClient, small_site: Site) -> None:
    sign_up(client)
    ident = small_site.post("three gates", "Mine.", author="Bea")
    answer = client.get("/account/download")
    assert "attachment" in answer.headers["Content-Disposition"]
    told = json.loads(answer.text)
    assert [it["id"] for it in told["remarks"]] == [ident]
    assert "argon2" not in answer.text


@pytest.mark.parametrize(("commentary", "body"), [("keep", "Mine."), ("remove", None)])
def test_the_account_is_deleted_and_its_commentary_stays_or_goes_as_was_said(
    client: FlaskClient, app: Flask, small_site: Site, commentary: str, body: str | None
) -> None:
    sign_up(client)
    ident = small_site.post("three gates", "Mine.", author="Bea")
    other = sign_in(app.test_client(), "Bea")
    for form in ({"commentary": commentary, "present": "wrong"}, {"present": PASSWORD}):
        assert forge(client, "/account/delete", **form)[0] == 422
    status, page = forge(client, "/account/delete", commentary=commentary, present=PASSWORD)
    assert (status, "Your account is deleted" in page) == (200, True)
    for browser in (client, other, sign_in(app.test_client(), "Bea")):
        assert browser.get("/account").status_code == 401
    assert client.get("/people/Bea").status_code == 410
    with small_site.parts.db.reading() as session:
        assert listings.get(session, ident).body == body
    if commentary == "keep":
        assert "A former member" in client.get(f"/a/{ident}").text
        assert client.get("/people/A former member").status_code == 200


def test_signing_in_begins_a_session_that_nobody_prepared(app: Flask, client: FlaskClient) -> None:
    sign_up(client)
    attacker = app.test_client()
    form_token(attacker, "/sign-in")
    prepared = attacker.get_cookie("annotator")
    assert prepared
    victim = app.test_client()
    victim.set_cookie("annotator", prepared.value)
    form = {"name": "Bea", "password": PASSWORD, "csrf_token": form_token(victim, "/sign-in")}
    assert victim.post("/sign-in", data=form).status_code == 303
    assert victim.get("/account").status_code == 200
    cookie = victim.get_cookie("annotator")
    assert cookie
    assert cookie.value != prepared.value
    assert attacker.get("/account").status_code == 401
    stale = victim.post("/sign-out", data={"csrf_token": form["csrf_token"]})
    assert stale.status_code == 400  # the form's token from before belongs to nobody now


def test_under_https_the_cookie_is_the_hosts_alone(small_site: Site) -> None:
    address = SiteSettings(address="https://notes.example.org")
    app = create_app(replace(small_site.parts.config, site=address), small_site.parts)
    cookie = app.test_client().get("/sign-in", base_url=address.address).headers["Set-Cookie"]
    assert cookie.startswith("__Host-annotator=")
    for part in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"):
        assert part in cookie
    assert "Domain" not in cookie


def test_the_day_of_last_use_is_kept_of_browsers_and_tokens_and_no_address(
    client: FlaskClient, small_site: Site
) -> None:
    sign_up(client)
    token = small_site.token("Bea")
    with small_site.parts.db.transaction() as session:
        session.execute(update(SignIn).values(used=None))
    client.get("/")
    client.get("/api/annotations", headers={"Authorization": f"Bearer {token}"})
    with small_site.parts.db.reading() as session:
        for kind in (SignIn, ApiToken):
            assert session.scalars(select(kind.used)).one() == now().date()


@pytest.mark.parametrize("cookie", ["x", "eyJzaWduX2luIjoieCJ9.aa.bb", "a" * 3000])
def test_a_forged_cookie_is_nobodys(client: FlaskClient, cookie: str) -> None:
    client.set_cookie("annotator", cookie)
    assert client.get("/account").status_code == 401
    assert client.get("/").status_code == 200


def test_a_cookie_from_before_signing_out_is_worth_nothing(client: FlaskClient, app: Flask) -> None:
    sign_up(client)
    cookie = client.get_cookie("annotator")
    assert cookie
    client.post("/sign-out", data={"csrf_token": form_token(client, "/account")})
    replayed = app.test_client()
    replayed.set_cookie("annotator", cookie.value)
    assert replayed.get("/account").status_code == 401
