"""Annotations, their targets and suggestions, and their positions in each edition."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    Float,
    ForeignKey,
    Index,
    String,
    and_,
    false,
)
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, mapped_column, validates

from annotator.db import Base

WHOLE_DOCUMENT = -1
VERDICT_BITS = {"exact": 1, "moved": 2, "edited": 4, "lost": 8}


class Worded:
    """The HTML of `body`. Derived: `services.annotations.store` can rebuild it.

    `stamp` identifies the words and the renderer. When the words change, the HTML is deleted.
    """

    body: Mapped[str | None]
    html: Mapped[str | None]
    stamp: Mapped[str | None] = mapped_column(String(64))

    @validates("body")
    def _forget_html(self, _name: str, body: str | None) -> str | None:
        self.html = self.stamp = None
        return body


class Annotation(Worded, Base):
    """A comment, a highlight without words, or a reply.

    `thread_id` is the id of the annotation that began the thread: its own, unless it is a reply. A
    deleted annotation keeps its row, emptied of words, so that its replies keep their thread.
    `visibility` is `visible`, `held` (waiting for review) or `hidden` by the act `hidden_by`;
    `act_id` is the last act on it. `listed` annotations appear in lists: those that are shown, and
    those with replies that are not.
    """

    __tablename__ = "annotations"
    __table_args__ = (
        # None on `visibility`: nearly all are visible, and SQLite would scan all of them.
        Index("ix_annotations_listed", "listed", "created", "id"),
        Index("ix_annotations_author", "author_id", "created", "id"),
        # Covers the counts of containers.
        Index("ix_annotations_document", "document_id", "id", "deleted", "visibility"),
        Index("ix_annotations_modified", "document_id", "modified"),
        Index("ix_annotations_thread", "thread_id", "id"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    document_id: Mapped[int] = mapped_column(ForeignKey("documents.id"))
    edition_id: Mapped[int] = mapped_column(ForeignKey("editions.id"))
    author_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    in_reply_to: Mapped[str | None] = mapped_column(ForeignKey("annotations.id"), index=True)
    thread_id: Mapped[str] = mapped_column(ForeignKey("annotations.id"))
    motivation: Mapped[str] = mapped_column(String(16))
    created: Mapped[datetime]
    modified: Mapped[datetime]
    deleted: Mapped[datetime | None]
    listed: Mapped[bool] = mapped_column(default=True)
    visibility: Mapped[str] = mapped_column(String(8), default="visible", server_default="visible")
    # Acts of the log. Not foreign keys, since acts refer to annotations; `annotator check` verifies
    # them.
    hidden_by: Mapped[int | None]
    act_id: Mapped[int | None]
    licence: Mapped[str | None] = mapped_column(String(200))  # None means the site's

    @hybrid_property
    def shown(self) -> bool:
        """Return whether anyone may read its words."""
        return self.deleted is None and self.visibility == "visible"

    @shown.inplace.expression
    @classmethod
    def _shown(cls) -> ColumnElement[bool]:
        return and_(cls.deleted.is_(None), cls.visibility == "visible")


class Tag(Base):
    """A tag on an annotation, in the order its author gave."""

    __tablename__ = "tags"
    __table_args__ = (Index("ix_tags_tag_annotation_id", "tag", "annotation_id"),)

    annotation_id: Mapped[str] = mapped_column(ForeignKey("annotations.id"), primary_key=True)
    ordinal: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    tag: Mapped[str] = mapped_column(String(200))


class Version(Worded, Base):
    """A version of a comment before an edit: `body` and `tags` until `replaced`.

    A version that was removed by the act `removed_by` has no words.
    """

    __tablename__ = "versions"

    annotation_id: Mapped[str] = mapped_column(ForeignKey("annotations.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    tags: Mapped[str]
    replaced: Mapped[datetime]
    removed_by: Mapped[int | None] = mapped_column(ForeignKey("moderation_acts.id"))


class Target(Base):
    """The target of an annotation in the edition it was made on; never changed.

    A whole provision (`whole`) has no quotation of its own: its words are the edition's.
    `pid` is the innermost provision that contains the words. `address` is the pinned citation.
    Imported words that were not found in the edition have neither offsets nor pid.
    """

    __tablename__ = "targets"
    __table_args__ = (CheckConstraint('"start" < "end"', name="span"),)

    annotation_id: Mapped[str] = mapped_column(ForeignKey("annotations.id"), primary_key=True)
    ordinal: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    whole: Mapped[bool]
    pid: Mapped[str | None] = mapped_column(ForeignKey("pids.pid"))
    start: Mapped[int | None]
    end: Mapped[int | None]
    exact: Mapped[str | None]
    prefix: Mapped[str]
    suffix: Mapped[str]
    address: Mapped[str]


class Origin(Base):
    """The origin of an imported annotation.

    `via` is its id there, by which a second import recognizes it. `original` is the whole
    annotation as JSON, if our columns cannot store all of it.
    """

    __tablename__ = "origins"

    annotation_id: Mapped[str] = mapped_column(ForeignKey("annotations.id"), primary_key=True)
    via: Mapped[str] = mapped_column(unique=True)
    original: Mapped[str | None]


class Restatement(Base):
    """An author's decision after a revision: the position of a target is confirmed or changed.

    From this edition on, the target is relocated from this position. `confirmed` means that the
    author kept the computed position. The fields are Target's.
    """

    __tablename__ = "restatements"

    annotation_id: Mapped[str] = mapped_column(ForeignKey("annotations.id"), primary_key=True)
    ordinal: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    edition_id: Mapped[int] = mapped_column(ForeignKey("editions.id"), primary_key=True)
    confirmed: Mapped[bool]
    whole: Mapped[bool]
    pid: Mapped[str] = mapped_column(ForeignKey("pids.pid"))
    start: Mapped[int]
    end: Mapped[int]
    exact: Mapped[str | None]
    created: Mapped[datetime]


class Placement(Base):
    """The position of a target in an edition. Derived: can be dropped and rebuilt.

    `start` and `end` are null if the words are lost; `provision` is then the ordinal of their
    former provision, of the nearest one left, or WHOLE_DOCUMENT if they were never in any edition.
    `basis` is `computed`, or the author's decision (`confirmed`, `restated`). `whole` is its
    target's.
    """

    __tablename__ = "placements"
    __table_args__ = (
        Index(
            "ix_placements_edition_id_start", "edition_id", "start", "end", "whole", "annotation_id"
        ),  # covers the query for highlights
    )

    annotation_id: Mapped[str] = mapped_column(ForeignKey("annotations.id"), primary_key=True)
    edition_id: Mapped[int] = mapped_column(ForeignKey("editions.id"), primary_key=True)
    ordinal: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    start: Mapped[int | None]
    end: Mapped[int | None]
    provision: Mapped[int]
    verdict: Mapped[str] = mapped_column(String(8))
    score: Mapped[float] = mapped_column(Float)
    basis: Mapped[str] = mapped_column(String(9), server_default="computed")
    whole: Mapped[bool] = mapped_column(server_default=false())


class Coverage(Base):
    """The provisions that an annotation is on, in an edition. Derived.

    One row for each provision that a placement touches and each that contains it; replies have
    those of their thread. `provision` is an ordinal, or WHOLE_DOCUMENT in a row that every
    annotation has. The primary key is the order of the text, so that a page of any provision is one
    range scan, however much commentary there is elsewhere. `author_id` is the annotation's;
    `verdicts` is the sum of the VERDICT_BITS that the targets of its thread have here.
    """

    __tablename__ = "coverage"
    __table_args__ = (
        Index("ix_coverage_newest", "edition_id", "provision", "created", "annotation_id"),
        Index("ix_coverage_author", "edition_id", "provision", "author_id", "verdicts", "created"),
        Index("ix_coverage_annotation", "annotation_id", "edition_id", "provision", "author_id"),
        {"sqlite_with_rowid": False},
    )

    edition_id: Mapped[int] = mapped_column(ForeignKey("editions.id"), primary_key=True)
    provision: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    start: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    thread_id: Mapped[str] = mapped_column(ForeignKey("annotations.id"), primary_key=True)
    annotation_id: Mapped[str] = mapped_column(ForeignKey("annotations.id"), primary_key=True)
    created: Mapped[datetime]
    author_id: Mapped[int] = mapped_column(server_default="0")
    verdicts: Mapped[int] = mapped_column(server_default="0")


class Change(Base):
    """The counts of a provision, and the document's state at their last change. Derived.

    `annotations` is its number of rows of coverage, `lost` the number of annotations that have lost
    words placed there. A process with the counts of an edition reads only those changed since.
    """

    __tablename__ = "changes"
    __table_args__ = (Index("ix_changes_edition_id_state", "edition_id", "state"),)

    edition_id: Mapped[int] = mapped_column(ForeignKey("editions.id"), primary_key=True)
    provision: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    state: Mapped[int]
    annotations: Mapped[int] = mapped_column(server_default="0")
    lost: Mapped[int] = mapped_column(server_default="0")


class Suggestion(Base):
    """The change that an annotation proposes for its only target.

    `act` is `replace` (the words by `wording`), `strike`, or `insert` (paragraphs after the whole
    provision). `why_not` is the reason if the publisher's file cannot be patched with it.
    """

    __tablename__ = "suggestions"

    annotation_id: Mapped[str] = mapped_column(ForeignKey("annotations.id"), primary_key=True)
    act: Mapped[str] = mapped_column(String(7))
    wording: Mapped[str]
    why_not: Mapped[str | None]


class Agreement(Base):
    """An account that agrees with a suggestion."""

    __tablename__ = "agreements"

    annotation_id: Mapped[str] = mapped_column(ForeignKey("annotations.id"), primary_key=True)
    account_id: Mapped[int] = mapped_column(
        ForeignKey("accounts.id"), primary_key=True, index=True, autoincrement=False
    )
    created: Mapped[datetime]


class Adoption(Base):
    """Whether an edition adopted a suggestion (`suggestions.adoption`). Derived."""

    __tablename__ = "adoptions"

    annotation_id: Mapped[str] = mapped_column(ForeignKey("annotations.id"), primary_key=True)
    edition_id: Mapped[int] = mapped_column(ForeignKey("editions.id"), primary_key=True)
    verdict: Mapped[str] = mapped_column(String(7))
    score: Mapped[float] = mapped_column(Float)
