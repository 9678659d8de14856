"""What every view can use: settings, database, engine, leases, mailer, the viewer and the session.

The viewer comes from an API token or the browser's cookie: Flask's signed session with a random
key. The database has its digest, so that a session can be ended from elsewhere. Anonymous readers
get no cookie.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import cast

from flask import Response, current_app, g, request, session

from annotator.auth.permissions import NOBODY, Viewer
from annotator.config import Config
from annotator.db import Database, now
from annotator.errors import Conflict, Malformed, Unavailable
from annotator.leases import Leases
from annotator.models import ApiToken, SignIn
from annotator.search.engine import Engine
from annotator.services.accounts import accounts
from annotator.services.accounts.mailer import Mailer
from annotator.services.site import switches
from annotator.web.http.translation import Language

UNSAFE = frozenset({"POST", "PUT", "PATCH", "DELETE"})
SESSION_KEY = "sign_in"
WROTE = "annotator-wrote"  # a cookie without personal data
MARGIN_SECONDS = 10  # between two measurements of the replica
STATIC = frozenset({"static", "pages.static_file"})
# Part of the User-Agent, and the name. The first that fits: browsers also name those they are like.
BROWSERS = {
    "Edg/": "Edge", "EdgA/": "Edge", "EdgiOS/": "Edge", "OPR/": "Opera",
    "SamsungBrowser/": "Samsung Internet",
    "Firefox/": "Firefox", "FxiOS/": "Firefox", "CriOS/": "Chrome", "Chrome/": "Chrome",
    "Safari/": "Safari", "curl/": "curl",
}  # fmt: skip
SYSTEMS = {
    "iPhone": "iPhone", "iPad": "iPad", "Android": "Android", "Windows": "Windows",
    "CrOS": "ChromeOS", "Mac OS X": "Mac", "Macintosh": "Mac", "Linux": "Linux",
}  # fmt: skip


@dataclass(frozen=True)
class Site:
    """One running site."""

    config: Config
    db: Database
    engine: Engine
    leases: Leases
    mailer: Mailer
    language: Language


def site() -> Site:
    """The site that answers this request."""
    return cast(Site, current_app.extensions["annotator"])


def address() -> str:
    """The site's own address, without a slash at the end."""
    return (site().config.site.address or request.host_url).rstrip("/")


def viewer() -> Viewer:
    """The viewer of this request, set by `find_viewer`."""
    return cast(Viewer, g.viewer)


def find_viewer() -> None:
    """Set `g.viewer` and `g.by_token`, except for static files, and record the day of last use.

    Raises Malformed for another kind of Authorization, NotSignedIn for an inactive token.
    """
    if request.endpoint in STATIC:
        return
    header = request.headers.get("Authorization")
    used: SignIn | ApiToken | None = None
    key = str(session.get(SESSION_KEY, ""))
    if header is not None and request.path.startswith(("/api/", "/w3c/")):
        scheme, _, key = header.partition(" ")
        key = key.strip()
        if scheme.lower() != "bearer" or not key:
            raise Malformed(
                "Write the Authorization header as: Bearer TOKEN.", field="Authorization"
            )
        g.by_token = True
        with site().db.reading() as rows:
            used, g.viewer = accounts.token_viewer(rows, key)
            if request.method in UNSAFE:
                g.read_only = switches.current(rows).read_only
    elif key:
        with site().db.reading() as rows:
            used = accounts.signed_in(rows, key)
            g.viewer = accounts.viewer_of(used.account) if used else NOBODY
            g.read_only = switches.current(rows).read_only  # every page and every form needs it
        if used is None:
            session.clear()
    if used is not None and used.used != now().date():
        # If the database cannot write now, a later request will.
        with suppress(Unavailable, Conflict), site().db.transaction(shown=False) as rows:
            accounts.mark_used(rows, type(used), key)


def may_read_replica() -> bool:
    """Return whether this request may read a copy of the database that is a little behind.

    Those who are signed in, send a token, or have just sent a form, read the database itself, so
    that they see their changes.
    """
    return (
        request.method in {"GET", "HEAD"}
        and SESSION_KEY not in session
        and "Authorization" not in request.headers
        and WROTE not in request.cookies
    )


def mark_write(answer: Response) -> None:
    """Set a cookie after a request that writes, until the replica must have the change."""
    if request.method not in {"GET", "HEAD", "OPTIONS"}:
        config = site().config
        lasts = config.store.replica_lag + MARGIN_SECONDS
        answer.set_cookie(WROTE, "1", max_age=lasts, httponly=True, samesite="Lax",
                          secure=config.site.address.startswith("https://"))  # fmt: skip


def browser_name() -> str:
    """Return the browser and its system: "Firefox on Linux", or "a browser"."""
    user_agent = request.headers.get("User-Agent", "")
    browser = next((name for mark, name in BROWSERS.items() if mark in user_agent), "")
    system = next((name for mark, name in SYSTEMS.items() if mark in user_agent), "")
    return f"{browser or 'a browser'}{f' on {system}' if system else ''}"


def present_key() -> str:
    """Return the key of this browser's session, or an empty string, as for scripts."""
    return "" if g.by_token else str(session.get(SESSION_KEY, ""))


def remember_session(key: str) -> None:
    """Sign this browser in: a fresh session, so that nothing from before carries over."""
    session.clear()
    session.permanent = True
    session[SESSION_KEY] = key


def forget_session() -> None:
    """Sign this browser out; the caller deletes the session from the database."""
    session.clear()
    g.viewer = NOBODY
