"""Health checks, for load balancers and monitoring."""

from __future__ import annotations

from flask import Response, jsonify

from annotator.search import outbox
from annotator.services.reading import full_text
from annotator.web.api.operations import api
from annotator.web.http.site import site

FAR_BEHIND = 1_000


@api.get("/health")
def health() -> Response:
    """Return the site's health and how many changes search is behind; 503 without a database.

    The state is `degraded` while something in `problems` does not work; reading still does.
    """
    with site().db.reading() as session:
        waiting = outbox.waiting(session)
        ready = full_text.index_ready(session, site().engine)
    problems = [] if ready else ["The search index is being built."]
    if site().db.problem:
        problems.append(f"Nothing can be written: {site().db.problem}.")
    status = "degraded" if problems else "behind" if waiting > FAR_BEHIND else "ok"
    return jsonify({"status": status, "index_waiting": waiting, "problems": problems})


@api.get("/health/live")
def live() -> Response:
    """Return 200 while the process runs; nothing else is checked."""
    return jsonify({"status": "ok"})
