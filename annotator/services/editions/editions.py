"""Load documents and their editions.

An edition is immutable once added, so its parsed text is cached (`Session.info["cache"]`). Only a
correction changes its pids, and then its `revision` grows.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session, undefer
from sqlalchemy.orm.attributes import set_committed_value

from annotator.db import MOST_CACHED, Cache
from annotator.documents import Block, Mark, Parsed, ParsedProvision
from annotator.errors import NotFound
from annotator.models import Annotation, Document, Edition, Pid, Provision
from annotator.schemas.summaries import DocumentLine

# Built once: building a statement takes longer than running it.
EDITIONS = select(Edition).order_by(Edition.sequence)
OF_DOCUMENTS = EDITIONS.where(Edition.document_id.in_(bindparam("documents", expanding=True)))
OF_SLUG = EDITIONS.join(Document, Document.id == Edition.document_id).where(
    Document.slug == bindparam("slug")
)


@dataclass(frozen=True)
class EditionText:
    """The part of an edition that is cached.

    `pids` has the pid of each provision by ordinal; `ordinals` the ordinal of each pid, also of
    replaced ones.
    """

    parsed: Parsed
    pids: tuple[str, ...]
    ordinals: Mapping[str, int]


@dataclass(frozen=True, kw_only=True)
class Loaded(EditionText):
    """An edition with its document and its text; `state` grows with each change of the commentary.

    `source_url` is where the text came from, `page` the publisher's page for readers.
    """

    edition_id: int
    document_id: int
    slug: str
    title: str
    publisher: str
    licence: str
    language: str
    source_url: str
    page: str
    label: str
    sequence: int
    captured: str
    sha256: str
    revision: int
    state: int
    labels: tuple[str, ...]

    @property
    def newest(self) -> bool:
        """Return whether this is the newest edition."""
        return self.label == self.labels[-1]


def summaries(session: Session) -> list[DocumentLine]:
    """List every document that has an edition, by title."""
    annotations = dict(
        session.execute(
            select(Annotation.document_id, func.count())
            .where(Annotation.shown)
            .group_by(Annotation.document_id)
        ).all()
    )
    labels: dict[int, list[str]] = defaultdict(list)
    rows = session.execute(select(Edition.document_id, Edition.label).order_by(Edition.sequence))
    for document_id, label in rows:
        labels[document_id].append(label)
    return [
        DocumentLine(
            slug=row.slug,
            title=row.title,
            description=row.description,
            publisher=row.publisher,
            licence=row.licence,
            editions=tuple(labels[row.id]),
            newest=labels[row.id][-1],
            annotations=annotations.get(row.id, 0),
        )
        for row in session.scalars(select(Document).order_by(Document.title, Document.slug))
        if row.id in labels
    ]


def document(session: Session, slug: str) -> Document:
    """Return a document. Raises NotFound with the slugs there are."""
    row = session.scalar(select(Document).where(Document.slug == slug))
    if row is None:
        slugs = session.scalars(select(Document.slug).order_by(Document.slug).limit(20)).all()
        raise NotFound(
            f"There is no document {slug!r}. Documents: {', '.join(slugs) or 'none yet'}.",
            field="document",
        )
    return row


def newest(session: Session, slug: str) -> Loaded:
    """Return the newest edition of a document. Raises NotFound."""
    return labelled(session, slug, None)


def named(session: Session, name: str) -> Loaded:
    """Return the edition that `SLUG@LABEL` names; `SLUG` alone is the newest. Raises NotFound."""
    slug, _, label = name.partition("@")
    return labelled(session, slug, label or None)


def labelled(session: Session, slug: str, label: str | None) -> Loaded:
    """Return the edition of `slug` called `label`, the newest for None. Raises NotFound."""
    read = session.info.setdefault("editions", {})
    if slug not in read:
        rows = session.scalars(OF_SLUG, {"slug": slug}).all()
        if not rows:
            raise NotFound(f"{document(session, slug).slug} has no edition yet.", field="document")
        read[slug] = read[rows[0].document_id] = rows
    return of_document(session, read[slug][0].document_id, label)


def of_document(session: Session, document_id: int, label: str | None = None) -> Loaded:
    """Return the edition of a document called `label`, the newest for None. Raises NotFound."""
    rows = rows_of(session, [document_id])[document_id]
    row = rows[-1] if label is None else next((row for row in rows if row.label == label), None)
    if row is None:
        slug, labels = rows[0].document.slug, ", ".join(each.label for each in rows)
        raise NotFound(f"{slug} has no edition {label!r}; it has: {labels}.", field="edition")
    return load(session, row)


def rows_of(session: Session, document_ids: Collection[int]) -> Mapping[int, Sequence[Edition]]:
    """Return the rows of documents' editions, oldest first; a session reads them once."""
    read: dict[int, Sequence[Edition]] = session.info.setdefault("editions", {})
    missing = set(document_ids) - read.keys()
    if missing:
        rows = session.scalars(OF_DOCUMENTS, {"documents": list(missing)}).all()
        read |= {ident: [row for row in rows if row.document_id == ident] for ident in missing}
    return read


def mark_changed(session: Session, edition_id: int) -> None:
    """Cache an edition that this session adds or changes only in the session."""
    forget(session)
    session.info.setdefault("uncommitted", set()).add(edition_id)


def forget(session: Session) -> None:
    """Discard the editions and the states of documents that this session has read."""
    session.info["editions"], session.info["loaded"] = {}, {}


