"""The rendered reading page of an edition, cached until its commentary changes.

The text is the same for every viewer, so it is rendered once for each state of the commentary.
"""

from __future__ import annotations

import hashlib
import heapq
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from flask import Response, make_response, request, session, url_for
from flask_wtf.csrf import generate_csrf
from markupsafe import Markup
from sqlalchemy.orm import Session

from annotator.services.editions.editions import Loaded
from annotator.services.essays import essays
from annotator.services.reading import reading_page
from annotator.services.reading.reading_page import Segment
from annotator.services.webmention import mentions
from annotator.web.http.hooks import read_only
from annotator.web.http.site import site, viewer
from annotator.web.pages import words
from annotator.web.pages.blueprint import unread, version
from annotator.web.pages.text.manuscript import (
    LONG,
    Manuscript,
    RenderedText,
    parts,
    render,
    render_part,
    render_whole,
)

BUSIEST = 6
ANNOTATION_SERVICE = "http://www.w3.org/ns/oa#annotationService"


@dataclass(frozen=True)
class ContentsEntry:
    """A line of the table of contents, with its sublines."""

    title: str
    slug: str
    children: list[ContentsEntry]


@dataclass(frozen=True)
class BusyPlace:
    """A paragraph with many comments, and its name for people."""

    place: str
    pid: str
    count: int


@dataclass(frozen=True)
class RenderedEdition:
    """The reading page of one edition in one state of its commentary.

    `in_parts` is whether only parts of the text are in it.
    """

    text: Markup
    in_parts: bool
    highlights: Markup
    contents: list[ContentsEntry]
    busiest: list[BusyPlace]
    annotations: int
    essays: int
    mentions: int


@dataclass(frozen=True)
class _Kept:
    """The page of an edition at a document's state, with the data for rendering the next one."""

    state: int
    source: Manuscript
    text: RenderedText
    page: RenderedEdition


def manuscript(rows: Session, loaded: Loaded) -> Manuscript:
    """Return an edition with its counts, ready to be rendered."""
    commentary = reading_page.commentary(rows, loaded)
    base = f"/d/{loaded.slug}@{loaded.label}"
    return Manuscript(loaded.parsed, loaded.pids, commentary.counts, base, commentary.lost)


def edition(
    rows: Session, loaded: Loaded, at: int | None = None, *, whole: bool = False
) -> RenderedEdition:
    """Return an edition's rendered text.

    Of a long text, it has the first part and the one around the offset `at`, or the `whole`.
    """
    divided, source = _parts(rows, loaded), manuscript(rows, loaded)
    left_out = divided[1:]
    if divided and (whole or at is not None):
        asked = None if whole else _part_at(divided, at or 0)
        source = replace(source, left_out=[] if whole else [it for it in left_out if it != asked])
        return _edition(rows, loaded, source, render_whole(source))
    cache, key = (
        rows.info["cache"],
        ("page", loaded.edition_id, loaded.revision, site().language.state),
    )
    kept: _Kept | None = cache.get(key)
    if kept is None or kept.state != loaded.state:
        source = replace(source, left_out=left_out)
        text = kept.text.recounted(source, kept.source) if kept else render_whole(source)
        page = _edition(rows, loaded, source, text)
        cache[key] = kept = _Kept(loaded.state, source, text, page)
    return kept.page


def _edition(
    rows: Session, loaded: Loaded, source: Manuscript, text: RenderedText
) -> RenderedEdition:
    commentary = reading_page.commentary(rows, loaded)
    return RenderedEdition(
        text=Markup(text.html),  # noqa: S704  it escapes what it writes
        in_parts=bool(source.left_out),
        highlights=code(commentary.segments),
        contents=contents(loaded),
        busiest=busiest(loaded, commentary.counts),
        annotations=commentary.total,
        essays=essays.count(rows, loaded.document_id),
        mentions=mentions.count(rows, "shown", loaded.document_id),
    )


def part(rows: Session, loaded: Loaded, at: int) -> str:
    """Return the part of a long text around the offset `at`, or the whole of a short one."""
    source = manuscript(rows, loaded)
    found = _part_at(_parts(rows, loaded), at)
    return render_part(source, *found) if found else render(source)


