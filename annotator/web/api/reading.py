"""What an open reading page asks the API for: what is new, and the tags in use."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify

from annotator.formats.remark import stamp
from annotator.services import editions, news, tags
from annotator.web.api import shapes
from annotator.web.site import site

reading = Blueprint("reading", __name__)


@reading.get("/api/documents/<slug>/editions/<label>/state")
def state(slug: str, label: str) -> Response:
    """Tell how many remarks have come since a moment."""
    asked = shapes.query(shapes.StateQuery)
    with site().db.reading() as session:
        loaded = editions.labelled(session, slug, label)
        found = news.since(session, loaded, asked.since, asked.by)
    latest = None if found.latest is None else stamp(found.latest)
    told = {"state": found.state, "new": found.new, "latest": latest, "newest": loaded.labels[-1]}
    return jsonify(told)


@reading.get("/api/tags")
def list_tags() -> Response:
    """List the tags in use, most used first."""
    asked = shapes.query(shapes.TagsQuery)
    with site().db.reading() as session:
        found = tags.used(session, asked.document, asked.prefix)
    shown = found[: min(asked.limit, site().config.limits.page)]
    items = [{"tag": tag, "count": many} for tag, many in shown]
    return jsonify({"total": len(found), "items": items, "next": None})
