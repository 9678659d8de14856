"""The engine for heavy search: an index in an OpenSearch cluster, which many hosts share.

The index has the configured name as its alias, so that a rebuild replaces it at once: it fills a
new index, while every change goes to both, and moves the alias. Each index also has an alias of
its own for writing, so that a late write to an index that is gone makes no new one. A change has
the version of its record, and the cluster ignores an older one, deleted records included.

    client    requests, to any node that answers
    requests  the layout of the index, records as documents, and queries
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cache
from itertools import chain
from json import loads
from math import isfinite
from typing import NamedTuple

from annotator.config import Search
from annotator.errors import Malformed, Unavailable
from annotator.search.analysis import fold_field
from annotator.search.engine import (
    FACETS,
    FacetCount,
    log_refused,
    most_frequent,
    refuse_newer,
    too_slow,
)
from annotator.search.engines.opensearch import requests
from annotator.search.engines.opensearch.client import (
    RETRY_AFTER,
    SILENT,
    ClusterClient,
    Json,
    Refused,
)
from annotator.search.engines.pages import (
    FoundHit,
    FoundPage,
    PageRequest,
    PagingEngine,
    newest_changes,
    portions,
    rarity,
)
from annotator.search.nodes import EVERYTHING, Node, Query
from annotator.search.record import Change, Record

PART_BYTES = 4_000_000  # of one request that writes
PORTION = 10_000  # records of one request that reads many: the most that OpenSearch allows
READY_SECONDS = 1.0  # how long an index counts as found, so that not every search asks twice
PURGE_SECONDS = 12 * 3600  # so that deleted words are out of the files within a day
BUILDING = "The search index is being built. Try again in a minute; everything else works."
PART_MISSING = (
    "A part of the search index is missing. Try again in a minute; everything else works."
)
BAD_REQUEST, NOT_FOUND = 400, 404
CONFLICT = "version_conflict_engine_exception"  # something newer was applied


class _StoredIndex(NamedTuple):
    """An index of this site; changes with a lower version than `floor` are older than all of it."""

    name: str
    current: bool
    format: int
    floor: int


class OpenSearchEngine(PagingEngine):
    """Implements `search.engine.Engine` in a cluster."""

    shared = True

    def __init__(self, settings: Search, site: Callable[[], str], password: str = "") -> None:
        """`site` returns what identifies the site, so that no other uses its index by mistake."""
        self._settings = settings
        self._site = cache(site)
        self._client = ClusterClient(settings, password)
        self._alias = settings.index
        self.index = f"opensearch {settings.index}"
        self._was_built = False
        self._ready_until = 0.0
        self._purge_after = 0.0

    def find(self, request: PageRequest) -> FoundPage:
        """Return the hits of a page."""
        sort, place = request.sort, request.start.place
        weights = request.weights(self._rarities)
        body: Json = {
            "query": requests.write_query(request.root, weights),
            "size": request.number,
            "sort": requests.ORDER[sort],
            "track_total_hits": True,
            "aggs": requests.facet_requests(self._settings.shards) if request.facets else {},
        }
        if place is not None:
            body["search_after"] = requests.turned(sort, place)
            if not all(isfinite(v) for v in place if isinstance(v, float)):
                raise Malformed("This cursor belongs to another list. Start again without it.",
                                field="cursor")  # fmt: skip
        body |= {"_source": ["shown"]} if request.snippets else {"stored_fields": "_none_"}
        answer = self._search(self._alias, body)
        hits = []
        for each in answer["hits"]["hits"]:
            score = each["sort"][0] if sort == "relevance" else 0.0
            texts = tuple(loads(each["_source"]["shown"])) if request.snippets else None
            hits.append(
                FoundHit(requests.turned(sort, each["sort"]), each["sort"][-1], score, texts)
            )
        counts = answer.get("aggregations", {})
        return FoundPage(
            hits,
            answer["hits"]["total"]["value"],
            weights,
            {field: _counted(field, counts) for field in FACETS} if request.facets else {},
            not any(each["doc_count_error_upper_bound"] for each in counts.values()),
        )

    def _rarities(self, leaves: Sequence[Node]) -> list[float]:
        """Return the weight of each word of a query by its rarity; that of a single one is 1."""
        if len(leaves) < 2:
            return [1.0] * len(leaves)
        each = {str(at): requests.write_query(leaf, {}) for at, leaf in enumerate(leaves)}
        body = {
            "size": 0,
            "track_total_hits": True,
            "aggs": {"words": {"filters": {"filters": each}}},
        }
        answer = self._search(self._alias, body, "&request_cache=true")
        total = answer["hits"]["total"]["value"]
        counts = [answer["aggregations"]["words"]["buckets"][at]["doc_count"] for at in each]
        return [round(rarity(total, having), 2) for having in counts]

    def _search(self, index: str, body: Json, parameters: str = "") -> Json:
        """Search every shard. Raises Unavailable if one is missing, or time is up."""
        seconds = self._settings.seconds
        path = f"/{index}/_search?allow_partial_search_results=false{parameters}"
        body = {"timeout": f"{int(seconds * 1000)}ms", **body}
        try:
            try:
                answer = self._client.call("POST", path, body, seconds + 1)
            except Refused:  # the index may just have been replaced
                answer = self._client.call("POST", path, body, seconds + 1)
            if not answer["timed_out"]:
                return answer
        except TimeoutError:
            pass
        except Refused as error:
            if error.status == BAD_REQUEST:  # our fault, for all to see
                raise
            self._ready_until = 0.0
            message = BUILDING if error.status == NOT_FOUND else PART_MISSING
            raise Unavailable(message, retry_after=RETRY_AFTER) from error
        raise too_slow(seconds)

    def keys(self, query: Query) -> Iterator[str]:
        """Yield the keys of all hits."""
        return (key for key, _ in self._stream(query, []))

    def revisions(self) -> Iterator[tuple[str, str]]:
        """Yield every record's key and revision."""
        for key, fields in self._stream(EVERYTHING, ["revision"]):
            yield key, fields["revision"][0]

    def _stream(self, query: Query, fields: list[str]) -> Iterator[tuple[str, Json]]:
        index, after = self._alias, ""
        while True:
            body = {
                "query": {"bool": {"filter": [requests.write_query(query.root, {})]}},
                "size": PORTION,
                "sort": [{"key": "asc"}],
                "track_total_hits": False,
                "stored_fields": "_none_",
                "docvalue_fields": fields,
            }
            answer = self._search(index, {**body, "search_after": [after]} if after else body)
            hits = answer["hits"]["hits"]
            yield from ((hit["sort"][0], hit.get("fields", {})) for hit in hits)
            if len(hits) < PORTION:
                return
            index, after = hits[0]["_index"], hits[-1]["sort"][0]  # the same index to the end

    def count(self) -> int:
        """Return how many records are held."""
        body = {"size": 0, "track_total_hits": True}
        return int(self._search(self._alias, body)["hits"]["total"]["value"])

    def ready(self) -> bool:
        """Return whether there is an index of this version. Raises Unavailable if it is away."""
        if time.monotonic() >= self._ready_until:
            held = max((index.format for index in self._indexes() if index.current), default=0)
            refuse_newer(held, requests.FORMAT)
            if held < requests.FORMAT:
                return False
            if self._call("GET", f"/_cluster/health/{self._alias}")["status"] == "red":
                raise Unavailable(PART_MISSING, retry_after=RETRY_AFTER)
            self._was_built = True
            self._ready_until = time.monotonic() + READY_SECONDS
        return True

    def apply(self, changes: Iterable[Change]) -> Mapping[str, str]:
        """Apply the changes to the index, and to one that is being built."""
        newest = newest_changes(changes)
        indexes = self._writable()
        refused: dict[str, str] = {}
        encoded = [*_encoded(newest, refused)]
        for index in indexes:
            wanted = [line for version, line in encoded if version >= index.floor]
            try:
                for part in portions(wanted, len, PART_BYTES):
                    refused |= self._bulk(index.name, part)
                if wanted:
                    self._call("POST", f"/{index.name}/_refresh")
            except Unavailable:
                if index.current:
                    raise
                self._delete(index.name)  # it lacks a change now, so its building must fail
        return refused

    def _writable(self) -> list[_StoredIndex]:
        """Return the index, created if there never was one, and one that is being built."""
        indexes = self._indexes()
        if not (self._was_built or any(index.current for index in indexes)):
            try:
                self._create(f"{self._alias}.0", {self._alias: {}})
            except Unavailable:
                if not self._indexes():  # no other process has just created it
                    raise
            indexes = self._indexes()
        indexes = [index for index in indexes if index.format == requests.FORMAT]
        if not any(index.current for index in indexes):  # a new one would hold these changes alone
            raise Unavailable(BUILDING, retry_after=RETRY_AFTER)
        self._was_built = True
        return indexes

    def rebuild(self, records: Iterable[Record], version: Callable[[], int] = int) -> int:
        """Fill a new index while the old one is in use, and replace it."""
        indexes = self._indexes()
        refuse_newer(
            max((index.format for index in indexes if index.current), default=0), requests.FORMAT
        )
        for index in indexes:
            if not index.current:  # of a rebuild that was interrupted
                self._delete(index.name)
        name = f"{self._alias}.{secrets.token_hex(6)}"
        self._create(name, {})
        try:
            number = self._fill(name, records, version)
            self._put_in_force(name)
        except BaseException:
            self._delete(name)
            raise
        self._was_built = True
        return number

    def _fill(self, name: str, records: Iterable[Record], version: Callable[[], int]) -> int:
        """Write the records while further ones are read, and return their number."""
        rest = iter(records)
        first = [record] if (record := next(rest, None)) else []
        if floor := version():
            meta = {"site": self._site(), "format": requests.FORMAT, "floor": floor}
            self._call("PUT", f"/{name}/_mapping", {"_meta": meta})
        sent, sending = 0, None
        malformed: dict[str, str] = {}
        refused: dict[str, str] = {}
        with ThreadPoolExecutor(1) as sender:
            encoded = (line for _, line in _encoded(chain(first, rest), malformed))
            for part in portions(encoded, len, PART_BYTES):
                if sending:
                    refused |= sending.result()
                sending = sender.submit(self._bulk, name, part)
                sent += len(part)
            if sending:
                refused |= sending.result()
        log_refused(malformed | refused)
        return sent - len(refused)

    def _put_in_force(self, name: str) -> None:
        """Move the alias to a new index."""
        self._call("POST", f"/{name}/_refresh")
        old = [index.name for index in self._indexes() if index.current]
        actions = [{"add": {"index": name, "alias": self._alias}}]
        actions += [{"remove": {"index": each, "alias": self._alias}} for each in old]
        self._call("POST", "/_aliases", {"actions": actions})
        # Only now, for who searches it at this moment tries again, and finds the new.
        for each in old:
            self._delete(each)

    def _create(self, name: str, aliases: Json) -> None:
        index = {
            **requests.layout(self._settings, self._site()),
            "aliases": {f"{name}.write": {}, **aliases},
        }
        self._call("PUT", f"/{name}", index)

    def _delete(self, name: str) -> None:
        with suppress(Unavailable):
            self._call("DELETE", f"/{name}")

    def tidy(self) -> bool:
        """Let the cluster remove what was deleted from its files, now and then."""
        if time.monotonic() >= self._purge_after:
            self._purge_after = time.monotonic() + PURGE_SECONDS
            options = "only_expunge_deletes=true&wait_for_completion=false"
            self._call("POST", f"/{self._alias}/_forcemerge?{options}")
        return False

    def _indexes(self) -> list[_StoredIndex]:
        """Return the indexes of this site. Raises Unavailable if others have the name."""
        path = f"/{self._alias},{self._alias}.*?ignore_unavailable=true"
        found = []
        for name, index in self._call("GET", path).items():
            meta = index["mappings"].get("_meta", {})
            if meta.get("site") != self._site():
                raise Unavailable(
                    f"The search index {name} belongs to another site. Set search.index to a name "
                    "that no other site has; if this site was moved or restored, delete that index."
                )
            current = self._alias in index["aliases"]
            made = meta["format"] if isinstance(meta["format"], int) else 0
            found.append(_StoredIndex(name, current, made, meta.get("floor", 0)))
        return found

    def _bulk(self, name: str, part: Iterable[bytes]) -> dict[str, str]:
        """Write to an index that exists, and return the reason for each record that it refuses."""
        answer = self._call("POST", f"/{name}.write/_bulk?require_alias=true", part)
        refused: dict[str, str] = {}
        for item in answer["items"] if answer["errors"] else ():
            for result in item.values():
                error = result.get("error", {"type": CONFLICT})
                if error["type"] != CONFLICT and result["status"] != BAD_REQUEST:
                    raise Unavailable(f"The search index cannot be written: {error['reason']}.")
                if error["type"] != CONFLICT:
                    refused[result["_id"]] = error["reason"]
        return refused

    def _call(self, method: str, path: str, body: Json | Iterable[bytes] = ()) -> Json:
        """Send a request. Raises Unavailable if it cannot be done."""
        try:
            return self._client.call(method, path, body)
        except TimeoutError as error:
            raise Unavailable(SILENT, retry_after=RETRY_AFTER) from error
        except Refused as error:
            raise Unavailable(f"The search service cannot do this: {error}.") from error

    def close(self) -> None:
        """Close all connections."""
        self._client.close()


def _encoded(changes: Iterable[Change], malformed: dict[str, str]) -> Iterator[tuple[int, bytes]]:
    """Yield the version and the lines of each change; note the reason for one that has none."""
    for change in changes:
        try:
            yield change.version, requests.lines(change)
        except Exception as error:  # noqa: BLE001 # whatever is wrong with a record
            malformed[change.key] = f"{type(error).__name__}: {error}"


def _counted(field: str, counts: Json) -> tuple[FacetCount, ...]:
    """Return the most frequent values of a facet as they are requests.spelt."""
    spellings: dict[str, str] = {}
    for bucket in counts.get(requests.spelt(field), {}).get("buckets", ()):
        same = fold_field(field, bucket["key"])
        spellings[same] = min(spellings.get(same, bucket["key"]), bucket["key"])
    folded = {bucket["key"]: bucket["doc_count"] for bucket in counts[field]["buckets"]}
    return most_frequent(field, {spellings.get(key, key): n for key, n in folded.items()})
