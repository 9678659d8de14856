"""Passwords, browsers and addresses: who may change them, and what ends when they change."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update

from annotator.auth import passwords
from annotator.auth.names import checked_email
from annotator.auth.permissions import Viewer
from annotator.db import now
from annotator.errors import Gone, NotAllowed, NotFound, Unacceptable
from annotator.models import OneTimeKey, SignIn
from annotator.services.accounts import accounts, credentials
from annotator.web.http.site import browser_name
from tests.conftest import Site, sign_in

PASSWORD = "correct horse"


def signed_in(site: Site, name: str = "Ada", times: int = 1) -> list[str]:
    """Sign in on some browsers; give their keys."""
    with site.parts.db.transaction() as session:
        return [sign_in(session, name, PASSWORD)[1] for _ in range(times)]


def known(site: Site, keys: list[str]) -> list[bool]:
    """Tell which keys are still good."""
    with site.parts.db.reading() as session:
        return [accounts.signed_in(session, key) is not None for key in keys]


def test_a_new_password_ends_every_other_sign_in(site: Site) -> None:
    ada = site.person("Ada", PASSWORD)
    keys = signed_in(site, times=3)
    with site.parts.db.transaction() as session:
        hashed = passwords.hash_password("another one")
        credentials.set_password(session, ada.account or 0, hashed, keys[1], end_tokens=False)
    assert known(site, keys) == [False, True, False]


def test_a_sign_in_is_ended_by_its_owner_alone(site: Site) -> None:
    ada, bob = site.person("Ada", PASSWORD), site.person("Bob", PASSWORD)
    keys = signed_in(site, times=2)
    digest = accounts.digest(keys[0])
    with pytest.raises(NotFound), site.parts.db.transaction() as session:
        credentials.end(session, bob.account, digest)
    with site.parts.db.transaction() as session:
        credentials.end(session, ada.account, digest)
    assert known(site, keys) == [False, True]
    assert len(signed_in(site, "Bob")) == 1
    with site.parts.db.transaction() as session:
        credentials.end_others(session, ada.account, keys[1])
        assert len(credentials.sign_ins(session, ada.account or 0)) == 1
        assert len(credentials.sign_ins(session, bob.account or 0)) == 1


def test_only_the_present_password_proves_who_asks(site: Site) -> None:
    ada = site.person("Ada", PASSWORD)
    key = signed_in(site)[0]
    with site.parts.db.reading() as session:
        assert credentials.prove(session, ada, PASSWORD, "").name == "Ada"
        for wrong in ("", "wrong", "x" * 2000):
            with pytest.raises(Unacceptable) as told:
                credentials.prove(session, ada, wrong, key)
            assert told.value.field == "present"


def test_without_a_password_a_fresh_sign_in_proves_it(site: Site) -> None:
    ada = site.person("Ada")
    with site.parts.db.transaction() as session:
        key = accounts.begin(session, accounts.named(session, "Ada"))
    with site.parts.db.transaction() as session:
        assert credentials.prove(session, ada, "", key).name == "Ada"
        session.execute(update(SignIn).values(created=now() - timedelta(minutes=11)))
    with site.parts.db.reading() as session:
        for stale in (key, "", "forged"):
            with pytest.raises(NotAllowed):
                credentials.prove(session, ada, "", stale)


def test_no_token_touches_an_account(site: Site) -> None:
    site.person("Ada", PASSWORD)
    token = site.token("Ada", scopes=["read", "write"])
    with site.parts.db.reading() as session:
        viewer = accounts.token_viewer(session, token)[1]
        acts: list[Callable[[], object]] = [
            lambda: credentials.account_of(session, viewer),
            lambda: credentials.prove(session, viewer, PASSWORD, ""),
        ]
        for act in acts:
            with pytest.raises(NotAllowed):
                act()


def link(site: Site, viewer: Viewer, purpose: str = credentials.RECOVER, email: str = "") -> str:
    """Make a one-time link's key."""
    with site.parts.db.transaction() as session:
        return credentials.make_link(session, viewer.account or 0, purpose, email)


def use(site: Site, key: str) -> bool:
    """Recover an account; tell whether it worked."""
    try:
        with site.parts.db.transaction() as session:
            hashed = passwords.hash_password("a new password")
            credentials.recover(session, key, hashed, disconnect=False)
    except Gone:
        return False
    return True


