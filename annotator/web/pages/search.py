"""The search page: results with snippets, and facets."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from flask import Response, make_response, render_template, request, url_for
from sqlalchemy.orm import Session

from annotator.errors import Malformed, Unacceptable
from annotator.schemas.queries import FacetOption, Results
from annotator.search.query import condition
from annotator.services.annotations import tags
from annotator.services.reading import full_text
from annotator.web.http.site import site
from annotator.web.pages import filter_bar
from annotator.web.pages.blueprint import page
from annotator.web.pages.filter_bar import FilterBar

SORTS = ("relevance", "newest", "place")
KINDS = ("annotation", "provision")
FACETS = ("document", "section", "author", "tag")
GIVEN = ("author", "tag", "section", "after", "before")


@dataclass(frozen=True)
class SearchForm:
    """The parameters of a search; empty fields do not filter. `given` is its filter by field."""

    q: str
    document: str
    kind: str
    sort: str
    given: dict[str, str]

    @property
    def query(self) -> str:
        """The words and the filter, in the query language."""
        given = [("tag", tag) for tag in filter_bar.tags_of(self.given)]
        given += [(name, value) for name, value in self.given.items() if name != "tag"]
        added = [
            f"{name}:{value}" if name in filter_bar.MOMENTS else condition(name, value)
            for name, value in given
        ]
        both = added and " OR " in self.q  # OR has lower precedence than the filter
        return " ".join([f"({self.q})" if both else self.q, *added]).strip()

    @property
    def tag(self) -> str:
        """The tag that this is a search for, or empty."""
        name = self.query.removeprefix("tag:").strip('"')
        return name if self.query == condition("tag", name) and not self.document else ""

    @property
    def followed(self) -> str:
        """The query by which this search is followed."""
        if not self.document:
            return self.query
        words = f"({self.query})" if " OR " in self.query else self.query
        return f"{words} {condition('document', self.document)}"

    def url(self, **changes: str | None) -> str:
        """Return the address of the first page of this search with changed parameters."""
        values = {"q": self.q, "document": self.document, "kind": self.kind, "sort": self.sort}
        parameters = {key: value for key, value in (values | self.given | changes).items() if value}
        if parameters.get("sort") == SORTS[0]:
            del parameters["sort"]
        return f"{url_for('pages.search')}?{urlencode(parameters)}"

    def narrowed(self, field: str, value: FacetOption) -> str:
        """Return the address of this search filtered by a value of a facet."""
        if field == "tag":
            return self.url(tag=", ".join([*filter_bar.tags_of(self.given), value.value]))
        return self.url(**{field: value.value})


@page("/search")
def search(rows: Session) -> Response:
    """Search commentary and documents; explain the error in an invalid query."""
    args = request.args
    form = SearchForm(args.get("q", "").strip(), args.get("document", ""),
                  args.get("kind", "") if args.get("kind") in KINDS else "",
                  args.get("sort", "") if args.get("sort") in SORTS else SORTS[0],
                  filter_bar.given(GIVEN))  # fmt: skip
    results: Results | None = None
    fault = ""
    if form.query:
        try:
            results = full_text.search(
                rows, site().engine, form.query, document=form.document or None,
                kinds=[form.kind] if form.kind else None, sort=form.sort,
                cursor=args.get("cursor"),
            )  # fmt: skip
        except (Malformed, Unacceptable) as error:
            fault = error.message
    used = tags.used(rows) if results else ()
    hidden = {"q": form.q, "document": form.document, "kind": form.kind, "sort": form.sort}
    html = render_template(
        "search.html", asked=form, found=results,
        titles={each.value: each.label for each in results.facets.document} if results else {},
        fault=fault, facets=FACETS,
        filter=FilterBar(form.given, form.url, hidden, GIVEN, tags=used),
    )  # fmt: skip
    return make_response(html, 400 if fault else 200)
