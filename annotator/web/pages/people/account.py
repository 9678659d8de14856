"""The viewer's account: name, password, email, sessions, tokens, data export, deletion."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from flask import Response, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from annotator.auth import passwords
from annotator.auth.permissions import SCOPES
from annotator.errors import AnnotatorError, Unacceptable
from annotator.models import Account
from annotator.schemas.following import CLASSES
from annotator.services.accounts import accounts, credentials
from annotator.services.following import emails, sender
from annotator.services.personal_data import account_deletion, data_export
from annotator.web.http.site import forget_session, present_key, site, viewer
from annotator.web.pages.blueprint import form, go_to, page, pages
from annotator.web.pages.people.sign_in import ask_to_confirm, private


@page("/account")
def account(
    rows: Session, at: str = "", error: AnnotatorError | None = None, token: str | None = None,
    feed: str | None = None,
) -> Response:  # fmt: skip
    """Show the viewer's account; `error` belongs to the section `at`."""
    own, key = _own(rows), present_key()
    return private(
        "account.html", error, at=at, token=token, own=own, sent=request.form,
        aliases=accounts.aliases(rows, own.id), tokens=credentials.tokens_of(rows, own.id),
        sign_ins=credentials.sign_ins(rows, own.id), present=accounts.digest(key),
        feed=feed, news=emails.settings_of(rows, [own.id])[own.id],
        most_refused=emails.MOST_REFUSED,
        identities=accounts.identities_of(rows, own.id), letters=site().mailer.open,
    )  # fmt: skip


def section(rule: str, at: str) -> Callable[[Callable[..., AnyResponse]], object]:
    """Register a form of a section of the page, which is shown again there."""
    return form(rule, partial(account, at=at))


def done(at: str, message: str = "") -> AnyResponse:
    """Confirm in its section what a form has done."""
    return go_to("account", done=message or at, _anchor=f"_{at}")


@section("/account/name", "name")
def change_name(rows: Session) -> AnyResponse:
    """Change the viewer's name."""
    accounts.rename(rows, _own(rows).id, sent("name"))
    return done("name")


@section("/account/password", "password")
def change_password() -> AnyResponse:
    """Change the viewer's password, end other sessions, and revoke API tokens on request."""
    own, hashed = proved(), passwords.hash_password(sent("password"))
    with site().db.transaction() as rows:
        credentials.set_password(
            rows, own.id, hashed, present_key(), end_tokens=sent("tokens") == "revoke"
        )
    return done("password")


@section("/account/email", "email")
def change_email() -> AnyResponse:
    """Set or remove the viewer's email address; if the site sends email, it must be confirmed."""
    own, removes = proved(), sent("do") == "remove"
    email = "" if removes else sent("email")
    with site().db.transaction() as rows:
        if email.strip() and site().mailer.open:
            ask_to_confirm(rows, own, email)
        else:
            credentials.set_email(rows, own.id, email, confirmed=False)
    return done("email", "letter" if site().mailer.open and not removes else "email")


@section("/account/sessions", "sessions")
def end_sessions(rows: Session) -> AnyResponse:
    """End one of the viewer's sessions, or all but this one."""
    if sent("do") == "others":
        credentials.end_others(rows, _own(rows).id, present_key())
    else:
        credentials.end(rows, _own(rows).id, sent("digest"))
    return done("sessions")


@section("/account/tokens", "tokens")
def make_token() -> AnyResponse:
    """Create an API token and show it once."""
    chosen = ("read", *(scope for scope in SCOPES[1:] if scope in request.form.getlist("scope")))
    days = sent("days").strip()
    lasts = int(days) if days.isdecimal() and len(days) < 9 else 0  # which is refused
    with site().db.transaction() as rows:
        token = credentials.create_token(
            rows, viewer(), sent("label"), chosen, lasts if days else None
        )
    return account(token=token)


@section("/account/tokens/revoke", "tokens")
def revoke_token(rows: Session) -> AnyResponse:
    """Revoke a token of the viewer."""
    credentials.revoke_token(rows, _own(rows).id, sent("digest"))
    return done("tokens")


@section("/account/news", "news")
def change_news() -> AnyResponse:
    """Choose when emails of news are sent, or make or end the key of the viewer's feed."""
    with site().db.transaction() as rows:
        own = _own(rows).id
        if sent("do") == "feed":
            key = sender.new_feed_key(rows, own)
        elif sent("do") == "end":
            sender.end_feed(rows, own)
        else:
            sender.change(rows, own, **{name: sent(name) for name in CLASSES})
    return account(feed=key) if sent("do") == "feed" else done("news")


@pages.get("/account/download")
def download() -> Response:
    """Return the viewer's data as one file, streamed."""
    who, db, licence = viewer(), site().db, site().config.site.licence
    with db.reading() as rows:
        credentials.account_of(rows, who)

    def pieces() -> Iterator[str]:
        with db.reading() as rows:
            yield from data_export.pieces(rows, credentials.account_of(rows, who), licence)

    answer = Response(pieces(), mimetype="application/json")
    answer.headers["Content-Disposition"] = 'attachment; filename="annotator-account.json"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


@page("/account/delete")
def leave(rows: Session, error: AnnotatorError | None = None) -> Response:
    """Show the form to delete the viewer's account."""
    return private("leave.html", error, own=_own(rows))


@form("/account/delete", leave)
def post_leave() -> Response:
    """Delete the viewer's account."""
    own, commentary = proved(), sent("commentary")
    if commentary not in {"keep", "remove"}:
        raise Unacceptable("Choose what happens to your comments.", field="commentary")
    with site().db.transaction() as rows:
        account_deletion.leave(rows, own.id, keep=commentary == "keep")
    forget_session()
    return private("left.html")


def proved() -> Account:
    """Verify that the account's owner is at the browser; see `credentials.prove`."""
    with site().db.reading() as rows:
        return credentials.prove(rows, viewer(), sent("present"), present_key())


def _own(rows: Session) -> Account:
    return credentials.account_of(rows, viewer())


def sent(field: str) -> str:
    """Return a field of the form, without the NUL that no database stores."""
    return request.form.get(field, "").replace("\0", "")
