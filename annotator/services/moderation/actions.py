"""Moderation actions: permission, reason, rule, log entry, notices; those on annotations.

The log is public and never quotes an annotation: a reason that repeats its words is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete as delete_rows
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from annotator.auth.permissions import Viewer, require
from annotator.db import now
from annotator.errors import Conflict, Gone, NotAllowed, NotFound, Unacceptable
from annotator.models import Act, Annotation, Document, Flag, Notice, Tag, Version
from annotator.schemas import charter
from annotator.services.annotations import drafts
from annotator.services.annotations.annotations import edits
from annotator.services.annotations.store import forget_original
from annotator.services.editions import editions
from annotator.services.placement.placer import relist

LONGEST_REASON = 1000
REPEATED_WORDS = 6
LONGEST_SUSPENSION = 30  # days
COMMAND_LINE = Viewer(name="command line", role="administrator", known=False)
UNDONE = select(Act.undoes).where(Act.undoes.is_not(None))
CORRECTED_WITHIN = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision: one of the ACTS, a rule of the charter, and the reason.

    `days` is the length of a suspension, `version` the version to remove, counted from 1 (the last
    is the present one).
    """

    act: str
    rule: str
    reason: str
    days: int | None = None
    version: int | None = None


def moderator(viewer: Viewer) -> Viewer:
    """Return the viewer if it may moderate. Raises NotSignedIn and NotAllowed."""
    require(viewer, "moderate")
    return viewer


def reason(text: str, body: str | None = None) -> str:
    """Return a reason with white space folded.

    Raises Unacceptable if it is empty, too long, or repeats six words of `body` in a row.
    """
    clean = " ".join(text.split())
    if not clean:
        raise Unacceptable("Enter a reason, in a sentence or two.", field="reason")
    if len(clean) > LONGEST_REASON:
        raise Unacceptable(f"Shorten the reason to {LONGEST_REASON:,} characters.", field="reason")
    drafts.refuse_controls(clean, "reason")
    if _runs(clean) & _runs(body or ""):
        raise Unacceptable("The reason quotes the comment. Use other words.", field="reason")
    return clean


def _runs(text: str) -> set[tuple[str, ...]]:
    words = re.findall(r"\w+", text.casefold())
    starts = range(len(words) - REPEATED_WORDS + 1)
    return {tuple(words[at : at + REPEATED_WORDS]) for at in starts}


def impartial(session: Session, by: Viewer, row: Annotation) -> None:
    """Raise NotAllowed if a moderator has taken part in the discussion."""
    if by.account is None:
        return
    if row.author_id == by.account:
        raise NotAllowed("This is your own comment. Leave it to another moderator.")
    if threads_of(session, by.account, [row.thread_id]):
        raise NotAllowed("You took part in this discussion. Leave it to another moderator.")


def threads_of(session: Session, account: int | None, threads: Sequence[str]) -> set[str]:
    """Return those of `threads` in which an account has written."""
    query = select(Annotation.thread_id).where(
        Annotation.thread_id.in_(threads), Annotation.author_id == account
    )
    return set(session.scalars(query.distinct()))


def decided(act: Act, by: Viewer) -> bool:
    """Return whether `by` decided an act, under the present or a former name."""
    return act.by_id == by.account and (by.account is not None or act.by == by.name)


def record(
    session: Session,
    by: Viewer,
    decision: Decision,
    *,
    annotation: Annotation | None = None,
    account: int | None = None,
    undoes: Act | None = None,
    batch: str | None = None,
) -> Act:
    """Add an act to the log, under a rule of the charter. Raises Unacceptable."""
    moment = now()
    rule = charter.ground(decision.rule) if decision.act == "hide" else charter.rule(decision.rule)
    about = undoes.created if undoes else annotation.created if annotation else moment
    act = Act(
        act=decision.act,
        annotation_id=annotation.id if annotation else None,
        account_id=annotation.author_id if annotation else account,
        document_id=annotation.document_id if annotation else None,
        rule=rule.key,
        cited=_cited(session, rule, about),
        reason=reason(decision.reason, annotation.body if annotation else None),
        by_id=by.account,
        by=by.name,
        role=by.role,
        created=moment,
        undoes=undoes.id if undoes else None,
        batch=batch,
        before={},
    )
    session.add(act)
    session.flush()
    return act


def _cited(session: Session, rule: charter.CharterRule, posted: datetime) -> str:
    """Return the address of a rule in the edition of the charter in force on the day of `posted`.

    Without an edition if no charter on this site has the rule.
    """
    document = session.scalar(select(Document.id).where(Document.slug == charter.SLUG))
    day, label = posted.date().isoformat(), ""
    for edition in editions.every(session, document) if document is not None else []:
        parsed = edition.parsed
        at = parsed.numbered.get((rule.section, str(rule.paragraph)))
        if at is None:
            continue
        # Each ground begins with its name.
        same = parsed.text.startswith(rule.name, parsed.provisions[at].start)
        if (same or rule.key not in charter.GROUNDS) and (not label or edition.captured <= day):
            label = edition.label
    if not label:
        return rule.address
    return f"{charter.SLUG}@{label}{rule.address.removeprefix(charter.SLUG)}"


def tell(session: Session, act: Act, accounts: Iterable[int], told_as: str) -> None:
    """Notify accounts of an act, except the account that decided it."""
    session.add_all(
        Notice(account_id=account, act_id=act.id, told_as=told_as, read=False)
        for account in accounts
        if account != act.by_id
    )


