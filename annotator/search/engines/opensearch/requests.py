"""What is sent to OpenSearch: the index's layout, records as its documents, and queries.

Texts are sent as our own terms with a space between them, so that words and phrases are found as
in every engine, whatever analyzers the cluster has.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from annotator.config import Search
from annotator.search import nodes
from annotator.search.analysis import VERSION, fold_field, pairs, quote_pairs
from annotator.search.engine import FACET_VALUES, FACETS, Sort
from annotator.search.engines.opensearch.client import Json
from annotator.search.engines.pages import TYPICAL_LENGTH
from annotator.search.nodes import Node, Not, Prefix, WordsNode
from annotator.search.paging import Place, microseconds
from annotator.search.record import Change, Deletion, Record, field_values

FORMAT = 3000 + VERSION  # an index of an older one is built anew
SPELT = ("section", "author", "tag")  # values that facets show otherwise than they compare
LONGEST_VALUE = 8_000  # code points: OpenSearch holds 32,766 bytes
COUNTED_IN_A_SHARD = 1_000  # of an index with several, whose counts of rare values may differ
PREFIX_WEIGHT = 0.4  # of a word that begins as asked, whatever it is
SCORED = {"text": 1.0, "quote": 0.4}  # the weight of a word in each field
# BM25 with lengths that are typical of no index: the score of a record depends on it alone, so it
# is the same in every shard and copy, and while other records come and go. Rarity is in the boost.
SIMILARITY = "return query.boost * doc.freq / (doc.freq + 0.3 + 0.9 * doc.length / {length});"
ORDER: dict[Sort, list[dict[str, str]]] = {
    "relevance": [{"_score": "desc"}, {"created": "desc"}, {"key": "asc"}],
    "newest": [{"created": "desc"}, {"key": "asc"}],
    "oldest": [{"created": "asc"}, {"key": "asc"}],
    "place": [{"document": "asc"}, {"start": "asc"}, {"key": "asc"}],
}


def layout(settings: Search, site: str) -> Json:
    """Return the settings and mappings of a new index of the site."""
    keyword: Json = {"type": "keyword"}
    unsought: Json = {"type": "keyword", "index": False}
    number: Json = {"type": "long"}
    properties: dict[str, Json] = {
        "key": keyword,
        "created": number,
        "start": {"type": "long", "index": False},
        "revision": unsought,
        "shown": {**unsought, "doc_values": False},
        **dict.fromkeys(nodes.VALUE_FIELDS, keyword),
        **{spelt(field): unsought for field in SPELT},
    }
    for field in nodes.TEXT_FIELDS:
        words = {"type": "text", "analyzer": "whitespace"}
        properties[field] = {**words, "similarity": field}
        properties[_forms(field)] = {
            **words,
            "norms": False,
            "index_options": "docs",
            "index_prefixes": {"min_chars": 2, "max_chars": 3},  # which begin most words
        }
    return {
        "settings": {
            "number_of_shards": settings.shards,
            "auto_expand_replicas": f"0-{settings.replicas}",  # no more than there are other nodes
            "refresh_interval": -1,  # every commit refreshes
            "gc_deletes": "1d",  # how long the version of a deleted record is remembered
            # Deleted words wait this long for a copy that needs them; then `tidy` removes them all.
            "soft_deletes.retention_lease.period": "1h",
            "merge.policy.expunge_deletes_allowed": 0,
            "similarity": {
                field: {
                    "type": "scripted",
                    "script": {"source": SIMILARITY.format(length=length)},
                }
                for field, length in TYPICAL_LENGTH.items()
            },
        },
        "mappings": {
            "dynamic": "strict",
            "_meta": {"site": site, "format": FORMAT},
            "properties": properties,
        },
    }


def spelt(field: str) -> str:
    """Return the name of the field with the values of a field as they are spelt."""
    return f"{field}_spelt"


def _forms(field: str) -> str:
    return f"{field}_forms"


def lines(change: Change) -> bytes:
    """Return the lines of a bulk request that apply a change unless a newer one was applied."""
    target = {"_id": change.key, "version": change.version, "version_type": "external_gte"}
    if isinstance(change, Deletion):
        return json.dumps({"delete": target}).encode() + b"\n"
    return f"{json.dumps({'index': target})}\n{json.dumps(_document(change))}\n".encode()


def _document(record: Record) -> Json:
    document: Json = {
        "key": record.key,
        "created": microseconds(record.created),
        "start": record.start,
        "revision": _printable(record.revision)[:LONGEST_VALUE],
        "shown": _shown(record),
    }
    for field, spellings in field_values(record).items():
        document[field] = [fold_field(field, each)[:LONGEST_VALUE] for each in spellings]
        if field in SPELT:
            document[spelt(field)] = [_printable(each)[:LONGEST_VALUE] for each in spellings]
    for field, analysed in (("text", pairs(record.body)), ("quote", quote_pairs(record.quote))):
        document[field] = " ".join(term for term, _ in analysed)
        document[_forms(field)] = " ".join({form for _, form in analysed})
    return document


def _shown(record: Record) -> str:
    """Return the texts of a record as JSON, escaped if they have halves of characters."""
    texts = (record.body, record.quote)
    plain = json.dumps(texts, ensure_ascii=False)
    return plain if _printable(plain) == plain else json.dumps(texts)


def _printable(text: str) -> str:
    """Return the text without the halves of characters, which OpenSearch does not hold."""
    return text.encode("utf-8", "replace").decode()


def write_query(node: Node, weights: Mapping[WordsNode | Prefix, float]) -> Json:
    """Return a query; its score is the sum of the words' weights times their scores."""
    match node:
        case WordsNode() | Prefix():
            weight = weights.get(node, 0.0)
            fields = [field for field in nodes.TEXT_FIELDS if node.field in (None, field)]
            return _any([_leaf(node, field, weight) for field in fields])
        case nodes.Value(field, value, is_prefix):
            kind = "prefix" if is_prefix else "term"
            return _filter({kind: {field: {"value": value[:LONGEST_VALUE]}}})
        case nodes.Created(since, until):
            limits = {"gte": since, "lt": until}
            return _filter({"range": {"created": {
                name: microseconds(moment) for name, moment in limits.items() if moment
            }}})  # fmt: skip
        case nodes.And(parts):
            wanted = [write_query(part, weights) for part in parts if not isinstance(part, Not)]
            unwanted = [write_query(part.part, {}) for part in parts if isinstance(part, Not)]
            return {"bool": {"must": wanted, "must_not": unwanted}}
        case nodes.Or(parts):
            return _any([write_query(part, weights) for part in parts])
        case Not(part):
            return {"bool": {"must_not": [write_query(part, {})]}}
        case nodes.Everything():
            return _filter({"match_all": {}})


