"""The home page: documents and the newest commentary."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import render_template

from annotator.services.annotations import annotation_loader, listings
from annotator.services.annotations.filters import Filter
from annotator.services.editions import editions
from annotator.web.http.site import site
from annotator.web.pages.blueprint import pages

SHOWN = 8
NEVER = datetime.min.replace(tzinfo=UTC)


@pages.get("/")
def home() -> str:
    """Show the documents, the most active first, and the newest commentary."""
    with site().db.reading() as rows:
        latest = listings.latest(rows)
        documents = sorted(
            editions.summaries(rows),
            key=lambda each: latest.get(each.slug, NEVER),
            reverse=True,
        )
        newest = annotation_loader.with_answered(
            rows, listings.first(rows, Filter(), "newest", SHOWN)
        )
    return render_template("home.html", documents=documents, newest=newest, latest=latest)
