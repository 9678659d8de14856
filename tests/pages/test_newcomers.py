"""Somebody without an account comments: their form signs up and posts, or does neither."""

from __future__ import annotations

from dataclasses import replace

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from annotator.app import create_app
from annotator.services.accounts import accounts
from annotator.services.annotations import listings
from annotator.services.annotations.filters import Filter
from annotator.services.editions import editions
from tests.conftest import Site
from tests.helpers import html
from tests.helpers.visitor import PASSWORD, form_token


@pytest.fixture
def path(small_site: Site) -> str:
    """The address of a provision."""
    with small_site.parts.db.reading() as session:
        return f"/d/garden/p/{editions.newest(session, 'garden').pids[1]}"


def post(client: FlaskClient, path: str, **fields: str) -> TestResponse:
    """Send the form of the panel, with the fields that scripts add from the page to sign up."""
    made = html.attributes(client.get("/sign-up"), "[name=made]", "value")[0]
    form = {"csrf_token": form_token(client, "/sign-up"), "made": made, "body": "Three?",
            "name": "Bea", "password": PASSWORD, "key": "k", **fields}  # fmt: skip
    return client.post(path, data=form, headers={"X-Fragment": "yes"})


def names(site: Site) -> set[str]:
    """List the authors of all commentary."""
    with site.parts.db.reading() as session:
        return {item.author or "" for item in listings.page(session, Filter(), "newest").items}


def has_account(site: Site, name: str) -> bool:
    """Return whether a name belongs to an account."""
    with site.parts.db.reading() as session:
        return accounts.find(session, name) is not None


@pytest.mark.parametrize("replies", [False, True])
def test_one_form_signs_up_and_posts(
    client: FlaskClient, small_site: Site, path: str, replies: bool
) -> None:
    if replies:
        path = f"/a/{small_site.post('three gates', 'Three.')}/reply"
    answer = post(client, path)
    assert answer.status_code == 303
    assert "Bea" in names(small_site)
    assert 'content="Bea"' in client.get("/account").text


@pytest.mark.parametrize(("field", "value", "said"), [
    ("body", " ", "comment"), ("quote", "no such words", "could not find"),
    ("name", "x", "name"), ("name", "Ada", "taken"), ("password", "short", "8"),
])  # fmt: skip
def test_what_is_refused_leaves_neither_an_account_nor_a_comment(
    client: FlaskClient, small_site: Site, path: str, field: str, value: str, said: str
) -> None:
    answer = post(client, path, **{field: value})
    assert 400 <= answer.status_code < 500
    assert said in " ".join(html.words(answer, ".error"))
    assert html.attributes(answer, "form.compose [name=password]", "value") in ([], [""])
    assert not has_account(small_site, "Bea")
    assert names(small_site) == set()
    assert client.get("/account").status_code in {302, 303, 401}


def test_a_preview_signs_nobody_up(client: FlaskClient, small_site: Site, path: str) -> None:
    answer = post(client, path, do="preview")
    assert answer.status_code == 200
    assert html.words(answer, ".preview .body") == ["Three?"]
    assert not has_account(small_site, "Bea")


def test_nobody_signs_up_so_where_sign_up_is_closed(small_site: Site, path: str) -> None:
    config = small_site.parts.config
    closed = replace(config, site=replace(config.site, sign_up=False))
    client = create_app(closed, small_site.parts).test_client()
    form = {"csrf_token": form_token(client, "/sign-in"), "body": "Three?", "name": "Bea",
            "password": PASSWORD}  # fmt: skip
    assert client.post(path, data=form).status_code == 403
    assert not has_account(small_site, "Bea")
    assert not html.words(client.get("/d/garden"), "#_compose form")
