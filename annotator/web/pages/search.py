"""The search page: results with the words that were found, and links to narrow them by."""

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
    """What is asked for; an empty field does not narrow."""

    q: str
    document: str
    kind: str
    sort: str

    def url(self, **changes: str) -> str:
        """Return the address of this search with something changed, from its first page on."""
        values = {"q": self.q, "document": self.document, "kind": self.kind, "sort": self.sort}
        wanted = {key: value for key, value in (values | changes).items() if value}
        if wanted.get("sort") == SORTS[0]:
            del wanted["sort"]
        return f"{url_for('pages.search')}?{urlencode(wanted)}"

    def narrowed(self, field: str, value: FacetOption) -> str:
        """Return the address of this search within one value of a facet."""
        if field == "document":
            return self.url(document=value.value)
        query = f"({self.q})" if " OR " in self.q else self.q  # OR binds less than what is added
        return self.url(q=f"{query} {condition(field, value.value)}".strip())


@pages.get("/search")
def search() -> Response:
    """Search commentary and documents; a query that cannot be read is explained."""
    args = request.args
    asked = SearchForm(args.get("q", "").strip(), args.get("document", ""),
                  args.get("kind", "") if args.get("kind") in KINDS else "",
                  args.get("sort", "") if args.get("sort") in SORTS else SORTS[0])  # fmt: skip
    found: Results | None = None
    fault = ""
    with site().db.reading() as rows:
        documents = editions.summaries(rows)
        if asked.q:
            try:
                found = full_text.search(
                    rows, site().engine, asked.q, document=asked.document or None,
                    kinds=[asked.kind] if asked.kind else None, sort=asked.sort,
                    cursor=args.get("cursor"),
                )  # fmt: skip
            except (Malformed, Unacceptable) as error:
                fault = error.message
    html = render_template("search.html", asked=asked, found=found, fault=fault, sorts=SORTS,
                           documents=documents, fields=FIELDS)  # fmt: skip
    return make_response(html, 400 if fault else 200)
