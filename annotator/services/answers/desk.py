"""The desk of a document's drafters: what a filter finds, and the marks of drafters on it.

Whoever acts names the state in which the comments were read; if it has changed, nothing happens.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from sqlalchemy import Row, delete, exists, select
from sqlalchemy.orm import Session, aliased

from annotator.auth.permissions import Viewer
from annotator.db import insert_into, one_of, strings
from annotator.errors import Conflict, Malformed, NotFound, Unacceptable
from annotator.models import (
    Account,
    Annotation,
    Answered,
    DeskMark,
    Document,
    Drafter,
    Suggestion,
)
from annotator.schemas.answers import MARKS, DeskSelection, Selected
from annotator.search.engine import Engine
from annotator.services.accounts import accounts
from annotator.services.annotations import drafts, listings, selections
from annotator.services.annotations.filters import Filter
from annotator.services.answers import drafters
from annotator.services.editions import editions
from annotator.services.reading import full_text

MAX_ITEMS = 10_000  # comments in one act
MAX_LABEL = 60
DRAFT, PUBLISHED = aliased(Answered), aliased(Answered)
COMMENTS: Any = (
    select(
        Annotation.id, Annotation.document_id, Annotation.edition_id, Annotation.in_reply_to,
        Annotation.deleted, Annotation.visibility, Annotation.modified,
        Annotation.body.is_not(None).label("worded"),
        exists().where(Suggestion.annotation_id == Annotation.id).label("suggests"),
        DRAFT.answer_id.label("draft"), PUBLISHED.answer_id.label("published"),
    )
    .outerjoin(DRAFT, (DRAFT.annotation_id == Annotation.id) & (DRAFT.state == "draft"))
    .outerjoin(PUBLISHED, (PUBLISHED.annotation_id == Annotation.id)
               & (PUBLISHED.state == "published"))
    .where(one_of(Annotation.id, strings("ids")))
)  # fmt: skip


class DeskChoice(NamedTuple):
    """The comments of an act: some with the states in which they were read, or a filter's."""

    comments: Sequence[tuple[str, str | None]] = ()
    narrow: Filter | None = None
    state: str = ""


def state_of(row: Row[Any]) -> str:
    """Return the state of a comment: its last change, its draft and its published answer."""
    parts = f"{row.id} {row.modified.isoformat()} {row.draft} {row.published}"
    return hashlib.sha256(parts.encode()).hexdigest()[:12]


def select_comments(
    session: Session, engine: Engine, viewer: Viewer, narrow: Filter
) -> DeskSelection:
    """Return the comments that a filter of the desk finds, in the order of the text.

    Raises as `drafters.require`, and Unacceptable for more than MAX_ITEMS.
    """
    document = editions.document(session, narrow.document or "")
    drafters.require(session, viewer, "desk.see", document.id)
    narrow = of_desk(session, engine, viewer, narrow)
    ids = listings.ids(session, narrow, "place", MAX_ITEMS + 1)
    if len(ids) > MAX_ITEMS:
        raise Unacceptable(f"More than {MAX_ITEMS:,} comments match. Narrow the filter.",
                           field="selection")  # fmt: skip
    rows = {row.id: state_of(row) for row in session.execute(COMMENTS, {"ids": ids})}
    items = [Selected(id=ident, state=rows[ident]) for ident in ids]
    digest = selections.state_of((item.id, item.state) for item in items)
    return DeskSelection(total=len(items), items=items, state=digest)


def of_desk(session: Session, engine: Engine, viewer: Viewer, narrow: Filter) -> Filter:
    """Return a filter for the desk: only comments that can be answered, with drafters' marks."""
    found = full_text.with_hits(session, engine, narrow)
    return replace(found, answer=narrow.answer or "any", desk=viewer.account or 0)


def locked(session: Session, viewer: Viewer, slug: str, act: str = "answer.draft") -> Document:
    """Return a document, on whose desk nobody else acts until the transaction ends.

    Raises NotFound, and as `drafters.require`.
    """
    document = editions.document(session, slug)
    drafters.require(session, viewer, act, document.id)
    session.execute(select(Document.id).where(Document.id == document.id).with_for_update())
    return document


