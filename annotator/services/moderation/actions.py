"""What every act of moderation shares: who decides, why, under which rule, and the log's entry.

The log is public and never holds the words of an annotation: a reason that repeats them is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from annotator.auth.permissions import require
from annotator.auth.viewer import Viewer
from annotator.db import now
from annotator.errors import NotAllowed, Unacceptable
from annotator.models import Act, Annotation, Document, Flag, Notice
from annotator.schemas import charter
from annotator.services.annotations import drafts
from annotator.services.editions import editions

LONGEST_REASON = 1000
REPEATED_WORDS = 6
LONGEST_SUSPENSION = 30


COMMAND_LINE = Viewer(name="command line", role="administrator")
# What a later action has undone.
UNDONE = select(Act.undoes).where(Act.undoes.is_not(None))


@dataclass(frozen=True, slots=True)
class Decision:
    """What is decided: one of the ACTS, a rule of the charter, and why, in a sentence or two.

    `days` is how long a suspension lasts; `version` which version is removed, counted from 1
    (the last is the present words).
    """

    act: str
    rule: str
    reason: str
    days: int | None = None
    version: int | None = None


def moderator(viewer: Viewer) -> Viewer:
    """Return the viewer, as one who may decide. Raises NotSignedIn and NotAllowed."""
    require(viewer, "moderate")
    return viewer


def reason(text: str, body: str | None = None) -> str:
    """Return a reason as the log shows it. Raises Unacceptable: empty, too long, `body` again."""
    clean = " ".join(text.split())
    if not clean:
        raise Unacceptable("Give a reason, in a sentence or two.", field="reason")
    if len(clean) > LONGEST_REASON:
        raise Unacceptable(f"A reason has at most {LONGEST_REASON} characters.", field="reason")
    drafts.refuse_controls(clean, "reason")
    if body is not None and repeats(clean, body):
        raise Unacceptable(
            "The reason repeats words of the comment, and the log is public. Use other words.",
            field="reason",
        )
    return clean


def repeats(text: str, body: str) -> bool:
    """Return whether `text` holds six words of `body` in a row."""
    words, said = (re.findall(r"\w+", each.casefold()) for each in (text, body))
    runs = {tuple(said[at : at + REPEATED_WORDS]) for at in range(len(said) - REPEATED_WORDS + 1)}
    return any(tuple(words[at : at + REPEATED_WORDS]) in runs for at in range(len(words)))


def impartial(session: Session, by: Viewer, row: Annotation) -> None:
    """Raise NotAllowed where a moderator has taken part in the discussion."""
    if by.account is None:
        return
    if row.author_id == by.account:
        raise NotAllowed("This is your own comment; its moderation is another moderator's.")
    if threads_of(session, by.account, [row.thread_id]):
        raise NotAllowed(
            "You have taken part in this discussion; leave its moderation to another moderator."
        )


def threads_of(session: Session, account: int | None, threads: Sequence[str]) -> set[str]:
    """Return those of some threads in which an account has written."""
    mine = Annotation.thread_id.in_(threads), Annotation.author_id == account
    return set(session.scalars(select(Annotation.thread_id).where(*mine).distinct()))


def decided(act: Act, by: Viewer) -> bool:
    """Return whether an act is `by`'s own, also under a name that they had before."""
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
    """Write an act into the log, under a rule of the charter. Raises Unacceptable."""
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


def _cited(session: Session, found: charter.CharterRule, posted: datetime) -> str:
    """Cite a rule in the edition of the charter that was in force on the day of `posted`.

    Without an edition where the site has no charter, or none with this paragraph.
    """
    document = session.scalar(select(Document.id).where(Document.slug == charter.SLUG))
    day, label = posted.date().isoformat(), ""
    for edition in editions.every(session, document) if document is not None else []:
        parsed = edition.parsed
        at = parsed.numbered.get((found.section, str(found.paragraph)))
        if at is None:
            continue
        # Each ground begins with its name.
        same = parsed.text.startswith(found.name, parsed.provisions[at].start)
        if (same or found.key not in charter.GROUNDS) and (not label or edition.captured <= day):
            label = edition.label
    if not label:
        return found.address
    return f"{charter.SLUG}@{label}{found.address.removeprefix(charter.SLUG)}"


def tell(session: Session, act: Act, accounts: Iterable[int], told_as: str) -> None:
    """Notify people of an act, but not the one who decided it."""
    session.add_all(
        Notice(account_id=account, act_id=act.id, told_as=told_as, read=False)
        for account in accounts
        if account != act.by_id
    )


def open_flags(session: Session, annotation_id: str) -> list[Flag]:
    """Return the flags on an annotation that nobody has answered yet, oldest first."""
    query = select(Flag).where(Flag.decision_id.is_(None), Flag.annotation_id == annotation_id)
    return list(session.scalars(query.order_by(Flag.id)))


def answer_flags(session: Session, act: Act, annotation_id: str) -> list[int]:
    """Answer every open flag on an annotation with this act, notify, and return the flags."""
    flags = open_flags(session, annotation_id)
    for flag in flags:
        flag.decision_id = act.id
    tell(session, act, [flag.account_id for flag in flags], "flagger")
    return [flag.id for flag in flags]