def test_a_recovery_link_works_once_and_ends_every_sign_in(site: Site) -> None:
    ada = site.person("Ada", PASSWORD)
    keys, first, second = signed_in(site, times=2), link(site, ada), link(site, ada)
    with site.parts.db.reading() as session:
        stored = set(session.scalars(select(OneTimeKey.digest)))
    assert not {first, second} & stored
    assert use(site, first)
    assert known(site, keys) == [False, False]
    assert not use(site, first)
    assert not use(site, second)  # one letter used, the others are worth nothing
    with site.parts.db.reading() as session:
        assert accounts.check(session, "Ada", "a new password").name == "Ada"


def test_of_two_who_use_a_link_at_once_one_succeeds(site: Site) -> None:
    key = link(site, site.person("Ada", PASSWORD))
    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(lambda _: use(site, key), range(4))) == [False, False, False, True]


def test_a_link_ends_after_an_hour_and_serves_one_purpose(site: Site) -> None:
    ada = site.person("Ada", PASSWORD)
    confirming = link(site, ada, credentials.CONFIRM, "ada@example.org")
    for forged in (confirming, "", "x", "\x00"):
        assert not use(site, forged)
    late = link(site, ada)
    with site.parts.db.transaction() as session:
        session.execute(update(OneTimeKey).values(expires=now() - timedelta(seconds=1)))
    assert not use(site, late)


def test_an_address_counts_once_its_owner_followed_the_link(site: Site) -> None:
    ada = site.person("Ada", PASSWORD)
    key = link(site, ada, credentials.CONFIRM, "ada@example.org")
    recovering = link(site, ada)
    with site.parts.db.transaction() as session:
        assert credentials.recoverable(session, "Ada") == []
        assert credentials.confirm_email(session, key) == "ada@example.org"
    assert not use(site, recovering)  # a letter to the address before is worth nothing now
    with site.parts.db.transaction() as session:
        for wanted in ("Ada", "ada@example.org", " ADA@example.ORG "):
            assert [it.name for it in credentials.recoverable(session, wanted)] == ["Ada"]
        for wanted in ("", "\x00", "Bob", "bob@example.org", "%", "x" * 1000):
            assert credentials.recoverable(session, wanted) == []
        credentials.set_email(session, ada.account or 0, "other@example.org", confirmed=False)
        assert credentials.recoverable(session, "Ada") == []


def test_no_more_than_three_letters_an_hour_go_to_anybody(site: Site) -> None:
    ada = site.person("Ada", PASSWORD)
    with site.parts.db.transaction() as session:
        credentials.set_email(session, ada.account or 0, "ada@example.org", confirmed=True)
    for _ in range(3):
        with site.parts.db.reading() as session:
            assert len(credentials.recoverable(session, "Ada")) == 1
        link(site, ada)
    with site.parts.db.reading() as session:
        assert credentials.recoverable(session, "Ada") == []


@pytest.mark.parametrize(
    "email",
    ["", "a", "a@", "@b", "a@b@c", "a b@c.org", "a@b.org\nBcc: c@d.org", "a@b.org\x00", "ä@b.org",
     "a@-b.org", ".a@b.org", "a@b..org", "<a@b.org>", "a@b.org,c@d.org", "x" * 250 + "@b.org"],
)  # fmt: skip
def test_what_could_spoil_a_letter_is_no_address(email: str) -> None:
    with pytest.raises(Unacceptable) as told:
        checked_email(email)
    assert told.value.field == "email"


def test_usual_addresses_are_taken() -> None:
    for email in ("a@b.org", "first.last+tag@mail.example.co.uk", "o'neill@localhost"):
        assert checked_email(f" {email} ") == email


@pytest.mark.parametrize(
    ("agent", "label"),
    [("Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0", "Firefox on Linux"),
     ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
      "Chrome/129.0.0.0 Safari/537.36 Edg/129.0.0.0", "Edge on Windows"),
     ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
      "Gecko) Version/18.0 Mobile/15E148 Safari/604.1", "Safari on iPhone"),
     ("Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/129.0 "
      "Mobile Safari/537.36", "Chrome on Android"),
     ("", "a browser"), ("<script>" * 5000, "a browser")],
)  # fmt: skip
def test_a_browser_is_named_in_a_few_words(agent: str, label: str) -> None:
    with Flask(__name__).test_request_context(headers={"User-Agent": agent}):
        assert browser_name() == label
