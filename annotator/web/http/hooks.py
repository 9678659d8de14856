"""Checks and hooks of every request, in order; security headers; the line in the log.

Checked are hosts, addresses, sizes and forged forms. An API token proves by itself that a request
is not forged; the CSRF check is for cookies only. What programs read without an account, scripts of
other sites may only read.

A line of the log has the request's id, the method, the path without its query, the status, the
time, and whether an anonymous reader, an account or a token made the request. The client's network
is logged only with `log.networks`. Numbers for Prometheus are counted where `server.metrics_port`
is set.
"""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Callable
from contextlib import suppress
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, urlsplit

from flask import Flask, Response, current_app, g, redirect, request
from flask.sessions import SecureCookieSessionInterface
from flask_wtf.csrf import CSRFProtect
from itsdangerous import SignatureExpired, TimestampSigner, URLSafeTimedSerializer
from werkzeug.exceptions import LengthRequired, RequestURITooLarge, SecurityError
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import RequestRedirect
from werkzeug.wrappers import Response as AnyResponse

from annotator.auth.permissions import NOBODY
from annotator.config import Config
from annotator.db import now, prefers_replica
from annotator.errors import NotFound, ReadOnly, TooLarge, Unavailable
from annotator.services.site import switches
from annotator.web.http.assets import POLICY
from annotator.web.http.caching import Caching
from annotator.web.http.rate_limits import SIGN_IN, RateLimits
from annotator.web.http.site import UNSAFE, Site, find_viewer, mark_write, may_read_replica, site

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
# Hypothesis's client sends Content-Type with every request, though none has a body.
PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, HEAD",
    "Access-Control-Allow-Headers": "Accept, Content-Type, "
    "Hypothesis-Client-Version, If-None-Match, Prefer, X-Client-Id",
    "Access-Control-Max-Age": "86400",
}
# Other sites send to these; they use no account's permissions.
FROM_ELSEWHERE = frozenset({"pages.post_mention", "pages.post_unsubscribe"})
# Their addresses contain keys, which are not logged.
KEYED = frozenset({"pages.unsubscribe", "pages.post_unsubscribe", "pages.own_feed"})
# Requests allowed on a read-only site: signing in and out, ending access, requests that store
# nothing, and moderation, because what must be hidden cannot wait.
STILL_TAKEN = frozenset({
    "api.preview", "api.quotations", "moderation.create_acts", "pages.post_act", "pages.post_many",
    "pages.decide_mention",
    "pages.post_quotations", "pages.preview_essay", "pages.post_sign_in", "pages.post_sign_out",
    "pages.read_news", "pages.post_unsubscribe", "pages.end_sessions", "pages.revoke_token",
})  # fmt: skip
READ_ONLY_RETRY_SECONDS = 3600
MAX_FIELDS = 5_000  # an essay of a thousand parts has three for each
MAX_BYTES = 8_000  # of path and query; the server takes a little more, and this names the limit
_csrf = CSRFProtect()
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
log = logging.getLogger("annotator.requests")


class Signer(TimestampSigner):
    """Signs with the time that hosts share; what another host signed a moment ago is not early."""

    def get_timestamp(self) -> int:
        """Return the shared time in seconds."""
        return int(now().timestamp())

    def unsign(
        self, signed_value: str | bytes, max_age: int | None = None, return_timestamp: bool = False
    ) -> Any:
        """Check a signature and its age; the library would refuse one from the future."""
        value, signed = super().unsign(signed_value, return_timestamp=True)
        if max_age is not None and self.get_timestamp() - signed.timestamp() > max_age:
            raise SignatureExpired("It is too old.", payload=value, date_signed=signed)
        return (value, signed) if return_timestamp else value


class _Sessions(SecureCookieSessionInterface):
    def get_signing_serializer(self, app: Flask) -> URLSafeTimedSerializer | None:
        serializer = super().get_signing_serializer(app)
        if serializer is not None:
            serializer.signer = Signer
        return serializer


