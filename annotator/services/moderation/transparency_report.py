"""The quarterly transparency report that the charter promises, counted on each request."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session, aliased

from annotator.db import now
from annotator.models import Account, Act, Annotation, Appeal
from annotator.schemas import charter
from annotator.schemas.moderation import Quarter, Quarters, RuleCount

REVERSING = ("grant", "undo")  # an undo also answers pending appeals


def every(session: Session) -> Quarters:
    """Return every quarter since the first account was created, newest first."""
    first = session.scalar(select(func.min(Account.created)))
    counted = _counted(session)
    quarters, begin = [], _begin(first or now())
    while begin <= now():
        end = datetime(begin.year + begin.month // 10, (begin.month + 2) % 12 + 1, 1, tzinfo=UTC)
        within = (Annotation.created >= begin) & (Annotation.created < end)
        either = Annotation.listed.in_([True, False])  # true for all; lets SQLite use the index
        posted = select(func.count()).select_from(Annotation).where(either, within)
        rules = [
            RuleCount(rule=rule, hidden=counted[begin, rule, "hide"],
                      appealed=counted[begin, rule, "appeal"],
                      reversed=counted[begin, rule, "reverse"])
            for rule in charter.RULES
        ]  # fmt: skip
        quarters.append(Quarter(
            quarter=f"{begin.year} Q{begin.month // 3 + 1}",
            begin=begin,
            end=end,
            over=end <= now(),
            posted=session.scalar(posted) or 0,
            hidden=sum(count.hidden for count in rules),
            appealed=sum(count.appealed for count in rules),
            reversed=sum(count.reversed for count in rules),
            rules=tuple(count for count in rules if count.hidden or count.appealed),
        ))  # fmt: skip
        begin = end
    return Quarters(total=len(quarters), items=quarters[::-1])


def _begin(moment: datetime) -> datetime:
    return datetime(moment.year, (moment.month - 1) // 3 * 3 + 1, 1, tzinfo=UTC)


def _counted(session: Session) -> Counter[tuple[datetime, str, str]]:
    """Count acts by quarter, rule, and kind: hide, appeal or reverse."""
    counted: Counter[tuple[datetime, str, str]] = Counter()
    hid = (Act.act == "hide") | ((Act.act == "grant") & Act.undoes.is_(None))
    for created, rule in session.execute(select(Act.created, Act.rule).where(hid)):
        counted[_begin(created), rule, "hide"] += 1
    answer = aliased(Act)
    query = (
        select(
            func.min(Appeal.created),
            Act.rule,
            func.max(case((answer.act.in_(REVERSING), 1), else_=0)),
        )
        .join(Act, Act.id == Appeal.act_id)
        .outerjoin(answer, answer.id == Appeal.decision_id)
        .group_by(Act.id, Act.rule)
    )
    for created, rule, reversed_ in session.execute(query):
        counted[_begin(created), rule, "appeal"] += 1
        counted[_begin(created), rule, "reverse"] += bool(reversed_)
    return counted
