"""One's own account: name, password, address, browsers, tokens; taking everything out; leaving."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from flask import Response, redirect, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from annotator.auth import passwords
from annotator.auth.viewer import SCOPES
from annotator.errors import AnnotatorError, Unacceptable
from annotator.models import Account
from annotator.services.accounts import accounts, credentials, identities, tokens
from annotator.services.personal_data import account_deletion, data_export
from annotator.web.http import sessions
from annotator.web.http.site import site, viewer
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
    """Change the viewer's password, sign out everywhere else, and end API tokens where asked."""

    def change() -> Callable[[Session], object]:
        own, hashed = proved(), passwords.hash_password(sent("password"))
        return lambda rows: credentials.set_password(
            rows, own.id, hashed, sessions.present_key(), end_tokens=sent("tokens") == "revoke"
        )

    return done("password", prepare=change)


@pages.post("/account/email")
def change_email() -> AnyResponse:
    """Set or remove the viewer's address; where letters are sent, one asks to confirm it."""

    def change() -> Callable[[Session], object]:
        own, email = proved(), "" if sent("do") == "remove" else sent("email")
        if email.strip() and site().mailer.open:
            return lambda rows: ask_to_confirm(rows, own, email)
        return lambda rows: credentials.set_email(rows, own.id, email, confirmed=False)

    letter = site().mailer.open and sent("do") != "remove"
    return done("email", prepare=change, told="letter" if letter else "email")


@pages.post("/account/sessions")
def end_sessions() -> AnyResponse:
    """End one of the viewer's sign-ins, or all but this browser's."""
    digest, key = sent("digest"), sessions.present_key()
    if sent("do") == "others":
        return done("sessions", lambda rows: credentials.end_others(rows, _own(rows).id, key))
    return done("sessions", lambda rows: credentials.end(rows, _own(rows).id, digest))


@pages.post("/account/tokens")
def make_token() -> AnyResponse:
    """Make an API token and show it, this once."""
    chosen = ("read", *(scope for scope in SCOPES[1:] if scope in request.form.getlist("scope")))
    try:
        with site().db.transaction() as rows:
            token = tokens.create(rows, viewer(), sent("label"), chosen, _days())
    except AnnotatorError as error:
        return page("tokens", error)
    return page(token=token)


@pages.post("/account/tokens/revoke")
def revoke_token() -> AnyResponse:
    """Revoke one of the viewer's tokens."""
    return done("tokens", lambda rows: tokens.revoke(rows, _own(rows).id, sent("digest")))


@pages.get("/account/download")
def download() -> Response:
    """Return all that the site holds of the viewer as one file, streamed."""
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
    """Ask how the viewer's account shall be deleted."""
    return _leaving()


@pages.post("/account/delete")
def post_leave() -> Response:
    """Delete the viewer's account."""
    try:
        own, commentary = proved(), sent("commentary")
        if commentary not in {"keep", "remove"}:
            raise Unacceptable("Say what shall become of your commentary.", field="commentary")
        with site().db.transaction() as rows:
            account_deletion.leave(rows, own.id, keep=commentary == "keep")
    except AnnotatorError as error:
        return _leaving(error)
    sessions.leave()
    site().indexer.wake()
    return private("left.html")


def proved() -> Account:
    """Make sure that the account's owner sits at the browser; see `credentials.prove`."""
    with site().db.reading() as rows:
        return credentials.prove(rows, viewer(), sent("present"), sessions.present_key())


def _days() -> int | None:
    """Read how long a token shall last; what is no number is refused, and not taken for ever."""
    asked = sent("days").strip()
    if not asked:
        return None
    return int(asked) if asked.isdecimal() and len(asked) < 9 else 0


def _own(rows: Session) -> Account:
    return credentials.account_of(rows, viewer())


def sent(field: str) -> str:
    """Read a field; no database takes a NUL, and nothing here has one."""
    return request.form.get(field, "").replace("\0", "")


def done(
    at: str,
    do: Callable[[Session], object] | None = None,
    *,
    prepare: Callable[[], Callable[[Session], object]] | None = None,
    told: str = "",
) -> AnyResponse:
    """Do what one section of the page asks; what takes long is prepared before the transaction."""
    try:
        act = prepare() if prepare else do
        with site().db.transaction() as rows:
            if act:
                act(rows)
    except AnnotatorError as error:
        return page(at, error)
    site().indexer.wake()
    return redirect(url_for("pages.account", done=told or at, _anchor=f"_{at}"), 303)


def page(at: str = "", error: AnnotatorError | None = None, token: str | None = None) -> Response:
    """Show the account; `error` came of what the section `at` was asked."""
    with site().db.reading() as rows:
        own = _own(rows)
        key = sessions.present_key()
        return private(
            "account.html", error, at=at, token=token, own=own, sent=request.form,
            aliases=accounts.aliases(rows, own.id), tokens=tokens.of_account(rows, own.id),
            sign_ins=credentials.sign_ins(rows, own.id), present=passwords.digest(key),
            identities=identities.of_account(rows, own.id), letters=site().mailer.open,
        )  # fmt: skip


def _leaving(error: AnnotatorError | None = None) -> Response:
    with site().db.reading() as rows:
        return private("leave.html", error, own=_own(rows))
