"""Limits at the doors: who counts as whom, and what they are told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from annotator.app import create_app
from annotator.config import Limits, Rates, ServerSettings
from annotator.services.editions import editions
from annotator.web.http import rate_limits
from annotator.web.pages.people import sign_in
from tests.conftest import Site
from tests.helpers import html
from tests.helpers.visitor import form_token, sign_up

PASSWORD = "a long enough pass phrase"
WRONG = "a guess that is wrong"
Make = Callable[..., Flask]


@pytest.fixture
def make(small_site: Site, monkeypatch: pytest.MonkeyPatch) -> Iterator[Make]:
    """Make apps of the small site that hold the rates given, and no others."""
    monkeypatch.setattr(sign_in, "SHORTEST_SECONDS", 0)
    none = {item.name: "" for item in fields(Rates) if item.name != "network"}

    def made(hops: int = 0, **rates: Any) -> Flask:
        config = replace(
            small_site.parts.config,
            limits=Limits(),
            rates=Rates(**none | rates),
            server=ServerSettings(trusted_hops=hops),
        )
        return create_app(config, small_site.parts)

    return made


def preview(client: FlaskClient, address: str = "203.0.113.1", **headers: str) -> int:
    return client.post("/api/preview", json={"body": "Hm."}, headers=headers,
                       environ_base={"REMOTE_ADDR": address}).status_code  # fmt: skip


def statuses(times: int, client: FlaskClient, **more: str) -> list[int]:
    return [preview(client, **more) for _ in range(times)]


def test_a_program_is_told_how_long_to_wait(make: Make) -> None:
    client = make(preview="2/hour").test_client()
    assert statuses(2, client) == [200, 200]
    told = client.post(
        "/api/preview", json={"body": "Hm."}, environ_base={"REMOTE_ADDR": "203.0.113.1"}
    )
    assert told.status_code == 429
    error = told.get_json()["error"]
    assert error["code"] == "rate_limited"
    assert 3_590 < error["retry_after"] <= 3_600
    assert told.headers["Retry-After"] == str(error["retry_after"])
    assert "Try again in 60 minutes" in error["message"]


def test_a_person_is_told_in_words_on_a_page(make: Make) -> None:
    client = make(search="1/hour").test_client()
    assert client.get("/search?q=gate").status_code == 200
    told = client.get("/search?q=gate")
    assert told.status_code == 429
    assert 3_000 < int(told.headers["Retry-After"]) <= 3_600
    assert "Too many requests" in told.text
    assert client.get("/search").status_code == 200
    assert client.get("/d/garden").status_code == 200


def test_each_network_counts_by_itself_and_an_ipv6_network_is_a_64(make: Make) -> None:
    client = make(preview="1/hour").test_client()
    one, two = "203.0.113.1", "203.0.113.2"
    assert [preview(client, address) for address in (one, one, two)] == [200, 429, 200]
    one, same, two = "2001:db8:1:2::1", "2001:db8:1:2:ffff::9", "2001:db8:1:3::1"
    assert [preview(client, address) for address in (one, same, two)] == [200, 429, 200]
    assert preview(client, "::ffff:203.0.113.2") == 429


def test_what_a_stranger_says_of_its_address_is_believed_only_of_a_trusted_proxy(
    make: Make, caplog: pytest.LogCaptureFixture
) -> None:
    bare = make(preview="1/hour").test_client()
    said = [{"X-Forwarded-For": f"198.51.100.{number}"} for number in range(3)]
    assert [preview(bare, "203.0.113.1", **headers) for headers in said] == [200, 429, 429]
    assert caplog.text.count("server.trusted_hops is 0") == 1
    behind = make(hops=1, preview="1/hour").test_client()
    assert [preview(behind, "127.0.0.1", **headers) for headers in said] == [200, 200, 200]
    lied = {"X-Forwarded-For": "192.0.2.77, 198.51.100.1"}
    assert preview(behind, "127.0.0.1", **lied) == 429


def test_a_token_an_account_and_a_network_count_each_by_themselves(
    make: Make, small_site: Site
) -> None:
    client = make(preview="2/hour", network=3).test_client()
    tokens = [{"Authorization": f"Bearer {small_site.token()}"} for _ in range(4)]
    assert statuses(3, client, **tokens[0]) == [200, 200, 429]
    assert statuses(3, client, **tokens[1]) == [200, 200, 429]
    assert statuses(3, client, **tokens[2], address="203.0.113.2") == [200, 200, 429]
    # Six from tokens of this account: the fourth gets nothing, wherever it is.
    assert statuses(1, client, **tokens[3], address="203.0.113.3") == [429]
    small_site.person("Bea")
    others = {"Authorization": f"Bearer {small_site.token('Bea')}"}
    assert statuses(3, client, **others) == [200, 200, 429]
    # Six from this network by known accounts; whoever is not known has two of their own.
    small_site.person("Cleo")
    more = {"Authorization": f"Bearer {small_site.token('Cleo')}"}
    assert statuses(1, client, **more) == [429]


def test_previewing_a_form_is_not_posting_it(make: Make, small_site: Site) -> None:
    client = make(post="1/hour").test_client()
    sign_up(client)
    with small_site.parts.db.reading() as session:
        path = f"/d/garden/p/{editions.newest(session, 'garden').pids[1]}"
    form = {"csrf_token": form_token(client, path), "body": "Why?", "quote": ""}
    for _ in range(3):
        assert client.post(path, data=form | {"do": "preview"}).status_code == 200
    assert client.post(path, data=form).status_code == 303
    assert client.post(path, data=form | {"body": "And?"}).status_code == 429


def _sign_in(app: Flask, name: str, address: str, password: str = WRONG) -> int:
    client = app.test_client()
    form = {"name": name, "password": password, "csrf_token": form_token(client, "/sign-in")}
    return client.post("/sign-in", data=form, environ_base={"REMOTE_ADDR": address}).status_code


def test_guessing_at_a_name_is_slow_and_does_not_keep_its_owner_out(make: Make) -> None:
    app = make(sign_in_name="2/hour", network=2)
    sign_up(app.test_client())
    home = "203.0.113.1"
    assert _sign_in(app, "Bea", home, PASSWORD) == 303
    guessed = [_sign_in(app, name, f"198.51.100.{number}")
               for number in range(3) for name in ("Bea", "BEA", "bea")]  # fmt: skip
    assert guessed.count(429) >= 6
    assert _sign_in(app, "Bea", "198.51.100.99") == 429
    assert _sign_in(app, "Bea", home, PASSWORD) == 303
    assert _sign_in(app, "Bea", home, PASSWORD) == 429
    assert _sign_in(app, "Nobody known", "198.51.100.99") == 401


def test_limits_can_be_turned_off(small_site: Site) -> None:
    config = replace(small_site.parts.config, rates=Rates(preview="1/hour"))
    assert statuses(9, create_app(config, small_site.parts).test_client()) == [200] * 9


def test_every_kind_of_act_has_a_rate_and_every_endpoint_in_the_table_exists(make: Make) -> None:
    assert set(rate_limits.KINDS.values()) <= {item.name for item in fields(Rates)}
    assert set(rate_limits.KINDS) <= set(make().view_functions)


def test_everything_that_writes_is_counted(make: Make) -> None:
    app = make()
    for rule in app.url_map.iter_rules():
        for method in (rule.methods or set()) & rate_limits.UNSAFE:
            with app.test_request_context(method=method):
                if rule.endpoint == "pages.post_unsubscribe":
                    continue  # a mail provider's one click always works (RFC 8058)
                assert rate_limits.kind_of(rule.endpoint) in {item.name for item in fields(Rates)}


def test_a_program_that_fills_in_every_field_or_is_too_quick_makes_no_account(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = make().test_client()
    page = html.tree(client.get("/sign-up"))
    assert page.cssselect('p[hidden] > label > input[name="homepage"][tabindex="-1"]')
    form = {"name": "Bea", "password": PASSWORD, "csrf_token": html.value(page, "csrf_token")}
    made = {"made": html.value(page, "made")}
    for more in ({}, {"made": "form.now.forged"}, made | {"homepage": "x"}):
        told = client.post("/sign-up", data=form | more)
        assert told.status_code == 422
        assert "If you are a person, send it again" in told.text
    monkeypatch.setattr(sign_in, "SHORTEST_SECONDS", 60)
    told = client.post("/sign-up", data=form | made)
    assert told.status_code == 422
    assert {"made": html.value(told, "made")} == made
    monkeypatch.setattr(sign_in, "SHORTEST_SECONDS", 0)
    assert client.post("/sign-up", data=form | made).status_code == 303


def test_who_signs_up_by_commenting_is_counted_and_checked_as_on_the_page_for_it(
    make: Make, small_site: Site
) -> None:
    app = make(sign_up="2/hour")
    with small_site.parts.db.reading() as session:
        path = f"/d/garden/p/{editions.newest(session, 'garden').pids[1]}"

    def post(name: str, **more: str) -> int:
        client = app.test_client()
        page = html.tree(client.get("/sign-up"))
        form = {each: html.value(page, each) for each in ("csrf_token", "made")} | more
        form |= {"name": name, "password": PASSWORD, "body": "Why?"}
        return client.post(path, data=form).status_code

    assert post("Bea", homepage="x") == 422
    assert [post("Bea"), post("Cleo")] == [303, 429]


def test_decisions_of_moderators_and_appeals_have_rates_of_their_own(
    make: Make, small_site: Site
) -> None:
    client = make(edit="1/hour", moderate="2/hour", appeal="1/hour").test_client()
    small_site.person("Mia", role="moderator")
    headers = {"Authorization": f"Bearer {small_site.token('Mia', scopes=('write', 'moderate'))}"}
    for path, expected in (("acts", [400, 400, 429]), ("log/1/appeals", [400, 429])):
        told = [client.post(f"/api/moderation/{path}", json={}, headers=headers).status_code
                for _ in expected]  # fmt: skip
        assert told == expected


def test_agreements_and_suggestions_have_rates_of_their_own(make: Make, small_site: Site) -> None:
    client = make(agree="2/hour", post="1/hour").test_client()
    bearer = {"Authorization": f"Bearer {small_site.token()}"}
    sent = {"document": "garden", "target": {"exact": "keep quiet"},
            "suggestion": {"act": "replace", "wording": "be quiet"}}  # fmt: skip
    posted = [client.post("/api/annotations", json=sent, headers=bearer) for _ in range(2)]
    assert [each.status_code for each in posted] == [201, 429]
    small_site.person("Bob")
    bearer = {"Authorization": f"Bearer {small_site.token('Bob')}"}
    address = f"/api/annotations/{posted[0].get_json()['id']}/agreement"
    agreed = [client.put(address, headers=bearer), client.delete(address, headers=bearer),
              client.put(address, headers=bearer)]  # fmt: skip
    assert [each.status_code for each in agreed] == [200, 200, 429]
