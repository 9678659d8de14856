"""Who asks: the browser's cookie or a script's token becomes the viewer of the request.

The cookie is Flask's signed session and holds a random key; the database holds its digest, so that
a sign-in can be ended from elsewhere. Anonymous readers get no cookie.
"""

from __future__ import annotations

from contextlib import suppress

from flask import Flask, g, request, session

from annotator.auth import agents
from annotator.auth.viewer import NOBODY, Viewer
from annotator.db import now
from annotator.errors import Conflict, Malformed, Unavailable
from annotator.models import ApiToken, SignIn
from annotator.services.accounts import accounts, tokens
from annotator.web.http.site import site

KEY = "sign_in"
STATIC = frozenset({"static", "pages.static_file"})


def register(app: Flask) -> None:
    """Find out who asks, before each request but those for static files."""
    app.before_request(_find_viewer)


def _find_viewer() -> None:
    if request.endpoint in STATIC:
        return
    token = _token()
    if token is not None:
        g.by_token = True
        with site().db.reading() as rows:
            found, g.viewer = tokens.in_force(rows, token)
        _mark(found, token)
    elif KEY in session:
        g.viewer = _viewer_of_browser(session[KEY])


def _token() -> str | None:
    header = request.headers.get("Authorization")
    if header is None or not request.path.startswith(("/api/", "/w3c/")):
        return None
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Malformed("Authorization is written: Bearer TOKEN.", field="Authorization")
    return token.strip()


def _viewer_of_browser(key: str) -> Viewer:
    with site().db.reading() as rows:
        found = accounts.signed_in(rows, key)
        viewer = accounts.viewer_of(found.account) if found else NOBODY
    if found is None:
        session.clear()
    else:
        _mark(found, key)
    return viewer


def _mark(found: SignIn | ApiToken, key: str) -> None:
    """Note the day, once a day; where the database cannot just now, another request will."""
    if found.used != now().date():
        with suppress(Unavailable, Conflict), site().db.transaction() as rows:
            accounts.mark_used(rows, type(found), key)


def browser() -> str:
    """Say in a few words what kind of browser this is."""
    return agents.label_of(request.headers.get("User-Agent", ""))


def present_key() -> str:
    """Return the key of this browser's sign-in; empty where it has none, as a script has."""
    return "" if g.by_token else str(session.get(KEY, ""))


def remember(key: str) -> None:
    """Sign this browser in: a fresh session, so that nothing from before carries over."""
    session.clear()
    session.permanent = True
    session[KEY] = key


def forget() -> str | None:
    """Sign this browser out; give the key that the database should forget too."""
    key: str | None = session.get(KEY)
    session.clear()
    return key


def leave() -> None:
    """Sign this browser out where the database has forgotten it already."""
    session.clear()
    g.viewer = NOBODY