def _leaf(node: WordsNode | Prefix, field: str, weight: float) -> Json:
    if isinstance(node, Prefix):
        boost = weight * PREFIX_WEIGHT
        return {"prefix": {_forms(field): {"value": node.start, "boost": boost}}}
    boost = weight * SCORED[field]
    if len(node.terms) == 1:
        return {"term": {field: {"value": node.terms[0], "boost": boost}}}
    return {"match_phrase": {field: {"query": " ".join(node.terms), "boost": boost}}}


def _any(parts: list[Json]) -> Json:
    if len(parts) == 1:
        return parts[0]
    return {"bool": {"should": parts}} if parts else {"match_none": {}}


def _filter(query: Json) -> Json:
    """Return a query that finds the same and adds nothing to the score."""
    return {"bool": {"filter": [query]}}


def facet_requests(shards: int) -> Json:
    """Return what to count: the values of each facet, and how those are spelt that compare so."""
    in_a_shard = {"shard_size": COUNTED_IN_A_SHARD} if shards > 1 else {}
    wanted = {field: (field, 2 * FACET_VALUES) for field in FACETS}
    wanted |= {spelt(field): (spelt(field), 5 * FACET_VALUES) for field in SPELT}
    return {
        name: {"terms": {"field": field, "size": size, **in_a_shard}}
        for name, (field, size) in wanted.items()
    }


def turned(sort: Sort, place: Iterable[float | str]) -> Place:
    """Return the sort values of the hit at `place`, and the place of a hit with such values.

    A place ascends; OpenSearch has the numbers as they are, and sorts most of them descending.
    """
    descends = sort in ("relevance", "newest")
    return tuple(-v if descends and not isinstance(v, str) else v for v in place)
