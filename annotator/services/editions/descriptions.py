"""Documents and editions as the API describes them."""

from __future__ import annotations

from collections.abc import Sequence

from annotator.documents.normative import informative
from annotator.schemas.documents import (
    DocumentValue,
    EditionLine,
    EditionValue,
    ProvisionLine,
    SourceLine,
)
from annotator.services.editions import provisions
from annotator.services.editions.editions import Loaded
from annotator.services.editions.sources import SourceFile


def document(newest: Loaded, every: Sequence[Loaded]) -> DocumentValue:
    """Describe a document and its editions, oldest first."""
    return DocumentValue(
        slug=newest.slug,
        title=newest.title,
        publisher=newest.publisher,
        licence=newest.licence,
        newest=newest.label,
        editions=[_line(loaded) for loaded in every],
    )


def edition(loaded: Loaded, source: SourceFile | None) -> EditionValue:
    """Describe an edition with all its provisions and the publisher's file."""
    outside = informative(loaded.parsed)
    line = (
        None
        if source is None
        else SourceLine(
            name=source.name,
            media_type=source.media_type,
            sha256=source.sha256,
            bytes=len(source.data),
        )
    )
    return EditionValue(
        **dict(_line(loaded)),
        document=loaded.slug,
        title=loaded.title,
        licence=loaded.licence,
        edition=loaded.label,
        source=line,
        provisions=[
            _provision(loaded, at, normative=at not in outside)
            for at in range(len(loaded.parsed.provisions))
        ],
    )


def _line(loaded: Loaded) -> EditionLine:
    return EditionLine(
        label=loaded.label,
        captured=loaded.captured,
        sha256=loaded.sha256,
        source_url=loaded.source_url,
        characters=len(loaded.parsed.text),
    )


def _provision(loaded: Loaded, ordinal: int, *, normative: bool) -> ProvisionLine:
    view, parent = provisions.view(loaded, ordinal), loaded.parsed.provisions[ordinal].parent
    return ProvisionLine(
        pid=view.pid,
        kind=view.kind,
        section=view.section,
        number=view.number,
        parent=None if parent is None else loaded.pids[parent],
        title=view.attributes.get("title"),
        start=view.start,
        end=view.end,
        address=view.address,
        normative=normative,
    )
