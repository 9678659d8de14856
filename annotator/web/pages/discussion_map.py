"""The Discussion map page: a filter, counts by section, most and least discussed paragraphs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from flask import request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from annotator.errors import AnnotatorError
from annotator.services.annotations import tags
from annotator.services.editions import editions
from annotator.services.editions.editions import Loaded
from annotator.services.editions.provisions import ProvisionView, view
from annotator.services.essays import quotation_index
from annotator.services.reading import reading_page
from annotator.services.reading.reading_page import NONE, FilteredCommentary
from annotator.services.reading.statistics import survey
from annotator.web.http.site import site
from annotator.web.pages import filter_bar
from annotator.web.pages.blueprint import address_of, page, show, spreadsheet
from annotator.web.pages.filter_bar import FilterBar
from annotator.web.pages.text import rendered

COLUMNS = ("address", "pid", "kind", "section_title", "paragraph", "people", "comments")
NOTHING = FilteredCommentary(0, b"", {})


@page("/d/<document:slug>/map/<path:label>")
def discussion_map(rows: Session, slug: str, label: str) -> AnyResponse:
    """Show counts of an edition's commentary by section, filtered."""
    fields = {} if _quotations() else filter_bar.given()
    error: AnnotatorError | None = None
    matching = NOTHING
    loaded = editions.labelled(rows, slug, label)
    try:
        if _quotations():
            counts = quotation_index.tallies(rows, loaded)
            matching = FilteredCommentary(loaded.state, b"", counts)
        else:
            matching = reading_page.filtered_commentary(
                rows, site().engine, loaded, filter_bar.read(fields)
            )
    except AnnotatorError as fault:
        if fault.field not in filter_bar.FIELDS:
            raise
        error = fault
    used = tags.used(rows, loaded)

    if error is None and request.args.get("format") == "csv":
        return spreadsheet(f"{slug}-{label}-map", COLUMNS, _rows(loaded, matching))

    at = address_of("discussion_map", slug=slug, label=label, **fields)
    return show(
        "discussion_map.html", error, loaded=loaded, found=matching, given=fields,
        filter=FilterBar(fields, at, {}, loaded=loaded, tags=used, error=error),
        quotations=_quotations(), contents=rendered.contents(loaded),
        survey=survey(loaded.parsed, matching), **_linking(loaded, fields),
    )  # fmt: skip


def _rows(loaded: Loaded, matching: FilteredCommentary) -> Iterator[tuple[object, ...]]:
    """Yield the lines of the map as a table, each provision in the order of the text."""
    for ordinal, provision in enumerate(loaded.parsed.provisions):
        tally, seen = matching.tallies.get(ordinal, NONE), view(loaded, ordinal)
        yield (seen.address, seen.pid, provision.kind, loaded.parsed.section_title(ordinal),
               provision.number, tally.authors, tally.annotations)  # fmt: skip


def _quotations() -> bool:
    """Return whether the page counts quotations instead of comments; these have no filter."""
    return request.args.get("count") == "quotations"


def _linking(loaded: Loaded, fields: dict[str, str]) -> dict[str, Any]:
    """Return the template's functions that link a line of the map."""
    query = urlencode({name: value for name, value in fields.items() if value})
    text = url_for("pages.document", name=f"{loaded.slug}@{loaded.label}")
    narrowed = f"{text}?{query}" if query else text

    def at(ordinal: int) -> ProvisionView:
        return view(loaded, ordinal)

    def list_of(provision: ProvisionView) -> str:
        path = url_for(
            "pages.comments", slug=loaded.slug, label=loaded.label, provision=provision.pid
        )
        return f"{path}&{query}" if query else f"{provision.path}#_comments"

    return {"at": at, "list_of": list_of, "text": text, "narrowed": narrowed,
            "provision": lambda ordinal: loaded.parsed.provisions[ordinal]}  # fmt: skip
