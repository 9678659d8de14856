"""The desk of a document's drafters, and the public account of their answers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from flask import Response, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from annotator.db import now
from annotator.errors import AnnotatorError, NotFound
from annotator.models import Document
from annotator.services.annotations import annotation_loader, listings, suggestions
from annotator.services.annotations.filters import Filter
from annotator.services.answers import accounting, answers, campaigns, desk, drafters
from annotator.services.answers.answers import AnswerDraft
from annotator.services.answers.desk import DeskChoice
from annotator.services.editions import editions
from annotator.services.editions.editions import Loaded
from annotator.web.http.site import site, viewer
from annotator.web.pages import filter_bar
from annotator.web.pages.annotations import to_annotation
from annotator.web.pages.blueprint import address_of, form, go_to, page, show
from annotator.web.pages.filter_bar import FilterBar
from annotator.web.pages.text import rendered

ON_PAGE = 50
REUSABLE = 10  # earlier answers that are offered for reuse


@dataclass(frozen=True)
class AnswerForm:
    """An answer as entered on the desk; `on` are the selected comments."""

    outcome: str = ""
    body: str = ""
    edition: str = ""
    address: str = ""
    value: str = ""
    on: tuple[str, ...] = ()


def _entered() -> AnswerForm:
    sent = request.form
    selected = [each.partition(":")[0] for each in sent.getlist("id")]
    if request.method != "POST":
        selected = [each for each in request.args.get("on", "").split(",") if each]
    return AnswerForm(
        sent.get("outcome", ""), sent.get("body", ""), sent.get("edition", ""),
        sent.get("address", "").strip(), sent.get("value", ""), tuple(selected),
    )  # fmt: skip


@page("/d/<document:slug>/desk")
def show_desk(rows: Session, slug: str, error: AnnotatorError | None = None) -> Response:
    """Show the comments on a document to its drafters, in the order of the text."""
    document, entered = _document(rows, slug), _entered()
    if request.form.get("do") == "take" and not error:
        entered = _taken(rows, document, entered)
    loaded = editions.newest(rows, slug)
    fields = filter_bar.given(filter_bar.DESK)
    engine, who = site().engine, viewer()
    cursor, everything = request.args.get("cursor"), "all" in request.args
    try:
        narrow = desk.of_desk(rows, engine, who, _filter(document))
        listed = listings.page(rows, narrow, "place", cursor, ON_PAGE)
        whole = desk.select_comments(rows, engine, who, _filter(document)) if everything else None
    except AnnotatorError as fault:
        if error is not None or fault.field not in (*filter_bar.DESK, "selection"):
            raise
        error, whole = fault, None
        narrow = replace(Filter(document=slug), among=())
        listed = listings.page(rows, narrow, "place", limit=ON_PAGE)
    published = answers.page(rows, document, "published", limit=REUSABLE).items
    in_text = listings.count(rows, Filter(slug, answer="in_text", desk=who.account or 0))
    if fields.get("answer") == "in_text" and not entered.outcome:
        entered = replace(entered, outcome="adopted", edition=loaded.label)

    filtered = address_of("show_desk", slug=slug, **fields)
    at = partial(filtered, all=request.args.get("all"), cursor=cursor)
    return show(
        "desk.html", error, private=True, loaded=loaded, found=listed, form=entered, at=at,
        marks=desk.marks(rows, [item.id for item in listed.items], who), whole=whole,
        in_text=in_text,
        account=accounting.account(rows, Filter(document=slug)), recent=published,
        undoable={each.id for each in published
                  if each.published and now() - each.published < answers.UNDO},
        filter=FilterBar(fields, filtered, {}, filter_bar.DESK, loaded, error=error),
        contents=rendered.contents(loaded), done=request.args.get("done", "").partition("-"),
        drafters=drafters.of_document(rows, document.id), labels=desk.labels(rows, document.id),
        campaigns=campaigns.of_document(rows, document.id),
        agreeing=suggestions.agreeing(rows, [it.id for it in listed.items if it.agreements]),
        own=campaigns.own_words(rows, [item.id for item in listed.items]),
        section_of=lambda item: _section(loaded, item),
    )  # fmt: skip


@form("/d/<document:slug>/desk", show_desk)
def post_desk(slug: str) -> AnyResponse:
    """Carry out an act on the selected comments, and show the desk as it was."""
    act, entered = request.form.get("do", ""), _entered()
    if act == "take":
        return show_desk(slug=slug)
    many = _find_campaigns(slug) if act == "find" else _carry_out(slug, act, entered)
    gone = ("done", "on")
    kept: dict[str, Any] = {key: it for key, it in request.args.items() if key not in gone}
    selected = None if "all" in kept else ",".join(entered.on) or None
    return go_to("show_desk", slug=slug, **kept, done=f"{act}-{many}", on=selected)


def _carry_out(slug: str, act: str, form: AnswerForm) -> int:
    """Carry out the action of the desk's form; return the number of comments."""
    here, who, sent = site(), viewer(), request.form
    with here.db.transaction() as rows:
        document = _document(rows, slug)
        chosen = _chosen(document)
        if act == "undo":
            return answers.undo(rows, who, sent.get("answer", "")).comments
        if act == "publish":
            return answers.publish(rows, here.engine, who, slug, chosen).comments
        if act == "publish-all":
            return answers.publish(rows, here.engine, who, slug).comments
        if act in ("put", "take-out"):
            campaign = sent.get("campaign", "") if act == "put" else ""
            return campaigns.move(rows, here.engine, who, slug, chosen, campaign)
        if act == "discard":
            return answers.discard(rows, here.engine, who, slug, chosen)
        if act == "draft":
            draft = AnswerDraft(form.outcome, form.body, form.edition or None, form.address or None)
            return answers.write(rows, here.engine, who, slug, chosen, draft, here.config.limits)[1]
        return desk.mark(rows, here.engine, who, slug, chosen, act, form.value)


