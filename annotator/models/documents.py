"""Documents, their editions and provisions (immutable once added); essays about them; mentions."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from annotator.db import Base


class Document(Base):
    """A work that people comment on. `state` grows with every change to its commentary."""

    __tablename__ = "documents"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(64), unique=True)
    title: Mapped[str]
    description: Mapped[str] = mapped_column(default="")
    publisher: Mapped[str] = mapped_column(default="")
    licence: Mapped[str] = mapped_column(String(64), default="")
    language: Mapped[str] = mapped_column(String(35), default="en")
    source_url: Mapped[str] = mapped_column(default="")
    state: Mapped[int] = mapped_column(default=0)
    created: Mapped[datetime]


class Edition(Base):
    """One text of a document. `sequence` is its place in the recorded succession, from 0.

    `text` is the canonical text; `layout` has the blocks with their marks, as `services.editions`
    writes and reads them. Both are large and loaded only when needed. `revision` grows when an
    editor's correction may have changed the pids that its provisions have.
    """

    __tablename__ = "editions"
    __table_args__ = (
        UniqueConstraint("document_id", "label"),
        UniqueConstraint("document_id", "sequence"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    document_id: Mapped[int] = mapped_column(ForeignKey("documents.id"))
    label: Mapped[str] = mapped_column(String(64))
    sequence: Mapped[int]
    title: Mapped[str]
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    captured: Mapped[str] = mapped_column(String(10))
    source_url: Mapped[str] = mapped_column(default="")
    added: Mapped[datetime]
    revision: Mapped[int] = mapped_column(default=0, server_default="0")
    text: Mapped[str] = mapped_column(deferred=True)
    layout: Mapped[list[Any]] = mapped_column(JSON, deferred=True)
    document: Mapped[Document] = relationship(lazy="joined", innerjoin=True)


class EditionSource(Base):
    """The publisher's file of an edition, as packed by `services.editions.sources`.

    `sha256` is the digest of the file itself. `origins` are the runs of the decoded file that each
    block comes from. Large columns are loaded only when needed.
    """

    __tablename__ = "sources"

    edition_id: Mapped[int] = mapped_column(ForeignKey("editions.id"), primary_key=True)
    name: Mapped[str]
    media_type: Mapped[str] = mapped_column(String(64))
    sha256: Mapped[str] = mapped_column(String(64))
    content: Mapped[bytes] = mapped_column(LargeBinary)
    origins: Mapped[bytes] = mapped_column(LargeBinary)


class Pid(Base):
    """The pid of a provision of a document, never reused.

    `became` is the current pid of the provision if a correction removed this one from every
    edition.
    """

    __tablename__ = "pids"

    pid: Mapped[str] = mapped_column(String(5), primary_key=True)
    document_id: Mapped[int] = mapped_column(ForeignKey("documents.id"), index=True)
    became: Mapped[str | None] = mapped_column(ForeignKey("pids.pid"))


class Provision(Base):
    """A provision in an edition; `ordinal` is its index there, from 0.

    `parent` and `section` are ordinals. See `documents.parsed.Provision` for what each field means.
    """

    __tablename__ = "provisions"
    __table_args__ = (
        Index("ix_provisions_pid_edition_id", "pid", "edition_id", unique=True),
        Index("ix_provisions_edition_id_slug", "edition_id", "slug"),
    )

    edition_id: Mapped[int] = mapped_column(ForeignKey("editions.id"), primary_key=True)
    ordinal: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    pid: Mapped[str] = mapped_column(ForeignKey("pids.pid"))
    kind: Mapped[str] = mapped_column(String(16))
    start: Mapped[int]
    end: Mapped[int]
    parent: Mapped[int | None]
    section: Mapped[int | None]
    unit: Mapped[int | None]
    number: Mapped[str] = mapped_column(String(32))
    level: Mapped[int | None]
    slug: Mapped[str | None]
    digest: Mapped[str] = mapped_column(String(64))
    attributes: Mapped[dict[str, str]] = mapped_column(JSON)


class Alignment(Base):
    """The relation of a provision to the edition before.

    One row for each relation: a split or a merge has several. `old` or `new` is null where the
    provision is new or retired; both are ordinals.
    """

    __tablename__ = "alignments"

    id: Mapped[int] = mapped_column(primary_key=True)
    edition_id: Mapped[int] = mapped_column(ForeignKey("editions.id"), index=True)
    old_edition_id: Mapped[int] = mapped_column(ForeignKey("editions.id"))
    old: Mapped[int | None]
    new: Mapped[int | None]
    verdict: Mapped[str] = mapped_column(String(16))
    score: Mapped[float]


class Correction(Base):
    """An editor's correction of the alignment of `edition_id` with the edition before.

    `act` is `map`, `join`, `split` or `part`. `before` and `after` are the relations concerned as
    they were and as they became, lists of `{"old", "new", "ordinal", "verdict"}`: the pid in the
    older edition, pid and ordinal in this one, null if there is none. `by` is the name of an
    account, or `command line`. Rows are never changed or deleted.
    """

    __tablename__ = "corrections"

    id: Mapped[int] = mapped_column(primary_key=True)
    edition_id: Mapped[int] = mapped_column(ForeignKey("editions.id"), index=True)
    act: Mapped[str] = mapped_column(String(8))
    before: Mapped[list[Any]] = mapped_column(JSON)
    after: Mapped[list[Any]] = mapped_column(JSON)
    reason: Mapped[str]
    by: Mapped[str] = mapped_column(String(64))
    created: Mapped[datetime]


class Essay(Base):
    """An essay about a document. `sha256` is of the last published version with its choices."""

    __tablename__ = "essays"
    __table_args__ = (Index("ix_essays_document", "document_id", "created"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    document_id: Mapped[int] = mapped_column(ForeignKey("documents.id"))
    author_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    title: Mapped[str]
    source_url: Mapped[str] = mapped_column(default="")
    sha256: Mapped[str] = mapped_column(String(64))
    created: Mapped[datetime]
    modified: Mapped[datetime]
    removed: Mapped[datetime | None]


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
    source: Mapped[str]
    target: Mapped[str]
    document_id: Mapped[int] = mapped_column(ForeignKey("documents.id"))
    state: Mapped[str] = mapped_column(String(16), default="queued")
    created: Mapped[datetime]
    due: Mapped[datetime | None] = mapped_column(index=True)
    trouble: Mapped[str] = mapped_column(default="")
    title: Mapped[str] = mapped_column(default="")
    author: Mapped[str] = mapped_column(default="")
    excerpt: Mapped[str] = mapped_column(default="")
    decided: Mapped[datetime | None]
    by: Mapped[str] = mapped_column(String(64), default="")
    reason: Mapped[str] = mapped_column(default="")
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