def open_flags(session: Session, annotation_id: str) -> list[Flag]:
    """Return the open flags on an annotation, oldest first."""
    query = select(Flag).where(Flag.decision_id.is_(None), Flag.annotation_id == annotation_id)
    return list(session.scalars(query.order_by(Flag.id)))


def answer_flags(session: Session, act: Act, annotation_id: str) -> list[int]:
    """Answer every open flag on an annotation by an act; notify, and return their ids."""
    flags = open_flags(session, annotation_id)
    for flag in flags:
        flag.decision_id = act.id
    tell(session, act, [flag.account_id for flag in flags], "flagger")
    return [flag.id for flag in flags]


def state_of(session: Session, row: Annotation) -> str:
    """Return a tag that changes with the annotation, its acts and its flags."""
    newest = select(func.max(Flag.id)).where(
        Flag.annotation_id == row.id, Flag.decision_id.is_(None)
    )
    moment = int(row.modified.timestamp() * 1000)
    return f"{row.act_id or 0}-{moment}-{session.scalar(newest) or 0}"


def locked(session: Session, annotation_id: str) -> Annotation:
    """Return an annotation, locked against other decisions. Raises NotFound and Gone."""
    query = select(Annotation).where(Annotation.id == annotation_id).with_for_update()
    row = session.scalar(query.execution_options(populate_existing=True))
    if row is None:
        raise NotFound(f"There is no annotation {annotation_id!r}.")
    if row.deleted:
        raise Gone("The author has deleted this comment. There is nothing to decide.")
    return row


def decide(
    session: Session,
    by: Viewer,
    decision: Decision,
    annotation_id: str,
    state: str | None = None,
    batch: str | None = None,
) -> Act:
    """Apply a decision to an annotation; `state` is the one the moderator saw (None: any).

    Raises NotFound, Gone, NotAllowed (`impartial`), Conflict (decided by another meanwhile,
    or nothing to decide) and Unacceptable (reason, rule, version).
    """
    row = locked(session, annotation_id)
    impartial(session, by, row)
    if state is not None and state != state_of(session, row):
        last = session.get(Act, row.act_id) if row.act_id else None
        decided = f" Last action: {last.act} by {last.by} (#{last.id})." if last else ""
        raise Conflict(
            f"This comment has changed since you opened it.{decided} Reload and decide again.",
            annotation=row.id,
            state=state_of(session, row),
            act=row.act_id,
        )
    before = {"visibility": row.visibility, "hidden_by": row.hidden_by, "act": row.act_id}
    act = record(session, by, decision, annotation=row, batch=batch)
    if act.act == "remove-version":
        _remove_version(session, row, act, decision)
    _apply(session, row, act)
    row.act_id = act.id
    flags = answer_flags(session, act, row.id) if decision.act != "restore" else []
    act.before = before | {"flags": flags}
    tell(session, act, [row.author_id], "author")
    relist(session, row)
    return act


def _apply(session: Session, row: Annotation, act: Act) -> None:
    hidden = row.visibility == "hidden"
    if act.act == "approve":
        if hidden:
            raise Conflict("This comment is hidden. Restore it instead.", annotation=row.id)
        if row.visibility == "visible" and row.act_id and not open_flags(session, row.id):
            raise Conflict("This comment is already approved.", annotation=row.id)
        row.visibility = "visible"
    elif act.act == "hide":
        if hidden:
            raise Conflict("This comment is already hidden.", annotation=row.id, act=row.hidden_by)
        require_rewording_deadline(session, row, act.rule)
        row.visibility, row.hidden_by = "hidden", act.id
    elif act.act == "restore":
        if not hidden:
            raise Conflict("This comment is not hidden.", annotation=row.id)
        if row.body is None and session.get_one(Act, row.hidden_by).act == "remove-version":
            raise Conflict("The words were removed permanently. The comment cannot be restored.")
        row.visibility, row.hidden_by = "visible", None


def require_rewording_deadline(session: Session, row: Annotation, rule: str) -> None:
    """Raise Unacceptable for a false quotation until 14 days after an act `ask` under this rule."""
    if rule != "false-quotation":
        return
    requests = (Act.annotation_id == row.id) & (Act.act == "ask") & (Act.rule == rule)
    since = session.scalar(select(func.min(Act.created)).where(requests, Act.id.not_in(UNDONE)))
    if since is None:
        raise Unacceptable(
            "Ask the author to correct the quotation first. You can hide the comment on this "
            f"ground after {CORRECTED_WITHIN.days} days.",
            field="rule",
        )
    if now() - since < CORRECTED_WITHIN:
        last = since + CORRECTED_WITHIN
        message = f"The author has until {last:%Y-%m-%d} to correct the quotation. Wait until then."
        raise Unacceptable(message, field="rule")


def _remove_version(session: Session, row: Annotation, act: Act, decision: Decision) -> None:
    present = edits(session, row.id)
    if decision.version is None or not 1 <= decision.version <= present + 1:
        message = f"Choose a version from 1 to {present + 1}; the last is the current one."
        raise Unacceptable(message, field="version")
    act.version = number = decision.version - 1
    forget_original(session, [row.id])
    if number == present:
        row.body, row.visibility, row.hidden_by = None, "hidden", act.id
        session.execute(delete_rows(Tag).where(Tag.annotation_id == row.id))
        return
    version = session.get_one(Version, (row.id, number))
    if version.removed_by is not None:
        raise Conflict("This version has already been removed.", act=version.removed_by)
    reason(decision.reason, version.body)
    version.body, version.tags, version.removed_by = None, "[]", act.id
