"""State of a running site: hosts, leases, secrets, counters, short-lived data, pending changes.

Hosts, leases, secrets and counters are not in backups.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Float, ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from annotator.db import Base


class Host(Base):
    """An `annotator serve` with a database server; `seen` is its last heartbeat.

    All times are from the database's clock. `folder` identifies its data folder.
    """

    __tablename__ = "hosts"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    folder: Mapped[str] = mapped_column(String(32))
    name: Mapped[str] = mapped_column(String(300))
    address: Mapped[str]
    version: Mapped[str] = mapped_column(String(40))
    started: Mapped[datetime]
    seen: Mapped[datetime]


class Lease(Base):
    """The process that leads a task: the holder's name, PostgreSQL's number of its connection.

    `program` is the name of all connections of that process.
    """

    __tablename__ = "leases"

    task: Mapped[str] = mapped_column(String(32), primary_key=True)
    holder: Mapped[str] = mapped_column(String(300))
    program: Mapped[str] = mapped_column(String(64))
    pid: Mapped[int]
    seen: Mapped[datetime]


class Secret(Base):
    """A key that signs cookies and forms, or keys digests, on every host."""

    __tablename__ = "secrets"

    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    value: Mapped[str]


class RateCount(Base):
    """How often somebody, identified by a digest, did something; only with PostgreSQL.

    The table is unlogged. `ends` is in seconds since 1970.
    """

    __tablename__ = "rate_counts"

    who: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    seconds: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    count: Mapped[int]
    ends: Mapped[float] = mapped_column(Float)


class WaitingEmail(Base):
    """An email to send: `purpose` is that of its one-time link, which is created when it is sent.

    Without an account, `address` is the name or email address that somebody entered to recover an
    account. `token` is part of the Message-ID.
    """

    __tablename__ = "emails"

    id: Mapped[int] = mapped_column(primary_key=True)
    token: Mapped[str] = mapped_column(String(32))
    purpose: Mapped[str] = mapped_column(String(8))
    account_id: Mapped[int | None]
    address: Mapped[str] = mapped_column(String(300))
    tries: Mapped[int] = mapped_column(default=0)
    not_before: Mapped[datetime] = mapped_column(index=True)


class Withdrawn(Base):
    """The words of a deleted annotation, stored until its author can no longer undo it.

    `versions` lists the earlier versions: number, body, tags and time of each.
    """

    __tablename__ = "withdrawn"

    annotation_id: Mapped[str] = mapped_column(ForeignKey("annotations.id"), primary_key=True)
    body: Mapped[str | None]
    tags: Mapped[list[str]] = mapped_column(JSON)
    versions: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    modified: Mapped[datetime]
    deleted: Mapped[datetime] = mapped_column(index=True)


class Posting(Base):
    """The idempotency key of a posted annotation, so that a repeated request posts nothing.

    `digest` is of the posted content: a request with the same key and other words is refused.
    """

    __tablename__ = "postings"

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    key: Mapped[str] = mapped_column(String(100), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64))
    annotation_id: Mapped[str | None] = mapped_column(ForeignKey("annotations.id"))
    created: Mapped[datetime] = mapped_column(index=True)


class Outbox(Base):
    """A changed annotation (`key` is its id) or document (`key` is its number).

    A row does not say what changed: the indexer reads the current state, so reading a row twice is
    harmless.
    """

    __tablename__ = "outbox"
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    key: Mapped[str] = mapped_column(String(64))


class IndexedChanges(Base):
    """One row: the number of rows of the outbox that were ever applied and deleted.

    `index` names the index that has them all (`search.engine.Engine.index`); empty if not yet
    known.
    """

    __tablename__ = "indexed_changes"

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger)
    index: Mapped[str] = mapped_column(String, server_default="")


class SiteState(Base):
    """A single row, whose token changes with each transaction that changes public content."""

    __tablename__ = "site_state"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    token: Mapped[int] = mapped_column(BigInteger)
