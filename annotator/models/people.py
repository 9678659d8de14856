"""Accounts, their names, the browsers they are signed in on, and the keys that act for them."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from annotator.db import Base, UtcDateTime
from annotator.models.moderation import AccountSanction


class Account(Base):
    """A person or a program, under a name. `name_key` is the name with look-alikes folded.

    An account without a password signs in through a provider, or not at all: such a one holds what
    was imported under a name. Of one that has `left` only the name is kept, so that nobody else
    takes it. `email_confirmed` says when its owner was shown to read mail there.
    """

    __tablename__ = "accounts"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(64), unique=True)
    name_key: Mapped[str] = mapped_column(String(256), unique=True)
    email: Mapped[str] = mapped_column(String(254), default="")
    email_confirmed: Mapped[datetime | None] = mapped_column(UtcDateTime)
    password: Mapped[str | None] = mapped_column(Text)
    role: Mapped[str] = mapped_column(String(16))
    created: Mapped[datetime] = mapped_column(UtcDateTime)
    renamed: Mapped[datetime | None] = mapped_column(UtcDateTime)
    left: Mapped[datetime | None] = mapped_column(UtcDateTime)
    standing: Mapped[AccountSanction | None] = relationship(viewonly=True)


class ForeignAccount(Base):
    """Whose account elsewhere an account here stands for, made by an import.

    `user` is the name that `authority` (a host) gives its people, or their whole IRI. Nobody signs
    in to such an account, and it gets neither password, token nor provider.
    """

    __tablename__ = "foreign_accounts"

    authority: Mapped[str] = mapped_column(String(255), primary_key=True)
    user: Mapped[str] = mapped_column(String(400), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), unique=True)


class Alias(Base):
    """A name that an account had until then. It leads to the account, and nobody else takes it."""

    __tablename__ = "aliases"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    name_key: Mapped[str] = mapped_column(String(256), index=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    until: Mapped[datetime] = mapped_column(UtcDateTime)


class SignIn(Base):
    """One browser that an account is signed in on; the browser holds the key, we its digest.

    `label` is what kind of browser it is, `used` the day on which it last came.
    """

    __tablename__ = "sign_ins"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    label: Mapped[str] = mapped_column(String(60), server_default="")
    created: Mapped[datetime] = mapped_column(UtcDateTime)
    expires: Mapped[datetime] = mapped_column(UtcDateTime)
    used: Mapped[date | None]
    account: Mapped[Account] = relationship(lazy="joined", innerjoin=True)


class ApiToken(Base):
    """A key for scripts: shown once, kept as a digest. `scopes` are joined by spaces."""

    __tablename__ = "tokens"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    label: Mapped[str] = mapped_column(String(100), default="")
    scopes: Mapped[str] = mapped_column(String(64))
    created: Mapped[datetime] = mapped_column(UtcDateTime)
    expires: Mapped[datetime | None] = mapped_column(UtcDateTime)
    revoked: Mapped[datetime | None] = mapped_column(UtcDateTime)
    used: Mapped[date | None]
    account: Mapped[Account] = relationship(lazy="joined", innerjoin=True)


class Identity(Base):
    """Who an account is at an OpenID provider: `subject`, as `issuer` names its people."""

    __tablename__ = "identities"

    issuer: Mapped[str] = mapped_column(String(255), primary_key=True)
    subject: Mapped[str] = mapped_column(String(255), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    created: Mapped[datetime] = mapped_column(UtcDateTime)
    account: Mapped[Account] = relationship(lazy="joined", innerjoin=True)


class OneTimeKey(Base):
    """A link that works once, kept as a digest: to set a new password, or to confirm `email`."""

    __tablename__ = "one_time_keys"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    purpose: Mapped[str] = mapped_column(String(8))
    email: Mapped[str] = mapped_column(String(254), default="")
    expires: Mapped[datetime] = mapped_column(UtcDateTime)
