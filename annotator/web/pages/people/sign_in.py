"""Sign-up, sign-in and sign-out.

Two checks stop programs that sign up: a hidden field, and the time that a form takes. Neither is
shown or read out. A program written for this site can pass them; the rate limits still apply.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from flask import Response, current_app, redirect, request, url_for
from itsdangerous import BadData
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from annotator.auth import passwords
from annotator.auth.names import checked_email
from annotator.errors import AnnotatorError, NotAllowed, Unacceptable
from annotator.models import Account
from annotator.schemas.annotations import Draft
from annotator.services.accounts import accounts, credentials, mailer
from annotator.services.annotations import annotations as commentary
from annotator.web.http.hooks import Signer
from annotator.web.http.openid import provider
from annotator.web.http.site import (
    browser_name,
    forget_session,
    present_key,
    remember_session,
    site,
    viewer,
)
from annotator.web.pages.blueprint import form, go_to, page, pages, show

# One slash, not followed by a second one or anything that browsers treat as one.
LOCAL_PATH = re.compile(r"/(?![/\\])[^\\\x00-\x20\x7f]*\Z")

SHORTEST_SECONDS = 2
LONGEST_SECONDS = 24 * 3_600
FIELD, MADE = "homepage", "made"


def next_page(otherwise: str = "/") -> str:
    """Return where to go after a form: a path of this site, never another one."""
    path = request.values.get("next", "")
    return path if LOCAL_PATH.match(path) else otherwise


@pages.get("/sign-up")
def sign_up(error: AnnotatorError | None = None) -> Response:
    """Show the form to sign up."""
    return private("sign_up.html", error, email=request.form.get("email", ""))


@form("/sign-up", sign_up)
def post_sign_up() -> AnyResponse:
    """Create an account and sign in."""
    email, hashed = request.form.get("email", "").strip(), checked_newcomer()
    with site().db.transaction() as rows:
        account, key = create(rows, hashed, "" if site().mailer.open else email)
        if email and site().mailer.open:
            ask_to_confirm(rows, account, email)
    remember_session(key)
    return redirect(next_page(), 303)


def checked_newcomer() -> str:
    """Check a form to sign up; return its password hashed, before anything is locked.

    Raises NotAllowed, Unacceptable and Conflict.
    """
    require_sign_up()
    check_honeypot()
    with site().db.reading() as rows:
        accounts.free_name(rows, request.form.get("name", ""), "member")
    return passwords.hash_password(request.form.get("password", ""))


def create(rows: Session, hashed: str, email: str = "") -> tuple[Account, str]:
    """Create the account of a checked form; return it with the key of its session."""
    account = accounts.sign_up(rows, request.form.get("name", ""), None, email, hashed=hashed)
    return account, accounts.begin(rows, account, browser_name())


def post(draft: Draft, form_key: str) -> str:
    """Post a comment and return its id. The form of an anonymous reader signs up too.

    If either is refused, neither has happened.
    """
    signs_up = not viewer().known and "password" in request.form
    hashed = checked_newcomer() if signs_up else ""
    with site().db.transaction() as rows:
        account, key = create(rows, hashed) if signs_up else (None, "")
        author = accounts.viewer_of(account) if account else viewer()
        ident, _ = commentary.post(rows, author, draft, site().config.limits, form_key)
    if key:
        remember_session(key)
    return ident


def check_honeypot() -> None:
    """Raise Unacceptable if a program seems to have filled in the form."""
    if not site().config.limits.enabled:
        return
    age = _age(request.form.get(MADE, ""))
    if request.form.get(FIELD) or age is None:
        raise Unacceptable("This form looks automated. If you are a person, send it again.")
    if age < SHORTEST_SECONDS:
        raise Unacceptable("The form was sent too quickly. Wait a moment, then send it again.")


@pages.app_template_global("form_made")
def form_made() -> str:
    """Return the signed time of the form; a form that is shown again keeps its own."""
    sent = request.form.get(MADE, "")
    return sent if _age(sent) is not None else _signer().sign("form").decode()


def _age(stamp: str) -> int | None:
    """Return a form's age in seconds, or None if its timestamp is invalid or a day old."""
    try:
        _, moment = _signer().unsign(stamp, max_age=LONGEST_SECONDS, return_timestamp=True)
    except BadData:
        return None
    return int(_signer().get_timestamp() - moment.timestamp())


