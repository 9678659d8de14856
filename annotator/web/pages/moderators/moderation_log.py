"""The public log of moderation, as pages and as a feed."""

from __future__ import annotations

from flask import g, render_template, request

from annotator.auth.permissions import NOBODY, allowed
from annotator.schemas import charter
from annotator.schemas.actions import KINDS, ActionKind
from annotator.schemas.annotations import AnnotationValue
from annotator.schemas.moderation import LogEntry
from annotator.services.editions import editions
from annotator.services.moderation import moderation_log, reversals, transparency_report
from annotator.web.http.site import site, viewer
from annotator.web.pages import words
from annotator.web.pages.blueprint import pages


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


@pages.get("/moderation/log")
def log() -> str:
    """Show the log, the newest decisions first."""
    args = request.args
    with site().db.reading() as rows:
        entries = moderation_log.page(
            rows, rule=args.get("rule"), document=args.get("document"),
            annotation=args.get("annotation"), cursor=args.get("cursor"),
        )  # fmt: skip
        documents = editions.summaries(rows)
    chosen = {key: args[key] for key in ("rule", "document", "annotation") if args.get(key)}
    return render_template("log.html", found=entries, chosen=chosen, documents=documents)


@pages.get("/moderation/log/<int(max=2147483647):act>")
def log_entry(act: int) -> str:
    """Show a decision and its outcome."""
    with site().db.reading() as rows:
        entry = moderation_log.get(rows, act)
        related = moderation_log.related(rows, entry)
        size = moderation_log.batch_size(rows, entry.batch)
    may_undo = allowed(viewer(), "moderate") and undoable(entry)
    return render_template("log_entry.html", entry=entry, related=related, batch_size=size,
                           may_undo=may_undo, error=None)  # fmt: skip


@pages.get("/moderation/counts")
def counts() -> str:
    """Show what was posted, hidden, appealed and reversed, by quarter."""
    with site().db.reading() as rows:
        quarters = transparency_report.every(rows).items
        return render_template("transparency_report.html", quarters=quarters)
