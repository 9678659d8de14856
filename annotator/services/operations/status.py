"""The state of a running site (hosts, leaders of tasks, pending work), and its cleanup."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import delete, func, select, tuple_
from sqlalchemy.orm import Session

from annotator.db import Database, now
from annotator.leases import TASKS, Leadership, Leases
from annotator.models import (
    Annotation,
    Edition,
    Mention,
    OneTimeKey,
    Provision,
    SignIn,
    WaitingEmail,
)
from annotator.search import outbox
from annotator.search.engine import Engine
from annotator.services.annotations import annotations as commentary
from annotator.services.following import sender
from annotator.services.reading import full_text

FAR_BEHIND = 1_000
ALWAYS_LED = frozenset({"indexer", "housekeeping", "teller"})


@dataclass(frozen=True, slots=True)
class SiteStatus:
    """The state of a site.

    `records` is how many the index holds, `expected` how many it should once `outbox` changes are
    applied; without an index both are 0. `replica_lag` is in seconds, None without a replica that
    answers.
    """

    problems: tuple[str, ...]
    leadership: Leadership
    outbox: int
    expected: int
    records: int
    emails: int
    mentions: int
    replica_lag: float | None

    def shape(self) -> dict[str, object]:
        """Return the status as JSON has it (docs/api.md)."""
        hosts = [
            {
                "name": host.name,
                "version": host.version,
                "started": host.started.isoformat(timespec="seconds"),
                "seen_seconds_ago": host.silent,
            }
            for host in self.leadership.hosts
        ]
        return {
            **summary(self.problems, self.outbox),
            "hosts": hosts,
            "leaders": {task: self.leadership.leaders.get(task) for task in TASKS},
            "index_records": self.records,
            "index_expected": self.expected,
            "emails_waiting": self.emails,
            "mentions_queued": self.mentions,
            "replica_lag_seconds": self.replica_lag,
        }


def summary(problems: Sequence[str], waiting: int) -> dict[str, object]:
    """Return what `/health` shows to everyone, as JSON; `waiting` changes are not in the index."""
    word = "degraded" if problems else "behind" if waiting > FAR_BEHIND else "ok"
    return {"status": word, "index_waiting": waiting, "problems": problems}


def problems_of(db: Database, search: str) -> list[str]:
    """Return what does not work, as sentences for the public `/health`.

    `search` is what keeps anybody from searching (`full_text.index_problem`).
    """
    problems = [search] if search else []
    if db.problem:
        problems.append(f"Nothing can be written: {db.problem}.")
    return problems


def read(db: Database, engine: Engine, leases: Leases) -> SiteStatus:
    """Read the state of a site; for administrators."""
    last = select(Edition.document_id, func.max(Edition.sequence)).group_by(Edition.document_id)
    newest = select(Edition.id).where(tuple_(Edition.document_id, Edition.sequence).in_(last))
    counted = (
        select(func.count()).select_from(Annotation).where(Annotation.shown),
        select(func.count()).select_from(Provision).where(Provision.edition_id.in_(newest)),
        select(func.count()).select_from(WaitingEmail),
        select(func.count()).select_from(Mention).where(Mention.due.is_not(None)),
    )
    leadership = leases.state()
    with db.reading() as session:
        waiting, problem = outbox.waiting(session), full_text.index_problem(session, engine)
        annotations, provisions, emails, queued = (session.scalar(query) or 0 for query in counted)
    records, lag = 0 if problem else engine.count(), leases.replica_lag()
    problems = problems_of(db, problem)
    expected = annotations + provisions
    if records < expected and not (problem or waiting):
        problems.append(f"The search index has {records:,} of {expected:,} records. Run: annotator "
                        "index rebuild")  # fmt: skip
    if leadership.hosts:
        free = ALWAYS_LED - leadership.leaders.keys()
        problems += [f"No process leads the task {task}." for task in sorted(free)]
    else:
        problems.append("No host serves this site.")
    if db.replica and not db.replica.usable:
        trouble = "does not answer, or is not a copy of this database"
        if lag is not None:
            trouble = f"is {lag:.0f} seconds behind"
        problems.append(f"The replica {trouble}; the primary is read.")
    return SiteStatus(tuple(problems), leadership, waiting, expected, records,
                      emails, queued, lag)  # fmt: skip


def tidy(session: Session) -> None:
    """Delete all expired data."""
    moment = now()
    commentary.purge(session, moment)
    commentary.forget_keys(session, moment)
    sender.forget(session)
    for kind in (SignIn, OneTimeKey):
        session.execute(delete(kind).where(kind.expires < moment))
