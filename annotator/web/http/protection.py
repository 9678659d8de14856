"""What every answer carries and every request must pass: headers, CSRF, hosts, sizes.

Tokens are proof against forged requests by themselves; the CSRF check is for cookies only. What
programs read without an account may be read by the scripts of any site, and nothing else may.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Flask, Response, g, request
from flask_wtf.csrf import CSRFProtect
from werkzeug.exceptions import LengthRequired
from werkzeug.middleware.proxy_fix import ProxyFix

from annotator.config import Config
from annotator.errors import TooLarge

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
A_YEAR_OF_HTTPS = "max-age=31536000"
LOOPBACK = ("localhost", "127.0.0.1")
OPEN_TO_SCRIPTS = ("/api/", "/w3c/", "/hypothesis/", "/feeds/")
CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "Accept-Post, Allow, Content-Location, ETag, Link, "
    "Preference-Applied, Retry-After, X-Request-Id",
    "Cross-Origin-Resource-Policy": "cross-origin",
}
# Hypothesis's client says with each question of what kind its body is, which it has none of.
PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, HEAD",
    "Access-Control-Allow-Headers": "Accept, Content-Type, "
    "Hypothesis-Client-Version, If-None-Match, Prefer, X-Client-Id",
    "Access-Control-Max-Age": "86400",
}
# What other sites are meant to send; whoever sends it, no account's authority is used.
FROM_ELSEWHERE = frozenset({"pages.post_mention"})
MOST_FIELDS = 5_000  # an essay of a thousand parts has three for each
UNSAFE = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_csrf = CSRFProtect()


def register(app: Flask, config: Config) -> None:
    """Install the protections in an app; call after `sessions.register`."""
    secure = config.site.address.startswith("https://")
    app.config.update(
        SECRET_KEY=config.secret("session"),
        MAX_CONTENT_LENGTH=config.limits.request,
        MAX_FORM_MEMORY_SIZE=config.limits.request,
        SESSION_COOKIE_NAME="__Host-annotator" if secure else "annotator",
        SESSION_COOKIE_SECURE=secure,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_REFRESH_EACH_REQUEST=False,
        PERMANENT_SESSION_LIFETIME=30 * 24 * 3600,
        WTF_CSRF_CHECK_DEFAULT=False,
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_SSL_STRICT=False,
        TRUSTED_HOSTS=hosts(config) or None,
    )
    _csrf.init_app(app)
    app.before_request(_check_length)
    app.before_request(_check_fields)
    app.before_request(_check_form)
    app.after_request(_add_headers)
    if secure:
        app.after_request(_stay_with_https)
    if config.server.trusted_hops:
        hops = config.server.trusted_hops
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]  # as Flask's documentation has it


def hosts(config: Config) -> list[str]:
    """Return the names that this site answers to; none where any will do.

    Without a list it is the site's address; without that, loopback, where it listens on loopback:
    so no page on the internet can make a name of its own lead a browser to somebody's own site.
    """
    if config.server.hosts:
        return list(config.server.hosts)
    named = urlsplit(config.site.address).hostname
    if named is not None:
        return [named, *LOOPBACK]
    return list(LOOPBACK) if config.server.host in LOOPBACK else []


def _check_length() -> None:
    """Refuse a body of unknown length: past the most we take, its rest would be cut off unseen."""
    if request.method in UNSAFE and "Transfer-Encoding" in request.headers:
        raise LengthRequired


def _check_fields() -> None:
    """Refuse a form of more fields than any has: a million of them take a second to read."""
    form = request.mimetype == "application/x-www-form-urlencoded"
    if form and request.get_data(parse_form_data=False).count(b"&") >= MOST_FIELDS:
        raise TooLarge(f"A form has at most {MOST_FIELDS:,} fields.")


def _check_form() -> None:
    """Refuse a write that another site could have made a signed-in browser send.

    A request with a token carries no cookie's authority; an anonymous write to the API has none at
    all and is refused for that. What comes from elsewhere by its nature uses none.
    """
    anonymous_api = request.path.startswith(("/api/", "/w3c/")) and not g.viewer.known
    free = anonymous_api or request.endpoint in FROM_ELSEWHERE
    nothing_there = request.url_rule is None  # 404 or 405 follows
    if request.method in UNSAFE and not (g.by_token or free or nothing_there):
        _csrf.protect()


def _stay_with_https(answer: Response) -> Response:
    answer.headers["Strict-Transport-Security"] = A_YEAR_OF_HTTPS
    return answer


def _add_headers(answer: Response) -> Response:
    answer.headers.update(_for_scripts())
    for name, value in HEADERS.items():
        answer.headers.setdefault(name, value)
    answer.headers["X-Request-Id"] = g.request_id
    return answer


def _for_scripts() -> dict[str, str]:
    """Give what lets the scripts of other sites read: only what anybody may, without an account."""
    if g.viewer.known or not request.path.startswith(OPEN_TO_SCRIPTS):
        return {}
    readable = request.url_rule is None or "GET" in (request.url_rule.methods or ())
    if request.method == "OPTIONS":
        return CORS | PREFLIGHT
    return CORS if request.method in {"GET", "HEAD"} and readable else {}
