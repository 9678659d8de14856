"""An edition's page, ready to be put into its frame; kept until its commentary changes.

The text is the same for every viewer, so it is written once for each state of the commentary.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass

from flask import Response, make_response, request, session, url_for
from markupsafe import Markup
from sqlalchemy.orm import Session

from annotator.services.editions.editions import Loaded
from annotator.services.essays import essays
from annotator.services.reading import reading_page
from annotator.services.reading.reading_page import Segment
from annotator.services.webmention import mentions
from annotator.web.http.caching import keep_packed
from annotator.web.http.protection import read_only
from annotator.web.http.site import language, site, viewer
from annotator.web.pages.blueprint import unread, version
from annotator.web.pages.text.manuscript import Manuscript, render

ANNOTATION_SERVICE = "http://www.w3.org/ns/oa#annotationService"


@dataclass(frozen=True)
class ContentsEntry:
    """A line of the table of contents, with those under it."""

    title: str
    slug: str
    children: list[ContentsEntry]


@dataclass(frozen=True)
class RenderedEdition:
    """What the reading page shows of one edition in one state of its commentary."""

    text: Markup
    highlights: Markup
    contents: list[ContentsEntry]
    annotations: int
    essays: int
    mentions: int


def manuscript(rows: Session, loaded: Loaded) -> Manuscript:
    """Return an edition with its counts, ready to be written."""
    found = reading_page.commentary(rows, loaded)
    base = f"/d/{loaded.slug}@{loaded.label}"
    return Manuscript(loaded.parsed, loaded.pids, found.counts, base, found.lost)


def edition(rows: Session, loaded: Loaded) -> RenderedEdition:
    """Return an edition's text as it stands now."""
    cache, key = rows.info["cache"], ("page", loaded.edition_id, language().state)
    kept: tuple[int, RenderedEdition] | None = cache.get(key)
    if kept is None or kept[0] != loaded.state:
        found = reading_page.commentary(rows, loaded)
        page = RenderedEdition(
            text=Markup(render(manuscript(rows, loaded))),  # noqa: S704  it escapes what it writes
            highlights=code(found.segments),
            contents=contents(loaded),
            annotations=found.total.annotations,
            essays=len(essays.listed(rows, loaded.slug)),
            mentions=mentions.count(rows, "shown", loaded.document_id),
        )
        cache[key] = kept = (loaded.state, page)
    return kept[1]


def code(segments: Sequence[Segment], start: int = 0, end: int | None = None) -> Markup:
    """Write highlighted ranges for the scripts. Numbers alone: nothing to be escaped."""
    coded = reading_page.coded(segments, start, end)
    return Markup(json.dumps(coded, separators=(",", ":")))  # noqa: S704


def contents(loaded: Loaded) -> list[ContentsEntry]:
    """Return the table of contents, nested as the sections are."""
    top: list[ContentsEntry] = []
    entries: dict[int, ContentsEntry] = {}
    for ordinal, it in enumerate(loaded.parsed.provisions):
        if it.kind == "section" and it.level:
            entries[ordinal] = ContentsEntry(it.attributes.get("title", ""), it.slug or "", [])
            above = entries[it.parent].children if it.parent in entries else top
            above.append(entries[ordinal])
    return top


def etag(loaded: Loaded, *more: object) -> str:
    """Name all that the reading page depends on: the text, the commentary, the viewer, the site.

    `more` is what another page of the same text depends on besides.
    """
    settings = (site().config.site, site().config.webmention)
    parts = (loaded.slug, loaded.sha256, loaded.state, loaded.labels, viewer().name, unread(),
             session.get("csrf_token"), version(), settings, read_only(), more)  # fmt: skip
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:24]


def unchanged(tag: str) -> bool:
    """Return whether the browser has the page already."""
    return request.if_none_match.contains_weak(tag)


def answer(html: str, tag: str) -> Response:
    """Answer with a page that the browser keeps and asks about before each use."""
    if not viewer().known:
        keep_packed(tag)
    return marked(make_response(html), tag)


def announced(page: Response, slug: str, pid: str | None = None) -> Response:
    """Name, for programs, the W3C container of a page's commentary, and where to mention it."""
    place = url_for("w3c.container", slug=slug, pid=pid)
    page.headers.add("Link", f'<{place}>; rel="{ANNOTATION_SERVICE}"')
    if site().config.webmention.receive:
        page.headers.add("Link", f'<{url_for("pages.post_mention")}>; rel="webmention"')
    return page


def marked(page: Response, tag: str) -> Response:
    """Say what a page's state is called, and that it must be asked about."""
    page.set_etag(tag, weak=True)
    page.headers["Cache-Control"] = "private, no-cache"
    page.vary.add("Cookie")
    return page
