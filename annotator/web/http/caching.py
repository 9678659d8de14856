"""Caching of answers: `Cache-Control`, `ETag`, and the answers to anonymous readers kept in memory.

This is the only cache of whole responses. Its entries are valid until anything is written that an
anonymous reader may see (`Database.state`), or the day ends, on which some pages depend. Checks,
rate limits, the log and security headers come before and after it, for a kept answer too.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from functools import lru_cache
from typing import NamedTuple

import deflate
from flask import Flask, Response, g, request, session
from flask_compress import Compress
from werkzeug.datastructures import Accept
from werkzeug.http import parse_accept_header

from annotator.db import Cache, now
from annotator.web.http.site import site

FOR_PROGRAMS = ("/api/", "/w3c/")
CODINGS = ("gzip", "zstd", "br", "deflate", "identity")
KEYED = ("Accept", "Prefer", "X-Fragment")  # headers that alter some answers
# Requests with one of the first two are never kept; the key has the third as it was understood.
UNKEYED = frozenset({"cookie", "authorization", "accept-encoding"})
CONDITIONS = frozenset({"HTTP_IF_NONE_MATCH", "HTTP_IF_MATCH", "HTTP_IF_MODIFIED_SINCE",
                        "HTTP_IF_UNMODIFIED_SINCE"})  # fmt: skip
# Paths that do not depend only on the database.
UNCACHED = frozenset({"api.health", "api.live", "static", "pages.static_file"})
MAX_FILES = 128
LEVEL = 4  # of libdeflate; 5 takes a quarter longer and saves 2 % of a reading page
MOST_BYTES = 32_000_000  # of a process
MAX_BYTES = 2_000_000  # of an answer; the constitution's page has 90,000 compressed
OVERHEAD_BYTES = 3_000  # of an answer's headers

Key = tuple[object, ...]
State = tuple[object, ...]


class CachedResponse(NamedTuple):
    """An answer with the status 200: the headers without those of each request, and the body."""

    headers: list[tuple[str, str]]
    body: bytes


class Answers:
    """The answers in force, most recently used last; they take `most` bytes at most."""

    def __init__(self, most: int) -> None:
        self._most, self._bytes = most, 0
        self._state: State = ()
        self._kept: OrderedDict[Key, CachedResponse] = OrderedDict()
        self._lock = threading.Lock()

    def find(self, key: Key, state: State) -> CachedResponse | None:
        """Return the answer to a request; forget all answers of other states than `state`."""
        with self._lock:
            if state != self._state:
                self._state, self._bytes = state, 0
                self._kept.clear()
            cached = self._kept.get(key)
            if cached is not None:
                self._kept.move_to_end(key)
            return cached

    def keep(self, key: Key, state: State, cached: CachedResponse) -> None:
        """Keep an answer that was made after the state was read, unless that is another by now."""
        with self._lock:
            if state != self._state or key in self._kept:
                return
            self._kept[key] = cached
            self._bytes += _size(key, cached)
            while self._bytes > self._most:
                self._bytes -= _size(*self._kept.popitem(last=False))


def _size(key: Key, cached: CachedResponse) -> int:
    return len(cached.body) + len(repr(key)) + OVERHEAD_BYTES


def keep_packed(name: str) -> None:
    """Cache this request's compressed file under `name`, which identifies its bytes permanently."""
    g.packed_as = name


class _Packer(Cache):
    """Compresses for Flask-Compress, whose gzip takes twice as long; caches what has an ETag."""

    def get(self, key: str, _default: object = None) -> bytes:  # type: ignore[override]
        packed: bytes | None = super().get(key)
        if packed is None:
            packed = bytes(deflate.gzip_compress(g.unpacked.get_data(), LEVEL))
        return packed

    def set(self, key: str, packed: bytes) -> None:
        if key.partition(";")[2]:
            self[key] = packed


class Caching(Compress):
    """Compress responses (RFC 9110, section 12.5.3), set caching headers, and cache responses."""

    def __init__(self, app: Flask) -> None:
        app.config |= {"COMPRESS_ALGORITHM": ["gzip"], "COMPRESS_REGISTER": False,
                       "COMPRESS_EVALUATE_CONDITIONAL_REQUEST": False}  # fmt: skip
        super().__init__(app)
        self.cache = _Packer(MAX_FILES)
        self.cache_key = lambda _request: str(g.get("packed_as", ""))
        self._answers = Answers(MOST_BYTES)

    def find(self) -> Response | None:
        """Return the kept answer to a GET or HEAD, or note under which key to keep the new one."""
        headers = request.headers
        if (
            request.endpoint is None
            or request.endpoint in UNCACHED
            or "Cookie" in headers
            or "Authorization" in headers
        ):
            return None
        coding = _codings(headers.get("Accept-Encoding"))
        key = (request.scheme, request.host, request.path, request.query_string, coding,
               *(headers.get(name) for name in KEYED))  # fmt: skip
        db = site().db
        state = (db.reads_replica, db.state(), now().date())
        cached = self._answers.find(key, state)
        if cached is None:
            g.keep_as = key, state
            return None
        g.kept = True
        return Response(cached.body, headers=cached.headers)

    def finish(self, answer: Response) -> None:
        """Add an ETag for programs, compress, and set `Cache-Control`.

        Streams and answers that must not be cached have no ETag; views may have set a better one. A
        shared cache may store only what was requested without a cookie or token and sets no cookie.
        """
        if "kept" in g:
            if not CONDITIONS.isdisjoint(request.environ):
                answer.make_conditional(request)
            return
        program = request.path.startswith(FOR_PROGRAMS)
        readable = request.method in {"GET", "HEAD"} and answer.status_code == 200
        unset, secret = not answer.cache_control, bool(answer.cache_control.no_store)
        named = program and readable and not (answer.is_streamed or secret)
        if named and answer.get_etag()[0] is None:
            answer.add_etag(weak=True)  # the same content, compressed or not
        if "Accept-Encoding" in request.headers:
            request.environ["HTTP_ACCEPT_ENCODING"] = _codings(request.headers["Accept-Encoding"])
        g.unpacked = answer
        self.after_request(answer)
        personal = {"Cookie", "Authorization"} & set(request.headers.keys()) or session.modified
        if personal and not secret:
            answer.cache_control.public = False
            answer.cache_control.private = True
        if unset:
            answer.cache_control.no_cache = True
        answer.vary.update(("Cookie", "Authorization") if program else ("Cookie",))
        if readable and not answer.is_streamed:
            if "keep_as" in g and not (secret or session.modified):
                self._keep(answer)
            answer.make_conditional(request)

    def _keep(self, answer: Response) -> None:
        known = {name.lower() for name in KEYED} | UNKEYED
        body = answer.get_data()
        if len(body) <= MAX_BYTES and {name.lower() for name in answer.vary} <= known:
            headers = [line for line in answer.headers.to_wsgi_list() if line[0] != "Date"]
            key, state = g.keep_as
            if state[0] == site().db.reads_replica:  # otherwise it may be older than the state
                self._answers.keep(key, state, CachedResponse(headers, body))


@lru_cache(256)
def _codings(accepted: str | None) -> str | None:
    """Normalize an `Accept-Encoding`: without refused codings, equal for equal sets.

    Flask-Compress reads `gzip;q=0` as an offer, and `*` as one of codings that are refused next to
    it. So `*` is expanded, and codings with weight 0 are omitted.
    """
    if accepted is None:
        return None
    offered = parse_accept_header(accepted, Accept)
    weights = {name: offered.quality(name) for name in CODINGS}
    return ", ".join(f"{name};q={weight}" for name, weight in weights.items() if weight > 0)
