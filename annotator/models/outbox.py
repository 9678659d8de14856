"""What the search index has still to hear of; written in the transaction of each change."""

from __future__ import annotations

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from annotator.db import Base


class Outbox(Base):
    """One thing that changed: an annotation (`key` is its id) or a document (`key` its number).

    The row says that something changed and not what: the indexer reads the present state, so a
    row may be read twice without harm.
    """

    __tablename__ = "outbox"
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    key: Mapped[str] = mapped_column(String(64))
