"""The quotation check of an essay, pasted or uploaded; nothing is stored."""

from __future__ import annotations

from collections import Counter
from typing import cast, get_args

from flask import Response, request

from annotator.errors import AnnotatorError
from annotator.quotations import Kind
from annotator.quotations.editorial_marks import PROBLEMS_FIRST, differences
from annotator.services.editions import editions
from annotator.services.essays import quotation_report
from annotator.services.essays.quotation_report import QuotationReport
from annotator.web.http.site import site
from annotator.web.pages.blueprint import pages, show


@pages.get("/d/<document:slug>/quotations")
def quotations(slug: str) -> Response:
    """Show the form for an essay."""
    return _page(slug, "", "markdown", "")


@pages.post("/d/<document:slug>/quotations")
def post_quotations(slug: str) -> Response:
    """Report an essay's quotations."""
    sent, file = request.form, request.files.get("file")
    essay, edition = sent.get("essay", "").replace("\r\n", "\n"), sent.get("edition", "")
    kind = cast(Kind, sent["kind"]) if sent.get("kind") in get_args(Kind) else "markdown"
    try:
        if file is not None and file.filename:
            essay, kind = quotation_report.read_essay(file.read(), file.filename)
        with site().db.reading() as rows:
            report = quotation_report.report(rows, slug, essay, kind, edition or None)
    except AnnotatorError as error:
        return _page(slug, essay, kind, edition, error=error)
    return _page(slug, essay, kind, edition, report)


def _page(
    slug: str,
    essay: str,
    kind: Kind,
    edition: str,
    report: QuotationReport | None = None,
    error: AnnotatorError | None = None,
) -> Response:
    with site().db.reading() as rows:
        loaded = editions.newest(rows, slug)
    verdicts = [entry.quotation.verdict for entry in report.quotations] if report else []
    items = sorted(
        report.quotations if report else (),
        key=lambda entry: PROBLEMS_FIRST.index(entry.quotation.verdict),
    )
    return show("quotations.html", error, loaded=loaded, found=report, items=items,
                form={"essay": essay, "kind": kind, "edition": edition}, counts=Counter(verdicts),
                differences=differences, corrected=quotation_report.corrected)  # fmt: skip
