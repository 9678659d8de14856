"""The comments at a place of an edition, for the page and the panel."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import Response, make_response, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from annotator.errors import Malformed, NotFound
from annotator.services.annotations import listings, suggestions, tags
from annotator.services.annotations.filters import Filter
from annotator.services.editions import editions, provisions
from annotator.services.editions.editions import Loaded
from annotator.services.reading import full_text
from annotator.web.http.site import site
from annotator.web.pages import filter_bar, words
from annotator.web.pages.blueprint import fragment, page
from annotator.web.pages.filter_bar import FIELDS, FilterBar
from annotator.web.pages.text import rendered
from annotator.web.pages.text.provisions import jumps

PLACE = ("provision", "start", "end", "thread")


@page("/d/<document:slug>/comments/<path:label>")
def comments(rows: Session, slug: str, label: str) -> AnyResponse:
    """List the comments on an edition: at a place, of a thread, or filtered."""
    fields = filter_bar.given()
    loaded = editions.labelled(rows, slug, label)
    tag = rendered.etag(loaded, request.full_path, fragment())
    if "q" not in fields and rendered.unchanged(tag):
        return rendered.marked(Response(status=304), tag)
    html = _page(rows, loaded, fields)
    # Search results lag behind the commentary, so they have no ETag.
    return make_response(html) if "q" in fields else rendered.answer(html, tag)


def _page(rows: Session, loaded: Loaded, fields: dict[str, str]) -> str:
    place = Filter(
        document=loaded.slug, edition=loaded.label, provision=request.args.get("provision"),
        thread=request.args.get("thread"), start=_number("start"), end=_number("end"),
    )  # fmt: skip
    asked_for = filter_bar.read(fields)
    narrow = replace(place, **{name: getattr(asked_for, name) for name in FIELDS})
    narrow = full_text.with_hits(rows, site().engine, narrow)
    sort, cursor = request.args.get("sort", "place"), request.args.get("cursor")
    most = site().config.limits.page
    limit = min(max(_number("limit") or (50 if fragment() else most), 1), most)
    listed = listings.page(rows, narrow, sort, cursor, limit)
    query: dict[str, Any] = {name: value for name in PLACE if (value := request.args.get(name))}

    def list_at(*, all: bool = False, **changes: Any) -> str:
        narrowing = {} if all else fields
        given = {**query, **narrowing, "sort": sort if sort != "place" else None, **changes}
        return url_for("pages.comments", slug=loaded.slug, label=loaded.label, **given)

    ordinal, name = _ordinal(loaded, place), ""
    if ordinal is not None:
        name = words.place(loaded.parsed, ordinal)
        if place.provision is None:
            name = f"“{words.shortened(loaded.parsed.text[place.start : place.end], 60)}”"
    return render_template(
        "comments.html", loaded=loaded, found=listed, sort=sort, at=list_at, place=name,
        provision=None if ordinal is None else provisions.view(loaded, ordinal),
        given={**query, **fields}, busy=None if fragment() or "start" in query else jumps(
            rows, loaded, fields, ordinal, lambda pid: list_at(provision=pid)
        ),
        filter=FilterBar(fields, list_at, {**query, "sort": sort}, loaded=loaded,
                         tags=() if fragment() else tags.used(rows, loaded)),
        contents=() if fragment() else rendered.contents(loaded),
        tables=suggestions.rivals(rows, loaded, listed.items),
        hidden=listings.count(rows, place) - listed.total if fields else 0,
    )  # fmt: skip


def _number(name: str) -> int | None:
    value = request.args.get(name)
    if value is None:
        return None
    if not (value.isascii() and value.isdigit() and len(value) < 10):
        raise Malformed(f"{name} must be a number.", field=name)
    return int(value)


def _ordinal(loaded: Loaded, place: Filter) -> int | None:
    """Return the requested provision, or the innermost one around the words."""
    if place.provision is not None:
        if place.provision not in loaded.ordinals:
            raise NotFound(f"{loaded.label} has no provision {place.provision}.", field="provision")
        return loaded.ordinals[place.provision]
    if place.start is not None and place.end is not None:
        return loaded.parsed.provision_at(place.start, place.end)
    return None
