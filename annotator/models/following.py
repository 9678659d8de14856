"""Follows, news and news emails of accounts. Only the account itself can read its rows."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from annotator.db import Base


class Follow(Base):
    """Something that an account follows: `key` identifies a thing of its `kind`.

    The key is the id of a thread or person, the pid of a provision, the slug of a document, a tag,
    or the query of a search (`services.following.follows`). `heads` leaves replies out. `posted`
    means that the account follows the thread because it posted in it.
    """

    __tablename__ = "follows"
    __table_args__ = (
        UniqueConstraint("account_id", "kind", "key"),
        Index("ix_follows_key", "kind", "key"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    kind: Mapped[str] = mapped_column(String(9))
    key: Mapped[str] = mapped_column(String(1000))
    heads: Mapped[bool] = mapped_column(default=False)
    posted: Mapped[bool] = mapped_column(default=False)
    created: Mapped[datetime]


class Mute(Base):
    """A thread or person that an account has muted."""

    __tablename__ = "mutes"

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(6), primary_key=True)
    key: Mapped[str] = mapped_column(String(32), primary_key=True)


class Happening(Base):
    """An outbox row of news: written in the transaction of the event, deleted once delivered."""

    __tablename__ = "happenings"
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(8))  # one of `services.following.teller.TELL`
    annotation_id: Mapped[str | None] = mapped_column(String(32))
    edition_id: Mapped[int | None]


class News(Base):
    """A news item of an account, about an annotation, an edition or an act.

    `kind` is one of `schemas.following.KINDS`. For an edition, `changed` counts the account's
    comments, or followed passages, whose words it changed, `of` how many. `told_as` is the
    account's role in an act: `author`, `flagger` or `appellant`. `follow_id` is the follow that it
    comes from, if that still exists, and `email_id` the email that it was sent in.
    """

    __tablename__ = "news"
    __table_args__ = (
        UniqueConstraint("annotation_id", "account_id", "kind", name="uq_news_annotation"),
        UniqueConstraint("edition_id", "account_id", "kind", name="uq_news_edition"),
        Index("ix_news_account", "account_id", "id"),
        Index("ix_news_read", "account_id", "read"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    kind: Mapped[str] = mapped_column(String(10))
    annotation_id: Mapped[str | None] = mapped_column(ForeignKey("annotations.id"))
    edition_id: Mapped[int | None] = mapped_column(ForeignKey("editions.id"))
    act_id: Mapped[int | None] = mapped_column(ForeignKey("moderation_acts.id"))
    told_as: Mapped[str | None] = mapped_column(String(10))
    changed: Mapped[int | None]
    of: Mapped[int | None]
    follow_id: Mapped[int | None]
    email_id: Mapped[int | None] = mapped_column(ForeignKey("news_emails.id"), index=True)
    created: Mapped[datetime]
    read: Mapped[bool] = mapped_column(default=False)


class NewsEmail(Base):
    """An email with an account's news, sent at once or as a `digest`; rendered when it is sent.

    Kept for 30 days. `error` is why it will not be sent.
    """

    __tablename__ = "news_emails"
    __table_args__ = (Index("ix_news_emails_account", "account_id", "sent"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    digest: Mapped[bool]
    due: Mapped[datetime] = mapped_column(index=True)
    token: Mapped[str] = mapped_column(String(32))  # of its Message-ID
    tries: Mapped[int] = mapped_column(default=0)
    sent: Mapped[datetime | None]
    error: Mapped[str | None] = mapped_column(String(200))


class NewsSettings(Base):
    """When an account is emailed news of each class; defaults apply without a row.

    `refused` counts consecutive permanent refusals of its emails. `feed` is the digest of the key
    of its feed.
    """

    __tablename__ = "news_settings"

    account_id: Mapped[int] = mapped_column(
        ForeignKey("accounts.id"), primary_key=True, autoincrement=False
    )
    to_me: Mapped[str] = mapped_column(String(6), default="once")
    followed: Mapped[str] = mapped_column(String(6), default="daily")
    refused: Mapped[int] = mapped_column(default=0)
    feed: Mapped[str | None] = mapped_column(String(64), unique=True)
