"""Moderation over the API: the public log, flags and appeals, and what moderators decide."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, jsonify

from annotator.auth.permissions import require
from annotator.errors import NotFound
from annotator.schemas.annotations import stamp
from annotator.services.dialects import json_views
from annotator.services.moderation import (
    actions,
    appeals,
    bulk_actions,
    decisions,
    flags,
    moderation_log,
    moderation_queue,
    transparency_report,
)
from annotator.services.moderation.actions import Decision
from annotator.services.moderation.bulk_actions import Wanted
from annotator.services.moderation.decisions import Order
from annotator.web.api import shapes
from annotator.web.http.site import site, viewer

moderation = Blueprint("moderation", __name__)
JSON = dict[str, Any]


@moderation.get("/api/moderation/log")
def list_log() -> Response:
    """Return a page of the public log, newest first."""
    asked = shapes.query(shapes.LogQuery)
    limit = min(asked.limit, site().config.limits.page)
    with site().db.reading() as session:
        found = moderation_log.page(
            session,
            rule=asked.rule,
            document=asked.document,
            annotation=asked.annotation,
            cursor=asked.cursor,
            limit=limit,
        )
    items = [moderation_log.written(entry) for entry in found.items]
    return jsonify({"total": found.total, "items": items, "next": found.next})


@moderation.get("/api/moderation/log/<entry>")
def get_log_entry(entry: str) -> Response:
    """Return one entry of the public log."""
    with site().db.reading() as session:
        return jsonify(moderation_log.written(moderation_log.one(session, _entry(entry))))


@moderation.get("/api/moderation/counts")
def list_counts() -> Response:
    """Return what was posted, hidden, appealed and reversed, by quarter, newest first."""
    with site().db.reading() as session:
        items = [transparency_report.written(it) for it in transparency_report.every(session)]
    return jsonify({"total": len(items), "items": items, "next": None})


@moderation.post("/api/moderation/log/<entry>/appeals")
def create_appeal(entry: str) -> tuple[Response, int]:
    """Appeal a decision against oneself, or one that refused one's request."""
    sent = shapes.body(shapes.AppealShape)
    with site().db.transaction() as session:
        made = appeals.appeal(session, viewer(), _entry(entry), sent.words)
        answer = {"id": made.id, "entry": made.act_id, "created": stamp(made.created)}
    return jsonify(answer), 201


@moderation.post("/api/annotations/<ident>/flags")
def create_flag(ident: str) -> tuple[Response, int]:
    """Ask that an annotation be hidden."""
    sent = shapes.body(shapes.FlagShape)
    with site().db.transaction() as session:
        made = flags.flag(session, viewer(), ident, sent.rule, sent.words)
        answer = {"annotation": ident, "rule": made.rule, "created": stamp(made.created)}
    return jsonify(answer), 201


@moderation.get("/api/moderation/queue")
def list_queue() -> Response:
    """Return what waits for a moderator."""
    asked = shapes.query(shapes.QueueQuery)
    limit = min(asked.limit, site().config.limits.page)
    with site().db.reading() as session:
        found = moderation_queue.page(session, viewer(), asked.cursor, limit, asked.kind or "")
    return _private(
        {
            "total": found.total,
            "items": [json_views.case(case, site().config.site.licence) for case in found.items],
            "next": found.next,
            "counts": found.counts,
        }
    )


@moderation.get("/api/moderation/selection")
def get_selection() -> Response:
    """Tell which annotations one act on many would be upon, before it is done."""
    asked = shapes.query(shapes.SelectionQuery)
    wanted = Wanted(asked.act, asked.author, asked.q, asked.document)
    with site().db.reading() as session:
        by = actions.moderator(viewer())
        found = bulk_actions.select_annotations(session, site().engine, by, wanted)
    return _private(
        {
            "total": len(found.ids),
            "items": list(found.ids),
            "next": None,
            "left": found.left,
            "state": found.state,
        }
    )


@moderation.post("/api/moderation/acts")
def create_acts() -> tuple[Response, int]:
    """Decide, as a moderator."""
    require(viewer(), "moderate")
    order = _order(shapes.body(shapes.ActShape))
    with site().db.transaction() as session:
        done = decisions.carry_out(session, site().engine, actions.moderator(viewer()), order)
        ids = [act.id for act in done]
        entries = moderation_log.some(session, ids)
    site().indexer.wake()
    items = [moderation_log.written(entries[ident]) for ident in ids]
    return jsonify({"total": len(items), "items": items, "next": None}), 201


def _entry(named: str) -> int:
    """Read the number of an entry. Raises NotFound."""
    if not (named.isascii() and named.isdecimal() and len(named) < 10):
        raise NotFound(f"The log has no entry {named[:40]!r}.")
    return int(named)


def _order(sent: shapes.ActShape) -> Order:
    chosen = sent.selection
    wanted = Wanted(sent.act, chosen.author, chosen.q, chosen.document) if chosen else None
    return Order(
        Decision(sent.act, sent.rule, sent.reason, sent.days, sent.version),
        annotations=[(each.id, each.state) for each in sent.annotations],
        account=sent.account,
        entry=sent.entry,
        batch=sent.batch,
        appeal=sent.appeal,
        wanted=wanted,
        state=chosen.state if chosen else sent.state,
    )


def _private(value: JSON) -> Response:
    answer = jsonify(value)
    answer.headers["Cache-Control"] = "no-store"
    return answer
