"""Health checks, for load balancers and monitoring."""

from __future__ import annotations

from flask import Response, jsonify

from annotator.auth.permissions import allowed
from annotator.search import outbox
from annotator.services.operations import status
from annotator.services.reading import full_text
from annotator.web.api.operations import api
from annotator.web.http.site import site, viewer


@api.get("/health")
def health() -> Response:
    """Return the site's health and how many changes search is behind; 503 without a database.

    The state is `degraded` while something in `problems` does not work; reading still does.
    Administrators see the hosts, the leader of each task, and what is waiting.
    """
    db, engine = site().db, site().engine
    if allowed(viewer(), "site.see"):
        answer = jsonify(status.read(db, engine, site().leases).shape())
        answer.cache_control.no_store = True
        return answer
    with db.reading() as session:
        waiting = outbox.waiting(session)
        problems = status.problems_of(db, full_text.index_problem(session, engine))
    return jsonify(status.summary(problems, waiting))


@api.get("/health/live")
def live() -> Response:
    """Return 200 while the process runs; nothing else is checked."""
    return jsonify({"status": "ok"})
