"""What is kept for a short while around writing: deleted words, and what has been posted just now.

Nothing here is shown, listed, searched or exported; `services/housekeeping` clears it away.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from annotator.db import Base, UtcDateTime


class Withdrawn(Base):
    """What a deleted annotation said, kept apart so that its author can undo the deletion.

    `versions` lists what it said before each edit: number, body, tags and moment of each.
    """

    __tablename__ = "withdrawn"

    annotation_id: Mapped[str] = mapped_column(ForeignKey("annotations.id"), primary_key=True)
    body: Mapped[str | None] = mapped_column(Text)
    tags: Mapped[list[str]] = mapped_column(JSON)
    versions: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    modified: Mapped[datetime] = mapped_column(UtcDateTime)
    deleted: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class Posting(Base):
    """The key that a client gave to what it posted, so that sending it again posts nothing new.

    `digest` is of what was posted: other words under the same key are another annotation's.
    """

    __tablename__ = "postings"

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    key: Mapped[str] = mapped_column(String(100), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64))
    annotation_id: Mapped[str | None] = mapped_column(ForeignKey("annotations.id"))
    created: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