def _find_campaigns(slug: str) -> int:
    """Find the campaigns again; return their number."""
    with site().db.reading() as rows:
        document_id = _document(rows, slug).id
        drafters.require(rows, viewer(), "answer.draft", document_id)
    return campaigns.find(site().db, document_id)


def _document(rows: Session, slug: str) -> Document:
    """Return a document whose desk the viewer may see. Raises NotFound."""
    document = editions.document(rows, slug)
    if not drafters.allowed(rows, viewer(), document.id):
        raise NotFound("There is no page at this address.")
    return document


def _chosen(document: Document) -> DeskChoice:
    if state := request.form.get("selection"):
        return DeskChoice(narrow=_filter(document), state=state)
    pairs = (each.partition(":") for each in request.form.getlist("id"))
    return DeskChoice([(ident, state or None) for ident, _, state in pairs])


def _filter(document: Document) -> Filter:
    asked = filter_bar.read(filter_bar.given(filter_bar.DESK))
    return replace(asked, document=document.slug)


def _taken(rows: Session, document: Document, form: AnswerForm) -> AnswerForm:
    """Return the form with the words of an earlier answer."""
    ident = request.form.get("answer", "")
    found = answers.page(rows, document, "published", ids=[ident]).items
    if not found:
        raise NotFound("There is no such answer. It may have been deleted; reload the page.")
    return replace(form, outcome=found[0].outcome, body=found[0].body or "")


def _section(loaded: Loaded, item: Any) -> str | None:
    """Return the pid of the section that a comment is on, or None for the document."""
    at = item.placement
    if at is None or at.pid is None:
        return None
    ordinal = loaded.ordinals[at.pid]
    provision = loaded.parsed.provisions[ordinal]
    home = ordinal if provision.kind == "section" else provision.section
    return None if home is None else loaded.pids[home]


@form("/a/<ident>/content")
def say_content(rows: Session, ident: str) -> AnyResponse:
    """Store whether the author of a comment is satisfied with its answer."""
    answers.say(rows, viewer(), ident, request.form.get("content", ""))
    return to_annotation(ident)


@page("/d/<document:slug>/answers")
def account_of_answers(rows: Session, slug: str) -> AnyResponse:
    """Show the answered and open comments by section."""
    document = editions.document(rows, slug)
    loaded = editions.labelled(rows, slug, request.args.get("edition"))
    account = accounting.account(rows, Filter(document=slug, edition=loaded.label))
    listed = answers.page(rows, document, "published", request.args.get("cursor"), ON_PAGE)
    ids = [ident for each in listed.items for ident in each.annotations[:1]]
    first = {item.id: item for item in annotation_loader.read(rows, ids, loaded)}
    return show("answers.html", loaded=loaded, account=account, found=listed, first=first,
                drafters=drafters.of_document(rows, document.id))  # fmt: skip
