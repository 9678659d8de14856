"""The W3C's dialect: JSON-LD after the Web Annotation Data Model (Recommendation of 2017-02-23).

Offsets are code points, as the Recommendation counts them. `source` is the edition's plain text,
`scope` the page of the provision, and the state names the edition. A reply's target is its parent.
Deleted and hidden annotations are left out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from urllib.parse import quote

from annotator import markup
from annotator.errors import Malformed
from annotator.formats import bodies, readership
from annotator.formats.files.envelope import Envelope
from annotator.formats.readership import SPOKEN, Readership, listed
from annotator.schemas.annotations import (
    MOTIVATIONS,
    WORDLESS,
    AnnotationValue,
    Draft,
    DraftTarget,
    Incoming,
    TargetValue,
    read_stamp,
    stamp,
)
from annotator.schemas.answers import AnswerValue
from annotator.schemas.base import UNWRITABLE, require_text

JSON = dict[str, Any]
ENCODER = json.JSONEncoder(ensure_ascii=False)  # made once: making one takes as long as a line
CONTEXT = "http://www.w3.org/ns/anno.jsonld"
LDP = "http://www.w3.org/ns/ldp.jsonld"
HTML_FRAGMENT = "http://tools.ietf.org/rfc/rfc3236"  # a pid names the provision in its page
CREATIVE_COMMONS = {"CC0-1.0": "publicdomain/zero/1.0", "CC-BY-4.0": "licenses/by/4.0",
                    "CC-BY-SA-4.0": "licenses/by-sa/4.0"}  # fmt: skip
DROPPED = frozenset({"Composite", "List", "Independents"})  # of drafts before the Recommendation
SITE_PAGE = re.compile(r"/w3c/annotations/(?P<id>[0-9A-Za-z_-]{1,32})\Z")  # of a site like this
NAME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\x00-\x20<>\"\ud800-\udfff]{1,2000}")
UUID = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
MAX_ID = 200
PID = re.compile(r"[0-9a-z]{5}")
KNOWN_SELECTORS = ("TextQuoteSelector", "TextPositionSelector", "FragmentSelector")


def serialize(annotation: AnnotationValue, envelope: Envelope) -> JSON:
    """Return one annotation without a context; `alone` adds one.

    An imported annotation that was not edited is returned as it arrived, without people's
    mailboxes.
    """
    original: JSON = readership.without_mailboxes(json.loads(annotation.original or "{}"))
    if "target" in original and not annotation.edits:
        return {key: original[key] for key in original if key != "@context"}
    # An author is named by the account elsewhere whose comments were imported, or the page here.
    elsewhere = annotation.elsewhere
    creator = f"{envelope.address}/people/{quote(annotation.author, safe='')}"
    if elsewhere and elsewhere.account and elsewhere.authority != envelope.authority:
        creator = quote(elsewhere.account, safe=":/?#[]@!$&'()*+,;=%")
    value: JSON = {
        "id": iri_of(envelope.address, annotation.id),
        "type": "Annotation",
        "motivation": annotation.motivation,
        "creator": {"id": creator, "type": "Person", "name": annotation.author},
        "created": stamp(annotation.created),
        "modified": stamp(annotation.modified),
        "rights": rights(annotation.licence or envelope.licence),
    }
    # The original of an annotation posted here has only `via` and `canonical`.
    via = listed(original.get("via"))
    if annotation.via is not None and (not original or "target" in original):
        via = [annotation.via, *via]
    value |= {"via": via[0] if len(via) == 1 else via} if via else {}
    value |= {"canonical": original["canonical"]} if "canonical" in original else {}
    if annotation.essay:
        page = annotation.essay.source_url or f"{envelope.address}/essays/{annotation.essay.id}"
        value["dcterms:isPartOf"] = {"id": page, "dcterms:title": annotation.essay.title}
    if said := bodies.written(annotation):
        value["body"] = said
    if annotation.in_reply_to is not None:
        return value | {"target": iri_of(envelope.address, annotation.in_reply_to)}
    targets = [_target(annotation, each, envelope) for each in annotation.targets or (None,)]
    return value | {"target": targets[0] if len(targets) == 1 else targets}


def published(annotation: AnnotationValue, envelope: Envelope) -> JSON:
    """Return one annotation under its name here; an imported name is the first of its `via`."""
    value, own = serialize(annotation, envelope), iri_of(envelope.address, annotation.id)
    if value["id"] == own:
        return value
    return value | {"id": own, "via": [value["id"], *listed(value.get("via"))]}


def alone(annotation: AnnotationValue, envelope: Envelope) -> JSON:
    """Return one annotation as a complete document."""
    return {"@context": CONTEXT, **published(annotation, envelope)}


def iri_of(address: str, annotation_id: str) -> str:
    """Return the IRI of an annotation of the site at an address."""
    return f"{address}/w3c/annotations/{annotation_id}"


def rights(licence: str) -> str:
    """Return the address of a licence by its SPDX name; an address is returned unchanged."""
    if licence.startswith(("https://", "http://")):
        return licence
    if licence in CREATIVE_COMMONS:
        return f"https://creativecommons.org/{CREATIVE_COMMONS[licence]}/"
    return f"https://spdx.org/licenses/{quote(licence)}"


def _target(annotation: AnnotationValue, target: TargetValue | None, envelope: Envelope) -> JSON:
    """Return a target; None is the whole document."""
    edition, name = envelope.edition_of(annotation), quote(annotation.document, safe="")
    source = (
        f"{envelope.address}/api/documents/{name}/editions/{quote(edition.label, safe='')}/text"
    )
    state: JSON = {"type": "TimeState", "cached": source}
    with suppress(ValueError):
        state["sourceDate"] = f"{date.fromisoformat(edition.captured).isoformat()}T00:00:00Z"
    scope = f"{envelope.address}/d/{quote(annotation.document)}"
    value: JSON = {"type": "SpecificResource", "source": source, "scope": scope, "state": state}
    if target is None:
        return value
    selectors: list[JSON] = []
    if target.pid is not None:
        value["scope"] += f"/p/{target.pid}"
        if target.whole:
            selectors.append({"type": "FragmentSelector", "value": target.pid,
                              "conformsTo": HTML_FRAGMENT})  # fmt: skip
        selectors.append({"type": "TextPositionSelector", "start": target.start,
                          "end": target.end})  # fmt: skip
    if target.pid is None or target.exact is not None:
        selectors.append({"type": "TextQuoteSelector", "exact": target.exact,
                          "prefix": target.prefix, "suffix": target.suffix})  # fmt: skip
    return value | {"selector": selectors}


def write(annotations: Iterable[AnnotationValue], envelope: Envelope) -> Iterator[str]:
    """Yield an AnnotationCollection of one page, an annotation a line."""
    name = f"{envelope.address}/w3c/"
    head = {"@context": CONTEXT, "id": name, "type": "AnnotationCollection",
            "label": envelope.name}  # fmt: skip
    page = {"id": f"{name}?page=0", "type": "AnnotationPage", "startIndex": 0,
            "partOf": {"id": name, "type": "AnnotationCollection"}}  # fmt: skip
    yield f'{ENCODER.encode(head)[:-1]}, "first": {ENCODER.encode(page)[:-1]}, "items": ['
    between, total = "\n", 0
    answered: dict[str, tuple[AnnotationValue, AnswerValue, list[str]]] = {}
    for annotation in annotations:
        if annotation.shown:
            yield between + ENCODER.encode(_loadable(serialize(annotation, envelope)))
            between, total = ",\n", total + 1
            if (given := annotation.answer) is not None:
                _, _, ids = answered.setdefault(given.id, (annotation, given, []))
                ids.append(iri_of(envelope.address, annotation.id))
    for first, given, ids in answered.values():
        yield between + ENCODER.encode(_answer(first, given, ids, envelope))
        total += 1
    yield f'\n]}}, "total": {total}}}\n'


def _answer(
    first: AnnotationValue, answer: AnswerValue, targets: Sequence[str], envelope: Envelope
) -> JSON:
    """Return a publisher's answer as a separate annotation on those that it answers."""
    account = f"{envelope.address}/d/{first.document}/answers"
    outcome = {"type": "SpecificResource", "purpose": "classifying",
               "source": f"{account}#{answer.outcome}"}  # fmt: skip
    words = {"type": "TextualBody", "purpose": "replying", "format": "text/markdown",
             "value": answer.body}  # fmt: skip
    return {
        "id": f"{account}#answer-{answer.id}",
        "type": "Annotation",
        "motivation": ["assessing", "replying"],
        "creator": {"id": f"{envelope.address}/d/{first.document}", "type": "Organization",
                    "name": first.title},
        "created": stamp(answer.published),
        "rights": rights(envelope.licence),
        "body": [words, outcome] if answer.body else [outcome],
        "target": list(targets),
    }  # fmt: skip


