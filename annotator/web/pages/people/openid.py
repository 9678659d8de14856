"""Signing in through an OpenID provider, and connecting one to an account."""

from __future__ import annotations

import time

from flask import redirect, request, session, url_for
from werkzeug.wrappers import Response as AnyResponse

from annotator.errors import AnnotatorError, NotFound, NotSignedIn
from annotator.services.accounts import accounts, credentials, identities
from annotator.services.accounts.identities import Person
from annotator.web.http import sessions
from annotator.web.http.openid import Provider, provider
from annotator.web.http.site import site, viewer
from annotator.web.pages.blueprint import pages
from annotator.web.pages.people import account as own_account
from annotator.web.pages.people.sign_in import next_page, private, require_sign_up

# What the browser's signed cookie keeps on the way: whose account is to be connected and since
# when, who came back without an account, and where to go on.
LINKING, ARRIVED, NEXT = "linking", "arrived", "next"
SECONDS = 15 * 60


@pages.get("/sign-in/openid")
def to_provider() -> AnyResponse:
    """Send the browser to the provider."""
    session[NEXT] = next_page()
    return _provider().go()


@pages.get("/sign-in/openid/back")
def from_provider() -> AnyResponse:
    """Take in who came back: connect, sign in, or ask for a name."""
    person = _provider().person()
    onward, linking = session.pop(NEXT, "/"), session.pop(LINKING, None)
    if linking and viewer().known and linking[0] == viewer().account and _fresh(linking[1]):
        with site().db.transaction() as rows:
            identities.link(rows, linking[0], person)
        return redirect(onward, 303)
    with site().db.transaction() as rows:
        known = identities.account_of(rows, person)
        if known is not None:
            key = accounts.begin(rows, known, sessions.browser())
    if known is None:
        session[ARRIVED] = [person.issuer, person.subject, time.time()]
        return redirect(url_for("pages.choose_name", next=onward), 303)
    sessions.remember(key)
    return redirect(onward, 303)


@pages.get("/sign-in/name")
def choose_name() -> AnyResponse:
    """Ask somebody whom the provider knows for a name of their choice."""
    _arrived()
    return _choosing()


@pages.post("/sign-in/name")
def post_name() -> AnyResponse:
    """Make the account, and sign in."""
    person = _arrived()
    try:
        with site().db.transaction() as rows:
            made = accounts.open_account(rows, request.form.get("name", ""), None)
            identities.link(rows, made.id, person)
            key = accounts.begin(rows, made, sessions.browser())
    except AnnotatorError as error:
        return _choosing(error)
    sessions.remember(key)
    return redirect(next_page(), 303)


@pages.post("/account/openid")
def link() -> AnyResponse:
    """Begin to connect the provider to the viewer's account."""
    _provider()
    try:
        session[LINKING] = [own_account.proved().id, time.time()]
    except AnnotatorError as error:
        return own_account.page("openid", error)
    return private("to_provider.html")


@pages.post("/account/openid/end")
def unlink() -> AnyResponse:
    """Let nobody sign in to the viewer's account through the provider any more."""
    return own_account.done(
        "openid",
        lambda rows: identities.unlink(
            rows, credentials.account_of(rows, viewer()),
            own_account.sent("subject"), own_account.sent("issuer"),
        ),
    )  # fmt: skip


def _provider() -> Provider:
    found = provider()
    if found is None:
        raise NotFound("This site has no provider to sign in through.")
    return found


def _arrived() -> Person:
    """Return who came back and waits for an account. Raises NotSignedIn, NotAllowed."""
    require_sign_up()
    issuer, subject, since = session.get(ARRIVED, ("", "", 0))
    if not subject or not _fresh(since):
        raise NotSignedIn("Begin to sign in again; this took too long.")
    return Person(issuer, subject)


def _choosing(error: AnnotatorError | None = None) -> AnyResponse:
    return private("choose_name.html", error, next=next_page(), name=request.form.get("name", ""))


def _fresh(since: float) -> bool:
    return abs(time.time() - since) < SECONDS
