"""A provision's page: its words, its addresses, all commentary on it, and a form for more."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import Response, request, url_for
from markupsafe import Markup
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from annotator.errors import AnnotatorError, NotFound
from annotator.schemas.annotations import Draft
from annotator.services.addressing import address_lookup
from annotator.services.annotations import annotations as commentary
from annotator.services.annotations import listings, tags
from annotator.services.annotations.filters import Filter
from annotator.services.editions import editions, provisions
from annotator.services.editions.editions import Loaded
from annotator.services.editions.provisions import ProvisionView
from annotator.services.essays import quotation_index
from annotator.services.reading import full_text, reading_page
from annotator.services.webmention import mentions
from annotator.web.http.site import address, site, viewer
from annotator.web.pages import filter_bar, forms, words
from annotator.web.pages.annotations import to_annotation
from annotator.web.pages.blueprint import fragment, pages, show
from annotator.web.pages.filter_bar import FilterBar
from annotator.web.pages.forms import AnnotationForm
from annotator.web.pages.people import sign_in
from annotator.web.pages.text import addressed as finding
from annotator.web.pages.text import busy, rendered
from annotator.web.pages.text.addressed import AddressedPassage
from annotator.web.pages.text.manuscript import render
from annotator.web.pages.text.reading import named

FIELDS = tuple(name for name in filter_bar.FIELDS if name != "section")


@pages.get("/d/<name>/<path:place>")
def addressed(name: str, place: str) -> AnyResponse:
    """Show what an address within an edition names: a provision, sentences or words of it."""
    with site().db.reading() as rows:
        loaded = named(rows, name)
        passage = finding.find(rows, loaded, name, place)
        return _page(rows, loaded, passage) if isinstance(passage, AddressedPassage) else passage


@pages.get("/d/<slug>/p/<pid>")
def provision(slug: str, pid: str) -> AnyResponse:
    """Show a provision by its pid, in the newest edition that has it."""
    with site().db.reading() as rows:
        if "@" in slug or not pid.isalnum():
            return finding.living(rows, slug, pid)
        loaded = holding(rows, slug, pid)
        return _page(rows, loaded, AddressedPassage(loaded.ordinals[pid]))


@pages.post("/d/<slug>/p/<pid>")
def comment(slug: str, pid: str) -> AnyResponse:
    """Post a comment on a provision, or on some words of it."""
    form = forms.annotation_form()
    with site().db.reading() as rows:
        loaded = holding(rows, slug, pid)
        ordinal = loaded.ordinals[pid]
        try:
            if form.preview:
                shown = forms.previewed(form, site().config.limits)
                return _page(rows, loaded, AddressedPassage(ordinal), shown)
            draft = Draft(
                document=loaded.slug, edition=loaded.label, body=form.body, tags=form.tag_list,
                targets=(forms.target(loaded, ordinal, form),), motivation="commenting",
            )  # fmt: skip
            ident = sign_in.post(draft, form.key)
        except AnnotatorError as error:
            return _page(rows, loaded, AddressedPassage(ordinal), form, error)
    return to_annotation(ident)


def holding(rows: Session, slug: str, pid: str) -> Loaded:
    """Return the edition that the request names, else the newest that has the provision."""
    label = request.values.get("edition")
    if not label:
        return editions.holding(rows, slug, pid)
    loaded = editions.labelled(rows, slug, label)
    if pid not in loaded.ordinals:
        raise NotFound(f"The edition {label} of {slug} has no provision {pid}.")
    return loaded


def _page(
    rows: Session,
    loaded: Loaded,
    passage: AddressedPassage,
    form: AnnotationForm | None = None,
    error: AnnotatorError | None = None,
) -> Response:
    form, ordinal = forms.again(form or AnnotationForm(), error), passage.ordinal
    pid = loaded.pids[ordinal]
    if fragment() and request.method == "POST":
        return show("compose.html", error, loaded=loaded, pid=pid, form=form)
    sort = request.args.get("sort", "")
    sort = sort if sort in words.SORTS else "place"
    given = fields = filter_bar.given(FIELDS)
    limit = min(max(request.args.get("limit", 50, type=int), 1), site().config.limits.page)
    hidden: dict[str, Any] = {"edition": loaded.label, "sort": sort if sort != "place" else ""}
    hidden |= {"limit": limit} if limit != 50 else {}

    def list_at(*, all: bool = False, pid: str = pid, **changes: Any) -> str:
        kept = {**hidden, **({} if all else fields), **changes}
        kept = {name: value for name, value in kept.items() if value not in (None, "")}
        return url_for("pages.provision", slug=loaded.slug, pid=pid, **kept, _anchor="_comments")

    view, listed = provisions.view(loaded, ordinal), loaded.parsed.provisions
    commented = reading_page.commentary(rows, loaded)
    text = render(replace(rendered.manuscript(rows, loaded), cited=passage.cited), ordinal)
    total = commented.counts.get(ordinal, 0)
    here: dict[str, Any] = {"document": loaded.slug, "edition": loaded.label, "provision": pid}
    try:
        narrow = full_text.with_hits(rows, site().engine, filter_bar.read(fields))
        found = listings.page(rows, replace(narrow, **here), sort, request.args.get("cursor"),
                              limit, total=None if fields else total)  # fmt: skip
    except AnnotatorError as fault:
        if fault.field not in FIELDS:
            raise
        error, fields = fault, {}
        found = listings.page(rows, Filter(**here), sort, limit=limit, total=total)
    deleted = request.args.get("deleted", "")
    page = show(
        "provision.html", error, loaded=loaded, view=view, name=words.provision(listed[ordinal]),
        text=Markup(text),  # noqa: S704  `render` escapes what it writes
        highlights=rendered.code(commented.segments, view.start, view.end),
        trail=_trail(loaded, ordinal), notes=passage.notes, cited=passage.cited,
        in_context=rendered.in_context(loaded, pid),
        before=provisions.view(loaded, ordinal - 1) if ordinal else None,
        after=provisions.view(loaded, ordinal + 1) if ordinal + 1 < len(listed) else None,
        also_in=[each.label for each in editions.every(rows, loaded.document_id)
                 if each.label != loaded.label and pid in each.ordinals],
        citation=address_lookup.citation(
            loaded, *(passage.cited or (view.start, view.end)), address()
        ),
        quoted_in=quotation_index.of_provision(rows, loaded, ordinal),
        mentions=mentions.of_provision(rows, loaded, ordinal),
        found=found, sort=sort, left_out=total - found.total, given=given,
        busy=busy.within(rows, loaded, fields, ordinal, lambda pid: list_at(pid=pid)),
        filter=FilterBar(given, list_at, hidden, FIELDS, loaded, tags.used(rows, loaded), error),
        hidden=listings.hidden_at(rows, loaded, ordinal), form=form, at=list_at,
        deleted=deleted if deleted and commentary.restorable(rows, viewer(), deleted) else "",
    )  # fmt: skip
    return rendered.announced(page, loaded.slug, pid)


def _trail(loaded: Loaded, ordinal: int) -> list[ProvisionView]:
    """List the provisions around a provision, outermost first."""
    trail: list[ProvisionView] = []
    at = loaded.parsed.provisions[ordinal].parent
    while at is not None:
        trail.insert(0, provisions.view(loaded, at))
        at = loaded.parsed.provisions[at].parent
    return trail
