"""Accounts, their names, sessions, tokens and links; moderation of them and of comments."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from annotator.db import Base


class Account(Base):
    """A person or a program. `name_key` is the name with look-alike characters folded.

    An account without a password signs in through a provider, or is that of an imported author. Of
    a deleted account (`left`) only the name is kept, reserved. `email_confirmed` is when the owner
    confirmed the address.
    """

    __tablename__ = "accounts"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(64), unique=True)
    name_key: Mapped[str] = mapped_column(String(256), unique=True)
    email: Mapped[str] = mapped_column(String(254), default="")
    email_confirmed: Mapped[datetime | None]
    password: Mapped[str | None]
    role: Mapped[str] = mapped_column(String(16))
    created: Mapped[datetime]
    renamed: Mapped[datetime | None]
    left: Mapped[datetime | None]
    standing: Mapped[AccountSanction | None] = relationship(viewonly=True)


class ForeignAccount(Base):
    """The account on another site that an imported account represents.

    `user` is the name at `authority` (a host), or a whole IRI. Nobody can sign in to such an
    account; it has no password, token or provider.
    """

    __tablename__ = "foreign_accounts"

    authority: Mapped[str] = mapped_column(String(255), primary_key=True)
    user: Mapped[str] = mapped_column(String(400), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), unique=True)


class Alias(Base):
    """A former name of an account. It redirects to the account and stays reserved."""

    __tablename__ = "aliases"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    name_key: Mapped[str] = mapped_column(String(256), index=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    until: Mapped[datetime]


class SignIn(Base):
    """A browser session of an account; the browser has the key, the row its digest.

    `label` is the browser and system, `used` the day of the last request.
    """

    __tablename__ = "sign_ins"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    label: Mapped[str] = mapped_column(String(60), server_default="")
    created: Mapped[datetime]
    expires: Mapped[datetime]
    used: Mapped[date | None]
    account: Mapped[Account] = relationship(lazy="joined", innerjoin=True)


class ApiToken(Base):
    """An API token: shown once, stored as a digest. `scopes` are joined by spaces."""

    __tablename__ = "tokens"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    label: Mapped[str] = mapped_column(String(100), default="")
    scopes: Mapped[str] = mapped_column(String(64))
    created: Mapped[datetime]
    expires: Mapped[datetime | None]
    revoked: Mapped[datetime | None]
    used: Mapped[date | None]
    account: Mapped[Account] = relationship(lazy="joined", innerjoin=True)


class Identity(Base):
    """The identity of an account at an OpenID provider: `subject` of `issuer`."""

    __tablename__ = "identities"

    issuer: Mapped[str] = mapped_column(String(255), primary_key=True)
    subject: Mapped[str] = mapped_column(String(255), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    created: Mapped[datetime]
    account: Mapped[Account] = relationship(lazy="joined", innerjoin=True)


class OneTimeKey(Base):
    """A one-time link, stored as a digest: to set a new password, or to confirm `email`."""

    __tablename__ = "one_time_keys"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    purpose: Mapped[str] = mapped_column(String(8))
    email: Mapped[str] = mapped_column(String(254), default="")
    expires: Mapped[datetime]


class Act(Base):
    """A decision in the log. Rows are never changed or deleted.

    `act` is one of `schemas.charter.KINDS`, `rule` a key of `schemas.charter.RULES`, `cited` its
    address when the decision was taken. `by` and `role` are the name and role of the moderator at
    that time; `by_id` is null for the command line. `undoes` is the act that this one reverses.
    `batch` is shared by the acts of a bulk action. `before` is the state that undo restores.
    """

    __tablename__ = "moderation_acts"
    __table_args__ = (
        Index("ix_moderation_acts_annotation_id", "annotation_id", "id"),
        Index("ix_moderation_acts_account_id", "account_id", "id"),
        Index("ix_moderation_acts_document_id", "document_id", "id"),
        Index("ix_moderation_acts_rule", "rule", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    act: Mapped[str] = mapped_column(String(16))
    annotation_id: Mapped[str | None] = mapped_column(ForeignKey("annotations.id"))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    document_id: Mapped[int | None] = mapped_column(ForeignKey("documents.id"))
    rule: Mapped[str] = mapped_column(String(64))
    cited: Mapped[str]
    reason: Mapped[str]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    by: Mapped[str] = mapped_column(String(64))
    role: Mapped[str] = mapped_column(String(16))
    created: Mapped[datetime]
    until: Mapped[datetime | None]
    version: Mapped[int | None]
    undoes: Mapped[int | None] = mapped_column(ForeignKey("moderation_acts.id"), unique=True)
    batch: Mapped[str | None] = mapped_column(String(32), index=True)
    before: Mapped[dict[str, Any]] = mapped_column(JSON)


class Flag(Base):
    """A report of an annotation; open until `decision` is the act that answers it."""

    __tablename__ = "flags"
    __table_args__ = (
        UniqueConstraint("annotation_id", "account_id"),
        Index("ix_flags_decision_id", "decision_id", "annotation_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    annotation_id: Mapped[str] = mapped_column(ForeignKey("annotations.id"))
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    rule: Mapped[str] = mapped_column(String(64))
    words: Mapped[str]
    created: Mapped[datetime]
    decision_id: Mapped[int | None] = mapped_column(ForeignKey("moderation_acts.id"))


class Appeal(Base):
    """An appeal against an act; open until `decision` is the act that answers it."""

    __tablename__ = "appeals"
    __table_args__ = (UniqueConstraint("act_id", "account_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    act_id: Mapped[int] = mapped_column(ForeignKey("moderation_acts.id"))
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    words: Mapped[str]
    created: Mapped[datetime]
    decision_id: Mapped[int | None] = mapped_column(ForeignKey("moderation_acts.id"), index=True)


class AccountSanction(Base):
    """The suspension or ban of an account; an account without a row has none."""

    __tablename__ = "standings"

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    banned: Mapped[bool] = mapped_column(default=False)
    suspended_until: Mapped[datetime | None]
    act_id: Mapped[int] = mapped_column(ForeignKey("moderation_acts.id"))


class Notice(Base):
    """An account to notify of an act, as `author`, `flagger` or `appellant`; becomes `News`."""

    __tablename__ = "notices"
    __table_args__ = (Index("ix_notices_account_id", "account_id", "read", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    act_id: Mapped[int] = mapped_column(ForeignKey("moderation_acts.id"))
    told_as: Mapped[str] = mapped_column(String(10))
    read: Mapped[bool] = mapped_column(default=False)


class Switch(Base):
    """A setting changed at run time; it overrides the configuration."""

    __tablename__ = "switches"

    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    on: Mapped[bool]
    by: Mapped[str] = mapped_column(String(64))
    changed: Mapped[datetime]