def _loadable(value: JSON) -> JSON:
    """Add empty lists of bodies and selectors: Recogito's loader needs them; W3C tests do not."""
    value = {"body": [], **value} if "bodyValue" not in value else value
    target = value["target"]
    if isinstance(target, dict) and "selector" not in target:
        return value | {"target": target | {"selector": []}}
    return value


def collection(
    address: str, label: str, total: int, modified: datetime | None, *, iris: bool
) -> JSON:
    """Return the properties of a container, which its pages repeat in `partOf`.

    `address` is its IRI, and ends in a slash; with `iris`, its pages name annotations instead of
    describing them. Containers follow the Web Annotation Protocol, 4.2 and 4.3.
    """
    value: JSON = {"id": f"{address}?iris={int(iris)}", "type": "AnnotationCollection",
                   "label": label, "total": total}  # fmt: skip
    return value | ({"modified": stamp(modified)} if modified else {})


def container(collected: JSON, pages: Sequence[int], first: JSON | None) -> JSON:
    """Return a container, with its first page embedded if passed; `pages` are their numbers."""
    types = ["BasicContainer", "AnnotationCollection"]
    value = {"@context": [CONTEXT, LDP], **collected, "type": types}
    if pages:
        value["first"] = first or page_name(collected, pages[0])
        value["last"] = page_name(collected, pages[-1])
    return value