def configure(app: Flask, config: Config, secret: str) -> None:
    """Configure cookies, sizes, hosts and the proxies in front of an app."""
    secure = config.site.address.startswith("https://")
    app.config.update(
        SECRET_KEY=secret,
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
    app.session_interface = _Sessions()
    _csrf.init_app(app)
    if config.server.trusted_hops:
        hops = config.server.trusted_hops
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]  # as Flask's documentation has it


def hosts(config: Config) -> list[str]:
    """Return the host names that this site answers to; empty means any.

    Without a list it is the site's address; without that, loopback, if it listens on loopback. This
    prevents DNS rebinding: a name of another site that leads a browser to a local one.
    """
    if config.server.hosts:
        return list(config.server.hosts)
    named = urlsplit(config.site.address).hostname
    if named is not None:
        return [named, *LOOPBACK]
    return list(LOOPBACK) if config.server.host in LOOPBACK else []


def check_address() -> AnyResponse | None:
    """Refuse an unknown host, a long address and a NUL; redirect `/d/charter/` to `/d/charter`.

    Only HTTP/1.0 may leave the header Host out (RFC 9112, 3.2). The redirect keeps the method, and
    is made where only the shorter address exists; Werkzeug redirects the other way, and `//` to
    `/`. Raises SecurityError, RequestURITooLarge and NotFound.
    """
    trouble, path, rule = request.routing_exception, request.path, request.url_rule
    if isinstance(trouble, SecurityError):
        raise trouble
    named = "HTTP_HOST" in request.environ or request.environ["SERVER_PROTOCOL"] == "HTTP/1.0"
    if not (named and request.host):
        raise SecurityError
    if len(quote(path)) + len(request.query_string) > MAX_BYTES:
        raise RequestURITooLarge
    if "\0" in path:
        raise NotFound("An address cannot contain a NUL character.")
    with_slash = rule is not None and rule.rule.endswith("/")
    redirected = isinstance(trouble, RequestRedirect)
    if path == "/" or not path.endswith("/") or with_slash or redirected:
        return None
    adapter, bare = current_app.create_url_adapter(request), "/" + path.strip("/")
    if adapter is None or not adapter.allowed_methods(bare):
        return None
    query = f"?{request.query_string.decode('latin-1')}" if request.query_string else ""
    return redirect(quote(bare, safe="/@:~,;=!$&'()*+") + query, 308)


def check_write() -> None:
    """Refuse a body of unknown length, too many fields, a forged form; while read-only, any write.

    Past the most we take, the rest of a body of unknown length would be cut off unnoticed; a
    million fields take a second to read. A forged form is a write that another site could have made
    a signed-in browser send. A request with a token has no cookie's authority, an anonymous write
    to the API has none and is refused, and FROM_ELSEWHERE uses none.
    """
    write = request.method in UNSAFE
    if write and "Transfer-Encoding" in request.headers:
        raise LengthRequired
    form = request.mimetype == "application/x-www-form-urlencoded"
    if form and request.get_data(parse_form_data=False).count(b"&") >= MAX_FIELDS:
        raise TooLarge(f"A form can have at most {MAX_FIELDS:,} fields.")
    anonymous_api = request.path.startswith(("/api/", "/w3c/")) and not g.viewer.known
    exempt = g.by_token or anonymous_api or request.endpoint in FROM_ELSEWHERE
    if write and request.url_rule is not None and not exempt:  # without a rule, 404 or 405 follows
        _csrf.protect()
    if write and request.endpoint and request.endpoint not in STILL_TAKEN and read_only():
        raise ReadOnly(
            "This site is read-only at the moment. You can read everything, but not post.",
            retry_after=READ_ONLY_RETRY_SECONDS,
        )


