"""The W3C's dialect as Turtle: the same statements as in its JSON-LD.

It needs rdflib, which `annotator[turtle]` installs. The terms are defined here, after the Web
Annotation Vocabulary. The contexts of a value are never fetched.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from importlib.util import find_spec
from itertools import count
from typing import Any
from urllib.parse import quote

SPACES = {
    "oa": "http://www.w3.org/ns/oa#", "as": "http://www.w3.org/ns/activitystreams#",
    "dc": "http://purl.org/dc/elements/1.1/", "dcterms": "http://purl.org/dc/terms/",
    "dctypes": "http://purl.org/dc/dcmitype/", "foaf": "http://xmlns.com/foaf/0.1/",
    "ldp": "http://www.w3.org/ns/ldp#", "schema": "http://schema.org/",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}  # fmt: skip
# Terms by the type of their values: a name, a term, a text, a time, a number.
TERMS = {
    "@id": "hasBody:body hasTarget:target hasSource:source hasSelector:selector hasState:state "
    "hasScope:scope refinedBy hasStartSelector:startSelector hasEndSelector:endSelector "
    "renderedVia via canonical styledBy:stylesheet cachedSource:cached dcterms:creator "
    "as:generator dcterms:rights foaf:homepage dcterms:conformsTo as:partOf as:first as:last "
    "as:next as:prev schema:audience",
    "@vocab": "motivatedBy:motivation hasPurpose:purpose textDirection",
    "": "schema:accessibilityFeature:accessibility bodyValue dc:format dc:language "
    "processingLanguage rdf:value exact prefix suffix styleClass foaf:name foaf:mbox:email "
    "foaf:mbox_sha1sum:email_sha1 foaf:nick:nickname rdfs:label",
    "xsd:dateTime": "dcterms:created dcterms:modified dcterms:issued:generated sourceDate "
    "sourceDateStart sourceDateEnd",
    "xsd:nonNegativeInteger": "start end as:totalItems:total as:startIndex",
}
CLASSES = (
    "Annotation TextualBody ResourceSelection SpecificResource FragmentSelector CssSelector "
    "XPathSelector TextQuoteSelector TextPositionSelector DataPositionSelector SvgSelector "
    "RangeSelector TimeState HttpRequestState CssStyle:CssStylesheet Choice Motivation "
    "assessing bookmarking classifying commenting describing editing highlighting identifying "
    "linking moderating questioning replying reviewing tagging autoDirection:auto ltrDirection:ltr "
    "rtlDirection:rtl dctypes:Dataset dctypes:StillImage:Image dctypes:MovingImage:Video "
    "dctypes:Sound:Audio dctypes:Text foaf:Person as:Application:Software foaf:Organization "
    "as:OrderedCollection:AnnotationCollection as:OrderedCollectionPage:AnnotationPage "
    "schema:Audience ldp:BasicContainer"
)
LITERAL = ("@value", "@list", "@set")
NAMES = frozenset({"id", "@id", *(word.split(":")[-1] for word in TERMS["@id"].split())})
UNFIT = re.compile(r'[\x00-\x20<>"{}|\\^`]')


def available() -> bool:
    """Return whether rdflib is installed."""
    return find_spec("rdflib") is not None


def write(value: dict[str, Any]) -> str:
    """Write an annotation, a container or a page."""
    from rdflib import Graph

    plain = {**_named(value, count()), "@context": context()}
    graph = Graph()
    for prefix, space in SPACES.items():
        graph.bind(prefix, space)
    graph.parse(data=json.dumps(plain), format="json-ld", publicID=str(value["id"]))
    text = graph.serialize(format="turtle")
    return text.replace('+00:00"^^xsd:dateTime', 'Z"^^xsd:dateTime')  # as everywhere else


def context() -> dict[str, Any]:
    """Return the definitions of the terms, as a JSON-LD context."""
    terms: dict[str, Any] = {**SPACES, "id": "@id", "type": "@type"}
    terms |= dict(_terms(CLASSES))
    for kind, words in TERMS.items():
        for term, iri in _terms(words):
            terms[term] = {"@id": iri, "@type": kind} if kind else iri
    return terms | {"items": {"@id": "as:items", "@type": "@id", "@container": "@list"}}


def _terms(words: str) -> Iterator[tuple[str, str]]:
    """Parse `space:name:term`; `oa`, and a term equal to its name, may be omitted."""
    for word in words.split():
        parts = word.split(":")
        space = parts.pop(0) if parts[0] in SPACES else "oa"
        yield parts[-1], f"{space}:{parts[0]}"


def _named(value: Any, numbers: Iterator[int], key: str = "") -> Any:
    """Remove contexts, encode IRIs, and number blank nodes, so that the output is stable."""
    if isinstance(value, str):
        return UNFIT.sub(lambda bad: quote(bad[0]), value) if key in NAMES else value
    if isinstance(value, list):
        return [_named(each, numbers, key) for each in value]
    if not isinstance(value, dict):
        return value
    inner = {name: _named(each, numbers, name) for name, each in value.items()
             if name != "@context"}  # fmt: skip
    if inner.keys().isdisjoint(("id", "@id", *LITERAL)):
        inner["id"] = f"_:b{next(numbers)}"
    return inner
