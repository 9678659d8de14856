"""Mentions: pages on other sites that link to a document (Webmention)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from annotator.db import Base, UtcDateTime


class Mention(Base):
    """A link from the page `source` to `target`; `key` is the digest of the two.

    `state` is one of `services.webmention.mentions.STATES`. `due` is when a check of the source was
    last requested, null when it is done; `trouble` is why it was refused or could not be checked.
    Title, author and excerpt of the source are plain text. The last decision is `decided`, `by`,
    `reason`, and the state `before`, which undo restores.
    """

    __tablename__ = "mentions"
    __table_args__ = (
        Index("ix_mentions_document_id", "document_id", "state"),
        Index("ix_mentions_state", "state", "decided"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    key: Mapped[str] = mapped_column(String(64), unique=True)
    source: Mapped[str] = mapped_column(Text)
    target: Mapped[str] = mapped_column(Text)
    document_id: Mapped[int] = mapped_column(ForeignKey("documents.id"))
    state: Mapped[str] = mapped_column(String(16), default="queued")
    created: Mapped[datetime] = mapped_column(UtcDateTime)
    due: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)
    trouble: Mapped[str] = mapped_column(Text, default="")
    title: Mapped[str] = mapped_column(Text, default="")
    author: Mapped[str] = mapped_column(Text, default="")
    excerpt: Mapped[str] = mapped_column(Text, default="")
    decided: Mapped[datetime | None] = mapped_column(UtcDateTime)
    by: Mapped[str] = mapped_column(String(64), default="")
    reason: Mapped[str] = mapped_column(Text, default="")
    before: Mapped[str] = mapped_column(String(16), default="")


class MentionPlace(Base):
    """A range that a mention links to, or with `quoted` one that it quotes."""

    __tablename__ = "mention_places"

    mention_id: Mapped[str] = mapped_column(ForeignKey("mentions.id"), primary_key=True)
    ordinal: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    edition_id: Mapped[int] = mapped_column(ForeignKey("editions.id"))
    start: Mapped[int]
    end: Mapped[int]
    pid: Mapped[str] = mapped_column(ForeignKey("pids.pid"), index=True)
    quoted: Mapped[bool]
