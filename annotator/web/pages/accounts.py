"""Signing up, in and out, and the tokens that scripts use."""

from __future__ import annotations

import re

from flask import Response, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from annotator.errors import AnnotatorError, NotAllowed, NotSignedIn
from annotator.services import accounts, tokens
from annotator.web import sessions
from annotator.web.errors import status_of
from annotator.web.pages.blueprint import pages
from annotator.web.site import site, viewer

# One slash, then no second one and nothing that a browser would take for one.
LOCAL_PATH = re.compile(r"/(?![/\\])[^\\\x00-\x20\x7f]*\Z")


def next_page() -> str:
    """Give where to go after signing in: a path of this site, never another one."""
    wanted = request.values.get("next", "")
    return wanted if LOCAL_PATH.match(wanted) else "/"


@pages.get("/sign-up")
def sign_up() -> Response:
    """Show the form to make an account."""
    return _form("sign_up.html")


@pages.post("/sign-up")
def post_sign_up() -> AnyResponse:
    """Make an account and sign in."""
    if not site().config.site.sign_up:
        raise NotAllowed("This site takes no new accounts just now.")
    name, password = request.form.get("name", ""), request.form.get("password", "")
    try:
        with site().db.transaction() as rows:
            accounts.sign_up(rows, name, password, request.form.get("email", ""))
            _, key = accounts.sign_in(rows, name, password)
    except AnnotatorError as error:
        return _form("sign_up.html", error)
    sessions.remember(key)
    return redirect(next_page(), 303)


@pages.get("/sign-in")
def sign_in() -> AnyResponse:
    """Show the form to sign in."""
    return redirect(next_page(), 303) if viewer().known else _form("sign_in.html")


@pages.post("/sign-in")
def post_sign_in() -> AnyResponse:
    """Sign in."""
    name, password = request.form.get("name", ""), request.form.get("password", "")
    try:
        with site().db.transaction() as rows:
            _, key = accounts.sign_in(rows, name, password)
    except AnnotatorError as error:
        return _form("sign_in.html", error)
    sessions.remember(key)
    return redirect(next_page(), 303)


@pages.post("/sign-out")
def post_sign_out() -> AnyResponse:
    """Sign out, on this browser."""
    key = sessions.forget()
    if key is not None:
        with site().db.transaction() as rows:
            accounts.sign_out(rows, key)
    return redirect(next_page(), 303)


@pages.get("/account")
def account() -> Response:
    """Show the viewer's account and its tokens."""
    return _account()


@pages.post("/account/tokens")
def make_token() -> Response:
    """Make an API token and show it, this once."""
    label = request.form.get("label", "")
    scopes = ("read",) if request.form.get("scope") == "read" else ("read", "write")
    try:
        with site().db.transaction() as rows:
            token = tokens.create(rows, viewer(), label, scopes)
    except NotSignedIn:
        raise
    except AnnotatorError as error:
        return _account(error=error)
    return _account(token=token)


@pages.post("/account/tokens/revoke")
def revoke_token() -> AnyResponse:
    """Revoke one of the viewer's tokens."""
    with site().db.transaction() as rows:
        tokens.revoke(rows, viewer().account, request.form.get("digest", ""))
    return redirect(url_for("pages.account"), 303)


def _form(template: str, error: AnnotatorError | None = None) -> Response:
    name, email = request.form.get("name", ""), request.form.get("email", "")
    html = render_template(template, error=error, next=next_page(), name=name, email=email)
    answer = make_response(html, status_of(error) if error else 200)
    answer.headers["Cache-Control"] = "no-store"  # the form's token is for this browser alone
    return answer


def _account(token: str | None = None, error: AnnotatorError | None = None) -> Response:
    if not viewer().known:
        raise NotSignedIn("Sign in to see your account.")
    with site().db.reading() as rows:
        mine = tokens.of_account(rows, viewer().account)
        html = render_template("account.html", tokens=mine, token=token, error=error)
    answer = make_response(html, status_of(error) if error else 200)
    answer.headers["Cache-Control"] = "no-store"
    return answer
