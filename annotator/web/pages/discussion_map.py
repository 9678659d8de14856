"""The Discussion map page: a filter, counts by section, most and least discussed paragraphs."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from flask import request, url_for
from werkzeug.wrappers import Response as AnyResponse

from annotator.errors import AnnotatorError, Malformed
from annotator.schemas.annotations import read_stamp
from annotator.services.annotations.filters import Filter
from annotator.services.editions import editions
from annotator.services.editions.editions import Loaded
from annotator.services.editions.provisions import ProvisionView, view
from annotator.services.essays import quotation_index
from annotator.services.reading import reading_page
from annotator.services.reading.reading_page import FilteredCommentary
from annotator.services.reading.statistics import survey
from annotator.web.http.site import site
from annotator.web.pages.blueprint import pages, show
from annotator.web.pages.text import rendered
from annotator.web.pages.text.provisions import addressed

FIELDS = ("author", "tag", "after", "before", "section", "verdict", "q")
MOMENTS = ("after", "before")
NOTHING = FilteredCommentary(0, b"", {})


@pages.get("/d/<slug>/map/<path:label>")
def discussion_map(slug: str, label: str) -> AnyResponse:
    """Show counts of an edition's commentary by section, filtered."""
    if "@" in slug:  # paragraph LABEL of a section that is called "map"
        return addressed(slug, f"map/{label}")
    fields = {name: value.strip() for name in FIELDS if (value := request.args.get(name))}
    fields = {} if _quotations() else fields
    error: AnnotatorError | None = None
    matching = NOTHING
    with site().db.reading() as rows:
        loaded = editions.labelled(rows, slug, label)
        try:
            if _quotations():
                counts = quotation_index.tallies(rows, loaded)
                matching = FilteredCommentary(loaded.state, b"", counts)
            else:
                matching = reading_page.filtered_commentary(
                    rows, site().engine, loaded, read(fields)
                )
        except AnnotatorError as fault:
            if fault.field not in FIELDS:
                raise
            error = fault
    return show("discussion_map.html", error, loaded=loaded, found=matching, given=fields,
                quotations=_quotations(), contents=rendered.contents(loaded),
                survey=survey(loaded.parsed, matching), **_linking(loaded, fields))  # fmt: skip


def _quotations() -> bool:
    """Return whether the page counts quotations instead of comments; these have no filter."""
    return request.args.get("count") == "quotations"


def read(fields: dict[str, str]) -> Filter:
    """Parse the filter of a form. Raises Malformed with the field."""
    values: dict[str, Any] = {name: value for name, value in fields.items() if value}
    for name, value in values.items():
        if "\0" in value or any("\ud800" <= char <= "\udfff" for char in value):
            raise Malformed("This contains a character that is not allowed.", field=name)
    for name in MOMENTS:
        if name in values:
            try:
                values[name] = read_stamp(values[name])
            except (ValueError, OverflowError) as fault:
                raise Malformed("Enter a date such as 2026-01-31.", field=name) from fault
    return Filter(**values)


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
