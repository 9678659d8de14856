"""Suggesting other words for a provision, and agreeing with a suggestion."""

from __future__ import annotations

from dataclasses import dataclass, replace

from flask import Response, request
from sqlalchemy.orm import Session
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
from annotator.web.pages.blueprint import form, go_to, page, show
from annotator.web.pages.forms import new_key
from annotator.web.pages.text.provisions import holding


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
    key: str = ""


@page("/d/<document:slug>/suggestions")
def document_suggestions(rows: Session, slug: str) -> AnyResponse:
    """List the suggestions on the newest edition of a document."""
    return go_to("comments", slug=slug, label=editions.newest(rows, slug).label, kind="suggestion")


@page("/d/<slug>/p/<pid>/suggest")
def suggest(
    rows: Session, slug: str, pid: str, error: AnnotatorError | None = None,
    same: suggestions.Standing | None = None,
) -> Response:  # fmt: skip
    """Show the form to suggest other words for a provision, or who has suggested the same."""
    loaded = holding(rows, slug, pid)
    entered = _sent(loaded)
    words = _words(loaded, pid, entered)
    if request.method != "POST":
        entered = replace(entered, wording=words)
    return show(
        "suggest.html", error, loaded=loaded, view=provisions.view(loaded, loaded.ordinals[pid]),
        words_here=words, form=entered, same=same, longest=suggestions.LONGEST_WORDING,
    )  # fmt: skip


@form("/d/<slug>/p/<pid>/suggest", suggest)
def post_suggestion(slug: str, pid: str) -> AnyResponse:
    """Post a suggestion, or show an equal one."""
    with site().db.reading() as rows:
        loaded = holding(rows, slug, pid)
        entered = _sent(loaded)
        change = _change(loaded, pid, entered)
        same = next((each for each, how in suggestions.related(rows, loaded, change)
                     if how == "same" and each.author != viewer().name), None)  # fmt: skip
    if same is not None and request.form.get("beside") != same.id:
        return suggest(slug=slug, pid=pid, same=same)
    draft = _draft(loaded, pid, entered, change)
    with site().db.transaction() as rows:
        ident, _ = commentary.post(rows, viewer(), draft, site().config.limits, entered.key)
    return to_annotation(ident)


@form("/a/<ident>/agree")
def agree(rows: Session, ident: str) -> AnyResponse:
    """Agree with a suggestion, or withdraw the agreement."""
    suggestions.agree(rows, viewer(), ident, agrees=request.form.get("do") != "withdraw")
    return to_annotation(ident)


def _sent(loaded: Loaded) -> SuggestionForm:
    sent = request.form
    return SuggestionForm(
        *_range(loaded), sent.get("wording", ""), sent.get("paragraph", ""), sent.get("body", ""),
        sent.get("do", "replace"), sent.get("key") or new_key(),
    )  # fmt: skip


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
