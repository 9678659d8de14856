"""The home page: documents and the newest commentary."""

from __future__ import annotations

from flask import render_template

from annotator.services.annotations import annotation_loader, listings
from annotator.services.annotations.filters import Filter
from annotator.services.editions import editions
from annotator.web.http.site import site
from annotator.web.pages.blueprint import pages

SHOWN = 8


@pages.get("/")
def home() -> str:
    """Show the documents and the newest commentary."""
    with site().db.reading() as rows:
        documents = editions.summaries(rows)
        newest = annotation_loader.with_answered(
            rows, listings.first(rows, Filter(), "newest", SHOWN)
        )
    return render_template("home.html", documents=documents, newest=newest)
