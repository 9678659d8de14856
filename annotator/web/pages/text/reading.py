"""The reading page: a whole edition with its commentary."""

from __future__ import annotations

from contextlib import suppress

from flask import Response, make_response, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from annotator.errors import NotFound
from annotator.services.addressing import permalink
from annotator.services.addressing.permalink import Permalink
from annotator.services.editions import editions
from annotator.services.editions.editions import Loaded
from annotator.services.reading import updates
from annotator.web.http.site import site
from annotator.web.pages.blueprint import pages
from annotator.web.pages.text import rendered


def named(rows: Session, name: str) -> Loaded:
    """Return the edition that `SLUG@LABEL` names; `SLUG` alone is the newest. Raises NotFound."""
    slug, _, label = name.partition("@")
    return editions.labelled(rows, slug, label or None)


@pages.get("/d/<name>")
def document(name: str) -> Response:
    """Show a whole edition, with a note on the comment that the address names, if any."""
    ident = request.args.get("remark")
    whereabouts: dict[str, Permalink | None] = {}
    with site().db.reading() as rows:
        loaded = named(rows, name)
        tag = rendered.etag(loaded)
        if not ident and rendered.unchanged(tag):
            return rendered.announced(rendered.marked(Response(status=304), tag), loaded.slug)
        page = rendered.edition(rows, loaded)
        latest = updates.since(rows, loaded, None).latest
        if ident:
            whereabouts["asked"] = None
            with suppress(NotFound):
                whereabouts["asked"] = permalink.find(rows, ident, loaded)
    html = render_template("reading.html", loaded=loaded, page=page, latest=latest, **whereabouts)
    if not ident:
        return rendered.announced(rendered.answer(html, tag), loaded.slug)
    answer = make_response(html)  # no two ask alike
    answer.headers["Cache-Control"] = "private, no-cache"
    answer.vary.add("Cookie")
    return rendered.announced(answer, loaded.slug)


@pages.get("/a/<ident>/place")
def place(ident: str) -> AnyResponse:
    """Redirect to a comment in the text: in the newest edition, or the one it was made on."""
    with site().db.reading() as rows:
        whereabouts = permalink.find(rows, ident)
    name = f"{whereabouts.annotation.document}@{whereabouts.best.edition}"
    address = url_for("pages.document", name=name, remark=ident, _anchor=whereabouts.best.pid)
    return redirect(address, 303)
