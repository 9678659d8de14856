"""What every answer carries and every request must pass: headers, CSRF, sizes.

Tokens are proof against forged requests by themselves; the CSRF check is for cookies only.
"""

from __future__ import annotations

from flask import Flask, Response, g, request
from flask_wtf.csrf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

from annotator.config import Config

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
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
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
        TRUSTED_HOSTS=list(config.server.hosts) or None,
    )
    _csrf.init_app(app)
    app.before_request(_check_form)
    app.after_request(_add_headers)
    if config.server.trusted_hops:
        hops = config.server.trusted_hops
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]  # as Flask's documentation has it


def _check_form() -> None:
    """Refuse a write that another site could have made a signed-in browser send.

    A request with a token carries no cookie's authority; an anonymous write to the API has none at
    all and is refused for that.
    """
    anonymous_api = request.path.startswith("/api/") and not g.viewer.known
    if request.method in UNSAFE and not g.by_token and not anonymous_api:
        _csrf.protect()


def _add_headers(answer: Response) -> Response:
    for name, value in HEADERS.items():
        answer.headers.setdefault(name, value)
    answer.headers["X-Request-Id"] = g.request_id
    if g.viewer.known:
        answer.headers.setdefault("Cache-Control", "private, no-cache")
    answer.vary.add("Cookie")
    return answer