def page(
    collected: JSON,
    number: int,
    start: int,
    items: Sequence[JSON | str],
    near: tuple[int | None, int | None],
) -> JSON:
    """Return a page; `start` is the position of its first annotation among all, from 0.

    `near` are the numbers of the previous and the next page.
    """
    value = {"id": page_name(collected, number), "type": "AnnotationPage", "partOf": collected,
             "startIndex": start}  # fmt: skip
    names = zip(("prev", "next"), near, strict=True)
    value |= {name: page_name(collected, at) for name, at in names if at is not None}
    return value | {"items": items}


def page_name(collected: JSON, number: int) -> str:
    """Return the IRI of a page of a container."""
    return f"{collected['id']}&page={number}"


# ------------------------------------------------------------------------------ reading


def is_one(value: JSON) -> bool:
    """Return whether an annotation is written in this dialect."""
    return "Annotation" in listed(value.get("type")) and "target" in value


def read(place: str, value: JSON) -> Incoming:
    """Read one annotation; what our columns cannot store is kept in `original`.

    Raises ValueError for constructs that the Recommendation does not have, KeyError, TypeError or
    AttributeError if it is not an annotation, and Unacceptable for too much HTML.
    """
    _refuse_answers(value)
    _refuse_scripts(value)
    said = listed(value.get("body"))
    pages = (each for each in said if isinstance(each, dict) and bodies.is_html(each))
    html = [require_text(each.get("value") or "") for each in pages]
    markup.check_foreign("".join(html))
    targets = listed(value["target"])
    if not targets:
        raise ValueError("it has no target")
    aims = [_aim(target) for target in targets]
    for target in targets:
        if isinstance(target, dict) and DROPPED & set(listed(target.get("type"))):
            raise ValueError(f"{target['type']} was dropped from the Recommendation")
    motivations = [
        str(name).removeprefix("http://www.w3.org/ns/oa#").removeprefix("oa:")
        for name in listed(value.get("motivation"))
    ]
    answers = targets[0] if "replying" in motivations and isinstance(targets[0], str) else None
    edited = aims[0].quoted if "editing" in motivations and len(aims) == 1 else None
    words, tags, suggestion = bodies.read(said, value.get("bodyValue"), edited)
    unread = [kind for each, aim in zip(targets, aims, strict=True) if aim.unknown
              for kind in _kinds(each)]  # fmt: skip
    motivation = next((each for each in motivations if each in MOTIVATIONS), None)
    name = name_of(str(value["id"]))
    value = value | {"id": name}
    clean = readership.without_mailboxes(value)
    original = UNWRITABLE.sub("\ufffd", json.dumps(clean, ensure_ascii=False))
    ours, parent = SITE_PAGE.search(name), SITE_PAGE.search(answers or "")
    creator = next(iter(listed(value.get("creator"))), None)
    draft = Draft(
        targets=() if answers else tuple(aim.quoted for aim in aims if aim.quoted),
        body=words,
        tags=tuple(tags),
        motivation=motivation if words or suggestion or motivation in WORDLESS else "highlighting",
        suggestion=suggestion,
        in_reply_to=parent["id"] if parent else None,
    )
    return Incoming(
        place,
        draft,
        readership.shown_name(creator, ours=bool(ours)),
        ours["id"] if ours else None,
        read_stamp(value["created"]) if value.get("created") else None,
        read_stamp(value["modified"]) if value.get("modified") else None,
        foreign=not ours,
        via=value.get("via") if ours else name,
        answers=None if parent else answers,
        source=aims[0].source,
        original=None if ours or any(markup.sanitize(each) != each for each in html) else original,
        elsewhere=readership.account(creator, name, ours=bool(ours)),
        unread=f"{', '.join(unread)} is not read here; it is on the whole document"
        if unread
        else "",
    )


