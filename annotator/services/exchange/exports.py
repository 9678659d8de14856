"""Export commentary: which annotations, in which order, and the envelope."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import chain, islice

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
    """An export ready to be written; `annotations` are read from the database as it is iterated."""

    total: int
    annotations: Iterator[AnnotationValue]
    envelope: Envelope


def export(
    session: Session, chosen: formats.Format, narrow: Filter, licence: str, address: str,
    *, with_sources: bool = False,
) -> Export:  # fmt: skip
    """Prepare an export of the commentary that `narrow` selects; `address` is the site's.

    With `with_sources` a native file has the publishers' files whose licences allow sharing. The
    same commentary always has the same bytes. Raises what `listings.count` does, before the first
    byte.
    """
    total = listings.count(session, narrow)
    summaries = editions.summaries(session)
    documents = list(dict.fromkeys(narrow.document or item.slug for item in summaries))
    parts, sort = [narrow], "oldest"
    if chosen.by_place:
        parts, sort = [replace(narrow, document=slug) for slug in documents], "place"
    annotations: Iterator[AnnotationValue] = chain.from_iterable(
        listings.everything(session, part, sort) for part in parts
    )
    if chosen.in_threads:
        annotations = _in_threads(session, annotations, narrow)
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
    return Export(total, map(_public, annotations), envelope)


def _in_threads(
    session: Session, annotations: Iterator[AnnotationValue], narrow: Filter
) -> Iterator[AnnotationValue]:
    placed_in = None
    if narrow.document is not None:
        placed_in = editions.labelled(session, narrow.document, narrow.edition)
    while batch := list(islice(annotations, BATCH)):
        yield from in_threads(session, batch, placed_in)


def _public(annotation: AnnotationValue) -> AnnotationValue:
    """Return a hidden or held annotation as a deleted one."""
    if not (annotation.hidden or annotation.held):
        return annotation
    return annotation.but(deleted=True, hidden=None, held=False, author="", elsewhere=None)


def _source(session: Session, loaded: Loaded) -> dict[str, str] | None:
    file = sources.find(session, loaded) if sources.is_shared(loaded) else None
    if file is None:
        return None
    data = base64.b64encode(file.data).decode()
    return {"name": file.name, "media_type": file.media_type, "sha256": file.sha256,
            "data": data}  # fmt: skip


def edition(loaded: Loaded) -> EditionHeader:
    """Return the header of an edition in a file."""
    return EditionHeader(loaded.slug, loaded.title, loaded.label, loaded.captured, loaded.sha256,
                   loaded.source_url, loaded.parsed, loaded.pids)  # fmt: skip
