"""What an open reading page asks the API for: where commentary is, what is new, tags in use."""

from __future__ import annotations

import hashlib
from typing import Any

from flask import Blueprint, Response, jsonify, request

from annotator.schemas.annotations import stamp
from annotator.services.annotations import tags
from annotator.services.annotations.filters import Filter
from annotator.services.editions import editions
from annotator.services.editions.editions import Loaded
from annotator.services.reading import reading_page, updates
from annotator.services.reading.reading_page import EditionCommentary, coded
from annotator.web.api import shapes
from annotator.web.http.compression import keep_packed
from annotator.web.http.site import site

reading = Blueprint("reading", __name__)


@reading.get("/api/documents/<slug>/editions/<label>/commentary")
def commentary(slug: str, label: str) -> Response:
    """Tell where the commentary on an edition stands, narrowed."""
    given = shapes.query(shapes.CommentaryQuery).model_dump()
    asked = Filter(document=slug, edition=label, **given)
    with site().db.reading() as session:
        loaded = editions.labelled(session, slug, label)
        tag = _tag(loaded, asked)
        if request.if_none_match.contains_weak(tag):
            return _named(Response(status=304), tag, asked)
        found = reading_page.found(session, site().engine, loaded, asked)
    if not asked.narrows:
        keep_packed(tag)
    return _named(jsonify(_places(loaded, found)), tag, asked)


def _places(loaded: Loaded, found: EditionCommentary) -> dict[str, Any]:
    provisions = [
        {"pid": loaded.pids[at], "remarks": tally.annotations, "authors": tally.authors}
        for at, tally in sorted(found.tallies.items())
        if at >= 0  # the sum of the document stands before its provisions
    ]
    return {"state": found.state, "total": found.total.annotations, "authors": found.total.authors,
            "segments": coded(found.segments), "provisions": provisions}  # fmt: skip


def _tag(loaded: Loaded, asked: Filter) -> str:
    parts = (loaded.slug, loaded.label, loaded.sha256, loaded.revision, loaded.state, asked)
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:24]


def _named(answer: Response, tag: str, asked: Filter) -> Response:
    """Name an answer by what it depends on, so that nothing is counted to find that it is known.

    Not a search's: its index may lag behind the state, so it is named by what it says.
    """
    answer.headers["Cache-Control"] = "no-cache"
    if not asked.q:
        answer.set_etag(tag, weak=True)
    return answer


@reading.get("/api/documents/<slug>/editions/<label>/state")
def state(slug: str, label: str) -> Response:
    """Tell how many annotations have come since a moment."""
    asked = shapes.query(shapes.StateQuery)
    with site().db.reading() as session:
        loaded = editions.labelled(session, slug, label)
        found = updates.since(session, loaded, asked.since, asked.by)
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
