"""The moderators' pages: the queue, the forms to decide, and bulk actions."""

from __future__ import annotations

from flask import Response, g, render_template, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from annotator.auth.permissions import NOBODY, allowed, require
from annotator.errors import AnnotatorError, Malformed, NotAllowed
from annotator.schemas import charter
from annotator.schemas.annotations import AnnotationValue
from annotator.schemas.charter import KINDS, ActionKind, is_about
from annotator.schemas.moderation import QUEUE_KINDS, LogEntry, Queue
from annotator.services.annotations import annotation_loader
from annotator.services.editions import editions
from annotator.services.moderation import (
    actions,
    decisions,
    moderation_log,
    moderation_queue,
    reversals,
)
from annotator.services.moderation.actions import Decision
from annotator.services.moderation.decisions import BulkFilter, Order
from annotator.services.webmention import mentions
from annotator.web.http.site import site, viewer
from annotator.web.pages import words
from annotator.web.pages.blueprint import form, go_to, page, pages, show

SHOWN = 20
FOR_LIST = 50


@page("/moderation")
def queue(rows: Session, error: AnnotatorError | None = None) -> Response:
    """Show the moderation queue, or one comment to decide about."""
    require(viewer(), "moderate")
    args = request.values
    kind = args.get("kind", "") if args.get("kind") in QUEUE_KINDS else ""
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


@form("/moderation/acts", queue, but=(NotAllowed,))
def post_act(rows: Session) -> AnyResponse:
    """Record a decision and redirect to the next case."""
    return go_to("queue", done=_carry_out(rows), _anchor=request.form.get("next"))


def _carry_out(rows: Session) -> int:
    """Apply the decision of the form; return its first entry in the log."""
    by = actions.moderator(viewer())
    return decisions.carry_out(rows, site().engine, by, _order())[0].id


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


@page("/moderation/bulk")
def many(rows: Session, error: AnnotatorError | None = None) -> Response:
    """Select comments for a bulk action, and show them."""
    require(viewer(), "moderate")
    selection, selected, shown = _selection(), None, []
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


@form("/moderation/bulk", many)
def post_many(rows: Session) -> AnyResponse:
    """Run a bulk action on the comments that were shown."""
    return go_to("log_entry", act=_carry_out(rows))


def _selection() -> BulkFilter:
    sent = request.values
    return BulkFilter(sent.get("act", "hide"), sent.get("author", "").strip(),
                  sent.get("q", "").strip(), sent.get("document", ""))  # fmt: skip


@pages.app_template_global()
def may(act: str) -> bool:
    """Return whether the viewer has a permission on any object."""
    return allowed(g.get("viewer", NOBODY), act)


@pages.app_template_global()
def rule_of(key: str) -> str:
    """Cite a rule with its place: `Private information (Grounds for hiding a remark ¶ 5)`."""
    rule = charter.RULES.get(key)
    return f"{words.translated(rule.name)} ({rule.place})" if rule else key


@pages.app_template_global()
def offered(annotation: AnnotationValue) -> list[ActionKind]:
    """Return the actions that the queue offers on an annotation, the most usual first."""
    state = "hidden" if annotation.hidden else "held" if annotation.held else "visible"
    return [kind for kind in KINDS.values() if state in kind.offered]


@pages.app_template_global()
def undoable(entry: LogEntry) -> bool:
    """Return whether a decision can be undone."""
    return not entry.undone_by and not reversals.final(entry.act, entry.undoes)


@page("/moderation/log")
def log(rows: Session) -> str:
    """Show the log, the newest decisions first."""
    args = request.args
    entries = moderation_log.page(
        rows, rule=args.get("rule"), document=args.get("document"),
        annotation=args.get("annotation"), cursor=args.get("cursor"),
    )  # fmt: skip
    chosen = {key: args[key] for key in ("rule", "document", "annotation") if args.get(key)}
    return render_template(
        "log.html", found=entries, chosen=chosen, documents=editions.summaries(rows)
    )


@page("/moderation/log/<int(max=2147483647):act>")
def log_entry(rows: Session, act: int) -> str:
    """Show a decision and its outcome."""
    entry = moderation_log.get(rows, act)
    return render_template(
        "log_entry.html", entry=entry, related=moderation_log.related(rows, entry),
        batch_size=moderation_log.batch_size(rows, entry.batch),
        may_undo=allowed(viewer(), "moderate") and undoable(entry), error=None,
    )  # fmt: skip


@page("/moderation/counts")
def counts(rows: Session) -> str:
    """Show what was posted, hidden, appealed and reversed, by quarter."""
    quarters = moderation_log.quarters(rows).items
    return render_template("transparency_report.html", quarters=quarters)
