"""Letters: through a real SMTP server on loopback; whether there is an account nobody learns."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import AuthResult
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from annotator.app import create_app
from annotator.config import Config, Limits, Mail
from annotator.config import SiteSettings as SiteSettings
from annotator.models import WaitingEmail
from annotator.services.accounts import accounts, credentials
from annotator.services.accounts.accounts import Person
from annotator.services.accounts.mailer import open_mailer, request
from tests.conftest import Site
from tests.helpers import html
from tests.helpers.mailbox import Mailbox, listening
from tests.helpers.visitor import PASSWORD, form_token, send, sign_up

ADDRESS = "http://notes.example.org"


@pytest.fixture
def box() -> Iterator[Mailbox]:
    """An SMTP server on loopback."""
    with listening() as made:
        yield made


@pytest.mark.filterwarnings("ignore:Requiring AUTH")
def test_an_email_goes_through_a_server_that_asks_for_a_password(
    small_site: Site, tmp_path: Path
) -> None:
    asked: list[tuple[str, str]] = []

    def known(_server: Any, _session: Any, _envelope: Any, _how: str, who: Any) -> AuthResult:
        asked.append((who.login.decode(), who.password.decode()))
        return AuthResult(success=True)

    (tmp_path / "secret").write_text("a pass word\n")
    site = SiteSettings(name="Grüße: äöü")
    with small_site.parts.db.transaction() as session:
        ada = accounts.named(session, "Ada")
        request(session, credentials.CONFIRM, "ada@example.org", ada.id)
    options = {"authenticator": known, "auth_require_tls": False, "auth_required": True}
    with listening(**options) as box:
        mail = Mail(host="127.0.0.1", port=box.port, security="none", sender="notes@example.org",
                    user="notes", secret_file=str(tmp_path / "secret"))  # fmt: skip
        mailer = open_mailer(replace(small_site.parts.config, mail=mail, site=site))
        mailer.deliver(small_site.parts.db)
    (letter,) = box.emails
    assert asked == [("notes", "a pass word")]
    assert letter["Subject"] == "Grüße: äöü: confirm this address"


@pytest.fixture
def app(small_site: Site, box: Mailbox) -> Flask:
    """The small site, with letters switched on."""
    mail = Mail(host="127.0.0.1", port=box.port, security="none", sender="notes@example.org")
    site = SiteSettings(address=ADDRESS)
    own = {"mail": mail, "site": site, "limits": Limits(enabled=False)}
    made = create_app(replace(small_site.parts.config, **own), small_site.parts)  # type: ignore[arg-type]
    made.testing = False
    return made


def arrived(app: Flask, box: Mailbox) -> list[EmailMessage]:
    """Send what waits, and return all that has arrived."""
    site = app.extensions["annotator"]
    site.mailer.deliver(site.db)
    return box.emails


def link_in(letter: EmailMessage) -> str:
    """Return the path of the link in an email."""
    found = re.search(rf"^{ADDRESS}(/\S+)\s*$", letter.get_content(), re.M)
    assert found
    return found[1]


def with_address(site: Site, name: str = "Bea") -> None:
    """Confirm an address for an account."""
    with site.parts.db.transaction() as session:
        account = accounts.named(session, name)
        credentials.set_email(session, account.id, f"{name}@example.org", confirmed=True)


def test_an_address_given_at_sign_up_counts_once_it_was_confirmed(
    client: FlaskClient, app: Flask, box: Mailbox
) -> None:
    send(client, "/sign-up", name="Bea", password=PASSWORD, email="bea@example.org")
    (letter,) = arrived(app, box)
    assert letter["To"] == "bea@example.org"
    assert "bea@example.org" not in client.get("/account").text
    path = link_in(letter)
    assert "bea@example.org" in client.get(path).text  # looking at a link confirms nothing
    assert "bea@example.org" not in client.get("/account").text
    assert send(client, path).status_code == 303
    assert "It is confirmed" in client.get("/account").text
    assert client.get(path).status_code == 410


def test_a_forgotten_password_is_set_anew_by_a_letter(
    client: FlaskClient, app: Flask, box: Mailbox, small_site: Site
) -> None:
    sign_up(client)
    with_address(small_site)
    key = {"Authorization": f"Bearer {small_site.token('Bea')}"}
    assert app.test_client().get("/api/tags", headers=key).status_code == 200
    stranger = app.test_client()
    app.config["TRUSTED_HOSTS"] = None  # as where a site answers to any name
    elsewhere = "http://evil.example"  # what the request says of the host is not believed
    shown = stranger.get("/recover", base_url=elsewhere).text
    form = {"who": "Bea", "csrf_token": html.value(shown, "csrf_token")}
    assert stranger.post("/recover", data=form, base_url=elsewhere).status_code == 200
    (letter,) = arrived(app, box)
    assert "evil" not in letter.as_string()
    path = link_in(letter)
    assert "revokes all API tokens" in letter.get_content().replace("\n", " ")
    assert "revokes all your API tokens" in stranger.get(path).text
    assert send(stranger, path, password="short").status_code == 422
    assert app.test_client().get("/api/tags", headers=key).status_code == 200  # nothing is set yet
    assert send(stranger, path, password="a new pass phrase").status_code == 303
    assert client.get("/account").status_code == 401  # the browser from before is signed out
    assert app.test_client().get("/api/tags", headers=key).status_code == 401
    assert "API tokens were revoked" in stranger.get("/sign-in?done=password").text
    assert stranger.get(path).status_code == 410
    answer = send(stranger, "/sign-in", name="Bea", password="a new pass phrase")
    assert answer.status_code == 303


def test_nobody_learns_from_recovery_whether_there_is_an_account(
    client: FlaskClient, app: Flask, box: Mailbox, small_site: Site
) -> None:
    sign_up(client)
    with_address(small_site)
    told = set()
    for who in ("Bea", "bea@example.org", "Nobody", "nobody@example.org", "Ada", "", "x" * 5000):
        answer = send(app.test_client(), "/recover", who=who)
        page = re.sub(r'value="[^"]*"', "", answer.text)
        told.add((answer.status_code, page, "Set-Cookie" in answer.headers))
    assert len(told) == 1
    assert {letter["To"] for letter in arrived(app, box)} == {"Bea@example.org"}


def test_nothing_that_depends_on_the_account_happens_before_the_answer(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(credentials, "recoverable", lambda *_: pytest.fail("looked up too early"))
    for who in ("Ada", "nobody"):
        assert send(app.test_client(), "/recover", who=who).status_code == 200
    with app.extensions["annotator"].db.reading() as session:
        assert len(session.scalars(select(WaitingEmail)).all()) == 2


@pytest.mark.parametrize(
    "path",
    [
        "/recover/password?key=forged",
        "/recover/password?key=%00",
        "/recover/password",
        "/confirm?key=x",
        "/confirm",
    ],
)
def test_a_forged_link_leads_nowhere(client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code == 410
    form = {"password": PASSWORD, "csrf_token": form_token(client, "/sign-in")}
    assert client.post(path, data=form).status_code == 410


def test_a_site_without_letters_says_who_can_help(small_site: Site) -> None:
    client = create_app(small_site.parts.config, small_site.parts).test_client()
    assert "Ask the people who run it" in client.get("/recover").text
    assert (
        client.post("/recover", data={"csrf_token": form_token(client, "/sign-in")}).status_code
        == 200
    )


def test_letters_need_the_sites_address_and_a_secret_that_can_be_read(config: Config) -> None:
    mail = Mail(host="smtp.example.org", user="notes", secret_file="/nowhere/secret")
    with pytest.raises(Exception, match=r"mail\.secret_file"):
        replace(config, mail=mail).external_secret("mail")


@pytest.mark.parametrize("disconnect", [True, False])
def test_recovery_shows_and_disconnects_providers_that_somebody_may_have_connected(
    client: FlaskClient, small_site: Site, disconnect: bool
) -> None:
    sign_up(client)
    with small_site.parts.db.transaction() as session:
        account = accounts.named(session, "Bea")
        accounts.link_identity(session, account.id, Person("https://thief.example/realm", "17"))
        key = credentials.make_link(session, account.id, credentials.RECOVER)
    path = f"/recover/password?key={key}"
    stranger = client.application.test_client()
    shown = stranger.get(path).text
    assert "disconnect sign-in with thief.example" in " ".join(shown.split())
    assert html.attributes(shown, "[name=disconnect][checked]", "value") == ["yes"]
    asked = {"disconnect": ["yes"] if disconnect else []}
    again = send(stranger, path, password="short", **asked)
    assert again.status_code == 422
    assert (' value="yes" checked' in again.text) == disconnect
    assert send(stranger, path, password="a new pass phrase", **asked).status_code == 303
    with small_site.parts.db.reading() as session:
        assert len(accounts.identities_of(session, account.id)) == (not disconnect)


def test_without_a_provider_recovery_asks_about_none(client: FlaskClient, small_site: Site) -> None:
    sign_up(client)
    with small_site.parts.db.transaction() as session:
        account = accounts.named(session, "Bea")
        key = credentials.make_link(session, account.id, credentials.RECOVER)
    assert "disconnect" not in client.get(f"/recover/password?key={key}").text
