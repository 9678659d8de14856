"""The tags in use, for suggestions in forms."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from annotator.models import Annotation, Document, Tag
from annotator.services.editions import editions
from annotator.services.editions.editions import Loaded


def used(
    session: Session, document: str | Loaded | None = None, prefix: str = ""
) -> list[tuple[str, int]]:
    """Return tags of public annotations with their counts, most used first, equals by name.

    `prefix` ignores case. The tags of a site or document are cached until its commentary changes.
    Raises NotFound for an unknown document.
    """
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
        if isinstance(document, Loaded):
            state, ident = document.state, document.document_id
        else:
            row = editions.document(session, document)
            state, ident = row.state, row.id
        query = query.where(Annotation.document_id == ident)
    cache = session.info["cache"]
    cached_state, tags = cache.get(("tags", ident), (None, []))
    if cached_state != state:
        tags = [(tag, count) for tag, count in session.execute(query)]
        cache["tags", ident] = (state, tags)
    folded = prefix.casefold()
    return [(tag, count) for tag, count in tags if tag.casefold().startswith(folded)]
