"""Suggesting other words for a provision, and agreeing with a suggestion."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field

from flask import Response, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from annotator.documents.parsed import own_words
from annotator.errors import AnnotatorError, Unacceptable
from annotator.schemas.annotations import AnnotationValue, Draft, DraftTarget
from annotator.services.annotations import annotation_loader, suggestions
from annotator.services.annotations import annotations as commentary
from annotator.services.editions import editions, provisions
from annotator.services.editions.editions import Loaded
from annotator.suggestions.changes import ProposedChange, collapse, narrowest
from annotator.web.http.site import site, viewer
from annotator.web.pages.annotations import to_annotation
from annotator.web.pages.blueprint import pages, show
from annotator.web.pages.text.provisions import addressed, holding


@dataclass(frozen=True)
class SuggestionForm:
    """A suggestion as entered: the provision's words as they should be, new ones, and why."""

    wording: str = ""
    paragraph: str = ""
    body: str = ""
    act: str = "replace"
    key: str = field(default_factory=lambda: secrets.token_urlsafe(12))


@pages.get("/d/<slug>/suggestions")
def document_suggestions(slug: str) -> AnyResponse:
    """List the suggestions on the newest edition of a document."""
    if "@" in slug:  # a section that is called "suggestions"
        return addressed(slug, "suggestions")
    with site().db.reading() as rows:
        label = editions.newest(rows, slug).label
    return redirect(url_for("pages.comments", slug=slug, label=label, kind="suggestion"), 303)


@pages.get("/d/<slug>/p/<pid>/suggest")
def suggest(slug: str, pid: str) -> Response:
    """Show the form to suggest other words for a provision."""
    with site().db.reading() as rows:
        loaded = holding(rows, slug, pid)
        return _page(loaded, pid, SuggestionForm(wording=_words(loaded, pid)))


@pages.post("/d/<slug>/p/<pid>/suggest")
def post_suggestion(slug: str, pid: str) -> AnyResponse:
    """Post a suggestion, or show who has suggested the same."""
    sent = request.form
    form = SuggestionForm(
        sent.get("wording", ""), sent.get("paragraph", ""), sent.get("body", ""),
        sent.get("do", "replace"), sent.get("key") or SuggestionForm().key,
    )  # fmt: skip
    with site().db.reading() as rows:
        loaded = holding(rows, slug, pid)
        try:
            change = _change(loaded, pid, form)
            ids = [] if "beside" in sent else suggestions.same_as(rows, loaded, change)[:1]
            same = next(iter(annotation_loader.read(rows, ids, loaded)), None)
        except AnnotatorError as error:
            return _page(loaded, pid, form, error)
    if same is not None:
        return _page(loaded, pid, form, same=same)
    draft = _draft(loaded, pid, form, change)
    try:
        with site().db.transaction() as rows:
            ident, _ = commentary.post(rows, viewer(), draft, site().config.limits, form.key)
    except AnnotatorError as error:
        return _page(loaded, pid, form, error)
    site().indexer.wake()
    return to_annotation(ident)


@pages.post("/a/<ident>/agree")
def agree(ident: str) -> AnyResponse:
    """Agree with a suggestion, or withdraw the agreement."""
    with site().db.transaction() as rows:
        suggestions.agree(rows, viewer(), ident, agrees=request.form.get("do") != "withdraw")
    site().indexer.wake()
    return to_annotation(ident)


def _words(loaded: Loaded, pid: str) -> str:
    """Return a provision's own words if they are one paragraph, else ""."""
    words = own_words(loaded.parsed.text, loaded.parsed.provisions, loaded.ordinals[pid])
    return "" if "\n" in words else words


def _change(loaded: Loaded, pid: str, form: SuggestionForm) -> ProposedChange:
    provision = loaded.parsed.provisions[loaded.ordinals[pid]]
    if form.act == "insert":
        paragraphs = form.paragraph.replace("\r\n", "\n")
        return ProposedChange("insert", provision.start, provision.end, paragraphs)
    if form.act == "strike":
        return ProposedChange("strike", provision.start, provision.end)
    words = _words(loaded, pid)
    if not words:
        raise Unacceptable("It has several paragraphs. Suggest other words for one of them.",
                           field="wording")  # fmt: skip
    change = narrowest(provision.start, words, collapse(form.wording))
    if change.start == change.end:
        raise Unacceptable("These are the words that are there already. Change them.",
                           field="wording")  # fmt: skip
    return change


def _draft(loaded: Loaded, pid: str, form: SuggestionForm, change: ProposedChange) -> Draft:
    whole = form.act in ("insert", "strike")
    target = DraftTarget(pid=pid) if whole else DraftTarget(change.start, change.end)
    return Draft(
        document=loaded.slug, edition=loaded.label, targets=(target,), body=form.body or None,
        suggestion=(change.act, change.wording),
    )  # fmt: skip


def _page(
    loaded: Loaded,
    pid: str,
    form: SuggestionForm,
    error: AnnotatorError | None = None,
    same: AnnotationValue | None = None,
) -> Response:
    return show(
        "suggest.html", error, loaded=loaded, view=provisions.view(loaded, loaded.ordinals[pid]),
        words_here=_words(loaded, pid), form=form, same=same, longest=suggestions.LONGEST_WORDING,
    )  # fmt: skip
