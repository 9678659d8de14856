"""Signing in through an OpenID provider, and connecting one to an account."""

from __future__ import annotations

from functools import partial

from flask import redirect, request, session, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from annotator.db import now
from annotator.errors import AnnotatorError, NotFound, NotSignedIn
from annotator.services.accounts import accounts, credentials
from annotator.services.accounts.accounts import Person
from annotator.web.http.openid import Provider, provider
from annotator.web.http.site import browser_name, remember_session, site, viewer
from annotator.web.pages.blueprint import form, pages
from annotator.web.pages.people import account as own_account
from annotator.web.pages.people.sign_in import next_page, private, require_sign_up

# The state in the browser's signed cookie: the account to connect and since when, an identity
# without an account, and the page to return to.
LINKING, ARRIVED, NEXT = "linking", "arrived", "next"
SECONDS = 15 * 60


@pages.get("/sign-in/openid")
def to_provider() -> AnyResponse:
    """Send the browser to the provider."""
    session[NEXT] = next_page()
    return _provider().go()


@pages.get("/sign-in/openid/back")
def from_provider() -> AnyResponse:
    """Handle a person's return from the provider: connect, sign in, or show the name form."""
    person = _provider().person()
    onward, linking = session.pop(NEXT, "/"), session.pop(LINKING, None)
    if linking and viewer().known and linking[0] == viewer().account and _fresh(linking[1]):
        with site().db.transaction() as rows:
            accounts.link_identity(rows, linking[0], person)
        return redirect(onward, 303)
    with site().db.transaction(shown=False) as rows:
        account = accounts.account_of(rows, person)
        if account is not None:
            key = accounts.begin(rows, account, browser_name())
    if account is None:
        session[ARRIVED] = [person.issuer, person.subject, now().timestamp()]
        return redirect(url_for("pages.choose_name", next=onward), 303)
    remember_session(key)
    return redirect(onward, 303)


@pages.get("/sign-in/name")
def choose_name(error: AnnotatorError | None = None) -> AnyResponse:
    """Show the form to choose a name."""
    _arrived()
    return private("choose_name.html", error)


@form("/sign-in/name", choose_name)
def post_name() -> AnyResponse:
    """Create the account and sign in."""
    person = _arrived()
    with site().db.transaction() as rows:
        account = accounts.sign_up(rows, request.form.get("name", ""), None)
        accounts.link_identity(rows, account.id, person)
        key = accounts.begin(rows, account, browser_name())
    remember_session(key)
    return redirect(next_page(), 303)


@form("/account/openid", partial(own_account.account, at="openid"), but=(NotFound,))
def link() -> AnyResponse:
    """Start connecting the provider to the viewer's account."""
    _provider()
    session[LINKING] = [own_account.proved().id, now().timestamp()]
    return private("to_provider.html")


@own_account.section("/account/openid/end", "openid")
def unlink(rows: Session) -> AnyResponse:
    """Disconnect the provider from the viewer's account."""
    accounts.unlink_identity(
        rows, credentials.account_of(rows, viewer()),
        own_account.sent("subject"), own_account.sent("issuer"),
    )  # fmt: skip
    return own_account.done("openid")


def _provider() -> Provider:
    configured = provider()
    if configured is None:
        raise NotFound("This site has no sign-in provider.")
    return configured


def _arrived() -> Person:
    """Return the identity that waits for an account. Raises NotSignedIn, NotAllowed."""
    require_sign_up()
    issuer, subject, since = session.get(ARRIVED, ("", "", 0))
    if not subject or not _fresh(since):
        raise NotSignedIn("Signing in took too long. Start again.")
    return Person(issuer, subject)


def _fresh(since: float) -> bool:
    return abs(now().timestamp() - since) < SECONDS
