"""The search page: results with snippets, and facets."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from flask import Response, make_response, render_template, request, url_for

from annotator.errors import Malformed, Unacceptable
from annotator.schemas.search import FacetOption, Results
from annotator.search.query import condition
from annotator.services.editions import editions
from annotator.services.reading import full_text
from annotator.web.http.site import site
from annotator.web.pages.blueprint import pages

SORTS = ("relevance", "newest", "place")
KINDS = ("annotation", "provision")
FIELDS = ("section", "author", "tag")


@dataclass(frozen=True)
class SearchForm:
    """The parameters of a search; empty fields do not filter."""

    q: str
    document: str
    kind: str
    sort: str

    def url(self, **changes: str) -> str:
        """Return the address of the first page of this search with changed parameters."""
        values = {"q": self.q, "document": self.document, "kind": self.kind, "sort": self.sort}
        parameters = {key: value for key, value in (values | changes).items() if value}
        if parameters.get("sort") == SORTS[0]:
            del parameters["sort"]
        return f"{url_for('pages.search')}?{urlencode(parameters)}"

    def narrowed(self, field: str, value: FacetOption) -> str:
        """Return the address of this search filtered by a value of a facet."""
        if field == "document":
            return self.url(document=value.value)
        query = f"({self.q})" if " OR " in self.q else self.q  # OR binds less than what is added
        return self.url(q=f"{query} {condition(field, value.value)}".strip())


@pages.get("/search")
def search() -> Response:
    """Search commentary and documents; show what is wrong with an invalid query."""
    args = request.args
    form = SearchForm(args.get("q", "").strip(), args.get("document", ""),
                  args.get("kind", "") if args.get("kind") in KINDS else "",
                  args.get("sort", "") if args.get("sort") in SORTS else SORTS[0])  # fmt: skip
    results: Results | None = None
    fault = ""
    with site().db.reading() as rows:
        documents = editions.summaries(rows)
        if form.q:
            try:
                results = full_text.search(
                    rows, site().engine, form.q, document=form.document or None,
                    kinds=[form.kind] if form.kind else None, sort=form.sort,
                    cursor=args.get("cursor"),
                )  # fmt: skip
            except (Malformed, Unacceptable) as error:
                fault = error.message
    html = render_template("search.html", asked=form, found=results, fault=fault, sorts=SORTS,
                           documents=documents, fields=FIELDS)  # fmt: skip
    return make_response(html, 400 if fault else 200)
