"""Drafters, their answers to comments, and the notes of their desk."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from annotator.db import Base
from annotator.models.annotations import Worded


class Drafter(Base):
    """An account that speaks for the publisher of one document, until `revoked`.

    Only the command line grants this; `by` is who used it.
    """

    __tablename__ = "drafters"

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    document_id: Mapped[int] = mapped_column(ForeignKey("documents.id"), primary_key=True)
    granted: Mapped[datetime]
    revoked: Mapped[datetime | None]
    by: Mapped[str] = mapped_column(String(64))


class PublisherAnswer(Worded, Base):
    """An answer of drafters to comments on a document, which are in `Answered`.

    `edition_id` and `provision`, an ordinal, are where the text addresses the comments. The ordinal
    is stored instead of the pid, because a correction of an alignment changes pids.
    """

    __tablename__ = "answers"
    __table_args__ = (Index("ix_answers_document_id", "document_id"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    document_id: Mapped[int] = mapped_column(ForeignKey("documents.id"))
    outcome: Mapped[str] = mapped_column(String(16))
    edition_id: Mapped[int | None] = mapped_column(ForeignKey("editions.id"))
    provision: Mapped[int | None]
    created: Mapped[datetime]
    by_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))


class Answered(Base):
    """An answer to one comment: a `draft`, `published`, or `replaced` by a later answer.

    A comment has at most one of each of the first two. Those published together have the same time.
    `content` is whether the comment's author is satisfied: `yes`, `no` or empty.
    """

    __tablename__ = "answered"
    __table_args__ = (
        Index(
            "ix_answered_annotation_id_state", "annotation_id", "state", unique=True,
            sqlite_where=text("state <> 'replaced'"),
            postgresql_where=text("state <> 'replaced'"),
        ),
        Index("ix_answered_answer_id", "answer_id"),
        Index("ix_answered_published", "published"),
    )  # fmt: skip

    annotation_id: Mapped[str] = mapped_column(ForeignKey("annotations.id"), primary_key=True)
    answer_id: Mapped[str] = mapped_column(ForeignKey("answers.id"), primary_key=True)
    state: Mapped[str] = mapped_column(String(9))
    published: Mapped[datetime | None]
    content: Mapped[str | None] = mapped_column(String(3))
    said: Mapped[datetime | None]


class DeskMark(Base):
    """A private note of drafters about a comment.

    `kind` is `read` (by the account), `assigned` (to the account) or `label` (`value`, set by the
    account and seen by all drafters).
    """

    __tablename__ = "desk_marks"
    __table_args__ = (Index("ix_desk_marks_account_id", "account_id", "kind"),)

    annotation_id: Mapped[str] = mapped_column(ForeignKey("annotations.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(8), primary_key=True)
    value: Mapped[str] = mapped_column(String(60), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True)


class StoredCampaign(Base):
    """Comments of several people in nearly the same words; `found` is when they were last found."""

    __tablename__ = "campaigns"
    __table_args__ = (Index("ix_campaigns_document_id", "document_id"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    document_id: Mapped[int] = mapped_column(ForeignKey("documents.id"))
    found: Mapped[datetime]


class CampaignMember(Base):
    """A comment of a campaign; `own` are the spans of its body that the letter lacks.

    `basis` is `computed`, or a drafter's permanent decision: `put` in, or taken `out`.
    """

    __tablename__ = "campaign_members"
    __table_args__ = (Index("ix_campaign_members_campaign_id", "campaign_id", "own_words"),)

    annotation_id: Mapped[str] = mapped_column(ForeignKey("annotations.id"), primary_key=True)
    campaign_id: Mapped[str] = mapped_column(ForeignKey("campaigns.id"))
    own: Mapped[list[list[int]]] = mapped_column(JSON)
    own_words: Mapped[int]
    basis: Mapped[str] = mapped_column(String(8))
