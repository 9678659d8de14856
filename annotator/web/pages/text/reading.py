"""The reading page: a whole edition with its commentary."""

from __future__ import annotations

from contextlib import suppress

from flask import Response, make_response, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from annotator.errors import NotFound
from annotator.services.addressing import address_lookup
from annotator.services.addressing.address_lookup import Permalink
from annotator.services.answers import drafters
from annotator.services.editions import editions
from annotator.services.reading import statistics
from annotator.web.pages.blueprint import fragment, page
from annotator.web.pages.text import rendered


@page("/d/<name>")
def document(rows: Session, name: str) -> Response:
    """Show an edition, with a note on the comment that the address names, if any.

    A long text is sent in parts: the first, and the one with the pid or section `at`; as a
    fragment, only that. `whole` sends all of it.
    """
    ident, at, whole = request.args.get("remark"), request.args.get("at"), "whole" in request.args
    asked: Permalink | None = None
    loaded = editions.named(rows, name)
    if ident:
        with suppress(NotFound):
            asked = address_lookup.find_permalink(rows, ident, loaded)
            at = at or asked.requested.pid
    ordinal = loaded.ordinals.get(at, loaded.parsed.numbered.get((at, ""))) if at else None
    part = at is not None and fragment()
    if ordinal is None:
        if part:
            raise NotFound(f"{loaded.label} has no provision or section {at}.", field="at")
        at = None
    tag = rendered.etag(loaded, at, whole, part)
    if not ident and rendered.unchanged(tag):
        return rendered.announced(rendered.marked(Response(status=304), tag), loaded.slug)
    offset = None if ordinal is None else loaded.parsed.provisions[ordinal].start
    if part:
        return rendered.answer(rendered.part(rows, loaded, offset or 0), tag)
    page = rendered.edition(rows, loaded, offset, whole=whole)
    latest = statistics.since(rows, loaded, None).latest
    who = drafters.of_document(rows, loaded.document_id)
    html = render_template("reading.html", loaded=loaded, page=page, latest=latest, at=at,
                           linked=ident, asked=asked, drafters=who)  # fmt: skip
    if not ident:
        return rendered.announced(rendered.answer(html, tag), loaded.slug)
    answer = make_response(html)  # each request is different
    answer.headers["Cache-Control"] = "private, no-cache"
    answer.vary.add("Cookie")
    return rendered.announced(answer, loaded.slug)


@page("/a/<ident>/place")
def place(rows: Session, ident: str) -> AnyResponse:
    """Redirect to a comment in the text: in the newest edition, or the one it was made on."""
    permalink = address_lookup.find_permalink(rows, ident)
    name = f"{permalink.annotation.document}@{permalink.best.edition}"
    address = url_for("pages.document", name=name, remark=ident, _anchor=permalink.best.pid)
    return redirect(address, 303)
