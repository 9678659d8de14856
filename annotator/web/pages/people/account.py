"""The viewer's account: name, password, email, sessions, tokens, data export, deletion."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from flask import Response, redirect, request, url_for
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
from annotator.web.pages.blueprint import pages
from annotator.web.pages.people.sign_in import ask_to_confirm, private


@pages.get("/account")
def account() -> Response:
    """Show the viewer's account."""
    return page()


@pages.post("/account/name")
def change_name() -> AnyResponse:
    """Change the viewer's name."""
    return done("name", lambda rows: accounts.rename(rows, _own(rows).id, sent("name")))


@pages.post("/account/password")
def change_password() -> AnyResponse:
    """Change the viewer's password, end other sessions, and revoke API tokens on request."""

    def change() -> Callable[[Session], object]:
        own, hashed = proved(), passwords.hash_password(sent("password"))
        return lambda rows: credentials.set_password(
            rows, own.id, hashed, present_key(), end_tokens=sent("tokens") == "revoke"
        )

    return done("password", prepare=change)


@pages.post("/account/email")
def change_email() -> AnyResponse:
    """Set or remove the viewer's email address; if the site sends email, it must be confirmed."""

    def change() -> Callable[[Session], object]:
        own, email = proved(), "" if sent("do") == "remove" else sent("email")
        if email.strip() and site().mailer.open:
            return lambda rows: ask_to_confirm(rows, own, email)
        return lambda rows: credentials.set_email(rows, own.id, email, confirmed=False)

    letter = site().mailer.open and sent("do") != "remove"
    return done("email", prepare=change, message="letter" if letter else "email")


@pages.post("/account/sessions")
def end_sessions() -> AnyResponse:
    """End one of the viewer's sessions, or all but this one."""
    digest, key = sent("digest"), present_key()
    if sent("do") == "others":
        return done("sessions", lambda rows: credentials.end_others(rows, _own(rows).id, key))
    return done("sessions", lambda rows: credentials.end(rows, _own(rows).id, digest))


@pages.post("/account/tokens")
def make_token() -> AnyResponse:
    """Create an API token and show it once."""
    chosen = ("read", *(scope for scope in SCOPES[1:] if scope in request.form.getlist("scope")))
    try:
        with site().db.transaction() as rows:
            token = credentials.create_token(rows, viewer(), sent("label"), chosen, _days())
    except AnnotatorError as error:
        return page("tokens", error)
    return page(token=token)


@pages.post("/account/tokens/revoke")
def revoke_token() -> AnyResponse:
    """Revoke a token of the viewer."""
    return done(
        "tokens", lambda rows: credentials.revoke_token(rows, _own(rows).id, sent("digest"))
    )


@pages.post("/account/news")
def change_news() -> AnyResponse:
    """Choose when emails of news are sent, or make or end the key of the viewer's feed."""
    if sent("do") == "feed":
        with site().db.transaction() as rows:
            key = sender.new_feed_key(rows, _own(rows).id)
        return page(feed=key)
    if sent("do") == "end":
        return done("news", lambda rows: sender.end_feed(rows, _own(rows).id))
    wanted = {name: sent(name) for name in CLASSES}
    return done("news", lambda rows: sender.change(rows, _own(rows).id, **wanted))


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


@pages.get("/account/delete")
def leave() -> Response:
    """Show the form to delete the viewer's account."""
    return _leaving()


@pages.post("/account/delete")
def post_leave() -> Response:
    """Delete the viewer's account."""
    try:
        own, commentary = proved(), sent("commentary")
        if commentary not in {"keep", "remove"}:
            raise Unacceptable("Choose what happens to your comments.", field="commentary")
        with site().db.transaction() as rows:
            account_deletion.leave(rows, own.id, keep=commentary == "keep")
    except AnnotatorError as error:
        return _leaving(error)
    forget_session()
    return private("left.html")


def proved() -> Account:
    """Verify that the account's owner is at the browser; see `credentials.prove`."""
    with site().db.reading() as rows:
        return credentials.prove(rows, viewer(), sent("present"), present_key())


def _days() -> int | None:
    """Return the lifetime of a token in days, None for no end; 0, which is refused, if invalid."""
    value = sent("days").strip()
    if not value:
        return None
    return int(value) if value.isdecimal() and len(value) < 9 else 0


def _own(rows: Session) -> Account:
    return credentials.account_of(rows, viewer())


def sent(field: str) -> str:
    """Return a field of the form, without the NUL that no database stores."""
    return request.form.get(field, "").replace("\0", "")


def done(
    at: str,
    do: Callable[[Session], object] | None = None,
    *,
    prepare: Callable[[], Callable[[Session], object]] | None = None,
    message: str = "",
) -> AnyResponse:
    """Apply one section of the page; slow hashing is done before the transaction."""
    try:
        act = prepare() if prepare else do
        with site().db.transaction() as rows:
            if act:
                act(rows)
    except AnnotatorError as error:
        return page(at, error)
    return redirect(url_for("pages.account", done=message or at, _anchor=f"_{at}"), 303)


def page(
    at: str = "",
    error: AnnotatorError | None = None,
    token: str | None = None,
    feed: str | None = None,
) -> Response:
    """Show the account; `error` belongs to the section `at`."""
    with site().db.reading() as rows:
        own = _own(rows)
        key = present_key()
        return private(
            "account.html", error, at=at, token=token, own=own, sent=request.form,
            aliases=accounts.aliases(rows, own.id), tokens=credentials.tokens_of(rows, own.id),
            sign_ins=credentials.sign_ins(rows, own.id), present=accounts.digest(key),
            feed=feed, news=emails.settings_of(rows, [own.id])[own.id],
            most_refused=emails.MOST_REFUSED,
            identities=accounts.identities_of(rows, own.id), letters=site().mailer.open,
        )  # fmt: skip


def _leaving(error: AnnotatorError | None = None) -> Response:
    with site().db.reading() as rows:
        return private("leave.html", error, own=_own(rows))