def _signer() -> Signer:
    return Signer(str(current_app.secret_key), salt="form made")


def require_sign_up() -> None:
    """Raise NotAllowed if only administrators create accounts."""
    if not site().config.site.sign_up:
        raise NotAllowed("Sign-up is closed at the moment.")


def ask_to_confirm(rows: Session, account: Account, email: str) -> None:
    """Send an email to confirm an address."""
    mailer.request(rows, credentials.CONFIRM, checked_email(email), account.id)


@pages.get("/sign-in")
def sign_in(error: AnnotatorError | None = None) -> AnyResponse:
    """Show the form to sign in."""
    if viewer().known and not error:
        return redirect(next_page(), 303)
    return private("sign_in.html", error)


@form("/sign-in", sign_in)
def post_sign_in() -> AnyResponse:
    """Sign in."""
    name, password = request.form.get("name", ""), request.form.get("password", "")
    with site().db.reading() as rows:
        checked = accounts.check(rows, name, password)
    with site().db.transaction(shown=False) as rows:
        key = accounts.begin(rows, checked, browser_name())
    remember_session(key)
    return redirect(next_page(), 303)


@pages.post("/sign-out")
def post_sign_out() -> AnyResponse:
    """Sign out, on this browser."""
    key = present_key()
    forget_session()
    if key:
        with site().db.transaction(shown=False) as rows:
            accounts.sign_out(rows, key)
    return redirect(next_page(), 303)


def private(template: str, error: AnnotatorError | None = None, **more: object) -> Response:
    """Return a page of an account, with the name of the provider to sign in through, if any."""
    configured, sent = provider(), {"next": next_page(), "name": request.form.get("name", "")}
    return show(template, error, private=True, done=request.args.get("done"),
                provider=configured.label if configured else "", **sent | more)  # fmt: skip


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
        with site().db.transaction(shown=False) as rows:
            mailer.request(rows, credentials.RECOVER, request.form.get("who", ""))
    return private("recover.html", letters=site().mailer.open, sent=True)


@page("/recover/password")
def new_password(rows: Session, error: AnnotatorError | None = None) -> Response:
    """Show the form that a recovery link leads to."""
    link = credentials.find_link(rows, _key(), credentials.RECOVER)
    identities = accounts.identities_of(rows, link.account_id)
    return private("new_password.html", error, name=rows.get_one(Account, link.account_id).name,
                   providers=[urlsplit(each.issuer).netloc for each in identities])  # fmt: skip


@form("/recover/password", new_password)
def post_new_password() -> AnyResponse:
    """Set the new password, end every session and API token, disconnect providers if requested."""
    with site().db.reading() as rows:
        credentials.find_link(rows, _key(), credentials.RECOVER)
    hashed = passwords.hash_password(request.form.get("password", ""))
    with site().db.transaction() as rows:
        credentials.recover(rows, _key(), hashed, disconnect="disconnect" in request.form)
    forget_session()
    return go_to("sign_in", done="password")


@page("/confirm")
def confirm(rows: Session) -> Response:
    """Show the form to confirm an address; opening the link does not confirm it."""
    link = credentials.find_link(rows, _key(), credentials.CONFIRM)
    name = rows.get_one(Account, link.account_id).name
    return private("confirm.html", name=name, email=link.email)


@form("/confirm")
def post_confirm(rows: Session) -> AnyResponse:
    """Confirm an address."""
    credentials.confirm_email(rows, _key())
    return go_to("sign_in", next=url_for("pages.account", done="email"))


def _key() -> str:
    return request.args.get("key", "")
