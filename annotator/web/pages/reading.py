"""The reading page: a whole edition, with its commentary beside it."""

from __future__ import annotations

from flask import Response, render_template
from sqlalchemy.orm import Session

from annotator.services import editions
from annotator.services.editions import Loaded
from annotator.web.pages import rendered
from annotator.web.pages.blueprint import pages
from annotator.web.site import site


def named(rows: Session, name: str) -> Loaded:
    """Give the edition that `SLUG@LABEL` names; `SLUG` alone is the newest. Raises NotFound."""
    slug, _, label = name.partition("@")
    return editions.labelled(rows, slug, label or None)


@pages.get("/d/<name>")
def document(name: str) -> Response:
    """Show a whole edition."""
    with site().db.reading() as rows:
        loaded = named(rows, name)
        tag = rendered.etag(loaded)
        if rendered.unchanged(tag):
            return rendered.marked(Response(status=304), tag)
        page = rendered.edition(rows, loaded)
    return rendered.answer(render_template("reading.html", loaded=loaded, page=page), tag)
