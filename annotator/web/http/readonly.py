"""The site's switch `read_only`: everything can be read, and nothing new is taken.

All that people write stops, appeals and deletions too, so that the site stands still for whoever
moves or mends it; moderators go on, because what must be hidden cannot wait.
"""

from __future__ import annotations

from contextlib import suppress

from flask import Flask, g, request

from annotator.errors import ReadOnly, Unavailable
from annotator.services.site import switches
from annotator.web.http.site import site

UNSAFE = frozenset({"POST", "PUT", "PATCH", "DELETE"})
# Signing in and out, what ends an access, what stores nothing, and moderation go on.
STILL_TAKEN = frozenset({
    "api.preview", "api.quotations", "moderation.create_acts", "pages.post_act", "pages.post_many",
    "pages.decide_mention",
    "pages.post_quotations", "pages.preview_essay", "pages.post_sign_in", "pages.post_sign_out",
    "pages.read_notices", "pages.end_sessions", "pages.revoke_token",
})  # fmt: skip
RETRY_AFTER_SECONDS = 3600


def register(app: Flask) -> None:
    """Ask before each request that would write."""
    app.before_request(_refuse)
    app.context_processor(lambda: {"read_only": read_only})


def read_only() -> bool:
    """Return whether the site is read-only as this request is answered."""
    if "read_only" not in g:
        with suppress(Unavailable), site().db.reading() as rows:
            g.read_only = switches.is_on(rows, "read_only")
    return bool(g.get("read_only"))


def _refuse() -> None:
    if request.method not in UNSAFE or request.endpoint in STILL_TAKEN or not request.endpoint:
        return
    if read_only():
        raise ReadOnly(
            "This site is read-only just now; nothing new is taken. What is here can be read.",
            retry_after=RETRY_AFTER_SECONDS,
        )
