"""The moderators' pages: the queue, the forms to decide, and bulk actions."""

from __future__ import annotations

from flask import Response, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from annotator.auth.permissions import require
from annotator.errors import AnnotatorError, Malformed, NotAllowed
from annotator.schemas.actions import is_about
from annotator.schemas.moderation import QUEUE_KINDS, Queue
from annotator.services.annotations import annotation_loader
from annotator.services.moderation import actions, decisions, moderation_log, moderation_queue
from annotator.services.moderation.actions import Decision
from annotator.services.moderation.decisions import BulkFilter, Order
from annotator.services.webmention import mentions
from annotator.web.http.site import site, viewer
from annotator.web.pages.blueprint import pages, show

SHOWN = 20
FOR_LIST = 50


@pages.get("/moderation")
def queue() -> Response:
    """Show the moderation queue, or one comment to decide about."""
    return _queue()


@pages.post("/moderation/acts")
def post_act() -> AnyResponse:
    """Record a decision and redirect to the next case."""
    require(viewer(), "moderate")
    try:
        done = _carry_out()
    except NotAllowed:
        raise
    except AnnotatorError as error:
        return _queue(error)
    return redirect(url_for("pages.queue", done=done, _anchor=request.form.get("next")), 303)


def _carry_out() -> int:
    """Apply the decision of the form; return its first entry in the log."""
    with site().db.transaction() as rows:
        by = actions.moderator(viewer())
        done = decisions.carry_out(rows, site().engine, by, _order())[0].id
    site().indexer.wake()
    return done


def _order() -> Order:
    sent = request.form
    act = sent.get("act", "")
    batch = sent.get("batch", "") if act == "undo-batch" else ""
    decision = Decision(
        "undo" if batch else act, sent.get("rule", ""), sent.get("reason", ""),
        _number("days"), _number("version"),
    )  # fmt: skip
    seen = sent.get("state") or None
    about = [(sent["annotation"], seen)] if sent.get("annotation") else []
    on_account = is_about(act, "account")
    return Order(
        decision, about, sent.get("account", "") if on_account else "", _number("entry"), batch,
        _number("appeal"), _selection() if sent.get("selection") else None,
        sent.get("selection") or None,
    )  # fmt: skip


def _number(field: str) -> int | None:
    text = request.form.get(field, "").strip()
    if not text:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) < 10):
        raise Malformed(f"{field} must be a whole number.", field=field)
    return int(text)


def _queue(error: AnnotatorError | None = None) -> Response:
    args = request.values
    kind = args.get("kind", "") if args.get("kind") in QUEUE_KINDS else ""
    with site().db.reading() as rows:
        require(viewer(), "moderate")
        if ident := args.get("remark"):
            case = moderation_queue.about(rows, viewer(), ident)
            queue = Queue(total=1, items=[case], next=None, counts={})
        else:
            cursor = request.args.get("cursor")
            queue = moderation_queue.page(rows, viewer(), cursor, SHOWN, kind)
        done = args.get("done", "")
        entry = moderation_log.get(rows, int(done)) if done.isdecimal() and len(done) < 10 else None
        return show(
            "queue.html", error, private=True, found=queue, kind=kind, done=entry,
            form=request.form, one=bool(ident), days=actions.LONGEST_SUSPENSION,
            mentions_waiting=mentions.count(rows, "waiting"),
        )  # fmt: skip


@pages.get("/moderation/bulk")
def many() -> Response:
    """Select comments for a bulk action, and show them."""
    require(viewer(), "moderate")
    return _many()


@pages.post("/moderation/bulk")
def post_many() -> AnyResponse:
    """Run a bulk action on the comments that were shown."""
    require(viewer(), "moderate")
    try:
        done = _carry_out()
    except AnnotatorError as error:
        return _many(error)
    return redirect(url_for("pages.log_entry", act=done), 303)


def _selection() -> BulkFilter:
    sent = request.values
    return BulkFilter(sent.get("act", "hide"), sent.get("author", "").strip(),
                  sent.get("q", "").strip(), sent.get("document", ""))  # fmt: skip


def _many(error: AnnotatorError | None = None) -> Response:
    selection, selected, shown = _selection(), None, []
    with site().db.reading() as rows:
        if selection.author or selection.q:
            try:
                by = actions.moderator(viewer())
                selected = decisions.select_annotations(rows, site().engine, by, selection)
                ids = selected.items[:FOR_LIST]
                shown = annotation_loader.with_answered(
                    rows, annotation_loader.read(rows, ids, unveiled=ids)
                )
            except AnnotatorError as fault:
                error = error or fault
        return show("bulk.html", error, private=True, wanted=selection, found=selected, shown=shown,
                    form=request.form, kinds=decisions.FROM)  # fmt: skip
