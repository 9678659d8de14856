"""The site's switch `read_only`: everything can be read, and nothing new is taken."""

from __future__ import annotations

from flask import Flask, request

from annotator.errors import ReadOnly
from annotator.services import switches
from annotator.web.site import site

UNSAFE = frozenset({"POST", "PUT", "PATCH", "DELETE"})
# Signing in and out, what stores nothing, and moderation go on.
STILL_TAKEN = frozenset({
    "api.preview", "moderation.create_acts", "pages.post_act", "pages.post_many",
    "pages.post_sign_in", "pages.post_sign_out", "pages.read_notices",
})  # fmt: skip
RETRY_AFTER_SECONDS = 3600


def register(app: Flask) -> None:
    """Ask before each request that would write."""
    app.before_request(_refuse)


def _refuse() -> None:
    if request.method not in UNSAFE or request.endpoint in STILL_TAKEN or not request.endpoint:
        return
    with site().db.reading() as rows:
        if switches.is_on(rows, "read_only"):
            raise ReadOnly(
                "This site is read-only just now; nothing new is taken. What is here can be read.",
                retry_after=RETRY_AFTER_SECONDS,
            )
