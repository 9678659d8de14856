"""Are the quotations in an essay right? The essay is pasted or chosen; nothing of it is kept."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import cast, get_args

from flask import Response, make_response, render_template, request

from annotator.errors import AnnotatorError
from annotator.quotations import Kind
from annotator.quotations.corrections import PROBLEMS_FIRST, differences
from annotator.services.editions import editions
from annotator.services.essays import quotation_report
from annotator.services.essays.quotation_report import QuotationReport
from annotator.web.http.errors import status_of
from annotator.web.http.site import site
from annotator.web.pages.blueprint import pages


@dataclass(frozen=True)
class EssayForm:
    """An essay as somebody pasted it; `kind` is what it is written in, `edition` what it quotes."""

    essay: str = ""
    kind: Kind = "markdown"
    edition: str = ""


@pages.get("/d/<slug>/quotations")
def quotations(slug: str) -> str:
    """Show the form for an essay."""
    return _page(slug, EssayForm(), None, None)


@pages.post("/d/<slug>/quotations")
def post_quotations(slug: str) -> Response:
    """Report an essay's quotations."""
    form = _form()
    try:
        form = _with_file(form)
        with site().db.reading() as rows:
            found = quotation_report.report(rows, slug, form.essay, form.kind, form.edition or None)
    except AnnotatorError as error:
        return make_response(_page(slug, form, None, error), status_of(error))
    return make_response(_page(slug, form, found, None))


def _form() -> EssayForm:
    sent = request.form
    kind = sent.get("kind", "")
    return EssayForm(
        sent.get("essay", "").replace("\r\n", "\n"),
        cast(Kind, kind) if kind in get_args(Kind) else "markdown",
        sent.get("edition", ""),
    )


def _with_file(form: EssayForm) -> EssayForm:
    """Read the essay from the file, where one was chosen. Raises SourceFault, TooLarge."""
    file = request.files.get("file")
    if file is None or not file.filename:
        return form
    essay, kind = quotation_report.read_essay(file.read(), file.filename)
    return EssayForm(essay, kind, form.edition)


def _page(
    slug: str, form: EssayForm, found: QuotationReport | None, error: AnnotatorError | None
) -> str:
    with site().db.reading() as rows:
        loaded = editions.newest(rows, slug)
    counts = Counter(it.quotation.verdict for it in found.quotations) if found else Counter[str]()
    items = sorted(
        found.quotations if found else (),
        key=lambda it: PROBLEMS_FIRST.index(it.quotation.verdict),
    )
    return render_template("quotations.html", loaded=loaded, form=form, found=found, error=error,
                           counts=counts, items=items, differences=differences,
                           corrected=quotation_report.corrected)  # fmt: skip
