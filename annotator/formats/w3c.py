"""The W3C's dialect: JSON-LD after the Web Annotation Data Model (Recommendation of 2017-02-23).

Offsets are code points, as the Recommendation counts them. `source` is the edition's plain text,
`scope` the page of the provision, and the state pins the edition. A reply's target is what it
answers. A deleted or hidden remark is no annotation: it is left out.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any
from urllib.parse import quote

from annotator.formats.envelope import Envelope
from annotator.formats.remark import Remark, Target, stamp

JSON = dict[str, Any]
CONTEXT = "http://www.w3.org/ns/anno.jsonld"
HTML_FRAGMENT = "http://tools.ietf.org/rfc/rfc3236"  # a pid names the provision in its page
CREATIVE_COMMONS = {"CC0-1.0": "publicdomain/zero/1.0", "CC-BY-4.0": "licenses/by/4.0",
                    "CC-BY-SA-4.0": "licenses/by-sa/4.0"}  # fmt: skip


def annotation(remark: Remark, envelope: Envelope) -> JSON:
    """Give one annotation; it has a context of its own only where it stands alone (see `alone`)."""
    bodies = _bodies(remark)
    value: JSON = {
        "id": iri(envelope, remark.id),
        "type": "Annotation",
        "motivation": remark.motivation,
        "creator": {
            "id": f"{envelope.address}/people/{quote(remark.author, safe='')}",
            "type": "Person",
            "name": remark.author,
        },
        "created": stamp(remark.created),
        "modified": stamp(remark.modified),
        "rights": rights(envelope.licence),
    }
    if bodies:
        value["body"] = bodies
    targets = _targets(remark, envelope)
    return value | {"target": targets[0] if len(targets) == 1 else targets}


def alone(remark: Remark, envelope: Envelope) -> JSON:
    """Give one annotation as a document of its own."""
    return {"@context": CONTEXT, **annotation(remark, envelope)}


def iri(envelope: Envelope, annotation_id: str) -> str:
    """Give the name of an annotation in the whole web."""
    return f"{envelope.address}/w3c/annotations/{annotation_id}"


def rights(licence: str) -> str:
    """Give the address of a licence by its SPDX name; an address stays what it is."""
    if licence.startswith(("https://", "http://")):
        return licence
    if licence in CREATIVE_COMMONS:
        return f"https://creativecommons.org/{CREATIVE_COMMONS[licence]}/"
    return f"https://spdx.org/licenses/{quote(licence)}"


def _bodies(remark: Remark) -> list[JSON]:
    bodies: list[JSON] = []
    if remark.body is not None:
        purpose = "replying" if remark.in_reply_to else remark.motivation
        bodies.append({"type": "TextualBody", "value": remark.body, "format": "text/markdown",
                       "purpose": purpose})  # fmt: skip
    return bodies + [
        {"type": "TextualBody", "value": tag, "format": "text/plain", "purpose": "tagging"}
        for tag in remark.tags
    ]


def _targets(remark: Remark, envelope: Envelope) -> list[JSON | str]:
    if remark.in_reply_to is not None:
        return [iri(envelope, remark.in_reply_to)]
    if not remark.targets:
        return [_resource(remark, envelope, f"{envelope.address}/d/{quote(remark.document)}")]
    return [_target(remark, target, envelope) for target in remark.targets]


def _target(remark: Remark, target: Target, envelope: Envelope) -> JSON:
    scope = f"{envelope.address}/d/{quote(remark.document)}/p/{target.pid}"
    position = {"type": "TextPositionSelector", "start": target.start, "end": target.end}
    selectors: list[JSON] = [position]
    if target.whole:
        selectors.insert(0, {"type": "FragmentSelector", "value": target.pid,
                             "conformsTo": HTML_FRAGMENT})  # fmt: skip
    else:
        selectors.append({"type": "TextQuoteSelector", "exact": target.exact,
                          "prefix": target.prefix, "suffix": target.suffix})  # fmt: skip
    return _resource(remark, envelope, scope) | {"selector": selectors}


def _resource(remark: Remark, envelope: Envelope, scope: str) -> JSON:
    edition = envelope.edition_of(remark)
    source = text_address(envelope, remark.document, remark.edition)
    value: JSON = {"type": "SpecificResource", "source": source, "scope": scope}
    day = _day(edition.captured)
    state: JSON = {"type": "TimeState", "cached": source}
    return value | {"state": state | ({"sourceDate": day} if day else {})}


def text_address(envelope: Envelope, document: str, label: str) -> str:
    """Give the address of an edition's plain text, in which offsets count."""
    name, edition = quote(document, safe=""), quote(label, safe="")
    return f"{envelope.address}/api/documents/{name}/editions/{edition}/text"


def _day(captured: str) -> str:
    try:
        return f"{date.fromisoformat(captured).isoformat()}T00:00:00Z"
    except ValueError:
        return ""


def write(remarks: Iterable[Remark], envelope: Envelope) -> Iterator[str]:
    """Write an AnnotationCollection of one page, an annotation a line."""
    name = f"{envelope.address}/w3c/"
    head = {"@context": CONTEXT, "id": name, "type": "AnnotationCollection",
            "label": envelope.name}  # fmt: skip
    page = {"id": f"{name}?page=0", "type": "AnnotationPage", "startIndex": 0,
            "partOf": {"id": name, "type": "AnnotationCollection"}}  # fmt: skip
    yield f'{_line(head)[:-1]}, "first": {_line(page)[:-1]}, "items": ['
    between, total = "\n", 0
    for remark in remarks:
        if remark.shown:
            yield between + _line(annotation(remark, envelope))
            between, total = ",\n", total + 1
    yield f'\n]}}, "total": {total}}}\n'


def _line(value: JSON) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(", ", ": "))