def chosen_rows(
    session: Session, engine: Engine, viewer: Viewer, document: Document, chosen: DeskChoice
) -> list[Row[Any]]:
    """Return the comments of an act, after checking that they can be answered as they were read.

    Raises NotFound, Unacceptable for too many, and Conflict, which names the first comment that is
    deleted, hidden, held, of another document or not in the state that was read.
    """
    comments = chosen.comments
    if chosen.narrow is not None:
        selection = select_comments(session, engine, viewer, chosen.narrow)
        selections.require_unchanged(chosen.state, selection.state, selection.total)
        comments = [(item.id, None) for item in selection.items]
    if not comments:
        raise Malformed("Choose at least one comment.", field="annotations")
    if len(comments) > MAX_ITEMS:
        raise Unacceptable(f"Choose at most {MAX_ITEMS:,} comments.", field="annotations")
    seen = dict(comments)
    rows = session.execute(COMMENTS, {"ids": list(seen)}).all()
    if len(rows) < len(seen):
        missing = next(iter(seen.keys() - {row.id for row in rows}))
        raise NotFound(f"There is no comment {missing!r}.", field="annotations")
    for row in rows:
        if why := _unanswerable(row, document):
            raise Conflict(f"Comment {row.id} {why}.", annotation=row.id)
        state = seen[row.id]
        if state is not None and state != state_of(row):
            raise Conflict(
                f"Comment {row.id} was edited or answered since you read it. Nothing was done.",
                annotation=row.id, state=state_of(row),
            )  # fmt: skip
    return list(rows)


def _unanswerable(row: Row[Any], document: Document) -> str:
    """Return why a comment cannot be answered, or ""."""
    reasons = (
        (row.document_id != document.id, f"is not on {document.slug}"),
        (row.deleted is not None, "has been deleted"),
        (row.visibility == "hidden", "is hidden"),
        (row.visibility == "held", "is waiting for review"),
        (row.in_reply_to is not None, "is a reply; answer the comment that begins its thread"),
        (not (row.worded or row.suggests), "is a highlight without words"),
    )
    return next((why for is_so, why in reasons if is_so), "")


def mark(
    session: Session, engine: Engine, viewer: Viewer, slug: str, chosen: DeskChoice, kind: str,
    value: str = "",
) -> int:  # fmt: skip
    """Mark comments on the desk with one of MARKS; return how many.

    `value` is a label, or the name of the drafter to assign them to ("me"; "" for nobody).
    """
    document = locked(session, viewer, slug)
    if kind not in MARKS:
        raise Unacceptable(f"Unknown mark {kind!r}. Use one of {', '.join(MARKS)}.", field="do")
    value = " ".join(value.split())
    account = viewer.account
    if kind == "assign" and value not in ("", "me"):
        account = assignee(session, document, value).id
    if kind in ("label", "unlabel") and not 0 < len(value) <= MAX_LABEL:
        raise Unacceptable(f"Enter a label of 1 to {MAX_LABEL} characters.", field="label")
    drafts.refuse_controls(value, "label")
    ids = [row.id for row in chosen_rows(session, engine, viewer, document, chosen)]
    stored = {"assign": "assigned", "unread": "read", "unlabel": "label"}.get(kind, kind)
    matches = one_of(DeskMark.annotation_id, ids), DeskMark.kind == stored
    own, same = DeskMark.account_id == viewer.account, DeskMark.value == value
    replaced = {"assign": [], "unread": [own], "label": [same], "unlabel": [same]}.get(kind)
    if replaced is not None:
        session.execute(delete(DeskMark).where(*matches, *replaced))
    if kind in ("read", "label") or (kind == "assign" and value):
        row = {"kind": stored, "value": value if kind == "label" else "", "account_id": account}
        new = insert_into(session, DeskMark).on_conflict_do_nothing()
        session.connection().execute(new, [{"annotation_id": ident, **row} for ident in ids])
    return len(ids)


def assignee(session: Session, document: Document, name: str) -> Account:
    """Return a drafter of a document by name. Raises NotFound, Unacceptable."""
    account = accounts.named(session, name)
    grant = session.get(Drafter, (account.id, document.id))
    if grant is None or grant.revoked:
        raise Unacceptable(f"{account.name} is not a drafter of {document.slug}.", field="assign")
    return account


def marks(session: Session, ids: Sequence[str], viewer: Viewer) -> dict[str, dict[str, Any]]:
    """Return the labels, the assignees and whether the viewer has read each comment, by its id."""
    query = select(DeskMark, Account.name).join(Account, Account.id == DeskMark.account_id)
    found: dict[str, dict[str, Any]] = {
        ident: {"labels": [], "assigned": "", "read": False, "draft": None} for ident in ids
    }
    for row, name in session.execute(query.where(one_of(DeskMark.annotation_id, ids))):
        note = found[row.annotation_id]
        if row.kind == "label":
            note["labels"].append(row.value)
        elif row.kind == "assigned":
            note["assigned"] = name
        elif row.account_id == viewer.account:
            note["read"] = True
    for comment in session.execute(COMMENTS, {"ids": ids}):
        found[comment.id] |= {"state": state_of(comment), "draft": comment.draft}
    return found


def labels(session: Session, document_id: int) -> Sequence[str]:
    """Return the labels in use on a document's desk."""
    query = select(DeskMark.value).join(Annotation, Annotation.id == DeskMark.annotation_id)
    query = query.where(Annotation.document_id == document_id, DeskMark.kind == "label")
    return session.scalars(query.distinct().order_by(DeskMark.value)).all()
