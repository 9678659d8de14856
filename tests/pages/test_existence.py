"""Whether an email or a password belongs to anybody is told by no answer, and by no work done."""

from __future__ import annotations

import itertools
import re
from dataclasses import replace
from typing import Any

import pytest
from argon2 import PasswordHasher
from flask import Flask
from werkzeug.test import TestResponse

from annotator.app import create_app
from annotator.auth import passwords
from annotator.config import Limits, Mail
from annotator.config import SiteSettings as SiteSettings
from annotator.services.accounts import accounts, credentials
from annotator.services.accounts.mailer import Email, Mailer
from annotator.services.personal_data import account_deletion
from annotator.web.pages.people import sign_in
from tests.conftest import Site
from tests.helpers.visitor import PASSWORD, form_token

ADDRESS = "http://notes.example.org"
MAIL = Mail(host="127.0.0.1", port=1, security="none", sender="notes@example.org")
# Who is asked for: with a password, without one, by a former name, one who left, nobody.
NAMES = ["Bea", "Ada", "Beatrix", "Gone", "Nobody", "nobody@example.org", "Béa"]
NETWORKS = itertools.count(1)
EMAILS = ["bea@example.org", "BEA@example.org", "unconfirmed@example.org", "fresh@example.org"]


class Counting(PasswordHasher):
    """Counts what is hashed, and how slowly."""

    done: list[str]

    def verify(self, hashed: Any, password: Any) -> Any:
        """Note that a password was compared, and with which parameters."""
        self.done.append(f"verify {hashed.rpartition('$')[0].rpartition('$')[0]}")
        return super().verify(hashed, password)

    def hash(self, password: Any, **more: Any) -> str:
        """Note that a password was hashed."""
        self.done.append("hash")
        return super().hash(password, **more)


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The password hashes that were made and compared."""
    counting = Counting(1, 8, 1)
    counting.done = []
    monkeypatch.setattr(passwords, "_hasher", counting)
    monkeypatch.setattr(passwords, "_DECOY", counting.hash("nobody's"))
    return counting.done


def delivered(app: Flask) -> list[Email]:
    """Send the emails that wait, and return them."""
    site, sent = app.extensions["annotator"], list[Email]()
    Mailer(site.config, sent.append).deliver(site.db)
    return sent


@pytest.fixture
def app(small_site: Site, work: list[str]) -> Flask:
    """A site that sends letters and counts acts; people of each kind are there."""
    settings = {"mail": MAIL, "site": SiteSettings(address=ADDRESS), "limits": Limits()}
    with small_site.parts.db.transaction() as session:
        for name in ("Beatrix", "Gone"):
            accounts.sign_up(session, name, PASSWORD)
        bea = accounts.named(session, "Beatrix")
        credentials.set_email(session, bea.id, "bea@example.org", confirmed=True)
        accounts.rename(session, bea.id, "Bea")
        account_deletion.leave(session, accounts.named(session, "Gone").id, keep=True)
        ada = accounts.named(session, "Ada")
        credentials.set_email(session, ada.id, "unconfirmed@example.org", confirmed=False)
    return create_app(replace(small_site.parts.config, **settings), small_site.parts)  # type: ignore[arg-type]


def seen(answer: TestResponse) -> tuple[object, ...]:
    """All of an answer that depends on what was asked, apart from keys, typing and passing time."""
    page = re.sub(r'value="[^"]*"|again in [^.]*', "", answer.text)
    headers = {
        name: value
        for name, value in answer.headers.items()
        if name not in {"X-Request-Id", "Set-Cookie", "Content-Length", "Retry-After"}
    }
    return answer.status_code, page, tuple(sorted(headers.items())), "Set-Cookie" in answer.headers


def ask(app: Flask, work: list[str], path: str, **form: str) -> tuple[object, ...]:
    """Send the form at `path` from a fresh network, each time a fresh browser, until it is refused.

    Give what is seen of every answer, and the work done for it.
    """
    found = []
    network = {"REMOTE_ADDR": f"192.0.2.{next(NETWORKS)}"}
    for _ in range(12):
        client = app.test_client()
        token = form_token(client, path)
        work.clear()
        answer = client.post(path, data=form | {"csrf_token": token}, environ_overrides=network)
        found += [seen(answer), tuple(work)]
        if answer.status_code == 429:
            break
    return tuple(found)


def test_signing_in_is_the_same_for_everybody_whose_password_is_wrong(
    app: Flask, work: list[str]
) -> None:
    """Status, words, headers, cookies, work, and after how often it is refused."""
    told = {name: ask(app, work, "/sign-in", name=name, password="wrong") for name in NAMES}
    assert len(set(told.values())) == 1
    one = told["Bea"]
    assert one[0][0] == 401  # type: ignore[index]
    assert len(one[1]) == 1  # type: ignore[arg-type]  # one comparison
    assert one[-2][0] == 429  # type: ignore[index]


def test_with_the_right_password_it_is_not(app: Flask, work: list[str]) -> None:
    """The control."""
    right = ask(app, work, "/sign-in", name="Bea", password=PASSWORD)
    assert right != ask(app, work, "/sign-in", name="Ada", password=PASSWORD)


def test_recovery_is_the_same_for_everybody(app: Flask, work: list[str]) -> None:
    """Also when it is asked for again and again, and without work that depends on whom."""
    told = {ask(app, work, "/recover", who=who) for who in NAMES + EMAILS}
    assert len(told) == 1
    assert {email.to for email in delivered(app)} == {"bea@example.org"}


@pytest.mark.parametrize("email", EMAILS)
def test_signing_up_with_an_email_is_the_same_whoevers_it_is(
    app: Flask, work: list[str], email: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sign_in, "check_honeypot", lambda: None)
    client = app.test_client()
    form = {"name": "Eve", "password": PASSWORD, "email": email}
    answer = client.post("/sign-up", data=form | {"csrf_token": form_token(client, "/sign-up")})
    assert (answer.status_code, work[-1:]) == (303, ["hash"])
    assert [each.to for each in delivered(app)] == [email]
    page = client.get("/account").text
    assert email not in page


def test_nobody_is_sent_more_than_three_emails_an_hour_by_whoever_asks(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not by accounts made for it either, each of which gives the same address."""
    monkeypatch.setattr(sign_in, "check_honeypot", lambda: None)
    for n in range(6):
        client = app.test_client()
        form = {"name": f"Eve {n}", "password": PASSWORD, "email": "Bea@example.org"}
        token = form_token(client, "/sign-up")
        network = {"REMOTE_ADDR": f"192.0.2.{n}"}
        answer = client.post("/sign-up", data=form | {"csrf_token": token},
                             environ_overrides=network)  # fmt: skip
        assert answer.status_code == 303
    assert len(delivered(app)) == 3
