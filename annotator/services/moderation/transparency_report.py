"""What the charter promises to publish every quarter: what was posted, hidden, appealed, reversed.

Counted from the annotations and the log whenever somebody asks, so that nobody has to remember to.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session, aliased

from annotator.db import now
from annotator.models import Account, Act, Annotation, Appeal
from annotator.schemas import charter
from annotator.schemas.moderation import Quarter, Quarters, RuleCount

REVERSING = ("grant", "undo")  # an act that is undone while it is appealed was wrong, too


def every(session: Session) -> Quarters:
    """Return every quarter since the first account was made, the newest first."""
    first = session.scalar(select(func.min(Account.created)))
    counted = _counted(session)
    found, begin = [], _begin(first or now())
    while begin <= now():
        end = datetime(begin.year + begin.month // 10, (begin.month + 2) % 12 + 1, 1, tzinfo=UTC)
        within = (Annotation.created >= begin) & (Annotation.created < end)
        either = Annotation.listed.in_([True, False])  # so that this is a walk along an index
        posted = select(func.count()).select_from(Annotation).where(either, within)
        rules = [
            RuleCount(rule=rule, hidden=counted[begin, rule, "hide"],
                      appealed=counted[begin, rule, "appeal"],
                      reversed=counted[begin, rule, "reverse"])
            for rule in charter.RULES
        ]  # fmt: skip
        found.append(Quarter(
            quarter=f"{begin.year} Q{begin.month // 3 + 1}",
            begin=begin,
            end=end,
            over=end <= now(),
            posted=session.scalar(posted) or 0,
            hidden=sum(it.hidden for it in rules),
            appealed=sum(it.appealed for it in rules),
            reversed=sum(it.reversed for it in rules),
            rules=tuple(it for it in rules if it.hidden or it.appealed),
        ))  # fmt: skip
        begin = end
    return Quarters(total=len(found), items=found[::-1])


def _begin(moment: datetime) -> datetime:
    return datetime(moment.year, (moment.month - 1) // 3 * 3 + 1, 1, tzinfo=UTC)


def _counted(session: Session) -> Counter[tuple[datetime, str, str]]:
    """Count what was hidden, appealed and reversed by quarter and rule."""
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
