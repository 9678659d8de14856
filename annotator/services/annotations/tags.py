"""The tags in use, for suggestions in forms."""

from __future__ import annotations

from collections import Counter

from sqlalchemy import bindparam, func, or_, select
from sqlalchemy.orm import Session

from annotator.models import WHOLE_DOCUMENT, Annotation, Change, Document, Edition, Tag
from annotator.services.editions import editions
from annotator.services.editions.editions import Loaded

EVERY = select(Tag.tag, func.count()).group_by(Tag.tag)
SHOWN = EVERY.join(Annotation, Annotation.id == Tag.annotation_id).where(
    Annotation.shown, Annotation.document_id == bindparam("document")
)
OTHERS = EVERY.where(
    Tag.annotation_id.in_(
        select(Annotation.id).where(
            or_(
                Annotation.deleted.is_not(None),
                Annotation.visibility != "visible",
                Annotation.document_id != bindparam("document"),
            )
        )
    )
)
SIZES = (
    select(Edition.document_id, func.max(Change.annotations))
    .join(Edition, Edition.id == Change.edition_id)
    .where(Change.provision == WHOLE_DOCUMENT)
    .group_by(Edition.document_id)
)


def _count(session: Session, document_id: int | None) -> Counter[str]:
    """Count the tags of public annotations.

    Of a document with most of the site, those of the others are subtracted: a tenth of the time.
    """
    connection, named = session.connection(), {"document": document_id}
    sizes = dict(connection.execute(SIZES).all())
    if document_id is not None and sizes.get(document_id, 0) * 2 <= sum(sizes.values()):
        return Counter(dict(connection.execute(SHOWN, named).all()))
    counts = Counter(dict(connection.execute(EVERY).all()))
    counts.subtract(dict(connection.execute(OTHERS, named).all()))
    return counts


def used(
    session: Session, document: str | Loaded | None = None, prefix: str = ""
) -> list[tuple[str, int]]:
    """Return tags of public annotations with their counts, most used first, equals by name.

    `prefix` ignores case. The tags of a site or document are cached until its commentary changes.
    Raises NotFound for an unknown document.
    """
    if document is None:
        state, ident = session.scalar(select(func.sum(Document.state))), None
    else:
        if isinstance(document, Loaded):
            state, ident = document.state, document.document_id
        else:
            row = editions.document(session, document)
            state, ident = row.state, row.id
    cache = session.info["cache"]
    cached_state, tags = cache.get(("tags", ident), (None, []))
    if cached_state != state:
        counts = _count(session, ident)
        tags = sorted(((tag, many) for tag, many in counts.items() if many),
                      key=lambda each: (-each[1], each[0]))  # fmt: skip
        cache["tags", ident] = (state, tags)
    folded = prefix.casefold()
    return [(tag, count) for tag, count in tags if tag.casefold().startswith(folded)]
