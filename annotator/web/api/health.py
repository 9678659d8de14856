"""Whether the site can answer, for load balancers and who watches it."""

from __future__ import annotations

from flask import Response, jsonify

from annotator.search import outbox
from annotator.services.reading import full_text
from annotator.web.api.operations import api
from annotator.web.http.site import site

FAR_BEHIND = 1_000


@api.get("/health")
def health() -> Response:
    """Return whether the site can answer, and how far the index is behind; 503 without a database.

    `degraded` while something does not work, which `problems` names; what is read goes on.
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
    """Return that the process answers; nothing else is looked at."""
    return jsonify({"status": "ok"})
