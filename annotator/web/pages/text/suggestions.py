"""Suggesting other words for a provision, and agreeing with a suggestion."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field, replace

from flask import Response, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from annotator.documents.parsed import own_words
from annotator.errors import AnnotatorError, Malformed, Unacceptable
from annotator.schemas.annotations import Draft, DraftTarget
from annotator.services.annotations import annotations as commentary
from annotator.services.annotations import suggestions
from annotator.services.editions import editions, provisions
from annotator.services.editions.editions import Loaded
from annotator.suggestions.changes import ProposedChange, collapse, narrowest
from annotator.web.http.site import site, viewer
from annotator.web.pages.annotations import to_annotation
from annotator.web.pages.blueprint import pages, show
from annotator.web.pages.text.provisions import holding


def new_key() -> str:
    """Return a key under which a form is posted once."""
    return secrets.token_urlsafe(12)


@dataclass(frozen=True)
class SuggestionForm:
    """A suggestion as entered: words as they should be, new ones, and why.

    The words are `text[start:end]` of the edition, or all of the provision without them.
    """

    start: int | None = None
    end: int | None = None
    wording: str = ""
    paragraph: str = ""
    body: str = ""
    act: str = "replace"
    key: str = field(default_factory=new_key)


@pages.get("/d/<document:slug>/suggestions")
def document_suggestions(slug: str) -> AnyResponse:
    """List the suggestions on the newest edition of a document."""
    with site().db.reading() as rows:
        label = editions.newest(rows, slug).label
    return redirect(url_for("pages.comments", slug=slug, label=label, kind="suggestion"), 303)


@pages.get("/d/<slug>/p/<pid>/suggest")
def suggest(slug: str, pid: str) -> Response:
    """Show the form to suggest other words for a provision."""
    with site().db.reading() as rows:
        loaded = holding(rows, slug, pid)
        form = SuggestionForm(*_range(loaded))
        return _page(loaded, pid, replace(form, wording=_words(loaded, pid, form)))


@pages.post("/d/<slug>/p/<pid>/suggest")
def post_suggestion(slug: str, pid: str) -> AnyResponse:
    """Post a suggestion, or show an equal one."""
    sent = request.form
    with site().db.reading() as rows:
        loaded = holding(rows, slug, pid)
        start, end = _range(loaded)
        form = SuggestionForm(
            start, end, sent.get("wording", ""), sent.get("paragraph", ""), sent.get("body", ""),
            sent.get("do", "replace"), sent.get("key") or new_key(),
        )  # fmt: skip
        try:
            change = _change(loaded, pid, form)
            same = next((each for each, how in suggestions.related(rows, loaded, change)
                         if how == "same" and each.author != viewer().name), None)  # fmt: skip
        except AnnotatorError as error:
            return _page(loaded, pid, form, error)
    if same is not None and sent.get("beside") != same.id:
        return _page(loaded, pid, form, same=same)
    draft = _draft(loaded, pid, form, change)
    try:
        with site().db.transaction() as rows:
            ident, _ = commentary.post(rows, viewer(), draft, site().config.limits, form.key)
    except AnnotatorError as error:
        return _page(loaded, pid, form, error)
    return to_annotation(ident)


@pages.post("/a/<ident>/agree")
def agree(ident: str) -> AnyResponse:
    """Agree with a suggestion, or withdraw the agreement."""
    with site().db.transaction() as rows:
        suggestions.agree(rows, viewer(), ident, agrees=request.form.get("do") != "withdraw")
    return to_annotation(ident)


def _range(loaded: Loaded) -> tuple[int | None, int | None]:
    """Return the words that the request names by their offsets. Raises Malformed."""
    given = [request.values.get(name, "") for name in ("start", "end")]
    if not any(given):
        return None, None
    if not all(each.isascii() and each.isdigit() and len(each) < 10 for each in given):
        raise Malformed("start and end must be numbers.", field="start")
    start, end = map(int, given)
    if not start < end <= len(loaded.parsed.text):
        raise Malformed(f"{loaded.label} has no words from {start} to {end}.", field="start")
    return start, end


def _words(loaded: Loaded, pid: str, form: SuggestionForm) -> str:
    """Return the chosen words, or a provision's own, if they are in one paragraph; else ""."""
    if form.start is not None and form.end is not None:
        words = loaded.parsed.text[form.start : form.end]
    else:
        words = own_words(loaded.parsed.text, loaded.parsed.provisions, loaded.ordinals[pid])
    return "" if "\n" in words else words


def _change(loaded: Loaded, pid: str, form: SuggestionForm) -> ProposedChange:
    provision = loaded.parsed.provisions[loaded.ordinals[pid]]
    start, end = form.start, form.end
    if start is None or end is None:
        start, end = provision.start, provision.end
    if form.act == "insert":
        paragraphs = form.paragraph.replace("\r\n", "\n")
        return ProposedChange("insert", provision.start, provision.end, paragraphs)
    if form.act == "strike":
        return ProposedChange("strike", start, end)
    words = _words(loaded, pid, form)
    if not words:
        raise Unacceptable("The passage has several paragraphs. Suggest words for one of them.",
                           field="wording")  # fmt: skip
    change = narrowest(start, words, collapse(form.wording))
    if change.start == change.end:
        raise Unacceptable("Your wording is the same as the text. Change it.",
                           field="wording")  # fmt: skip
    return change


def _draft(loaded: Loaded, pid: str, form: SuggestionForm, change: ProposedChange) -> Draft:
    whole = form.act == "insert" or (form.act == "strike" and form.start is None)
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
    same: suggestions.Standing | None = None,
) -> Response:
    return show(
        "suggest.html", error, loaded=loaded, view=provisions.view(loaded, loaded.ordinals[pid]),
        words_here=_words(loaded, pid, form), form=form, same=same,
        longest=suggestions.LONGEST_WORDING,
    )  # fmt: skip
