"""What a revision changed: the text, what happened to the comments, and their new positions."""

from __future__ import annotations

from typing import Any

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

REPORTED = 100  # comments on a page of the report


@pages.get("/d/<slug>/diff/<path:labels>")
def diff(slug: str, labels: str) -> str:
    """Show by provision what changed between two editions, with the number of annotations."""
    old, new = _labels(labels)
    with site().db.reading() as rows:
        compared = revision_report.between(rows, slug, old, new)
        annotations = reading_page.commentary(rows, compared.new).counts
        before = reading_page.commentary(rows, compared.old).counts
    return render_template("diff.html", it=compared, annotations=annotations, before=before)


@pages.get("/d/<slug>/fate/<path:labels>", endpoint="revision_report")
def revision_report_page(slug: str, labels: str) -> str:
    """List the comments whose words a revision changed, and how."""
    old, new = _labels(labels)
    verdict, own = request.args.get("verdict"), "own" in request.args and viewer().known
    start = max(request.args.get("start", 0, type=int), 0)
    with site().db.reading() as rows:
        report = revision_report.report(
            rows, slug, old, new, author=viewer().account if own else None, verdict=verdict,
            start=start, most=REPORTED,
        )  # fmt: skip

    def at(**changes: Any) -> str:
        given = {"verdict": verdict, "own": "yes" if own else None, **changes}
        return url_for("pages.revision_report", slug=slug, labels=labels, **given)

    return render_template("revision_report.html", it=report, at=at, start=start, verdict=verdict,
                           own=own, most=REPORTED)  # fmt: skip


def _labels(labels: str) -> tuple[str, str]:
    old, between, new = labels.partition("..")
    if not (old and between and new) or "/" in labels:
        raise NotFound("Write two editions like this: 2026-01-20..2026-01-29.")
    return old, new


@pages.get("/a/<ident>/restate")
def restate(ident: str) -> str:
    """Show an author the change since the comment, with forms to confirm, restate or delete it."""
    with site().db.reading() as rows:
        comment = _own(rows, ident)
    return render_template("restate.html", annotation=comment, error=None, quote="")


@pages.post("/a/<ident>/restate")
def post_restate(ident: str) -> AnyResponse:
    """Confirm a comment's position, or move it to other words."""
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
    comment = own(rows, ident, "annotation.edit")
    if not comment.placements:
        raise Conflict(
            "This comment has no position of its own: it is a reply, hidden or waiting for review."
        )
    return comment
