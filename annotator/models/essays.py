"""Quotations of a document: essays posted as comments, and annotations.

An essay's own text is not stored; its annotations are annotations like any other.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from annotator.db import Base, UtcDateTime


class Essay(Base):
    """An essay about a document. `sha256` is of what was published last, choices included."""

    __tablename__ = "essays"
    __table_args__ = (Index("ix_essays_document", "document_id", "created"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    document_id: Mapped[int] = mapped_column(ForeignKey("documents.id"))
    author_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    title: Mapped[str] = mapped_column(Text)
    source_url: Mapped[str] = mapped_column(Text, default="")
    sha256: Mapped[str] = mapped_column(String(64))
    created: Mapped[datetime] = mapped_column(UtcDateTime)
    modified: Mapped[datetime] = mapped_column(UtcDateTime)
    removed: Mapped[datetime | None] = mapped_column(UtcDateTime)


class EssayAnnotation(Base):
    """An annotation that is a part of an essay, in the order of `ordinal`.

    `passages` is the digest of the quoted words, which identifies the part in a revised essay.
    """

    __tablename__ = "essay_remarks"
    __table_args__ = (Index("ix_essay_remarks_essay", "essay_id", "ordinal"),)

    annotation_id: Mapped[str] = mapped_column(ForeignKey("annotations.id"), primary_key=True)
    essay_id: Mapped[str] = mapped_column(ForeignKey("essays.id"))
    ordinal: Mapped[int]
    passages: Mapped[str] = mapped_column(String(64))


class Quoting(Base):
    """The body of an annotation quotes words of its document. Derived, see `quotation_index`.

    `[start, end)` are code points of the edition's text, `pid` the innermost provision with them.
    """

    __tablename__ = "quotings"

    annotation_id: Mapped[str] = mapped_column(ForeignKey("annotations.id"), primary_key=True)
    ordinal: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    edition_id: Mapped[int] = mapped_column(ForeignKey("editions.id"))
    start: Mapped[int]
    end: Mapped[int]
    pid: Mapped[str] = mapped_column(ForeignKey("pids.pid"), index=True)
