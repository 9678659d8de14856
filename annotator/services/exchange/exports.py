"""Commentary as a file: which annotations, in which order, and what the file says of itself."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice

from sqlalchemy.orm import Session

from annotator import formats
from annotator.formats.files.envelope import EditionHeader, Envelope
from annotator.schemas.annotations import AnnotationValue
from annotator.services.annotations import listings
from annotator.services.annotations.annotation_loader import in_threads
from annotator.services.annotations.filters import Filter
from annotator.services.editions import editions, sources
from annotator.services.editions.editions import Loaded

BATCH = 500


@dataclass(frozen=True, slots=True)
class Export:
    """A file that is ready to be written; `pieces` reads the database as they are asked for."""

    total: int
    annotations: Iterator[AnnotationValue]
    envelope: Envelope


def export(
    session: Session, chosen: formats.Format, narrow: Filter, licence: str, address: str,
    *, with_sources: bool = False,
) -> Export:  # fmt: skip
    """Prepare all commentary that `narrow` asks for; `address` is the site's own.

    With `with_sources` a native file has the publishers' files that licences allow to share.

    The same commentary gives the same bytes. Raises what `listing.count` raises, before anything
    has been written.
    """
    total = listings.count(session, narrow)
    documents = [narrow.document or item.slug for item in editions.summaries(session)]
    documents = list(dict.fromkeys(documents))
    asked = [replace(narrow, document=slug) for slug in documents] if chosen.by_place else [narrow]
    sort = "place" if chosen.by_place else "oldest"
    found: Iterator[AnnotationValue] = (
        it for each in asked for it in listings.everything(session, each, sort)
    )
    if chosen.in_threads:
        found = _in_threads(session, found, narrow)
    name = f"Commentary on {narrow.document}" if narrow.document else "Commentary"
    ids = [editions.document(session, slug).id for slug in documents]
    envelope = Envelope(
        total, licence, address.rstrip("/"),
        editions={(loaded.slug, loaded.label): replace(
            edition(loaded), source=_source(session, loaded) if with_sources else None
        ) for each in ids for loaded in editions.every(session, each)},
        shown={slug: editions.labelled(session, slug, narrow.edition).label for slug in documents},
        narrowed=narrow.narrows,
        name=f"{name} by {narrow.author}" if narrow.author else name,
    )  # fmt: skip
    return Export(total, map(_given, found), envelope)


def _in_threads(
    session: Session, found: Iterator[AnnotationValue], narrow: Filter
) -> Iterator[AnnotationValue]:
    placed_in = None
    if narrow.document is not None:
        placed_in = editions.labelled(session, narrow.document, narrow.edition)
    while batch := list(islice(found, BATCH)):
        yield from in_threads(session, batch, placed_in)


def _given(annotation: AnnotationValue) -> AnnotationValue:
    """Leave out that an annotation is hidden or waits: in a file its place is an empty one."""
    if not (annotation.hidden or annotation.held):
        return annotation
    return annotation.but(deleted=True, hidden=None, held=False, author="", elsewhere=None)


def _source(session: Session, loaded: Loaded) -> dict[str, str] | None:
    found = sources.find(session, loaded) if sources.is_shared(loaded) else None
    if found is None:
        return None
    data = base64.b64encode(found.data).decode()
    return {"name": found.name, "media_type": found.media_type, "sha256": found.sha256,
            "data": data}  # fmt: skip


def edition(loaded: Loaded) -> EditionHeader:
    """Return an edition as files speak of it."""
    return EditionHeader(loaded.slug, loaded.title, loaded.label, loaded.captured, loaded.sha256,
                   loaded.source_url, loaded.parsed, loaded.pids)  # fmt: skip
