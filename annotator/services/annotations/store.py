"""Storage of annotations, posted or imported, with placements, lists, outbox rows and HTML.

A body is rendered when it is stored. The stamp of its HTML identifies the body, the HTML and the
renderer: HTML of another body or renderer, or HTML that was changed, is never shown. Until
`rebuild_html` renders it again, readers see the source.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from operator import attrgetter

from sqlalchemy import Select, inspect, or_, select, tuple_, update
from sqlalchemy.orm import Session, class_mapper

from annotator import markup
from annotator.db import Base, Database, insert_rows
from annotator.errors import Unacceptable
from annotator.models import (
    Agreement,
    Annotation,
    Answered,
    EssayAnnotation,
    Origin,
    PublisherAnswer,
    Restatement,
    Suggestion,
    Tag,
    Target,
    Version,
)
from annotator.services.placement import adoptions, placer
from annotator.services.placement.placer import Placeable, relist

# The digits of ids, in ascending order, by those of `b32hexencode`.
ALPHABET = str.maketrans("0123456789ABCDEFGHIJKLMNOPQRSTUV", "0123456789abcdefghjkmnpqrstvwxyz")
TABLES: tuple[type[Base], ...] = (
    Annotation, Target, Version, Restatement, Tag, Origin, EssayAnnotation, Suggestion,
    Agreement, PublisherAnswer, Answered,
)  # fmt: skip
BATCH = 50  # comments rendered in a transaction, for which other writers wait
Belonging = (
    Target | Version | Restatement | Tag | Origin | EssayAnnotation | Suggestion | Agreement
    | PublisherAnswer | Answered
)  # fmt: skip


def new_id(name: str | None = None) -> str:
    """Return an opaque id of 16 characters: the digest of a name, or a new one.

    New ids sort by creation time, to the millisecond.
    """
    digits = (time.time_ns() // 1_000_000).to_bytes(6) + secrets.token_bytes(4)
    if name is not None:
        digits = hashlib.sha256(name.encode()).digest()[:10]
    return base64.b32hexencode(digits).decode().translate(ALPHABET)


def store(
    session: Session, annotations: Sequence[Annotation], belongings: Sequence[Belonging]
) -> None:
    """Insert annotations, parents before replies, and their parts; rows do not join the session."""
    rows = {row.id: row for row in annotations}
    for row in annotations:
        row.listed = row.shown
    for row in reversed(annotations):  # parents precede their replies
        parent = rows.get(row.in_reply_to or "")
        if row.listed and parent is not None:
            parent.listed = True
    session.flush()
    for table in TABLES:
        names = inspect(table).column_attrs.keys()
        values = [{name: vars(row).get(name) for name in names}  # faster than their attributes
                  for row in (*annotations, *belongings) if isinstance(row, table)]  # fmt: skip
        if values:
            insert_rows(session.connection(), table.__table__, values)
    by_document: dict[int, list[Placeable]] = defaultdict(list)
    for each in _placeables(session, rows, belongings):
        by_document[rows[each.id].document_id].append(each)
    for document_id in sorted(by_document):  # it locks them, and others may do so too
        placer.place(session, document_id, by_document[document_id])
    if annotations:
        placer.note_annotations(session, annotations)
    suggested = [each.annotation_id for each in belongings if isinstance(each, Suggestion)]
    for document_id in {rows[ident].document_id for ident in suggested}:
        adoptions.add(session, document_id, suggested)
    answered = {row.in_reply_to for row in annotations if row.listed} - {None, *rows}
    if answered:
        parents = select(Annotation).where(Annotation.id.in_(answered), ~Annotation.listed)
        for parent in session.scalars(parents).all():
            relist(session, parent)


def _placeables(
    session: Session, rows: Mapping[str, Annotation], belongings: Sequence[Belonging]
) -> Iterator[Placeable]:
    """Yield the listed annotations of those just stored, with the targets of their threads."""
    targets: dict[str, list[Target]] = defaultdict(list)
    restated: dict[str, list[Restatement]] = defaultdict(list)
    for each in belongings:
        if isinstance(each, Target):
            targets[each.annotation_id].append(each)
        elif isinstance(each, Restatement):
            restated[each.annotation_id].append(each)
    listed = [row for row in rows.values() if row.listed]
    for row in listed:
        if row.thread_id in rows:
            made_on = tuple(targets[row.thread_id])
            later = tuple(sorted(restated[row.thread_id], key=attrgetter("edition_id")))
            yield Placeable(row.id, row.thread_id, row.edition_id, row.author_id, row.created,
                            made_on, later)  # fmt: skip
    replies = [row.id for row in listed if row.thread_id not in rows]
    if replies:
        yield from placer.placeables_of(session, replies)


def tag_rows(annotation_id: str, tags: Sequence[str]) -> list[Tag]:
    """Return the rows of an annotation's tags."""
    return [Tag(annotation_id=annotation_id, ordinal=ordinal, tag=tag)
            for ordinal, tag in enumerate(tags)]  # fmt: skip


