"""Reads of the public moderation log and its numbers, and of an account's flags and appeals."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Select, case, func, select
from sqlalchemy.orm import Session, aliased

from annotator import cursors
from annotator.auth import names
from annotator.auth.permissions import Viewer
from annotator.db import now
from annotator.errors import NotFound
from annotator.models import Account, Act, Annotation, Appeal, Document, Flag
from annotator.schemas import charter
from annotator.schemas.moderation import Log, LogEntry, Quarter, Quarters, RuleCount
from annotator.services.accounts import accounts
from annotator.services.editions import editions

AS_STORED = ("id", "act", "rule", "cited", "reason", "role", "created", "until", "undoes", "batch")
REVERSING = ("grant", "undo")  # an undo also answers pending appeals


def page(
    session: Session, *, rule: str | None = None, document: str | None = None,
    annotation: str | None = None, cursor: str | None = None, limit: int = 50,
) -> Log:  # fmt: skip
    """Return a page of the log. Raises NotFound, Unacceptable (rule) and Malformed (cursor)."""
    where = []
    if rule:
        where.append(Act.rule == charter.rule(rule).key)
    if document:
        where.append(Act.document_id == editions.document(session, document).id)
    if annotation:
        where.append(Act.annotation_id == annotation)
    total = session.scalar(select(func.count()).select_from(Act).where(*where)) or 0
    query = _entries().where(*where).order_by(Act.id.desc()).limit(limit + 1)
    if cursor is not None:
        query = query.where(Act.id < cursors.read(cursor, "log", (int,))[0])
    items = [_entry(*row) for row in session.execute(query)]
    more = cursors.write("log", [items[limit - 1].id]) if len(items) > limit else None
    return Log(total=total, items=items[:limit], next=more)


def get(session: Session, act_id: int) -> LogEntry:
    """Return an entry of the log. Raises NotFound."""
    row = session.execute(_entries().where(Act.id == act_id)).first() if act_id < 2**31 else None
    if row is None:
        raise NotFound(f"There is no log entry {act_id}.")
    return _entry(*row)


def get_many(session: Session, ids: Sequence[int]) -> dict[int, LogEntry]:
    """Return entries of the log by their ids."""
    return {row[0].id: _entry(*row) for row in session.execute(_entries().where(Act.id.in_(ids)))}


def batch_size(session: Session, batch: str | None) -> int:
    """Count the acts of a bulk action; 0 for None."""
    query = select(func.count()).select_from(Act).where(Act.batch == batch)
    return (session.scalar(query) or 0) if batch else 0


def related(session: Session, entry: LogEntry) -> list[LogEntry]:
    """Return the other decisions on the same annotation or account, oldest first."""
    same = Act.annotation_id == entry.annotation
    if entry.annotation is None:
        about = select(Act.account_id).where(Act.id == entry.id).scalar_subquery()
        same = (Act.account_id == about) & Act.annotation_id.is_(None)
    rows = session.execute(_entries().where(same, Act.id != entry.id).order_by(Act.id))
    return [_entry(*row) for row in rows]


def _entries() -> Select[Any]:
    later, earlier, by = aliased(Act), aliased(Act), aliased(Account)
    columns: tuple[Any, ...] = (
        Act, accounts.public_name_of(Account), by.left, Document, later.id, earlier.created
    )  # fmt: skip
    hid = case((Act.act == "restore", Act.before["hidden_by"].as_integer()))
    return (
        select(*columns)
        .outerjoin(Account, Account.id == Act.account_id)
        .outerjoin(by, by.id == Act.by_id)
        .outerjoin(Document, Document.id == Act.document_id)
        .outerjoin(later, later.undoes == Act.id)
        .outerjoin(earlier, earlier.id == func.coalesce(Act.undoes, hid))
    )


def _entry(
    act: Act, account: str | None, by_left: datetime | None, document: Document | None,
    undone_by: int | None, stood_since: datetime | None,
) -> LogEntry:  # fmt: skip
    same: dict[str, Any] = {name: getattr(act, name) for name in AS_STORED}
    return LogEntry(
        **same,
        annotation=act.annotation_id,
        account=account if act.annotation_id is None or act.until is not None else None,
        document=document.slug if document else None,
        title=document.title if document else "",
        by=names.FORMER if by_left else act.by,
        version=None if act.version is None else act.version + 1,
        undone_by=undone_by,
        stood_since=stood_since,
    )


@dataclass(frozen=True, slots=True)
class FlagOrAppeal:
    """A person's flag or appeal, and its answer, if any.

    `moot` means that the annotation has been deleted, so there will be no answer.
    """

    kind: str
    rule: str
    words: str
    created: datetime
    annotation: str | None
    answer: LogEntry | None
    moot: bool


def flags_and_appeals(session: Session, viewer: Viewer, most: int = 100) -> list[FlagOrAppeal]:
    """Return the viewer's flags and appeals, newest first."""
    flags = session.execute(
        select(Flag, Annotation.deleted)
        .join(Annotation, Annotation.id == Flag.annotation_id)
        .where(Flag.account_id == viewer.account)
        .order_by(Flag.id.desc())
        .limit(most)
    ).all()
    query = select(Appeal).where(Appeal.account_id == viewer.account)
    appealed = session.scalars(query.order_by(Appeal.id.desc())).all()
    ids = [row.decision_id for row, _ in flags] + [row.decision_id for row in appealed]
    acts = get_many(
        session, [act_id for act_id in (*ids, *(row.act_id for row in appealed)) if act_id]
    )
    requests = [
        FlagOrAppeal("flag", row.rule, row.words, row.created, row.annotation_id,
                     acts.get(row.decision_id or 0),
                     moot=deleted is not None and row.decision_id is None)
        for row, deleted in flags
    ]  # fmt: skip
    requests += [
        FlagOrAppeal("appeal", acts[row.act_id].rule, row.words, row.created,
                     acts[row.act_id].annotation, acts.get(row.decision_id or 0), moot=False)
        for row in appealed
    ]  # fmt: skip
    return sorted(requests, key=lambda each: each.created, reverse=True)


def quarters(session: Session) -> Quarters:
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
