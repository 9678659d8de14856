"""Which addresses are answered at all: of a known host, not too long, without NUL or a last slash.

Checked before anything else looks at a request.
"""

from __future__ import annotations

from urllib.parse import quote

from flask import Flask, current_app, redirect, request
from werkzeug.exceptions import RequestURITooLarge, SecurityError
from werkzeug.routing import RequestRedirect
from werkzeug.wrappers import Response

from annotator.errors import NotFound

LONGEST_BYTES = 8_000  # of path and query; the server takes a little more, and this names the limit


def register(app: Flask) -> None:
    """Check every address; call before whatever else looks at a request, but for its id."""
    app.before_request(_check_host)
    app.before_request(_check_address)
    app.before_request(_without_last_slash)


def _check_host() -> None:
    """Refuse a request that names no host, or one that is not ours.

    Raises SecurityError. Only HTTP/1.0 may leave the header out (RFC 9112, 3.2).
    """
    if isinstance(request.routing_exception, SecurityError):
        raise request.routing_exception
    named = "HTTP_HOST" in request.environ or request.environ["SERVER_PROTOCOL"] == "HTTP/1.0"
    if not (named and request.host):
        raise SecurityError


def _check_address() -> None:
    if len(quote(request.path)) + len(request.query_string) > LONGEST_BYTES:
        raise RequestURITooLarge
    if "\0" in request.path:
        raise NotFound("There is nothing at an address with a NUL in it.")


def _without_last_slash() -> Response | None:
    """Lead from `/d/charter/` to `/d/charter`, whatever its method, where there is only the latter.

    Werkzeug leads the other way, and from `//` to `/`.
    """
    path, rule = request.path, request.url_rule
    ours = rule is not None and rule.rule.endswith("/")
    if not path.endswith("/") or ours or isinstance(request.routing_exception, RequestRedirect):
        return None
    adapter, bare = current_app.create_url_adapter(request), "/" + path.strip("/")
    if adapter is None or not adapter.allowed_methods(bare):
        return None
    asked = f"?{request.query_string.decode('latin-1')}" if request.query_string else ""
    return redirect(quote(bare, safe="/@:~,;=!$&'()*+") + asked, 308)
