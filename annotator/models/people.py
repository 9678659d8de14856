"""Accounts, their names, sessions, tokens and one-time links."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from annotator.db import Base, UtcDateTime
from annotator.models.moderation import AccountSanction


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
    email_confirmed: Mapped[datetime | None] = mapped_column(UtcDateTime)
    password: Mapped[str | None] = mapped_column(Text)
    role: Mapped[str] = mapped_column(String(16))
    created: Mapped[datetime] = mapped_column(UtcDateTime)
    renamed: Mapped[datetime | None] = mapped_column(UtcDateTime)
    left: Mapped[datetime | None] = mapped_column(UtcDateTime)
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
    """A former name of an account. It leads to the account and stays reserved."""

    __tablename__ = "aliases"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    name_key: Mapped[str] = mapped_column(String(256), index=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    until: Mapped[datetime] = mapped_column(UtcDateTime)


class SignIn(Base):
    """A browser session of an account; the browser has the key, the row its digest.

    `label` is the browser and system, `used` the day of the last request.
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
    """An API token: shown once, stored as a digest. `scopes` are joined by spaces."""

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
    """The identity of an account at an OpenID provider: `subject` of `issuer`."""

    __tablename__ = "identities"

    issuer: Mapped[str] = mapped_column(String(255), primary_key=True)
    subject: Mapped[str] = mapped_column(String(255), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    created: Mapped[datetime] = mapped_column(UtcDateTime)
    account: Mapped[Account] = relationship(lazy="joined", innerjoin=True)


class OneTimeKey(Base):
    """A one-time link, stored as a digest: to set a new password, or to confirm `email`."""

    __tablename__ = "one_time_keys"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    purpose: Mapped[str] = mapped_column(String(8))
    email: Mapped[str] = mapped_column(String(254), default="")
    expires: Mapped[datetime] = mapped_column(UtcDateTime)
