"""A provision's page: its words, its addresses, all commentary on it, and a form for more."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Response, make_response, redirect, render_template, request, url_for
from markupsafe import Markup
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from annotator.documents import addresses
from annotator.errors import AnnotatorError, Malformed, NotFound, NotSignedIn
from annotator.formats.remark import Draft
from annotator.services import annotations as commentary
from annotator.services import citing, editions, listing, provisions, reading
from annotator.services.editions import Loaded
from annotator.services.listing import Filter, Listing
from annotator.services.provisions import ProvisionView
from annotator.web.errors import status_of
from annotator.web.pages import forms, rendered, words
from annotator.web.pages.blueprint import pages
from annotator.web.pages.forms import RemarkForm
from annotator.web.pages.manuscript import render
from annotator.web.pages.reading import named
from annotator.web.site import site, viewer

SORTS = ("place", "newest")


@dataclass(frozen=True)
class Place:
    """A provision with what stands around it, as its page shows it."""

    loaded: Loaded
    view: ProvisionView
    name: str
    text: Markup
    highlights: Markup
    trail: list[ProvisionView]
    before: ProvisionView | None
    after: ProvisionView | None
    also_in: list[str]


@pages.get("/d/<name>/<section>")
def section(name: str, section: str) -> Response:
    """Show a section by its address."""
    with site().db.reading() as rows:
        loaded = named(rows, name)
        return _page(rows, loaded, _ordinal(loaded, section, ""))


@pages.get("/d/<name>/<section>/<number>")
def numbered(name: str, section: str, number: str) -> Response:
    """Show a provision by its address."""
    with site().db.reading() as rows:
        loaded = named(rows, name)
        return _page(rows, loaded, _ordinal(loaded, section, number))


@pages.get("/d/<slug>/p/<pid>")
def provision(slug: str, pid: str) -> Response:
    """Show a provision by its lasting name, in the newest edition that it lives in."""
    with site().db.reading() as rows:
        loaded = _holding(rows, slug, pid)
        return _page(rows, loaded, loaded.ordinals[pid])


@pages.post("/d/<slug>/p/<pid>")
def comment(slug: str, pid: str) -> AnyResponse:
    """Post a remark on a provision, or on some words of it."""
    form = forms.remark_form()
    with site().db.reading() as rows:
        loaded = _holding(rows, slug, pid)
        ordinal = loaded.ordinals[pid]
        if form.preview:
            return _page(rows, loaded, ordinal, form)
        try:
            ident = _post(loaded, ordinal, form)
        except NotSignedIn:
            raise
        except AnnotatorError as error:
            return _page(rows, loaded, ordinal, form, error)
    return redirect(url_for("pages.remark", ident=ident), 303)


def _post(loaded: Loaded, ordinal: int, form: RemarkForm) -> str:
    draft = Draft(
        document=loaded.slug, edition=loaded.label, body=form.body, tags=form.tag_list,
        targets=(forms.target(loaded, ordinal, form.quote),), motivation="commenting",
    )  # fmt: skip
    with site().db.transaction() as rows:
        ident = commentary.create(rows, viewer(), draft, site().config.limits)
    site().indexer.wake()
    return ident


def _holding(rows: Session, slug: str, pid: str) -> Loaded:
    """Give the edition that the request names, else the newest that the provision lives in."""
    label = request.values.get("edition")
    if not label:
        return editions.holding(rows, slug, pid)
    loaded = editions.labelled(rows, slug, label)
    if pid not in loaded.ordinals:
        raise NotFound(f"The edition {label} of {slug} has no provision {pid}.")
    return loaded


def _ordinal(loaded: Loaded, slug: str, number: str) -> int:
    """Find what an address within an edition names: a section, a unit, a sentence's provision.

    Raises NotFound.
    """
    listed = loaded.parsed.provisions
    home = next((at for at, it in enumerate(listed) if it.slug == slug), None)
    if home is not None and not number:
        return home
    for at, it in enumerate(listed):
        if home is not None and it.section == home and it.number == number:
            return at
    cited = f"{loaded.slug}@{loaded.label}/{slug}/{number}".rstrip("/")
    try:
        return citing.provision_at(loaded, addresses.read(cited))
    except Malformed as error:
        raise NotFound(f"{cited} is no address of a provision.") from error


def _page(
    rows: Session,
    loaded: Loaded,
    ordinal: int,
    form: RemarkForm | None = None,
    error: AnnotatorError | None = None,
) -> Response:
    sort = request.args.get("sort", "place")
    narrow = Filter(document=loaded.slug, edition=loaded.label, provision=loaded.pids[ordinal])
    found: Listing = listing.page(rows, narrow, "newest" if sort == "newest" else "place",
                                  request.args.get("cursor"))  # fmt: skip
    html = render_template(
        "provision.html", place=_place(rows, loaded, ordinal), found=found, sort=sort,
        form=form or RemarkForm(), error=error,
    )  # fmt: skip
    return make_response(html, status_of(error) if error else 200)


def _place(rows: Session, loaded: Loaded, ordinal: int) -> Place:
    view = provisions.view(loaded, ordinal)
    listed = loaded.parsed.provisions
    script = rendered.manuscript(rows, loaded)
    return Place(
        loaded, view, words.provision(listed[ordinal]),
        Markup(render(script, ordinal)),  # noqa: S704  it escapes what it writes
        rendered.code(reading.segments(rows, loaded), view.start, view.end),
        _trail(loaded, ordinal),
        provisions.view(loaded, ordinal - 1) if ordinal else None,
        provisions.view(loaded, ordinal + 1) if ordinal + 1 < len(listed) else None,
        [label for label in loaded.labels
         if view.pid in editions.labelled(rows, loaded.slug, label).ordinals],
    )  # fmt: skip


def _trail(loaded: Loaded, ordinal: int) -> list[ProvisionView]:
    """List what a provision stands in, outermost first."""
    trail: list[ProvisionView] = []
    at = loaded.parsed.provisions[ordinal].parent
    while at is not None:
        trail.insert(0, provisions.view(loaded, at))
        at = loaded.parsed.provisions[at].parent
    return trail
