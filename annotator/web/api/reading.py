"""What an open reading page asks the API for: where commentary is, what is new, tags in use."""

from __future__ import annotations

import hashlib

from flask import Response, request

from annotator.schemas.documents import Commentary, ProvisionTally, State, TagCount, Tags
from annotator.schemas.queries import CommentaryQuery, StateQuery, TagsQuery
from annotator.services.annotations import tags
from annotator.services.annotations.filters import Filter
from annotator.services.editions import editions
from annotator.services.editions.editions import Loaded
from annotator.services.reading import reading_page, updates
from annotator.services.reading.reading_page import EditionCommentary, coded
from annotator.web.api.operations import json_response, operation
from annotator.web.http.caching import keep_packed
from annotator.web.http.site import site

EDITION = "/api/documents/<slug>/editions/<label>"


@operation("GET", f"{EDITION}/commentary", gives=Commentary, refuses=(404, 422))
def commentary(slug: str, label: str, query: CommentaryQuery) -> Response:
    """Return where the commentary on an edition stands, narrowed."""
    asked = Filter(document=slug, edition=label, **query.model_dump())
    with site().db.reading() as session:
        loaded = editions.labelled(session, slug, label)
        tag = _tag(loaded, asked)
        if request.if_none_match.contains_weak(tag):
            return _named(Response(status=304), tag, asked)
        found = reading_page.found(session, site().engine, loaded, asked)
    if not asked.narrows:
        keep_packed(tag)
    return _named(json_response(_places(loaded, found)), tag, asked)


def _places(loaded: Loaded, found: EditionCommentary) -> Commentary:
    provisions = [
        ProvisionTally(pid=loaded.pids[at], remarks=tally.annotations, authors=tally.authors)
        for at, tally in sorted(found.tallies.items())
        if at >= 0  # the sum of the document stands before its provisions
    ]
    return Commentary(
        state=found.state,
        total=found.total.annotations,
        authors=found.total.authors,
        segments=coded(found.segments),
        provisions=provisions,
    )


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


@operation("GET", f"{EDITION}/state", refuses=(404,))
def state(slug: str, label: str, query: StateQuery) -> State:
    """Return how many annotations have come since a moment."""
    with site().db.reading() as session:
        return updates.since(
            session, editions.labelled(session, slug, label), query.since, query.by
        )


@operation("GET", "/api/tags", refuses=(404,))
def list_tags(query: TagsQuery) -> Tags:
    """Return the tags in use, most used first."""
    with site().db.reading() as session:
        found = tags.used(session, query.document, query.prefix)
    items = [TagCount(tag=tag, count=many) for tag, many in found[: query.limit]]
    return Tags(total=len(found), items=items)
