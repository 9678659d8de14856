"""The tags in use, most used first: what a form offers while somebody writes one."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from annotator.models import Annotation, Document, Tag
from annotator.services.editions import editions


def used(session: Session, document: str | None = None, prefix: str = "") -> list[tuple[str, int]]:
    """Count the tags on what anyone may read that begin with `prefix`, in either case of letters.

    The most used come first, equals by name. All of a site's or a document's tags are kept in
    memory until its commentary changes. Raises NotFound for an unknown document.
    """
    begun = prefix.casefold()
    return [pair for pair in _all(session, document) if pair[0].casefold().startswith(begun)]


def _all(session: Session, document: str | None) -> list[tuple[str, int]]:
    query = (
        select(Tag.tag, func.count())
        .join(Annotation, Annotation.id == Tag.annotation_id)
        .where(Annotation.shown)
        .group_by(Tag.tag)
        .order_by(func.count().desc(), Tag.tag)
    )
    if document is None:
        state, ident = session.scalar(select(func.sum(Document.state))), None
    else:
        row = editions.document(session, document)
        state, ident = row.state, row.id
        query = query.where(Annotation.document_id == ident)
    cache = session.info["cache"]
    kept, found = cache.get(("tags", ident), (None, []))
    if kept != state:
        found = [(tag, many) for tag, many in session.execute(query)]
        cache["tags", ident] = (state, found)
    listed: list[tuple[str, int]] = found
    return listed