def advance(session: Session, document_id: int, state: int) -> None:
    """Set the next state of a document that is locked.

    Its editions are read again if another transaction has changed the state in between: it may have
    added one.
    """
    rows = session.info.get("editions", {}).get(document_id)
    if rows and rows[0].document.state == state - 1:
        set_committed_value(rows[0].document, "state", state)
        session.info["loaded"] = {}
    else:
        forget(session)


def holding(session: Session, slug: str, pid: str) -> Loaded:
    """Return the newest edition with the provision `pid`, or its successor. Raises NotFound."""
    latest = newest(session, slug)
    if pid in latest.ordinals:
        return latest
    row = document(session, slug)
    living = former(session, row.id).get(pid, pid)
    edition = session.scalar(
        select(Edition)
        .join(Provision, Provision.edition_id == Edition.id)
        .where(Edition.document_id == row.id, Provision.pid == living)
        .order_by(Edition.sequence.desc())
    )
    if edition is None:
        raise NotFound(f"{slug} has no provision {pid!r} in any edition.", field="pid")
    return load(session, edition)


def former(session: Session, document_id: int) -> dict[str, str]:
    """Return the present pid for each pid of a document that a correction replaced."""
    query = select(Pid.pid, Pid.became).where(
        Pid.document_id == document_id, Pid.became.is_not(None)
    )
    became: dict[str, str] = {pid: now for pid, now in session.execute(query) if now is not None}
    successors = {}
    for pid in became:
        now, steps = pid, 0
        while now in became and steps <= len(became):
            now, steps = became[now], steps + 1
        successors[pid] = now
    return successors


def every(session: Session, document_id: int) -> list[Loaded]:
    """Return all editions of a document, oldest first."""
    return [load(session, row) for row in rows_of(session, [document_id])[document_id]]


def some(
    session: Session, document_ids: Collection[int], edition_ids: Collection[int]
) -> dict[int, Loaded]:
    """Return the editions with these ids, of these documents."""
    rows = rows_of(session, document_ids)
    return {row.id: load(session, row)
            for ident in document_ids for row in rows[ident] if row.id in edition_ids}  # fmt: skip


def load(session: Session, edition: Edition) -> Loaded:
    """Return an edition with its text, which is cached."""
    loaded: dict[int, Loaded] = session.info.setdefault("loaded", {})
    if edition.id in loaded:
        return loaded[edition.id]
    row, cache = edition.document, memory(session, edition.id)
    key = ("edition", edition.id, edition.revision)
    content: EditionText | None = cache.get(key)
    if content is None:
        cache[key] = content = _read_content(session, edition.id)
    loaded[edition.id] = Loaded(
        edition_id=edition.id,
        document_id=row.id,
        slug=row.slug,
        title=edition.title,
        publisher=row.publisher,
        licence=row.licence,
        language=row.language,
        source_url=edition.source_url or row.source_url,
        page=row.source_url or edition.source_url,
        label=edition.label,
        sequence=edition.sequence,
        captured=edition.captured,
        sha256=edition.sha256,
        revision=edition.revision,
        state=row.state,
        labels=tuple(each.label for each in rows_of(session, [row.id])[row.id]),
        **vars(content),
    )
    return loaded[edition.id]


def memory(session: Session, *edition_ids: int) -> Cache:
    """Return the cache for data derived from editions: the process's, or the session's own.

    It is the session's own if the session changes one of them, since it may be rolled back.
    """
    if session.info.get("uncommitted", set()) & set(edition_ids):
        own: Cache = session.info.setdefault("own cache", Cache(MOST_CACHED))
        return own
    cache: Cache = session.info["cache"]
    return cache


def _read_content(session: Session, edition_id: int) -> EditionText:
    query = select(Edition).where(Edition.id == edition_id)
    edition = session.scalars(
        query.options(undefer(Edition.text), undefer(Edition.layout)).execution_options(
            populate_existing=True
        )
    ).one()
    rows = session.scalars(
        select(Provision).where(Provision.edition_id == edition_id).order_by(Provision.ordinal)
    ).all()
    provisions = tuple(
        ParsedProvision(**{each.name: getattr(row, each.name) for each in fields(ParsedProvision)})
        for row in rows
    )
    parsed = Parsed(edition.title, {}, edition.text, unpack(edition.layout), provisions)
    own = {row.pid: row.ordinal for row in rows}
    became = former(session, edition.document_id).items()
    ordinals = {pid: own[now] for pid, now in became if now in own} | own
    return EditionText(parsed, tuple(row.pid for row in rows), ordinals)


def pack(blocks: tuple[Block, ...]) -> list[Any]:
    """Return blocks as the lists of `Edition.layout`."""
    return [
        [
            block.kind,
            block.start,
            block.end,
            block.provision,
            [[mark.start, mark.end, mark.kind, mark.value] for mark in block.marks],
        ]
        for block in blocks
    ]


def unpack(layout: list[Any]) -> tuple[Block, ...]:
    """Return the blocks that `pack` wrote."""
    return tuple(
        Block(kind, start, end, provision, tuple(Mark(*mark) for mark in marks))
        for kind, start, end, provision, marks in layout
    )


def label_date(label: str) -> str | None:
    """Return the date at the start of a label, such as 2026-01-20, or None."""
    date = re.match(r"\d{4}-\d{2}-\d{2}", label)
    return date[0] if date else None


def slug_of(session: Session, document_id: int) -> str:
    """Return the slug of a document that exists."""
    return session.get_one(Document, document_id).slug
