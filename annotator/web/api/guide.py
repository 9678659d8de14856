"""The page for people who write programs: `docs/api.md`, and every operation of the description.

Tests run the examples and compare answers with the description. If the program is installed
without its documentation, the page has the operations only.
"""

from __future__ import annotations

import re
from functools import cache
from itertools import pairwise
from typing import Any, NamedTuple

from flask import Blueprint, Response, jsonify, render_template
from markdown_it import MarkdownIt
from markupsafe import Markup, escape

from annotator import shipped
from annotator.auth.permissions import allowed
from annotator.search import outbox
from annotator.services.operations import status
from annotator.services.reading import full_text
from annotator.web.api import openapi
from annotator.web.api.openapi import Described
from annotator.web.api.operations import OPERATIONS, api, operation
from annotator.web.http.site import site, viewer

TEXT = shipped("docs") / "api.md"
LINK = re.compile(r"\[([^]]+)\]\([\w-]+\.md(?:#[\w-]+)?\)")  # to another page of docs/
guide = Blueprint("guide", __name__)
JSON = dict[str, Any]


class GuideHeading(NamedTuple):
    """A heading of the text and the anchor that links lead to."""

    ident: str
    title: str


@guide.get("/api/")
def show() -> str:
    """Show the documentation of the API, with examples."""
    html, sections = _text()
    operations = sorted(OPERATIONS, key=lambda operation: operation.path)
    return render_template(
        "api.html", text=html, sections=sections, operations=operations,
        described=openapi.description(site().config), kind=kind_of,
    )  # fmt: skip


@operation("GET", "/api/openapi.json", gives=Described)
def describe() -> Response:
    """Describe this API as OpenAPI 3.1."""
    return jsonify(openapi.description(site().config))


@cache
def _text() -> tuple[Markup, list[GuideHeading]]:
    """Render the documentation, and list its sections."""
    if not TEXT.is_file():
        return Markup(""), []
    reader = MarkdownIt("commonmark", {"html": False}).enable("table")
    text = TEXT.read_text(encoding="utf-8").replace("](query-language.md)", "](/search)")
    tokens = reader.parse(LINK.sub(r"\1", text))[3:]  # the page has another title
    sections: list[GuideHeading] = []
    for heading, words in pairwise(tokens):
        if heading.type == "heading_open":
            ident = re.sub(r"\W+", "-", words.content.lower()).strip("-")
            entry = GuideHeading(ident, words.content)
            heading.attrs["id"] = entry.ident
            sections.append(entry)
    html = reader.renderer.render(tokens, reader.options, {})
    html = html.replace("<pre>", '<pre tabindex="0">')
    html = html.replace("<table>", '<div class="scrolls" tabindex="0"><table>')
    return Markup(html.replace("</table>", "</table></div>")), sections  # noqa: S704  it is ours


def kind_of(schema: JSON) -> Markup:
    """Describe a type: `list of Annotation, or null`, with links to the schemas."""
    if "$ref" in schema:
        name = escape(schema["$ref"].rpartition("/")[2])
        return Markup('<a href="#shape-{0}">{0}</a>').format(name)
    if "enum" in schema or "const" in schema:
        values = schema.get("enum") or [schema["const"]]
        return Markup(" | ").join(Markup("<code>{}</code>").format(value) for value in values)
    if "type" in schema and schema["type"] != "array":
        more = f" ({schema['format']})" if "format" in schema else ""
        return escape("any value" if schema["type"] == "object" else f"{schema['type']}{more}")
    if schema.get("type") == "array":
        return Markup("list of {}").format(kind_of(schema.get("items", {})))
    kinds = [kind_of(each) for each in schema.get("anyOf", ())]
    return Markup(", or ").join(kinds or ["any value"])


@api.get("/health")
def health() -> Response:
    """Return the site's health and how many changes search is behind; 503 without a database.

    The state is `degraded` while something in `problems` does not work; reading still does.
    Administrators see the hosts, the leader of each task, and what is waiting.
    """
    db, engine = site().db, site().engine
    if allowed(viewer(), "site.see"):
        answer = jsonify(status.read(db, engine, site().leases).shape())
        answer.cache_control.no_store = True
        return answer
    with db.reading() as session:
        waiting = outbox.waiting(session)
        problems = status.problems_of(db, full_text.index_problem(session, engine))
    return jsonify(status.summary(problems, waiting))


@api.get("/health/live")
def live() -> Response:
    """Return 200 while the process runs."""
    return jsonify({"status": "ok"})