def tags_of(session: Session, annotation_id: str) -> list[str]:
    """Return an annotation's tags in their author's order."""
    query = select(Tag.tag).where(Tag.annotation_id == annotation_id)
    return list(session.scalars(query.order_by(Tag.ordinal)))


def forget_original(session: Session, ids: Select[str] | Sequence[str]) -> None:
    """Delete the stored originals of imported annotations, which contain their words.

    Originals without a target are kept: the ids that an annotation posted here has elsewhere.
    """
    whole = Origin.annotation_id.in_(ids), Origin.original.contains('"target": ')
    statement = update(Origin).where(*whole).values(original=None)
    session.execute(statement.execution_options(synchronize_session=False))


def fill_html(
    row: Annotation | PublisherAnswer | Version, render: Callable[[str], str] | None = None
) -> None:
    """Render and stamp a row's body. Raises Unacceptable, unless by `render`, if it is too long."""
    if row.body is not None:
        row.html = (render or markup.render)(row.body)
        row.stamp = stamp(row.body, row.html)


def stamp(body: str, html: str) -> str:
    """Return the stamp of the HTML that the present renderer makes of a body."""
    digest = hashlib.sha256(f"{body}\0{html}".encode())
    return f"{markup.fingerprint()}:{digest.hexdigest()[:40]}"


def current_html(body: str | None, html: str | None, stamped: str | None) -> str | None:
    """Return the HTML to show for a body: the stored one if its stamp fits, else the source."""
    if body is None:
        return None
    if html is not None and stamped == stamp(body, html):
        return html
    return markup.escaped(body)


def rebuild_html(db: Database, wait: Callable[[float], object] = time.sleep) -> int:
    """Render again all bodies with a stamp of another renderer; return their number.

    Pauses after each batch for as long as the batch took, so that a large site stays responsive.
    """
    number = 0
    for table in (Annotation, Version, PublisherAnswer):
        key = class_mapper(table).primary_key
        present = table.stamp.startswith(f"{markup.fingerprint()}:")
        stale = select(*key, table.body).where(
            table.body.is_not(None), or_(table.stamp.is_(None), ~present)
        )
        query = stale.order_by(*key).limit(BATCH)
        while True:
            began = time.monotonic()
            with db.reading() as session:
                rows = [tuple(row) for row in session.execute(query)]
            if not rows:
                break
            rendered = [(row, render_or_escape(row[-1])) for row in rows]
            with db.transaction() as session:
                for row, html in rendered:
                    # The body may have been edited meanwhile.
                    same = tuple_(*key, table.body) == tuple_(*row)
                    session.execute(
                        update(table).where(same).values(html=html, stamp=stamp(row[-1], html))
                    )
            number += len(rows)
            query = stale.where(tuple_(*key) > tuple_(*rows[-1][:-1])).order_by(*key).limit(BATCH)
            wait(time.monotonic() - began)
    return number


def render_or_escape(body: str) -> str:
    """Render a body, or escape its source where the HTML would be too long."""
    try:
        return markup.render(body)
    except Unacceptable:
        return markup.escaped(body)
