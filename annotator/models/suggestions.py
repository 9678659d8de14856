"""Suggestions: annotations that propose other words, who agrees, and what became of them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Float, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from annotator.db import Base, UtcDateTime


class Suggestion(Base):
    """The change that an annotation proposes of its one target.

    `act` is `replace` (the words by `wording`), `strike`, or `insert` (paragraphs after the whole
    provision). `why_not` says why the publisher's file cannot be patched with it, if so.
    """

    __tablename__ = "suggestions"

    annotation_id: Mapped[str] = mapped_column(ForeignKey("annotations.id"), primary_key=True)
    act: Mapped[str] = mapped_column(String(7))
    wording: Mapped[str] = mapped_column(Text)
    why_not: Mapped[str | None] = mapped_column(Text)


class Agreement(Base):
    """An account that would have a suggestion as its author would."""

    __tablename__ = "agreements"

    annotation_id: Mapped[str] = mapped_column(ForeignKey("annotations.id"), primary_key=True)
    account_id: Mapped[int] = mapped_column(
        ForeignKey("accounts.id"), primary_key=True, index=True, autoincrement=False
    )
    created: Mapped[datetime] = mapped_column(UtcDateTime)


class Adoption(Base):
    """What an edition has in a suggestion's place (`suggestions.adoption`). Derived."""

    __tablename__ = "adoptions"

    annotation_id: Mapped[str] = mapped_column(ForeignKey("annotations.id"), primary_key=True)
    edition_id: Mapped[int] = mapped_column(ForeignKey("editions.id"), primary_key=True)
    verdict: Mapped[str] = mapped_column(String(7))
    score: Mapped[float] = mapped_column(Float)
