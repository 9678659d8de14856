"""A provision's page: its words, its addresses, all commentary on it, and a form for more."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple
from urllib.parse import urlencode

from flask import Response, make_response, redirect, render_template, request
from markupsafe import Markup
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from annotator.documents.address import notation
from annotator.errors import AnnotatorError, Malformed, NotFound
from annotator.models import WHOLE_DOCUMENT
from annotator.schemas.annotations import Draft
from annotator.schemas.documents import Resolution
from annotator.services.addressing import address_lookup, resolver
from annotator.services.annotations import annotations as commentary
from annotator.services.annotations import listings, suggestions, tags
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
from annotator.web.pages.blueprint import form, fragment, page, path_for, path_of, show
from annotator.web.pages.filter_bar import FilterBar
from annotator.web.pages.people import sign_in
from annotator.web.pages.text import rendered
from annotator.web.pages.text.manuscript import render

FIELDS = tuple(name for name in filter_bar.FIELDS if name != "section")
LEAST_JUMPS = 20  # comments
UNQUOTED = "!$'()*,/:;?@"  # in a query, after RFC 3986


@dataclass(frozen=True)
class AddressedPassage:
    """A provision, its `cited` range (None for all of it), and notes for the reader."""

    ordinal: int
    cited: tuple[int, int] | None = None
    notes: tuple[str, ...] = ()


class Jump(NamedTuple):
    """A provision with comments: its name, first words, their number, and their address."""

    name: str
    text: str
    comments: int
    url: str


@page("/d/<name>/<path:place>")
def addressed(rows: Session, name: str, place: str) -> AnyResponse:
    """Show what an address within an edition names: a provision, sentences or words of it."""
    loaded = editions.named(rows, name)
    passage = _find(rows, loaded, name, place)
    return _page(rows, loaded, passage) if isinstance(passage, AddressedPassage) else passage


@page("/d/<slug>/p/<pid>")
def provision(
    rows: Session, slug: str, pid: str, error: AnnotatorError | None = None
) -> AnyResponse:
    """Show a provision by its pid, in the newest edition that has it."""
    if request.method != "POST" and ("@" in slug or not pid.isalnum()):
        cited = f"{slug}/p/{pid}"  # a pid in an edition, or words of it
        answer = _resolved(rows, cited)
        if answer.address is not None:
            return redirect(path_of(answer.address), 302)
        return _choices(address_lookup.edition_of(rows, notation.read(cited)), answer)
    loaded = holding(rows, slug, pid)
    return _page(rows, loaded, AddressedPassage(loaded.ordinals[pid]), error)


@form("/d/<slug>/p/<pid>", provision)
def comment(slug: str, pid: str) -> AnyResponse:
    """Post a comment on a provision, or on some words of it."""
    sent = forms.annotation_form()
    if sent.preview:
        return provision(slug=slug, pid=pid)
    with site().db.reading() as rows:
        loaded = holding(rows, slug, pid)
    draft = Draft(
        document=loaded.slug, edition=loaded.label, body=sent.body, tags=sent.tag_list,
        targets=(forms.target(loaded, loaded.ordinals[pid], sent),), motivation="commenting",
    )  # fmt: skip
    return to_annotation(sign_in.post(draft, sent.key))


def holding(rows: Session, slug: str, pid: str) -> Loaded:
    """Return the requested edition, or the newest that has the provision."""
    label = request.values.get("edition")
    if not label:
        return editions.holding(rows, slug, pid)
    loaded = editions.labelled(rows, slug, label)
    if pid not in loaded.ordinals:
        raise NotFound(f"The edition {label} of {slug} has no provision {pid}.")
    return loaded


def _find(rows: Session, loaded: Loaded, name: str, place: str) -> AddressedPassage | AnyResponse:
    """Find `place` in an edition, which the request calls `name`: a provision or a response.

    A section's former or later name is answered with its present address (301), several of a name
    with all of them (300), and none with the nearest ones (404). Raises NotFound.
    """
    section, _, number = place.partition("/")
    exact = loaded.parsed.numbered.get((section, number))
    if exact is not None:
        return AddressedPassage(exact)
    answer = _resolved(rows, f"{loaded.slug}@{loaded.label}/{place}")
    if answer.address is None or answer.pid is None:
        return _choices(loaded, answer)
    present = notation.read(answer.address).start.path
    if answer.status == "same" and present and present[-1] != section:
        pinned = f"{loaded.slug}@{loaded.label}"
        moved = redirect(path_of(name + answer.address.removeprefix(pinned)), 301)
        moved.headers["Cache-Control"] = "no-cache"  # the next revision may rename it again
        return moved
    ordinal = loaded.ordinals[answer.pid]
    provision, span = loaded.parsed.provisions[ordinal], (answer.start or 0, answer.end or 0)
    whole = span == (provision.start, provision.end) or answer.walked_up
    return AddressedPassage(ordinal, None if whole else span, tuple(answer.notes))


def _choices(loaded: Loaded, answer: Resolution) -> Response:
    """Show the provisions that an address may mean, or the closest ones."""
    several = answer.status == "ambiguous"
    offered = answer.candidates
    notes = [note for note in answer.notes if not any(each.address in note for each in offered)]
    page = render_template("address_choices.html", loaded=loaded, notes=notes, offered=offered,
                           several=several and len(offered) > 1)  # fmt: skip
    return make_response(page, 300 if several else 404)


def _resolved(rows: Session, cited: str) -> Resolution:
    try:
        return resolver.resolve(rows, cited)
    except Malformed as error:
        raise NotFound(f"{cited[:200]} is not an address of a provision.") from error


def _page(
    rows: Session, loaded: Loaded, passage: AddressedPassage, error: AnnotatorError | None = None
) -> Response:
    entered, ordinal = forms.shown(error), passage.ordinal
    pid = loaded.pids[ordinal]
    if fragment() and request.method == "POST":
        return show("compose.html", error, loaded=loaded, pid=pid, form=entered)
    sort = request.args.get("sort", "")
    sort = sort if sort in words.SORTS else "place"
    given = fields = filter_bar.given(FIELDS)
    limit = min(max(request.args.get("limit", 50, type=int), 1), site().config.limits.page)
    hidden: dict[str, Any] = {"edition": loaded.label, "sort": sort if sort != "place" else ""}
    hidden |= {"limit": limit} if limit != 50 else {}

    def list_at(*, all: bool = False, pid: str = pid, **changes: Any) -> str:
        kept = {**hidden, **({} if all else fields), **changes}
        kept = {name: value for name, value in kept.items() if value not in (None, "")}
        page = path_for("pages.provision", slug=loaded.slug, pid=pid)
        return f"{page}?{urlencode(kept, safe=UNQUOTED)}#_comments"

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
        busy=jumps(rows, loaded, fields, ordinal, lambda pid: list_at(pid=pid)),
        filter=FilterBar(given, list_at, hidden, FIELDS, loaded, tags.used(rows, loaded), error),
        tables=suggestions.rivals(rows, loaded, found.items),
        hidden=listings.hidden_at(rows, loaded, ordinal), form=entered, at=list_at,
        deleted=deleted if deleted and commentary.restorable(rows, viewer(), deleted) else "",
    )  # fmt: skip
    return rendered.announced(page, loaded.slug, pid)


def _trail(loaded: Loaded, ordinal: int) -> list[ProvisionView]:
    """List the provisions around a provision, outermost first."""
    trail = [provisions.view(loaded, at) for at in loaded.parsed.and_ancestors(ordinal)]
    return trail[:0:-1]


def jumps(
    session: Session,
    loaded: Loaded,
    fields: dict[str, str],
    ordinal: int | None,
    url: Callable[[str], str],
) -> list[Jump]:
    """List what has comments inside a provision (None: the document), in the order of the text.

    These are its paragraphs and subsections; in the document, its sections. Comments are counted
    under the filter `fields`. A short list needs no jumps.
    """
    counts: Mapping[int, int] = reading_page.commentary(session, loaded).annotations
    if fields:
        narrow = filter_bar.read(fields)
        matching = reading_page.filtered_commentary(session, site().engine, loaded, narrow)
        counts = {at: tally.annotations for at, tally in matching.tallies.items()}
    if counts.get(WHOLE_DOCUMENT if ordinal is None else ordinal, 0) < LEAST_JUMPS:
        return []
    inside: list[Jump] = []
    for at, provision in enumerate(loaded.parsed.provisions):
        chosen = provision.kind == "section" if ordinal is None else provision.parent == ordinal
        if chosen and counts.get(at):
            text = "" if provision.kind == "section" else loaded.parsed.text[provision.start :]
            name = words.place(loaded.parsed, at)
            name = name if provision.kind == "section" else f"¶ {provision.number}"
            inside.append(Jump(name, words.shortened(text[:200], 80), counts[at],
                               url(loaded.pids[at])))  # fmt: skip
    return inside if len(inside) > 1 else []
