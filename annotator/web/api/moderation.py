"""Moderation over the API: the public log, flags and appeals, and what moderators decide."""

from __future__ import annotations

from sqlalchemy.orm import Session

from annotator.errors import NotFound
from annotator.schemas.moderation import (
    Acts,
    ActShape,
    Appealed,
    AppealShape,
    Flagged,
    FlagShape,
    Log,
    LogEntry,
    Quarters,
    Queue,
    Selection,
)
from annotator.schemas.queries import LogQuery, QueueQuery, SelectionQuery
from annotator.services.moderation import (
    actions,
    complaints,
    decisions,
    moderation_log,
    moderation_queue,
)
from annotator.services.moderation.actions import Decision
from annotator.services.moderation.decisions import BulkFilter, Order
from annotator.web.api.operations import operation
from annotator.web.http.site import site, viewer

LOG = "/api/moderation/log"


@operation("POST", "/api/annotations/<ident>/flags", statuses=(201,), refuses=(404, 410, 422),
           act="flag.create")  # fmt: skip
def create_flag(session: Session, ident: str, body: FlagShape) -> Flagged:
    """Report an annotation."""
    flag = complaints.flag(session, viewer(), ident, body.rule, body.words)
    return Flagged(annotation=ident, rule=flag.rule, created=flag.created)


@operation("GET", LOG, refuses=(404, 422))
def list_log(session: Session, query: LogQuery) -> Log:
    """Return a page of the public log of moderation, newest first."""
    return moderation_log.page(session, **query.model_dump())


@operation("GET", f"{LOG}/<entry>", refuses=(404,))
def get_log_entry(session: Session, entry: str) -> LogEntry:
    """Return one entry of the public log."""
    return moderation_log.get(session, _entry(entry))


@operation("GET", "/api/moderation/counts")
def list_counts(session: Session) -> Quarters:
    """Return what was posted, hidden, appealed and reversed, by quarter, newest first."""
    return moderation_log.quarters(session)


@operation("POST", f"{LOG}/<entry>/appeals", statuses=(201,), refuses=(404, 422),
           act="appeal.create")  # fmt: skip
def create_appeal(session: Session, entry: str, body: AppealShape) -> Appealed:
    """Appeal a decision against the viewer, or one that declined the viewer's report."""
    appeal = complaints.appeal(session, viewer(), _entry(entry), body.words)
    return Appealed(id=appeal.id, entry=appeal.act_id, created=appeal.created)


@operation("GET", "/api/moderation/queue", act="moderate")
def list_queue(session: Session, query: QueueQuery) -> Queue:
    """Return the moderation queue."""
    return moderation_queue.page(session, viewer(), query.cursor, query.limit, query.kind or "")


@operation("GET", "/api/moderation/selection", refuses=(404, 410, 422), act="moderate")
def get_selection(session: Session, query: SelectionQuery) -> Selection:
    """Return the annotations that a bulk action would change."""
    selection = BulkFilter(**query.model_dump())
    by = actions.moderator(viewer())
    return decisions.select_annotations(session, site().engine, by, selection)


@operation("POST", "/api/moderation/acts", statuses=(201,), refuses=(404, 410, 422), act="moderate")
def create_acts(session: Session, body: ActShape) -> Acts:
    """Record a moderator's decision."""
    by = actions.moderator(viewer())
    done = decisions.carry_out(session, site().engine, by, _order(body))
    ids = [act.id for act in done]
    entries = moderation_log.get_many(session, ids)
    return Acts(total=len(ids), items=[entries[ident] for ident in ids])


def _entry(named: str) -> int:
    """Read the number of an entry. Raises NotFound."""
    if not (named.isascii() and named.isdecimal() and len(named) < 10):
        raise NotFound(f"There is no log entry {named[:40]!r}.")
    return int(named)


def _order(sent: ActShape) -> Order:
    chosen = sent.selection
    selection = BulkFilter(sent.act, chosen.author, chosen.q, chosen.document) if chosen else None
    return Order(
        Decision(sent.act, sent.rule, sent.reason, sent.days, sent.version),
        annotations=[(each.id, each.state) for each in sent.annotations],
        account=sent.account,
        entry=sent.entry,
        batch=sent.batch,
        appeal=sent.appeal,
        bulk=selection,
        state=chosen.state if chosen else sent.state,
    )