def read_only() -> bool:
    """Return whether the site is read-only while this request is answered."""
    if "read_only" not in g:
        with suppress(Unavailable):
            db = site().db
            key, state = ("read-only", db.reads_replica), db.state()
            kept, g.read_only = db.cache.get(key, (None, False))
            if kept != state:
                with db.reading() as rows:
                    g.read_only = switches.current(rows).read_only
                db.cache[key] = state, g.read_only
    return bool(g.get("read_only"))


def add_headers(answer: Response) -> None:
    """Add the headers that protect readers, and those that let scripts of other sites read."""
    if not g.viewer.known and request.path.startswith(OPEN_TO_SCRIPTS):
        rule = request.url_rule
        if request.method == "OPTIONS":
            answer.headers.update(CORS | PREFLIGHT)
        elif request.method in {"GET", "HEAD"} and (not rule or "GET" in (rule.methods or ())):
            answer.headers.update(CORS)
    for name, value in HEADERS.items():
        answer.headers.setdefault(name, value)
    if current_app.config["SESSION_COOKIE_SECURE"]:
        answer.headers["Strict-Transport-Security"] = A_YEAR_OF_HTTPS
    answer.headers["X-Request-Id"] = g.request_id


def register(app: Flask, site: Site) -> None:
    """Install the hooks; call before the blueprints, whose hooks then get a response first."""
    config, db = site.config, site.db
    configure(app, config, switches.secret(config, db, "session"))
    limits = RateLimits(config, db) if config.limits.enabled else None
    caching = Caching(app)
    count = _counter() if config.server.metrics_port else None

    def before() -> AnyResponse | None:
        g.begun, g.request_id = time.perf_counter(), secrets.token_hex(6)
        g.viewer, g.by_token = NOBODY, False
        if db.replica:
            prefers_replica.set(may_read_replica())
        moved = check_address()
        if moved is not None:
            return moved
        find_viewer()
        check_write()
        if limits:
            limits.count()
        return caching.find() if request.method in {"GET", "HEAD"} else None

    def after(answer: Response) -> Response:
        caching.finish(answer)
        if limits and request.endpoint == SIGN_IN and answer.status_code == HTTPStatus.SEE_OTHER:
            limits.remember_network()
        if db.replica:
            mark_write(answer)
        add_headers(answer)
        if count:
            count(answer)
        _write_log(answer, config.log.networks)
        return answer

    def forget(_error: BaseException | None) -> None:
        prefers_replica.set(False)

    app.before_request(before)
    if db.replica:
        app.teardown_request(forget)
    app.after_request(after)


def _write_log(answer: Response, networks: bool) -> None:
    if log.isEnabledFor(logging.INFO):
        fields: dict[str, object] = {
            "request": g.request_id,
            "method": request.method,
            "path": _path_to_log(),
            "status": answer.status_code,
            "ms": round((time.perf_counter() - g.begun) * 1000, 1),
            "viewer": "token" if g.by_token else "account" if g.viewer.known else "nobody",
        }
        if networks:
            fields["network"] = request.remote_addr
        log.info("", extra={"fields": fields})


def _path_to_log() -> str:
    rule = request.url_rule
    return rule.rule if rule is not None and rule.endpoint in KEYED else request.path


def _counter() -> Callable[[Response], None]:
    """Return the metrics. Imported here because the library opens its files on import."""
    from prometheus_client import Counter, Histogram

    answers = Counter("annotator_answers", "Answers by endpoint and status",
                      ("endpoint", "method", "status"))  # fmt: skip
    took = Histogram("annotator_seconds", "Seconds until an answer began", ("endpoint",),
                     buckets=BUCKETS)  # fmt: skip
    limited = Counter("annotator_limited", "Actions refused by rate limits", ("kind",))

    def count(answer: Response) -> None:
        endpoint = request.endpoint or "none"
        method = request.method if request.method in METHODS else "other"  # no label by a client
        answers.labels(endpoint, method, answer.status_code).inc()
        took.labels(endpoint).observe(time.perf_counter() - g.begun)
        if "limited" in g:
            limited.labels(g.limited).inc()

    return count
