"""State of a running site that every host shares; none of it is in a backup."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Float, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from annotator.db import Base, UtcDateTime


class Host(Base):
    """An `annotator serve` with a database server; `seen` is its last heartbeat.

    All times are of the database's clock. `folder` identifies its data folder.
    """

    __tablename__ = "hosts"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    folder: Mapped[str] = mapped_column(String(32))
    name: Mapped[str] = mapped_column(String(300))
    address: Mapped[str] = mapped_column(Text)
    version: Mapped[str] = mapped_column(String(40))
    started: Mapped[datetime] = mapped_column(UtcDateTime)
    seen: Mapped[datetime] = mapped_column(UtcDateTime)


class Lease(Base):
    """The process that leads a task: the holder's name, PostgreSQL's number of its connection.

    `program` is the name of all connections of that process.
    """

    __tablename__ = "leases"

    task: Mapped[str] = mapped_column(String(32), primary_key=True)
    holder: Mapped[str] = mapped_column(String(300))
    program: Mapped[str] = mapped_column(String(64))
    pid: Mapped[int]
    seen: Mapped[datetime] = mapped_column(UtcDateTime)


class Secret(Base):
    """A key that signs cookies and forms, or keys digests, on every host."""

    __tablename__ = "secrets"

    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    value: Mapped[str] = mapped_column(Text)


class RateCount(Base):
    """How often somebody, known by a digest, has done something; only with PostgreSQL.

    The table is unlogged. `ends` is in seconds since 1970.
    """

    __tablename__ = "rate_counts"

    who: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    seconds: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    count: Mapped[int]
    ends: Mapped[float] = mapped_column(Float)


class WaitingEmail(Base):
    """An email to send: `purpose` is that of its one-time link, which is made when it is sent.

    Without an account, `address` is what somebody typed to recover an account: a name or an email
    address. `token` identifies the email to the servers that pass it on.
    """

    __tablename__ = "emails"

    id: Mapped[int] = mapped_column(primary_key=True)
    token: Mapped[str] = mapped_column(String(32))
    purpose: Mapped[str] = mapped_column(String(8))
    account_id: Mapped[int | None]
    address: Mapped[str] = mapped_column(String(300))
    tries: Mapped[int] = mapped_column(default=0)
    not_before: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
