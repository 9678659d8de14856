"""What accounts follow, what they are told, and the emails that tell it.

Of all this, an account's rows are read for that account alone.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from annotator.db import Base


class Follow(Base):
    """An account wants news of something: `key` identifies a thing of its `kind`.

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
    """An account wants no news of a thread or person."""

    __tablename__ = "mutes"

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(6), primary_key=True)
    key: Mapped[str] = mapped_column(String(32), primary_key=True)


class Happening(Base):
    """Something to tell people of; written with it in one transaction, deleted once it is told."""

    __tablename__ = "happenings"
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(8))  # one of `services.following.teller.TELL`
    annotation_id: Mapped[str | None] = mapped_column(String(32))
    edition_id: Mapped[int | None]


class News(Base):
    """One thing that an account is told, once: of an annotation, an edition or an act.

    `kind` is one of `schemas.following.KINDS`. Of an edition, `changed` counts the account's
    comments, or the passages it follows, whose words it changed, and `of` all that it could have.
    `told_as` is why it is told of the act: as `author`, `flagger` or `appellant`. `follow_id` is
    the follow that it comes from, if that still exists, and `email_id` the email that tells it.
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
    """An email that tells an account its news: at once, or as a `digest`; written when it is sent.

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
    """When an account is sent news of each class; one without a row has the defaults.

    `refused` counts how often the server of its address refused its emails for good, in a row.
    `feed` is the digest of the key of its feed.
    """

    __tablename__ = "news_settings"

    account_id: Mapped[int] = mapped_column(
        ForeignKey("accounts.id"), primary_key=True, autoincrement=False
    )
    to_me: Mapped[str] = mapped_column(String(6), default="once")
    followed: Mapped[str] = mapped_column(String(6), default="daily")
    refused: Mapped[int] = mapped_column(default=0)
    feed: Mapped[str | None] = mapped_column(String(64), unique=True)
