"""What is written down of each request, and counted: never who it was, or what they sent.

A line of the log has the request's id, the method, the path without its query, the status, the
time, and whether nobody, an account or a token asked. The network is named only where
`log.networks` says so. Numbers for Prometheus are counted where `server.metrics_port` is set.
"""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Callable

from flask import Flask, Response, g, request

from annotator.auth.viewer import NOBODY
from annotator.config import Config
from annotator.web.http.site import site

log = logging.getLogger("annotator.requests")
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)


def register(app: Flask, config: Config) -> None:
    """Watch every request; call before whatever else looks at one."""
    app.before_request(_begin)
    app.after_request(_write_down)
    if config.server.metrics_port:
        app.after_request(_counter())


def _begin() -> None:
    g.begun = time.perf_counter()
    g.request_id = secrets.token_hex(6)
    g.viewer = NOBODY
    g.by_token = False


def _write_down(answer: Response) -> Response:
    if log.isEnabledFor(logging.INFO):
        fields: dict[str, object] = {
            "request": g.get("request_id", ""),
            "method": request.method,
            "path": request.path,
            "status": answer.status_code,
            "ms": round(_seconds() * 1000, 1),
            "viewer": "token" if g.by_token else "account" if g.viewer.known else "nobody",
        }
        if site().config.log.networks:
            fields["network"] = request.remote_addr
        log.info("", extra={"fields": fields})
    return answer


def _seconds() -> float:
    return time.perf_counter() - float(g.begun)


def _counter() -> Callable[[Response], Response]:
    """Make what counts answers. Imported here: the library looks at once where to put numbers."""
    from prometheus_client import Counter, Histogram

    answers = Counter("annotator_answers", "Answers by endpoint and status",
                      ("endpoint", "method", "status"))  # fmt: skip
    took = Histogram("annotator_seconds", "Seconds until an answer began", ("endpoint",),
                     buckets=BUCKETS)  # fmt: skip
    limited = Counter("annotator_limited", "Acts refused for their rate", ("kind",))

    def count(answer: Response) -> Response:
        endpoint = request.endpoint or "none"
        answers.labels(endpoint, _method(), answer.status_code).inc()
        took.labels(endpoint).observe(_seconds())
        if "limited" in g:
            limited.labels(g.limited).inc()
        return answer

    return count


def _method() -> str:
    """Return the method, or `other`: a stranger does not make up labels."""
    known = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
    return request.method if request.method in known else "other"
