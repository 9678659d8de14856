"""Caching of answers: `Cache-Control`, `ETag` for programs, and compressed forms kept in memory."""

from __future__ import annotations

from flask import Flask, Response, g, request, session
from flask_compress import Compress

from annotator.db import Cache

FOR_PROGRAMS = ("/api/", "/w3c/")
MOST_KEPT = 128
CODINGS = ("gzip", "zstd", "br", "deflate", "identity")


def keep_packed(name: str) -> None:
    """Cache this request's compressed answer under `name`, which identifies its bytes."""
    g.packed_as = name


class _Kept(Cache):
    """Compressed answers by name, for Flask-Compress; answers without a name are not cached."""

    def set(self, key: str, packed: bytes) -> None:
        if key.partition(";")[2]:
            self[key] = packed


class Caching(Compress):
    """Compress answers as RFC 9110 (12.5.3) says, and set caching headers."""

    def __init__(self, app: Flask) -> None:
        app.config |= {"COMPRESS_ALGORITHM": ["gzip"], "COMPRESS_REGISTER": False}
        super().__init__(app)
        self.cache, self.cache_key = _Kept(MOST_KEPT), lambda _request: str(g.get("packed_as", ""))

    def finish(self, answer: Response) -> None:
        """Add an ETag for programs, compress, and set `Cache-Control`.

        Streams and answers that must not be cached have no ETag; views may have set a better one. A
        shared cache may store only what was requested without a cookie or token and sets no cookie.
        """
        program = request.path.startswith(FOR_PROGRAMS)
        readable = request.method in {"GET", "HEAD"} and answer.status_code == 200
        unset, secret = not answer.cache_control, bool(answer.cache_control.no_store)
        if program and readable and not (answer.is_streamed or secret):
            if answer.get_etag()[0] is None:
                answer.add_etag(weak=True)  # compressed or not, it says the same
            answer.make_conditional(request)
        if "Accept-Encoding" in request.headers:
            # The library reads `gzip;q=0` as an offer, and `*` as one of codings that are refused
            # next to it. So `*` is expanded, and codings with weight 0 are left out.
            weights = {name: request.accept_encodings.quality(name) for name in CODINGS}
            request.environ["HTTP_ACCEPT_ENCODING"] = ", ".join(
                f"{name};q={weight}" for name, weight in weights.items() if weight > 0
            )
        self.after_request(answer)
        personal = {"Cookie", "Authorization"} & set(request.headers.keys()) or session.modified
        if personal and not secret:
            answer.cache_control.public = False
            answer.cache_control.private = True
        if unset:
            answer.cache_control.no_cache = True
        answer.vary.update(("Cookie", "Authorization") if program else ("Cookie",))
