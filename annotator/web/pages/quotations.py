"""The quotation check of an essay, pasted or uploaded; nothing is stored."""

from __future__ import annotations

from collections import Counter
from typing import cast, get_args

from flask import Response, request
from sqlalchemy.orm import Session

from annotator.errors import AnnotatorError
from annotator.quotations import Kind
from annotator.quotations.editorial_marks import PROBLEMS_FIRST, differences
from annotator.services.editions import editions
from annotator.services.essays import quotation_report
from annotator.web.pages.blueprint import page, pages, show


@page("/d/<document:slug>/quotations")
def quotations(rows: Session, slug: str) -> Response:
    """Show the form for an essay, and when it is sent a report of its quotations."""
    loaded = editions.newest(rows, slug)
    sent, file = request.form, request.files.get("file")
    essay, edition = sent.get("essay", "").replace("\r\n", "\n"), sent.get("edition", "")
    kind = cast(Kind, sent["kind"]) if sent.get("kind") in get_args(Kind) else "markdown"
    report, error = None, None
    try:
        if file is not None and file.filename:
            essay, kind = quotation_report.read_essay(file.read(), file.filename)
        if request.method == "POST":
            report = quotation_report.report(rows, slug, essay, kind, edition or None)
    except AnnotatorError as fault:
        error = fault
    verdicts = [entry.quotation.verdict for entry in report.quotations] if report else []
    items = sorted(
        report.quotations if report else (),
        key=lambda entry: PROBLEMS_FIRST.index(entry.quotation.verdict),
    )
    return show("quotations.html", error, loaded=loaded, found=report, items=items,
                form={"essay": essay, "kind": kind, "edition": edition}, counts=Counter(verdicts),
                differences=differences, corrected=quotation_report.corrected)  # fmt: skip


pages.post("/d/<document:slug>/quotations", endpoint="post_quotations")(quotations)