def _kinds(target: JSON) -> list[str]:
    kinds = (each.get("type") for each in listed(target["selector"]) if isinstance(each, dict))
    return [str(kind or "a selector without a type")[:80] for kind in kinds] or ["its selector"]


def name_of(ident: str) -> str:
    """Return the name of an annotation: its id if that is an address or URN, else a URN made of it.

    Recogito and Annotorious write a bare UUID, with or without `#`; other programs a number or a
    word. As an IRI these would be relative to wherever they are read.
    """
    if not ident or NAME.fullmatch(ident) or len(ident) > MAX_ID or not ident.isprintable():
        return ident
    bare = ident.removeprefix("#")
    return (
        f"urn:uuid:{bare.lower()}" if UUID.fullmatch(bare) else f"urn:x-id:{quote(bare, safe='')}"
    )


def _refuse_answers(value: JSON) -> None:
    creator = value.get("creator")
    official = isinstance(creator, dict) and creator.get("type") == "Organization"
    if official and {"assessing", "replying"} <= set(listed(value.get("motivation"))):
        raise Malformed("it is the answer of a publisher, which only a native file brings")


def _refuse_scripts(value: Any, key: str = "") -> None:
    """Raise ValueError for an address that would run a script; words are not checked."""
    if isinstance(value, str) and key not in SPOKEN and markup.runs(value):
        raise ValueError(f"{value[:40]!r} is not the address of a text")
    for inner_key, inner in value.items() if isinstance(value, dict) else ():
        _refuse_scripts(inner, inner_key)
    for inner in value if isinstance(value, list) else ():
        _refuse_scripts(inner, key)


@dataclass(frozen=True, slots=True)
class ResourceTarget:
    """The address that one target names, and the quotation or the range in it.

    `unknown`: it has a selector of an unsupported kind.
    """

    source: str
    quoted: DraftTarget | None
    unknown: bool


@dataclass(frozen=True, slots=True)
class Sent:
    """An annotation of a request, and its names on other sites.

    `id` is its name in the request, `answering` means that it claims to be a reply, `readers` has
    its statements on readers.
    """

    draft: Draft
    aims: tuple[ResourceTarget, ...]
    id: str
    via: tuple[str, ...]
    canonical: str
    answering: bool
    readers: Readership

    @property
    def name(self) -> str:
        """The name that identifies it, or ""."""
        return next(iter(self.names), "")

    @property
    def names(self) -> list[str]:
        """All its names on other sites, the canonical one first."""
        return [each for each in (self.canonical, *self.via) if each]


def sent(value: JSON) -> Sent:
    """Read an annotation of a request; it need not have a name. Raises as `read` does."""
    name = name_of(str(value.get("id") or ""))
    incoming = read("", value | {"id": name})
    aims = tuple(_aim(target) for target in listed(value["target"]))
    via = dict.fromkeys(name_of(str(each)) for each in (name, *listed(value.get("via"))) if each)
    return Sent(incoming.draft, aims, name, tuple(via),
                str(value.get("canonical") or ""),
                bool(incoming.answers or incoming.draft.in_reply_to),
                readership.read(value))  # fmt: skip


def _aim(target: Any) -> ResourceTarget:
    selectors = listed(target.get("selector")) if isinstance(target, dict) else []
    by_type: dict[str, JSON] = {}  # by type, also those that refine another one
    waiting = [each for each in selectors if isinstance(each, dict)]
    while waiting:
        selector = waiting.pop()
        by_type.setdefault(str(selector.get("type")), selector)
        waiting += [each for each in listed(selector.get("refinedBy")) if isinstance(each, dict)]
    if by_type.keys().isdisjoint(KNOWN_SELECTORS):
        return ResourceTarget(_source(target), None, bool(selectors))
    quote, position, fragment = (by_type.get(kind, {}) for kind in KNOWN_SELECTORS)
    named = fragment.get("conformsTo") == HTML_FRAGMENT
    named = named and (not quote or bool(PID.fullmatch(str(fragment.get("value")))))
    quoted = DraftTarget(
        position.get("start"),
        position.get("end"),
        quote.get("exact"),
        str(quote.get("prefix") or ""),
        str(quote.get("suffix") or ""),
        str(fragment.get("value")) if named else None,
    )
    return ResourceTarget(_source(target), quoted, unknown=False)


def _source(target: Any) -> str:
    if isinstance(target, dict):
        source = target.get("source", target.get("id", ""))
        return _source(source) if isinstance(source, dict) else str(source)
    return str(target)
