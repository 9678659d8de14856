"""A browser without scripts: send the form on a page, sign up, sign in."""

from __future__ import annotations

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.conftest import Site
from tests.helpers import forms, html

PASSWORD = "a long enough pass phrase"


def form_token(client: FlaskClient, path: str) -> str:
    """Read the token that a page's forms carry."""
    return html.value(client.get(path), "csrf_token")


def send(
    client: FlaskClient, page: str | TestResponse, to: str | None = None, **fields: object
) -> TestResponse:
    """Fill in and send a form as a browser does, to its page itself or to `to`.

    `page` is an address, or a page that was opened before.
    """
    opened = client.get(page) if isinstance(page, str) else page
    here = opened.request.full_path.rstrip("?")
    action, data = forms.filled(opened, here, to or here, fields)
    return client.post(action, data=data)


def forge(client: FlaskClient, page: str, to: str | None = None, **fields: object) -> TestResponse:
    """Send what no browser would, with the token of a page."""
    return client.post(to or page, data={"csrf_token": form_token(client, page), **fields})


def sign_up(client: FlaskClient, name: str = "Bea") -> None:
    """Make an account and sign in with it."""
    assert send(client, "/sign-up", name=name, password=PASSWORD).status_code == 303


def sign_in(client: FlaskClient, name: str, password: str = PASSWORD) -> FlaskClient:
    """Send the form to sign in, which may fail; return the same client."""
    send(client, "/sign-in", name=name, password=password)
    return client


def signed_in(app: Flask, site: Site, name: str, role: str = "member") -> FlaskClient:
    """Make an account and return a browser in which it is signed in."""
    site.person(name, PASSWORD, role=role)
    return sign_in(app.test_client(), name)
