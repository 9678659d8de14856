"""Short-lived data: deleted words, and idempotency keys.

Not shown, listed, searched or exported; `services/housekeeping` deletes it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from annotator.db import Base, UtcDateTime


class Withdrawn(Base):
    """The words of a deleted annotation, stored until its author can no longer undo it.

    `versions` lists the earlier versions: number, body, tags and time of each.
    """

    __tablename__ = "withdrawn"

    annotation_id: Mapped[str] = mapped_column(ForeignKey("annotations.id"), primary_key=True)
    body: Mapped[str | None] = mapped_column(Text)
    tags: Mapped[list[str]] = mapped_column(JSON)
    versions: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    modified: Mapped[datetime] = mapped_column(UtcDateTime)
    deleted: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class Posting(Base):
    """The idempotency key of a posted annotation, so that a repeated request posts nothing.

    `digest` is of the posted content: a request with the same key and other words is refused.
    """

    __tablename__ = "postings"

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    key: Mapped[str] = mapped_column(String(100), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64))
    annotation_id: Mapped[str | None] = mapped_column(ForeignKey("annotations.id"))
    created: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
