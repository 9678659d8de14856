"""What a revision changed: the text, what happened to the comments, and their new positions."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from annotator.errors import AnnotatorError, Conflict, NotFound
from annotator.schemas.annotations import AnnotationValue, DraftTarget
from annotator.services.annotations import restatements
from annotator.services.reading import reading_page
from annotator.services.revisions import revision_report
from annotator.web.http.site import site, viewer
from annotator.web.pages.annotations import own
from annotator.web.pages.blueprint import pages, show


@pages.get("/d/<slug>/diff/<path:labels>")
def diff(slug: str, labels: str) -> str:
    """Show by provision what changed between two editions, with the number of annotations."""
    old, new = _labels(labels)
    with site().db.reading() as rows:
        found = revision_report.between(rows, slug, old, new)
        annotations = reading_page.commentary(rows, found.new).counts
        before = reading_page.commentary(rows, found.old).counts
    return render_template("diff.html", it=found, annotations=annotations, before=before)


@pages.get("/d/<slug>/fate/<path:labels>", endpoint="revision_report")
def revision_report_page(slug: str, labels: str) -> str:
    """List the commented passages that a revision changed, and how."""
    old, new = _labels(labels)
    with site().db.reading() as rows:
        found = revision_report.fates(rows, slug, old, new)
    return render_template("revision_report.html", it=found)


def _labels(labels: str) -> tuple[str, str]:
    old, between, new = labels.partition("..")
    if not (old and between and new) or "/" in labels:
        raise NotFound("Two editions are named like this: 2026-01-20..2026-01-29.")
    return old, new


@pages.get("/a/<ident>/restate")
def restate(ident: str) -> str:
    """Show an author what became of the words, and offer to confirm, restate or withdraw."""
    with site().db.reading() as rows:
        found = _own(rows, ident)
    return render_template("restate.html", annotation=found, error=None, quote="")


@pages.post("/a/<ident>/restate")
def post_restate(ident: str) -> AnyResponse:
    """Confirm where a comment stands, or put it on other words."""
    quote = request.form.get("quote", "").replace("\r\n", "\n").strip()
    ordinal = request.form.get("target", 0, type=int)
    try:
        with site().db.transaction() as rows:
            words = None if request.form.get("do") == "confirm" else DraftTarget(exact=quote)
            restatements.restate(rows, viewer(), ident, words, site().config.limits, ordinal)
    except AnnotatorError as error:
        with site().db.reading() as rows:
            return show("restate.html", error, annotation=_own(rows, ident), quote=quote)
    site().indexer.wake()
    return redirect(url_for("pages.annotation", ident=ident), 303)


def _own(rows: Session, ident: str) -> AnnotationValue:
    found = own(rows, ident, "annotation.edit")
    if not found.placements:
        raise Conflict(
            "This comment has no position of its own: it is a reply, hidden or waiting for review."
        )
    return found
