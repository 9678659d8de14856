"""Hooks before and after every request, in this order, and its line in the log.

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
from http import HTTPStatus

from flask import Flask, Response, g, request
from werkzeug.wrappers import Response as AnyResponse

from annotator.auth.viewer import NOBODY
from annotator.db import prefers_replica
from annotator.services.site import site_secrets
from annotator.web.http import protection, sessions
from annotator.web.http.caching import Caching
from annotator.web.http.rate_limits import SIGN_IN, RateLimits
from annotator.web.http.site import Site

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
log = logging.getLogger("annotator.requests")


def register(app: Flask, site: Site) -> None:
    """Install the hooks; call before the blueprints, whose own hooks then see an answer first."""
    config, db = site.config, site.db
    protection.configure(app, config, site_secrets.get(config, db, "session"))
    limits = RateLimits(config, db) if config.limits.enabled else None
    caching = Caching(app)
    count = _counter() if config.server.metrics_port else None

    def before() -> AnyResponse | None:
        g.begun, g.request_id = time.perf_counter(), secrets.token_hex(6)
        g.viewer, g.by_token = NOBODY, False
        prefers_replica.set(db.replica is not None and sessions.may_read_replica())
        moved = protection.check_address()
        if moved is not None:
            return moved
        sessions.find_viewer()
        protection.check_write()
        if limits:
            limits.count()
        return caching.find()

    def after(answer: Response) -> Response:
        caching.finish(answer)
        if limits and request.endpoint == SIGN_IN and answer.status_code == HTTPStatus.SEE_OTHER:
            limits.remember_network()
        if db.replica:
            sessions.mark_write(answer)
        protection.add_headers(answer)
        if count:
            count(answer)
        _write_log(answer, config.log.networks)
        return answer

    def forget(_error: BaseException | None) -> None:
        prefers_replica.set(False)

    app.before_request(before)
    app.teardown_request(forget)
    app.after_request(after)


def _write_log(answer: Response, networks: bool) -> None:
    if log.isEnabledFor(logging.INFO):
        fields: dict[str, object] = {
            "request": g.request_id,
            "method": request.method,
            "path": request.path,
            "status": answer.status_code,
            "ms": round((time.perf_counter() - g.begun) * 1000, 1),
            "viewer": "token" if g.by_token else "account" if g.viewer.known else "nobody",
        }
        if networks:
            fields["network"] = request.remote_addr
        log.info("", extra={"fields": fields})


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
