"""The parts that all moderation actions share: permission, reason, rule, log entry, notices.

The log is public and never quotes an annotation: a reason that repeats its words is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from annotator.auth.permissions import Viewer, require
from annotator.db import now
from annotator.errors import NotAllowed, Unacceptable
from annotator.models import Act, Annotation, Document, Flag, Notice
from annotator.schemas import charter
from annotator.services.annotations import drafts
from annotator.services.editions import editions

LONGEST_REASON = 1000
REPEATED_WORDS = 6
LONGEST_SUSPENSION = 30  # days
COMMAND_LINE = Viewer(name="command line", role="administrator", known=False)
UNDONE = select(Act.undoes).where(Act.undoes.is_not(None))


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
    """Notify accounts of an act, except the one that decided it."""
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
