"""The site's page About, its house rules, and its files for search engines."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime

from flask import Response, make_response, redirect, render_template, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from annotator.errors import NotFound
from annotator.schemas import charter
from annotator.services.annotations import annotation_loader, listings
from annotator.services.annotations.filters import Filter
from annotator.services.editions import editions
from annotator.web.http.site import address, site
from annotator.web.pages.blueprint import page, pages, version

SHOWN_AT_HOME = 8
NEVER = datetime.min.replace(tzinfo=UTC)


@pages.get("/about")
def about() -> str:
    """Show the operator of the site, its licence and rules, the stored data, and its feeds."""
    return render_template("about.html")


@pages.get("/rules")
def rules() -> AnyResponse:
    """Redirect to the charter, or to the list of its grounds if the site does not have it."""
    with suppress(NotFound), site().db.reading() as rows:
        slug = editions.document(rows, charter.SLUG).slug
        return redirect(url_for("pages.document", name=slug))
    return redirect(url_for("pages.about", _anchor="rules"))


@pages.get("/robots.txt")
def robots() -> Response:
    """Allow search engines to read the pages, but no search results, forms or exports."""
    return _plain("robots.txt", "text/plain", origin=address())


@page("/sitemap.xml")
def sitemap(rows: Session) -> Response:
    """List the pages for search engines: the documents and the pages about them."""
    documents = editions.summaries(rows)
    return _plain("sitemap.xml", "application/xml", origin=address(), documents=documents)


@pages.get("/favicon.ico")
def favicon() -> AnyResponse:
    """Redirect programs that read no page's head to the icon."""
    return redirect(url_for("pages.static_file", edition=version(), name="icon.svg"))


def _plain(template: str, kind: str, **context: object) -> Response:
    answer = make_response(render_template(template, **context))
    answer.mimetype = kind
    return answer


@page("/")
def home(rows: Session) -> str:
    """Show the documents, the most active first, and the newest commentary."""
    latest = listings.latest(rows)
    documents = sorted(
        editions.summaries(rows), key=lambda each: latest.get(each.slug, NEVER), reverse=True
    )
    newest = annotation_loader.with_answered(
        rows, listings.first(rows, Filter(), "newest", SHOWN_AT_HOME)
    )
    return render_template("home.html", documents=documents, newest=newest, latest=latest)
