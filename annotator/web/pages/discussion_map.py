"""Discussion map, as a page: a filter, a table of sections, what is busy, what is silent."""

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
from annotator.services.reading.reading_page import EditionCommentary
from annotator.services.reading.statistics import survey
from annotator.web.http.site import site
from annotator.web.pages.blueprint import pages, show
from annotator.web.pages.text import rendered
from annotator.web.pages.text.provisions import addressed

FIELDS = ("author", "tag", "after", "before", "section", "verdict", "q")
MOMENTS = ("after", "before")
NOTHING = EditionCommentary(0, {}, {}, b"")


@pages.get("/d/<slug>/map/<path:label>")
def discussion_map(slug: str, label: str) -> AnyResponse:
    """Show where the commentary on an edition stands, or what a filter leaves of it."""
    if "@" in slug:  # paragraph LABEL of a section that is called "map"
        return addressed(slug, f"map/{label}")
    given = {name: value.strip() for name in FIELDS if (value := request.args.get(name))}
    given = {} if _quotations() else given
    error: AnnotatorError | None = None
    found = NOTHING
    with site().db.reading() as rows:
        loaded = editions.labelled(rows, slug, label)
        try:
            if _quotations():
                counts = quotation_index.tallies(rows, loaded)
                found = EditionCommentary(loaded.state, counts, {}, b"")
            else:
                found = reading_page.found(rows, site().engine, loaded, read(given))
        except AnnotatorError as fault:
            if fault.field not in FIELDS:
                raise
            error = fault
    return show("discussion_map.html", error, loaded=loaded, found=found, given=given,
                quotations=_quotations(), contents=rendered.contents(loaded),
                survey=survey(loaded.parsed, found), **_linking(loaded, given))  # fmt: skip


def _quotations() -> bool:
    """Return whether quotations are asked for instead of comments; no filter narrows them."""
    return request.args.get("count") == "quotations"


def read(given: dict[str, str]) -> Filter:
    """Read a filter as a form gives it. Raises Malformed, naming the field."""
    asked: dict[str, Any] = {name: value for name, value in given.items() if value}
    for name, value in asked.items():
        if "\0" in value or any("\ud800" <= char <= "\udfff" for char in value):
            raise Malformed("There is a character in this that cannot be read.", field=name)
    for name in MOMENTS:
        if name in asked:
            try:
                asked[name] = read_stamp(asked[name])
            except (ValueError, OverflowError) as fault:
                raise Malformed("Write a day like 2026-01-31.", field=name) from fault
    return Filter(**asked)


def _linking(loaded: Loaded, given: dict[str, str]) -> dict[str, Any]:
    """Return the template what leads from a line of the map to its place."""
    query = urlencode({name: value for name, value in given.items() if value})
    text = url_for("pages.document", name=f"{loaded.slug}@{loaded.label}")
    narrowed = f"{text}?{query}" if query else text

    def at(ordinal: int) -> ProvisionView:
        return view(loaded, ordinal)

    def list_of(it: ProvisionView) -> str:
        here = url_for("pages.comments", slug=loaded.slug, label=loaded.label, provision=it.pid)
        return f"{here}&{query}" if query else f"{it.path}#_comments"

    return {"at": at, "list_of": list_of, "text": text, "narrowed": narrowed,
            "provision": lambda ordinal: loaded.parsed.provisions[ordinal]}  # fmt: skip
