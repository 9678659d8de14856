"""What the API and the command line answer about documents and searches, as JSON values."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from annotator.documents.normative import informative
from annotator.formats import native
from annotator.schemas.annotations import AnnotationValue, stamp
from annotator.services.editions import provisions
from annotator.services.editions.editions import Loaded, Summary
from annotator.services.editions.provisions import ProvisionView
from annotator.services.moderation import moderation_log
from annotator.services.moderation.moderation_queue import QueueItem
from annotator.services.reading.full_text import SearchHit, SearchPage

JSON = dict[str, Any]


def summary(item: Summary) -> JSON:
    """Describe a document in a list of them."""
    return {
        "slug": item.slug,
        "title": item.title,
        "description": item.description,
        "publisher": item.publisher,
        "licence": item.licence,
        "editions": list(item.labels),
        "newest": item.labels[-1],
        "annotations": item.annotations,
    }


def document(newest: Loaded, every: Sequence[Loaded]) -> JSON:
    """Describe a document with a line on each of its editions, oldest first."""
    return {
        "slug": newest.slug,
        "title": newest.title,
        "publisher": newest.publisher,
        "licence": newest.licence,
        "newest": newest.label,
        "editions": [_edition_head(loaded) for loaded in every],
    }


def edition(loaded: Loaded) -> JSON:
    """Describe an edition with every provision in it."""
    outside = informative(loaded.parsed)
    lines = [
        _provision_line(loaded, provisions.view(loaded, at)) | {"normative": at not in outside}
        for at in range(len(loaded.parsed.provisions))
    ]
    return {
        "document": loaded.slug,
        "title": loaded.title,
        "licence": loaded.licence,
        **_edition_head(loaded),
        "edition": loaded.label,
        "provisions": lines,
    }


def _edition_head(loaded: Loaded) -> JSON:
    return {
        "label": loaded.label,
        "captured": loaded.captured,
        "sha256": loaded.sha256,
        "source_url": loaded.source_url,
        "characters": len(loaded.parsed.text),
    }


def _provision_line(loaded: Loaded, view: ProvisionView) -> JSON:
    parent = loaded.parsed.provisions[view.ordinal].parent
    return {
        "pid": view.pid,
        "kind": view.kind,
        "section": view.section,
        "number": view.number,
        "parent": None if parent is None else loaded.pids[parent],
        "title": view.attributes.get("title"),
        "start": view.start,
        "end": view.end,
        "address": view.address,
    }


def results(found: SearchPage, annotation: Callable[[AnnotationValue], JSON]) -> JSON:
    """Describe a page of search results; `annotation` says how an annotation is written."""
    facets = {
        name: [{"value": x.value, "label": x.label, "count": x.count} for x in values]
        for name, values in found.facets.items()
    }
    return {
        "total": found.total,
        "items": [_found(item, annotation) for item in found.items],
        "next": found.next,
        "facets": facets,
        "notes": list(found.notes),
    }


def _found(item: SearchHit, annotation: Callable[[AnnotationValue], JSON]) -> JSON:
    head: JSON = {
        "kind": item.kind,
        "score": round(item.score, 4),
        "snippet": "".join(fragment.text for fragment in item.snippet),
        "fragments": [{"text": x.text, "hit": x.is_hit} for x in item.snippet],
    }
    if item.annotation is not None:
        return head | annotation(item.annotation)
    return head | (_provision(item.provision) if item.provision is not None else {})


def _provision(view: ProvisionView) -> JSON:
    return {
        "document": view.document,
        "edition": view.edition,
        "pid": view.pid,
        "address": view.address,
        "section": view.section,
        "number": view.number,
        "headings": list(view.headings),
        "start": view.start,
        "end": view.end,
        "text": view.text,
    }


def case(it: QueueItem, licence: str) -> JSON:
    """Describe something that waits for a moderator."""
    return {
        "kind": it.kind,
        "id": it.ident,
        "state": it.state,
        "annotation": native.serialize(it.annotation, licence) if it.annotation else None,
        "said": [
            {"by": x.by, "words": x.words, "created": stamp(x.created), "rule": x.rule or None}
            for x in it.said
        ],
        "entry": moderation_log.written(it.entry) if it.entry else None,
        "took_part": it.partial,
        "hidden_before": it.earlier,
        "due": stamp(it.due) if it.due else None,
    }
