"""What people do in a browser without scripts: send the form on a page, sign up, sign in."""

from __future__ import annotations

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.conftest import Site
from tests.helpers import html

PASSWORD = "a long enough pass phrase"


def form_token(client: FlaskClient, path: str) -> str:
    """Read the token that a page's forms carry."""
    return html.value(client.get(path), "csrf_token")


def send(client: FlaskClient, page: str, to: str | None = None, **fields: object) -> TestResponse:
    """Send the form that stands on a page, to the page's own address unless `to` says another."""
    return client.post(to or page, data={"csrf_token": form_token(client, page), **fields})


def sign_up(client: FlaskClient, name: str = "Bea") -> None:
    """Make an account and sign in with it."""
    made = html.attributes(client.get("/sign-up"), "[name=made]", "value")
    form = {"name": name, "password": PASSWORD, "made": made}
    assert send(client, "/sign-up", **form).status_code == 303


def sign_in(client: FlaskClient, name: str, password: str = PASSWORD) -> FlaskClient:
    """Send the form to sign in, which may fail; return the same client."""
    send(client, "/sign-in", name=name, password=password)
    return client


def signed_in(app: Flask, site: Site, name: str, role: str = "member") -> FlaskClient:
    """Make an account and return a browser in which it is signed in."""
    site.person(name, PASSWORD, role=role)
    return sign_in(app.test_client(), name)