def _parts(rows: Session, loaded: Loaded) -> list[tuple[int, int]]:
    """Divide a long text into parts; a short one has none."""
    cache, key = rows.info["cache"], ("parts", loaded.edition_id)
    if key not in cache:
        long = len(loaded.parsed.text) > LONG
        cache[key] = parts(manuscript(rows, loaded)) if long else []
    found: list[tuple[int, int]] = cache[key]
    return found


def _part_at(divided: Sequence[tuple[int, int]], at: int) -> tuple[int, int] | None:
    """Return the part around an offset; after a heading between parts, the next one."""
    return next((part for part in divided if at < part[1]), None)


def in_context(loaded: Loaded, pid: str) -> str:
    """Return the address of a provision in the text; in a long text, with its part."""
    at = pid if len(loaded.parsed.text) > LONG else None
    return url_for("pages.document", name=f"{loaded.slug}@{loaded.label}", at=at, _anchor=pid)


def code(segments: Sequence[Segment], start: int = 0, end: int | None = None) -> Markup:
    """Serialize highlighted ranges for the scripts. Only numbers: nothing to escape."""
    coded = reading_page.coded(segments, start, end)
    return Markup(json.dumps(coded, separators=(",", ":")))  # noqa: S704


def contents(loaded: Loaded) -> list[ContentsEntry]:
    """Return the table of contents, nested as the sections are."""
    top: list[ContentsEntry] = []
    entries: dict[int, ContentsEntry] = {}
    for ordinal, provision in enumerate(loaded.parsed.provisions):
        if provision.kind == "section" and provision.level:
            entries[ordinal] = ContentsEntry(
                provision.attributes.get("title", ""), provision.slug or "", []
            )
            above = entries[provision.parent].children if provision.parent in entries else top
            above.append(entries[ordinal])
    return top


def busiest(loaded: Loaded, counts: Mapping[int, int]) -> list[BusyPlace]:
    """Return the paragraphs with the most comments, the busiest first."""
    provisions = loaded.parsed.provisions
    several = [(count, -ordinal) for ordinal, count in counts.items()
               if ordinal >= 0 and count > 1 and provisions[ordinal].kind != "section"]  # fmt: skip
    return [BusyPlace(words.place(loaded.parsed, -ordinal), loaded.pids[-ordinal], count)
            for count, ordinal in heapq.nlargest(BUSIEST, several)]  # fmt: skip


def etag(loaded: Loaded, *more: object) -> str:
    """Return a digest of what the reading page depends on: text, commentary, viewer, site.

    `more` are further dependencies of another page of the same text.
    """
    if viewer().known:
        generate_csrf()  # before the page is: its forms carry the token of this session alone
    settings = (site().config.site, site().config.webmention)
    parts = (loaded.slug, loaded.sha256, loaded.state, loaded.labels, viewer().name, unread(),
             session.get("csrf_token"), version(), settings, read_only(), more)  # fmt: skip
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:24]


def unchanged(tag: str) -> bool:
    """Return whether the browser has the page in its cache."""
    return request.if_none_match.contains_weak(tag)


def answer(html: str, tag: str) -> Response:
    """Return a page that the browser caches and revalidates before each use."""
    return marked(make_response(html), tag)


def announced(page: Response, slug: str, pid: str | None = None) -> Response:
    """Add `Link` headers for the W3C container of a page and the webmention endpoint."""
    place = url_for("w3c.container", slug=slug, pid=pid)
    page.headers.add("Link", f'<{place}>; rel="{ANNOTATION_SERVICE}"')
    if site().config.webmention.receive:
        page.headers.add("Link", f'<{url_for("pages.post_mention")}>; rel="webmention"')
    return page


def marked(page: Response, tag: str) -> Response:
    """Set a page's ETag and that it must be revalidated."""
    page.set_etag(tag, weak=True)
    page.headers["Cache-Control"] = "private, no-cache"
    page.vary.add("Cookie")
    return page
