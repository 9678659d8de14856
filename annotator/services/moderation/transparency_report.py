"""What the charter promises to publish every quarter: what was posted, hidden, appealed, reversed.

Counted from the annotations and the log whenever somebody asks, so that nobody has to remember to.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session, aliased

from annotator.db import now
from annotator.models import Account, Act, Annotation, Appeal
from annotator.schemas.annotations import stamp
from annotator.services.moderation import charter

REVERSING = ("grant", "undo")  # an act that is undone while it is appealed was wrong, too


@dataclass(frozen=True, slots=True)
class Count:
    """Decisions under one rule: annotations hidden, decisions appealed, decisions reversed."""

    rule: str
    hidden: int
    appealed: int
    reversed: int


@dataclass(frozen=True, slots=True)
class QuarterlyReport:
    """Three months, from `begin` to before `end` (UTC).

    `rules` has a count for each rule under which something happened, in the charter's order.
    Decisions are counted as appealed in the quarter of the appeal, and as reversed there too,
    whenever the answer came.
    """

    begin: datetime
    end: datetime
    posted: int
    rules: tuple[Count, ...]

    @property
    def name(self) -> str:
        """Name it as people do: `2026 Q4`."""
        return f"{self.begin.year} Q{self.begin.month // 3 + 1}"

    @property
    def over(self) -> bool:
        """Return whether the quarter has ended."""
        return self.end <= now()

    @property
    def total(self) -> Count:
        """Sum up the counts of all rules."""
        sums = [sum(getattr(it, name) for it in self.rules)
                for name in ("hidden", "appealed", "reversed")]  # fmt: skip
        return Count("", *sums)


def every(session: Session) -> list[QuarterlyReport]:
    """Return every quarter since the first account was made, the newest first."""
    first = session.scalar(select(func.min(Account.created)))
    counted = _counted(session)
    found, begin = [], _begin(first or now())
    while begin <= now():
        end = _begin_of_next(begin)
        rules = tuple(
            Count(rule, *(counted[begin, rule, what] for what in ("hide", "appeal", "reverse")))
            for rule in charter.RULES
        )
        found.append(QuarterlyReport(begin, end, _posted(session, begin, end),
                             tuple(it for it in rules if it.hidden or it.appealed)))  # fmt: skip
        begin = end
    return found[::-1]


def _begin(moment: datetime) -> datetime:
    return datetime(moment.year, (moment.month - 1) // 3 * 3 + 1, 1, tzinfo=UTC)


def _begin_of_next(begin: datetime) -> datetime:
    return datetime(begin.year + begin.month // 10, (begin.month + 2) % 12 + 1, 1, tzinfo=UTC)


def _posted(session: Session, begin: datetime, end: datetime) -> int:
    within = (Annotation.created >= begin) & (Annotation.created < end)
    either = Annotation.listed.in_([True, False])  # so that this is a walk along an index
    query = select(func.count()).select_from(Annotation).where(either, within)
    return session.scalar(query) or 0


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


def written(quarter: QuarterlyReport) -> dict[str, Any]:
    """Return a quarter as the API answers it."""
    whole = quarter.total
    return {
        "quarter": quarter.name,
        "begin": stamp(quarter.begin),
        "end": stamp(quarter.end),
        "over": quarter.over,
        "posted": quarter.posted,
        "hidden": whole.hidden,
        "appealed": whole.appealed,
        "reversed": whole.reversed,
        "rules": [asdict(each) for each in quarter.rules],
    }
