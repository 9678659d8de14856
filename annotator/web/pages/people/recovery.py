"""One-time links: to reset a password, and to confirm an email address."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Response, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from annotator.auth import passwords
from annotator.errors import AnnotatorError, Gone
from annotator.models import Account
from annotator.services.accounts import credentials, identities, mailer
from annotator.web.http.site import forget_session, site
from annotator.web.pages.blueprint import pages
from annotator.web.pages.people.sign_in import private


@pages.get("/recover")
def recover() -> Response:
    """Show the form to reset a password."""
    return private("recover.html", letters=site().mailer.open, sent=False)


@pages.post("/recover")
def post_recover() -> Response:
    """Send a recovery email if the account has an address; the answer is the same if not.

    Everything that depends on the account happens after the request.
    """
    if site().mailer.open:
        with site().db.transaction() as rows:
            mailer.request(rows, credentials.RECOVER, request.form.get("who", ""))
    return private("recover.html", letters=site().mailer.open, sent=True)


@pages.get("/recover/password")
def new_password() -> Response:
    """Show the form that a recovery link leads to."""
    return _new_password()


@pages.post("/recover/password")
def post_new_password() -> AnyResponse:
    """Set the new password, end every session and API token, disconnect providers where asked."""
    _account(credentials.RECOVER)
    try:
        hashed = passwords.hash_password(request.form.get("password", ""))
        with site().db.transaction() as rows:
            credentials.recover(rows, _key(), hashed, disconnect="disconnect" in request.form)
    except Gone:
        raise
    except AnnotatorError as error:
        return _new_password(error)
    forget_session()
    return redirect(url_for("pages.sign_in", done="password"), 303)


def _new_password(error: AnnotatorError | None = None) -> Response:
    account = _account(credentials.RECOVER)
    with site().db.reading() as rows:
        providers = [
            urlsplit(identity.issuer).netloc for identity in identities.of_account(rows, account.id)
        ]
    return private("new_password.html", error, name=account.name, providers=providers)


@pages.get("/confirm")
def confirm() -> Response:
    """Show the form to confirm an address; opening the link alone confirms nothing."""
    with site().db.reading() as rows:
        email = credentials.find_link(rows, _key(), credentials.CONFIRM).email
    return private("confirm.html", name=_account(credentials.CONFIRM).name, email=email)


@pages.post("/confirm")
def post_confirm() -> AnyResponse:
    """Confirm an address."""
    with site().db.transaction() as rows:
        credentials.confirm_email(rows, _key())
    return redirect(url_for("pages.sign_in", next=url_for("pages.account", done="email")), 303)


def _key() -> str:
    return request.args.get("key", "")


def _account(purpose: str) -> Account:
    with site().db.reading() as rows:
        return rows.get_one(Account, credentials.find_link(rows, _key(), purpose).account_id)
